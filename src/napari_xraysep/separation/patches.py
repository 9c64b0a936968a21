"""Where patches lie, a regular cover of an image or random crops, and how they are put together."""

from __future__ import annotations

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


class Overlap:
    """Overlapping patches put back in their places and averaged where they overlap.

    Parameters
    ----------
    images
        How many images are put together at once.
    shape
        Height and width of the whole.
    """

    def __init__(self, images: int, shape: tuple[int, int]) -> None:
        self._total = np.zeros((images, *shape), np.float32)
        self._count = np.zeros(shape, np.float32)

    def add(self, corners: NDArray[np.intp], patches: Floats) -> None:
        """Add ``patches`` (images, N, h, w) whose top left corners are (N, 2)."""
        height, width = patches.shape[-2:]
        for number, (y, x) in enumerate(corners):
            at = slice(y, y + height), slice(x, x + width)
            self._total[:, *at] += patches[:, number]
            self._count[at] += 1

    def mean(self, otherwise: Floats | float = 0.0) -> Floats:
        """Return the images (images, H, W) so far; ``otherwise`` where no patch lies."""
        mean = self._total / np.maximum(self._count, 1)
        return np.where(self._count > 0, mean, np.float32(otherwise))
