"""Where patches lie, a regular cover of an image or random crops, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.painting import Floats


def cover(shape: tuple[int, int], side: int, overlap: int) -> NDArray[np.intp]:
    """Top left corners (N, 2) of square patches that cover an image, with the given overlap.

    The last row and column are moved inwards so that the whole image is covered.
    """
    stride = side - overlap
    starts = []
    for length in shape:
        last = max(length - side, 0)
        starts.append(np.unique(np.append(np.arange(0, last + 1, stride), last)))
    corners = np.meshgrid(*starts, indexing="ij")
    return np.stack(corners, -1).reshape(-1, 2)


def crops(
    shape: tuple[int, int], side: int, count: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Top left corners (N, 2) of ``count`` squares that lie anywhere inside."""
    return np.stack([rng.integers(0, max(length - side, 0) + 1, count) for length in shape], 1)


def overlap_add(
    patches: Iterable[tuple[NDArray[np.intp], Floats]], shape: tuple[int, int]
) -> Floats:
    """Put overlapping patches back in their places and average where they overlap.

    Parameters
    ----------
    patches
        Pairs of top left corners (N, 2) and what lies there, (L, N, h, w): L images at once.
    shape
        Height and width of the whole; where no patch lies it is zero.

    Returns
    -------
    (L, H, W) float32
    """
    total: Floats | None = None
    count = np.zeros(shape, np.float32)
    for corners, images in patches:
        if total is None:
            total = np.zeros((len(images), *shape), np.float32)
        height, width = images.shape[-2:]
        for number, (y, x) in enumerate(corners):
            at = slice(y, y + height), slice(x, x + width)
            total[:, *at] += images[:, number]
            count[at] += 1
    assert total is not None
    total /= np.maximum(count, 1)
    return total
