"""Each side is registered by itself, from landmarks where there are any, else from the images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tifffile

from napari_xraysep import Sources, register
from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Landmark, Quality
from napari_xraysep.registration import find
from napari_xraysep.registration.quality import Measured
from napari_xraysep.transforms import Piece, Transform, oriented
from napari_xraysep.workflows.registering import register_side

PAIRS = tuple(
    Landmark(name=name, xray=xray, photograph=(xray[0] + 2, xray[1] + 3))
    for name, xray in (("a", (4.0, 5.0)), ("b", (30.0, 6.0)), ("c", (8.0, 33.0)))
)
LEFT = Measured(np.zeros((1, 2)), np.ones((1, 2)), np.ones(1), 1.0, 0.5, 1)


@pytest.fixture
def found(monkeypatch):
    """Stand in for the search; collects what it was asked."""
    asked = []

    def find_transform(xray, photograph, *, watch, **more):
        watch("looking", 0.5)
        asked.append(more)
        transform = Transform(
            radiograph_shape=xray.shape,
            photograph_shape=photograph.shape[:2],
            whole=Piece.from_matrix(oriented("mirrored", photograph.shape[:2])),
        )
        quality = Quality(ok=len(asked) != 2, median_px=0.5, p95_px=2, tiles=3)
        return find.Found(transform, quality, PAIRS, (), LEFT)

    monkeypatch.setattr(find, "find_transform", find_transform)
    return asked


def both(files, **more):
    return Sources("xray.tif", "front.tif", "back.tif", **more)


def test_what_is_known_reaches_the_search(files, found):
    stages = []
    mask = np.zeros((48, 40), np.uint8)
    mask[:5] = 1
    tifffile.imwrite("mask.tif", mask)
    front = tifffile.imread("front.tif")
    tifffile.imwrite("front.tif", front, photometric="rgb", resolution=(200, 200), resolutionunit=3)
    transforms = register(
        both(files, mirror_back=True, mask="mask.tif", pixel_size_mm=0.1),
        orientations={"front": "upside down"},
        watch=lambda stage, fraction: stages.append((stage, fraction)),
    )
    assert stages == [("front: looking", 0.5), ("back: looking", 0.5)]
    first, second = found
    assert (first["scale"], second["scale"]) == (pytest.approx(2), None)
    assert (first["orientation"], first["prefer"]) == ("upside down", None)
    assert (second["orientation"], second["prefer"]) == (None, "mirrored")
    np.testing.assert_array_equal(first["valid"], mask == 0)
    assert transforms.radiograph.path == "xray.tif"
    assert transforms.front.how == "intensity"
    assert transforms.front.landmarks == PAIRS
    assert transforms.front.quality.median_mm == pytest.approx(0.05)
    assert transforms.front.quality.p95_mm == pytest.approx(0.2)


def test_what_failed_is_told_and_cannot_be_applied(files, found):
    sources = both(files)
    transforms = register(sources)
    assert transforms.front.usable
    assert not transforms.back.usable
    with pytest.raises(InputError, match="registration of the back failed"):
        replace(sources, transforms=transforms).align()


def test_landmarks_alone_say_how_a_side_lies(files, found):
    transforms = register(both(files), landmarks={"back": PAIRS})
    assert len(found) == 1
    assert transforms.back.how == "landmarks, affine"
    assert transforms.back.quality.ok
    assert "do not confirm the landmarks" in transforms.back.quality.reason
    there = transforms.back.transform.to_photograph([[10, 10]])
    np.testing.assert_allclose(there, [[12, 13]], atol=1e-9)


def test_flawed_landmarks_are_said_before_any_search(files, found):
    with pytest.raises(InputError, match=r"back\.tif, landmarks: .* needs 3 enabled pairs"):
        register(both(files), landmarks={"back": PAIRS[:2]})
    assert found == []


def test_an_image_at_a_time(found):
    record = InputRecord(role="front", height=20, width=30)
    xray, photograph = np.zeros((20, 30), np.float32), np.zeros((20, 30, 3), np.uint8)
    done = register_side(xray, photograph, record, prefer="mirrored", start=None)
    assert done.side.photograph == record
    assert done.seconds >= 0
    assert not done.by_hand
    assert found[0]["valid"] is None


def test_what_is_registered_already_is_not_registered_again(files, found):
    transforms = register(both(files))
    with pytest.raises(InputError, match="leave them out"):
        register(both(files, transforms=transforms))
