"""A prior drawn in a project becomes the painting's."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep import Painting
from napari_xraysep.errors import InputError
from napari_xraysep.project import Area, FileRef, PriorDrawing, Project
from napari_xraysep.separation.prior import in_words
from napari_xraysep.workflows.project import with_drawings

SHAPE = (40, 56)
CORNERS = ((10.0, 10.0), (10.0, 30.0), (25.0, 30.0), (25.0, 10.0))


@pytest.fixture
def painting() -> Painting:
    rng = np.random.default_rng(0)
    return Painting.from_arrays(rng.random(SHAPE), rng.random((*SHAPE, 3)))


def stored(folder: Path, name: str, pixels: np.ndarray) -> FileRef:
    """Write an image as the project refers to it."""
    path = folder / name
    tifffile.imwrite(path, pixels)
    return FileRef(path=name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def test_outlines_brush_image_and_scribbles_reach_the_painting(
    painting: Painting, tmp_path: Path
) -> None:
    brushed, scribbles = np.zeros((2, *SHAPE), np.uint8)
    brushed[30:35, 40:50] = 1
    scribbles[12:14, 12:20] = 1
    scribbles[36:] = 3
    made = (np.linspace(0, 255, 40 * 56).reshape(SHAPE)).astype(np.uint8)
    prior = PriorDrawing(
        area=Area(polygons=(CORNERS,), file=stored(tmp_path, "brush.tif", brushed)),
        feather_px=4,
        image=stored(tmp_path, "g1.tif", made),
        scribbles=stored(tmp_path, "scribbles.tif", scribbles),
    )
    drawn = with_drawings(painting, Project(prior=prior), tmp_path)
    mixture = drawn.block()
    assert mixture.prior is not None
    assert mixture.prior[18, 20] == 1
    assert mixture.prior[32, 45] == 1
    assert mixture.prior[13, 15] == 0
    assert 0 < mixture.prior[25, 20] < 1
    assert mixture.guess is not None
    np.testing.assert_allclose(mixture.guess, made / 255, atol=1e-6)
    np.testing.assert_array_equal(mixture.scribbles, scribbles)
    files = {one.role: one.path for one in drawn.inputs if one.path}
    assert files == {
        "prior-mask": str(tmp_path / "brush.tif"),
        "prior-image": str(tmp_path / "g1.tif"),
        "scribbles": str(tmp_path / "scribbles.tif"),
    }
    assert "soft edge of 4 px" in str(in_words(drawn))


def test_settings_of_a_drawing_that_is_not_there_say_nothing(painting: Painting) -> None:
    drawn = with_drawings(painting, Project(prior=PriorDrawing(reverse=True, feather_px=9)), None)
    assert drawn.block().prior is None
    assert in_words(drawn) is None


def test_a_double_sided_painting_has_none(painting: Painting) -> None:
    both = Painting.from_arrays(painting.xray, painting.front, painting.front)
    drawn = with_drawings(both, Project(prior=PriorDrawing(area=Area(polygons=(CORNERS,)))), None)
    assert drawn.block().prior is None


def test_a_hand_made_image_that_was_changed_is_named(painting: Painting, tmp_path: Path) -> None:
    image = stored(tmp_path, "g1.tif", np.eye(*SHAPE, dtype=np.uint8))
    tifffile.imwrite(tmp_path / "g1.tif", np.eye(*SHAPE, k=1, dtype=np.uint8))
    with pytest.raises(InputError, match=r"g1\.tif: its content is not what it was"):
        with_drawings(painting, Project(prior=PriorDrawing(image=image)), tmp_path)
