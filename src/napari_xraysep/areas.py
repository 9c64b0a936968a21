"""Which pixels of the radiograph an area marks, drawn or from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import check_grid
from napari_xraysep.errors import InputError
from napari_xraysep.project import Area, FileRef

STRIP = 1024
"""Rows of the radiograph in which outlines are filled at a time, to spare memory."""


def marked(area: Area, shape: tuple[int, int], folder: Path | None = None) -> NDArray[np.bool_]:
    """Return which pixels lie inside an area's outlines or are not zero in its file.

    Parameters
    ----------
    shape
        Height and width of the radiograph.
    folder
        Of the project file, where the file's path starts.

    Returns
    -------
    (H, W) bool

    Raises
    ------
    InputError
        The file is not there, cannot be read, has another size, or was changed since.
    """
    pixels = np.zeros(shape, bool)
    for polygon in area.polygons:
        _fill(pixels, np.asarray(polygon))
    if area.file is not None:
        pixels |= labels(area.file, shape, folder) != 0
    return pixels


def labels(
    file: FileRef, shape: tuple[int, int], folder: Path | None = None
) -> NDArray[np.integer]:
    """Read an image whose values say what a pixel is, (H, W); see `marked`."""
    from napari_xraysep.io.reading import read_mask

    path = file.at(folder)
    image = read_mask(path)
    check_unchanged(path, file.sha256, image.sha256)
    check_grid(path, image.pixels, shape)
    return image.pixels


def check_unchanged(path: Path, known: str, found: str | None) -> None:
    """Raise `InputError` where a file's SHA-256 is not the one that the project knows."""
    if found != known:
        raise InputError(
            path,
            "its content is not what it was when the project was saved",
            "put the original file back, or start another project with this one",
        )


def _fill(pixels: NDArray[np.bool_], corners: NDArray[np.float64]) -> None:
    """Mark the pixels whose centres lie inside an outline, strip by strip."""
    from skimage.draw import polygon

    low, high = np.floor(corners[:, 0].min()), np.ceil(corners[:, 0].max())
    for start in range(max(0, int(low)), min(len(pixels), int(high) + 1), STRIP):
        strip = pixels[start : start + STRIP]
        strip[polygon(corners[:, 0] - start, corners[:, 1], strip.shape)] = True
