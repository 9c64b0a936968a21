"""Where patches lie: a regular cover of an image, or random crops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
