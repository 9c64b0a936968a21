"""Soft edges of what is marked on the radiograph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats


def soft_edged(marked: NDArray[np.bool_], width: float) -> Floats:
    """Return 1 inside what is marked (H, W), 0 outside, and a ramp ``width`` pixels wide between.

    The middle of the ramp lies on the outline.
    """
    if width == 0 or marked.all() or not marked.any():
        return marked.astype(np.float32)
    from scipy.ndimage import distance_transform_edt

    # the outline runs half a pixel from the centres on either side of it
    distance = distance_transform_edt(marked) - distance_transform_edt(~marked)
    distance -= np.sign(distance) / 2
    return np.asarray(np.clip(0.5 + distance / width, 0, 1), np.float32)


def nearness(marked: NDArray[np.bool_], reach: float) -> Floats:
    """Return 1 on what is marked (H, W), falling to 0 at ``reach`` pixels from it."""
    if reach == 0 or not marked.any():
        return marked.astype(np.float32)
    from scipy.ndimage import distance_transform_edt

    return np.asarray(np.maximum(0, 1 - distance_transform_edt(~marked) / reach), np.float32)
