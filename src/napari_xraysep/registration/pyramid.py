"""Smaller pictures, so that nothing is searched in more pixels than it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import ArrayLike, Floats, to_unit

SLAB = 64
"""Rows of the result that are averaged at a time."""


def shrunk(image: ArrayLike, factor: int) -> Floats:
    """Average squares of ``factor`` by ``factor`` pixels; what is left at the ends is dropped.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), unsigned integers or floats in 0..1.

    Returns
    -------
    (H // factor, W // factor[, C]) float32 in 0..1
    """
    height, width = (side // factor for side in image.shape[:2])
    small = np.empty((height, width, *image.shape[2:]), np.float32)
    for top in range(0, height, SLAB):
        end = min(top + SLAB, height)
        rows = to_unit(np.asarray(image[top * factor : end * factor, : width * factor]))
        squares = rows.reshape(end - top, factor, width, factor, *image.shape[2:])
        small[top:end] = squares.mean((1, 3), dtype=np.float32)
    return small


def divisor(shape: tuple[int, ...], limit: float) -> int:
    """Return by how much to shrink so that the longer side has at most ``limit`` pixels."""
    return max(1, int(np.ceil(max(shape[:2]) / limit)))


def scaled(image: NDArray[Any], factor: float) -> Floats:
    """Resize a float image (H, W[, C]) by a factor of any size, without folding detail."""
    from skimage.transform import resize

    shape = tuple(max(8, round(side * factor)) for side in image.shape[:2])
    small = resize(image, shape, order=1, anti_aliasing=factor < 1, preserve_range=True)
    return np.asarray(small, np.float32)
