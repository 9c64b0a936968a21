"""What is measured of a registration that was not found from the images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.domain import to_unit
from napari_xraysep.registration import examine
from napari_xraysep.registration.quality import judged
from napari_xraysep.transforms import Piece, Transform, oriented

SAMPLE = Path(__file__).parents[2] / "sample_data" / "double-sided"


@pytest.fixture(scope="module")
def images():
    """A part of a radiograph, and of its front upside down with a margin, twice as large."""
    xray, front = (tifffile.imread(SAMPLE / f"{name}.tif") for name in ("xray", "front"))
    around = front[80:302, 130:400][::-1, ::-1]
    large = np.ascontiguousarray(around.repeat(2, 0).repeat(2, 1))
    return to_unit(xray[100:292, 150:390]), large


def transform(images, off):
    """Say where the photograph lies, so many pixels of the radiograph too low."""
    xray, photograph = images
    doubled = np.array([[2, 0, 40.5 + 2 * off], [0, 2, 40.5], [0, 0, 1]])
    return Transform(
        radiograph_shape=xray.shape,
        photograph_shape=photograph.shape[:2],
        whole=Piece.from_matrix(oriented("upside down", photograph.shape[:2]) @ doubled),
    )


@pytest.mark.parametrize("off", [0, 2])
def test_a_known_displacement_is_measured(images, off):
    found = examine.examined(*images, transform(images, off))
    quality = judged(found)
    assert quality.ok
    assert quality.median_px == pytest.approx(off, abs=0.3)
    assert found.centres.max(0) == pytest.approx([192, 240], abs=60)


def test_of_reduced_images_it_is_in_the_pixels_of_the_whole(images, monkeypatch):
    monkeypatch.setattr(examine, "LARGE", 240)
    larger = [image.repeat(2, 0).repeat(2, 1) for image in images]
    found = examine.examined(*larger, transform(images, 2).resized(2, 2))
    assert judged(found).median_px == pytest.approx(4, abs=0.4)
    assert found.centres.max(0) == pytest.approx([384, 480], abs=120)


def test_what_lies_far_off_is_not_confirmed(images):
    assert not judged(examine.examined(*images, transform(images, 15))).ok


def test_what_is_masked_has_no_say(images):
    valid = np.zeros(images[0].shape, bool)
    valid[:, :120] = True
    found = examine.examined(*images, transform(images, 0), valid)
    assert found.centres[:, 1].max() < 130


def test_where_hardly_any_detail_is_found_again_nothing_is_confirmed(images):
    xray, photograph = images
    noise = np.random.default_rng(5).random(photograph.shape, dtype=np.float32)
    found = examine.examined(xray, noise, transform(images, 0))
    assert found.confirmed < 0.3
    assert not judged(found).ok
