"""The picture of a registration says what was found, and shows where the images disagree."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from napari_xraysep.records import Quality
from napari_xraysep.workflows import registration_figure
from napari_xraysep.workflows.registration_figure import Overlay, describe, overlay_png

SHAPE = 60, 80


@pytest.fixture
def written(monkeypatch):
    """Collect what is written on a page."""
    texts = []
    for name in ("write", "image_axes", "scale"):
        kept = getattr(registration_figure.Page, name)

        def collect(self, *given, kept=kept, **style):
            texts.extend([text for text in given if isinstance(text, str)])
            return kept(self, *given, **style)

        monkeypatch.setattr(registration_figure.Page, name, collect)
    return texts


def overlay(**more):
    grey = np.zeros(SHAPE, np.float32)
    grey[:, 40:] = 1
    parts = {
        "grey": grey,
        "valid": np.ones(SHAPE, bool),
        "errors": None,
        "quality": None,
        "how": "intensity",
    }
    return Overlay(**parts | more)


def xray():
    return np.random.default_rng(0).random(SHAPE, np.float32)


def test_it_says_how_well_each_side_lies_and_that_it_is_simulated(written):
    errors = np.full((6, 8), 2.0, np.float32)
    errors[0, 0] = np.nan
    good = Quality(ok=True, median_px=0.5, p95_px=2, median_mm=0.05, p95_mm=0.2, tiles=12)
    bad = Quality(ok=False, reason="nothing of the photograph is seen in the radiograph")
    sides = {"front": overlay(errors=errors, quality=good), "back": overlay(quality=bad)}
    png = overlay_png(xray(), sides, step=2, pixel_size_mm=0.1, simulated=True)
    said = "\n".join(written)
    assert "(simulated)" in said
    assert "front, from intensity: displacement left 0.5 px (0.05 mm)" in said
    assert "back, from intensity: FAILED, nothing of the photograph is seen" in said
    assert "0 to 2 pixels of the radiograph (0.2 mm)" in said
    image = Image.open(io.BytesIO(png))
    assert "simulated" in image.text["Title"]
    red = (np.asarray(image.convert("RGB")) == (176, 0, 32)).all(2)
    assert red.any()


def test_without_a_measure_it_says_so(written):
    overlay_png(xray(), {"front": overlay()})
    said = "\n".join(written)
    assert "front, from intensity: not measured" in said
    assert "simulated" not in said
    assert "pixels of the radiograph" not in said


def test_fields_alternate_and_edges_are_marked():
    radiograph, photograph = np.zeros((2, *SHAPE), np.float32)
    photograph[:, 40:] = 1
    fields = registration_figure._checkerboard(radiograph, photograph)
    assert fields[5, 45] != fields[5, 55]
    assert fields[5, 45] != fields[15, 45]
    edges = registration_figure._with_edges(radiograph, photograph, np.ones(SHAPE, bool))
    marked = (edges == np.float32(registration_figure.EDGE_COLOUR)).all(2)
    assert set(np.nonzero(marked)[1]) <= {38, 39, 40, 41}
    assert marked[10:50].any(1).all()


def test_a_displacement_that_could_not_be_measured_is_no_number():
    assert "could not be measured" in describe(Quality(ok=True))
