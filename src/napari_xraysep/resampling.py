"""A photograph brought onto the radiograph's grid, once and from the original."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import ArrayLike
from napari_xraysep.region import Region
from napari_xraysep.transforms import Points, Transform

BLOCK = 1024
"""Rows and columns of the radiograph that are made at a time."""
SUPPORT = 8
"""Pixels of the photograph read around a block, for the splines between its pixels."""


def resample(
    photograph: ArrayLike,
    transform: Transform,
    *,
    step: int = 1,
    block: int = BLOCK,
    report: Callable[[float], None] = lambda fraction: None,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Resample a photograph to the radiograph's grid, block by block.

    Cubic splines between pixels; where the photograph is finer than the result it is smoothed
    first, so that no detail is folded.

    Parameters
    ----------
    photograph
        (h, w, 3) or (h, w), unsigned integers or floats, as its file is read.
    step
        Every so many pixels of the radiograph, for a preview.
    report
        Told the fraction done; may raise to stop.

    Returns
    -------
    image
        (H, W, 3) or (H, W) of the photograph's own type; zero outside of it.
    valid
        (H, W) bool, False where the radiograph shows what lies outside the photograph.

    Raises
    ------
    ValueError
        The photograph is not of the shape that the transform was made for.
    """
    if tuple(photograph.shape[:2]) != transform.photograph_shape:
        raise ValueError(f"{photograph.shape[:2]} pixels, not {transform.photograph_shape}")
    height, width = (-(-side // step) for side in transform.radiograph_shape)
    image = np.zeros((height, width, *photograph.shape[2:]), photograph.dtype)
    valid = np.zeros((height, width), bool)
    spread = _spread(transform) * step
    regions = list(_blocks(height, width, block))
    for done, region in enumerate(regions):
        rows, columns = (np.arange(at.start, at.stop) * float(step) for at in region.slices)
        points = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
        there = transform.to_photograph(points)
        inside = _inside(there, transform.photograph_shape)
        shape = len(rows), len(columns)
        if inside.any():
            image[region.slices] = _taken(photograph, there, inside, spread).reshape(
                *shape, *photograph.shape[2:]
            )
        valid[region.slices] = inside.reshape(shape)
        report((done + 1) / len(regions))
    return image, valid


def _blocks(height: int, width: int, block: int) -> Iterator[Region]:
    for y in range(0, height, block):
        for x in range(0, width, block):
            yield Region(y, min(y + block, height), x, min(x + block, width))


def _inside(points: Points, shape: tuple[int, int]) -> NDArray[np.bool_]:
    low, high = points >= -0.5, points <= np.asarray(shape) - 0.5
    return np.asarray((low & high).all(1))


def _spread(transform: Transform) -> float:
    """Return how many pixels of the photograph one of the radiograph covers, usually.

    One number for the whole image, so that no block is smoothed otherwise than its neighbour.
    """
    axes = [np.linspace(0, side - 1, 9) for side in transform.radiograph_shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    here, below, beside = (
        transform.to_photograph(points + offset) for offset in ((0, 0), (1, 0), (0, 1))
    )
    down, right = below - here, beside - here
    return float(np.sqrt(np.median(np.abs(down[:, 0] * right[:, 1] - down[:, 1] * right[:, 0]))))


def _taken(
    photograph: ArrayLike, there: Points, inside: NDArray[np.bool_], spread: float
) -> NDArray[Any]:
    """Read the part of the photograph that a block needs and interpolate in it."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    margin = SUPPORT * max(1, round(spread))
    low = np.maximum(np.floor(there[inside].min(0)).astype(int) - margin, 0)
    high = np.ceil(there[inside].max(0)).astype(int) + margin + 1
    part = np.asarray(photograph[low[0] : high[0], low[1] : high[1]], np.float32)
    # what a pixel of the radiograph covers, less the pixel of the photograph
    sigma = 0.5 * np.sqrt(max(spread**2 - 1, 0))
    flat = part.reshape(*part.shape[:2], -1)
    values = np.zeros((len(there), flat.shape[2]), np.float32)
    for channel in range(flat.shape[2]):
        plane = flat[..., channel]
        if sigma > 0.3:
            plane = gaussian_filter(plane, sigma, mode="nearest")
        values[inside, channel] = map_coordinates(
            plane, (there[inside] - low).T, order=3, mode="mirror"
        )
    dtype = np.dtype(photograph.dtype)
    if dtype.kind == "u":
        return np.clip(np.rint(values), 0, np.iinfo(dtype).max).astype(dtype)
    return np.clip(values, 0, 1).astype(dtype)
