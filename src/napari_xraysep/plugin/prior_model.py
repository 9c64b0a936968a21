"""What a prior makes of a painting: g1 at reduced size, and files that hold a g1; without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.areas import check_unchanged, labels, marked
from napari_xraysep.domain import Floats, check_grid, to_unit
from napari_xraysep.io.reading import read_radiograph
from napari_xraysep.painting import Painting
from napari_xraysep.project import Area, FileRef, PriorDrawing, relative
from napari_xraysep.separation.prior import guide

SIDE = 1024
"""Previews have at most about this many pixels on a side."""


@dataclass(frozen=True)
class Preview:
    """g1 as methods will see it.

    Attributes
    ----------
    g1
        (h, w) float32 in the working domain; every ``step``-th pixel.
    share
        Of the radiograph, where the concealed design may lie, soft edges in part; None where
        nothing is drawn.
    """

    g1: Floats
    step: int
    share: float | None


def preview(
    painting: Painting, drawing: PriorDrawing, folder: Path | None, left_out: Area | None = None
) -> Preview:
    """Make g1 from every n-th pixel.

    Parameters
    ----------
    folder
        Where the project's paths start.
    left_out
        What the user leaves out, besides the painting's own mask.

    Raises
    ------
    InputError
        A file of the drawing was moved or changed, or it marks nothing or everything.
    """
    shape, step = painting.shape, -(-max(painting.shape) // SIDE)
    thin = np.s_[::step, ::step]
    mask = None if painting.mask is None else np.asarray(painting.mask[thin]) != 0
    if left_out is not None and left_out != Area():
        drawn_out = _thin_area(left_out, shape, step, folder)
        mask = drawn_out if mask is None else mask | drawn_out
    small = replace(
        painting,
        xray=painting.xray[thin],
        front=painting.front[thin],
        mask=mask,
    )
    drawn, scribbles, image = drawing.area != Area(), drawing.scribbles, drawing.image
    small = small.with_prior(
        _thin_area(drawing.area, shape, step, folder) if drawn else None,
        reverse=drawn and drawing.reverse,
        feather_px=drawing.feather_px / step if drawn else 0,
        image=None if image is None else _thin_image(image, folder, step),
        scribbles=None if scribbles is None else _thin_labels(scribbles, shape, folder, step),
    )
    mixture = small.block()
    share = None if mixture.prior is None else float(mixture.prior.mean())
    return Preview(guide(mixture), step, share)


def _thin_area(
    area: Area, shape: tuple[int, int], step: int, folder: Path | None
) -> NDArray[np.bool_]:
    """Return what an area marks of every ``step``-th pixel; quick even where there are many."""
    outlines = tuple(tuple((y / step, x / step) for y, x in corners) for corners in area.polygons)
    thin = marked(Area(polygons=outlines), (-(-shape[0] // step), -(-shape[1] // step)))
    if area.file is not None:
        thin |= _thin_labels(area.file, shape, folder, step) != 0
    return thin


@lru_cache(maxsize=4)
def _thin_labels(
    file: FileRef, shape: tuple[int, int], folder: Path | None, step: int
) -> NDArray[np.integer]:
    """Read labels, every ``step``-th pixel, once for all previews with them."""
    return np.array(labels(file, shape, folder)[::step, ::step])


@lru_cache(maxsize=1)
def _thin_image(file: FileRef, folder: Path | None, step: int) -> Floats:
    """Read a g1 made by hand, every ``step``-th pixel, once for all previews with it."""
    image = read_radiograph(file.at(folder))
    check_unchanged(image.path, file.sha256, image.sha256)
    return to_unit(np.array(image.pixels[::step, ::step]), image.bits)


def hand_made(path: Path, painting: Painting, folder: Path) -> FileRef:
    """Read a g1 that the user chose, and refuse what cannot be one.

    Raises
    ------
    InputError
        It cannot be read, is not grey, or has another size.
    """
    image = read_radiograph(path)
    cure = "make it from the radiograph, without cropping or resizing"
    check_grid(path, image.pixels, painting.shape, cure)
    return FileRef(path=relative(path.absolute(), folder), sha256=image.sha256)
