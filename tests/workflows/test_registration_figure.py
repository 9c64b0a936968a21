"""The picture of a registration says what was found, and shows where the images disagree."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from napari_xraysep.registration.quality import Measured
from napari_xraysep.workflows import registration_figure
from napari_xraysep.workflows.registration_figure import Overlay, overlay_png

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


def overlay(finding, **more):
    grey = np.zeros(SHAPE, np.float32)
    grey[:, 40:] = 1
    parts = {"grey": grey, "valid": np.ones(SHAPE, bool), "left": None, "failed": False}
    return Overlay(finding=finding, **parts | more)


def xray():
    return np.random.default_rng(0).random(SHAPE, np.float32)


def test_it_says_how_well_each_side_lies_and_that_it_is_simulated(written):
    centres = np.array([[10.0, 20], [60, 100], [90, 30]])
    left = Measured(centres, np.full((3, 2), 2.0), np.ones(3), 1.0, 0.5, 3)
    sides = {"front": overlay("well", left=left), "back": overlay("FAILED", failed=True)}
    png = overlay_png(xray(), sides, step=2, pixel_size_mm=0.1, simulated=True)
    said = "\n".join(written)
    assert "(simulated)" in said
    assert "front: well" in said
    assert "back: FAILED" in said
    assert "0 to 2.8 pixels of the radiograph (0.28 mm)" in said
    image = Image.open(io.BytesIO(png))
    assert "simulated" in image.text["Title"]
    red = (np.asarray(image.convert("RGB")) == (176, 0, 32)).all(2)
    assert red.any()


def test_without_a_measure_it_says_so(written):
    nowhere = Measured(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), 0.0, 0.0, 0)
    overlay_png(xray(), {"front": overlay("well"), "back": overlay("well", left=nowhere)})
    said = "\n".join(written)
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
