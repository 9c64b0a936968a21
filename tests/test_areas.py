from __future__ import annotations

import hashlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from napari_xraysep import areas
from napari_xraysep.areas import labels, marked
from napari_xraysep.errors import InputError
from napari_xraysep.project import Area, FileRef, relative

SHAPE = (20, 30)
SQUARE = ((2.0, 3.0), (2.0, 8.0), (6.0, 8.0), (6.0, 3.0))


def stored(folder: Path, pixels: np.ndarray) -> FileRef:
    data = imagecodecs.png_encode(pixels)
    (folder / "drawn").mkdir()
    (folder / "drawn" / "mask.png").write_bytes(data)
    return FileRef(path="drawn/mask.png", sha256=hashlib.sha256(data).hexdigest())


def test_an_outline_marks_the_pixels_inside() -> None:
    found = marked(Area(polygons=(SQUARE,)), SHAPE)
    assert found[3:6, 4:8].all()
    assert not found[:2].any()
    assert not found[7:].any()
    assert not found[:, 9:].any()


def test_strips_make_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    area = Area(polygons=(((-5.0, -4.0), (3.3, 40.0), (25.0, 11.0)), SQUARE))
    whole = marked(area, SHAPE)
    monkeypatch.setattr(areas, "STRIP", 3)
    assert np.array_equal(marked(area, SHAPE), whole)
    assert 0 < whole.sum() < whole.size


def test_an_outline_that_lies_elsewhere_marks_nothing() -> None:
    far = tuple((row + 100, column) for row, column in SQUARE)
    assert not marked(Area(polygons=(far,)), SHAPE).any()
    assert not marked(Area(), SHAPE).any()


def test_a_file_is_added_to_the_outlines(tmp_path: Path) -> None:
    pixels = np.zeros(SHAPE, np.uint8)
    pixels[15, 20] = 2
    file = stored(tmp_path, pixels)
    found = marked(Area(polygons=(SQUARE,), file=file), SHAPE, tmp_path)
    assert found[15, 20]
    assert found[4, 5]
    assert np.array_equal(labels(file, SHAPE, tmp_path), pixels)


def test_a_changed_moved_or_misfit_file_is_named(tmp_path: Path) -> None:
    file = stored(tmp_path, np.zeros(SHAPE, np.uint8))
    with pytest.raises(InputError, match=r"mask\.png: it has 20 rows and 30 columns"):
        marked(Area(file=file), (10, 10), tmp_path)
    changed = file.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(InputError, match=r"mask\.png: its content is not what it was"):
        marked(Area(file=changed), SHAPE, tmp_path)
    with pytest.raises(InputError, match=r"mask\.png"):
        marked(Area(file=file), SHAPE, tmp_path / "elsewhere")


def test_paths_are_relative_with_slashes(tmp_path: Path) -> None:
    assert relative(tmp_path / "a" / "b.tif", tmp_path) == "a/b.tif"
    assert relative(tmp_path / "b.tif", tmp_path / "a") == "../b.tif"
