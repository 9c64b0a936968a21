"""Shapes as drawn in the viewer, as outlines and rectangles on the radiograph; without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.region import Region
from napari_xraysep.transforms import as_points

if TYPE_CHECKING:
    from napari.layers import Shapes

CORNERS = 48
"""Of the outline that stands for an ellipse."""

Outline = tuple[tuple[float, float], ...]


def outlines_of(layer: Shapes) -> tuple[Outline, ...]:
    """Return what the shapes of a layer enclose; lines that enclose nothing are left out."""
    found = []
    for kind, corners in zip(layer.shape_type, layer.data, strict=True):
        points = np.asarray(corners, float)[:, -2:]
        if kind == "ellipse":
            points = _ellipse(points)
        if kind != "line" and len(points) >= 3 and np.ptp(points, axis=0).all():
            found.append(as_points(points))
    return tuple(found)


def _ellipse(box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on the ellipse in a box of four corners, which may be turned."""
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)[:, None]
    half = (box[1] - box[0]) / 2, (box[3] - box[0]) / 2
    return np.asarray(box.mean(0) + np.cos(angle) * half[0] + np.sin(angle) * half[1])


def region_of(corners: Any, shape: tuple[int, int]) -> Region | None:
    """Return the pixels whose centres lie in a drawn rectangle, within a radiograph of ``shape``.

    None where there are none.
    """
    points = np.asarray(corners, float)[:, -2:]
    low = np.maximum(np.ceil(points.min(0)), 0).astype(int)
    high = np.minimum(np.floor(points.max(0)) + 1, shape).astype(int)
    if (high <= low).any():
        return None
    return Region(int(low[0]), int(high[0]), int(low[1]), int(high[1]))


def rectangle_of(region: Region) -> NDArray[np.float64]:
    """Return the corners (4, 2) around the pixels of a region."""
    y0, y1, x0, x1 = (edge - 0.5 for edge in region)
    return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])
