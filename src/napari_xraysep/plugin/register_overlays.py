"""Pictures that lie over the radiograph and let the eye judge a registration; without Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import to_unit
from napari_xraysep.transforms import Matrix, Transform, inverse_of

SQUARES = 12
"""Squares of the checkerboard along the longer side."""
COLOUR = (255, 140, 0)
"""Of the photograph's edges: orange is found neither in the grey below nor on most paintings."""
WEAK, STRONG = 80.0, 99.0
"""Percentiles of the slope between which an edge goes from unseen to opaque."""

Pixels = NDArray[np.uint8]


def checkerboard(photograph: NDArray[Any], valid: NDArray[np.bool_]) -> Pixels:
    """Show the photograph in every other square; the radiograph is seen through the rest.

    Parameters
    ----------
    photograph, valid
        (h, w, 3) on the radiograph's grid, and (h, w) where it has content.

    Returns
    -------
    (h, w, 4) uint8
        Red, green, blue and opacity.
    """
    height, width = valid.shape
    square = max(1, -(-max(height, width) // SQUARES))
    rows, columns = np.indices((height, width)) // square
    shown = ((rows + columns) % 2 == 0) & valid
    return np.dstack([_bytes(photograph), np.where(shown, 255, 0).astype(np.uint8)])


def edges(photograph: NDArray[Any], valid: NDArray[np.bool_]) -> Pixels:
    """Show where the photograph changes quickly; parameters and result as `checkerboard`'s."""
    from scipy.ndimage import binary_erosion, gaussian_gradient_magnitude

    grey = _bytes(photograph).mean(2, dtype=np.float32)
    slope = gaussian_gradient_magnitude(grey, 1.0)
    inside = binary_erosion(valid, iterations=4)  # the photograph's own border is no edge in it
    opacity = np.zeros(slope.shape, np.uint8)
    if inside.any():
        low, high = np.percentile(slope[inside], (WEAK, STRONG))
        strength = np.clip((slope - low) / max(high - low, 1e-6), 0, 1)
        opacity = np.where(inside, 255 * strength, 0).astype(np.uint8)
    colour = np.broadcast_to(np.array(COLOUR, np.uint8), (*slope.shape, 3))
    return np.dstack([colour, opacity])


def straight(transform: Transform) -> tuple[Matrix, bool]:
    """Return the straight map nearest to a transform, and whether it is the transform itself.

    Returns
    -------
    matrix
        (3, 3), from (row, column, 1) of the photograph to the radiograph, without perspective.
    exact
        False where the transform bends, has perspective or jumps at the edges of plates.
    """
    whole = transform.whole
    exact = whole.warp is None and not transform.plates
    matrix = inverse_of(whole.array)
    matrix = matrix / matrix[2, 2]
    if exact and np.allclose(matrix[2], [0, 0, 1], atol=1e-12):
        return matrix, True
    height, width = transform.radiograph_shape
    axes = np.linspace(0, height - 1, 9), np.linspace(0, width - 1, 9)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    there = np.column_stack([transform.to_photograph(points), np.ones(len(points))])
    rows = np.linalg.lstsq(there, points, rcond=None)[0].T
    return np.vstack([rows, [0, 0, 1]]), False


def _bytes(photograph: NDArray[Any]) -> Pixels:
    """Return (h, w, 3) with 8 bits a sample."""
    if photograph.dtype == np.uint8:
        return photograph
    bits = 8 * photograph.dtype.itemsize if photograph.dtype.kind == "u" else None
    return np.asarray(255 * np.clip(to_unit(photograph, bits), 0, 1), np.uint8)
