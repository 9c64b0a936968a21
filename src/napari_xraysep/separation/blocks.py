"""Smaller images by averaging whole blocks of pixels."""

from __future__ import annotations

import numpy as np

from napari_xraysep.painting import Floats


def shrink(image: Floats, step: int) -> Floats:
    """Average blocks of ``step`` × ``step`` pixels; the last rows and columns may be left out.

    Parameters
    ----------
    image
        (H, W) or (H, W, C).

    Returns
    -------
    (H // step, W // step) or (H // step, W // step, C) float32, always a copy
    """
    if step == 1:
        return image.copy()
    height, width = image.shape[0] // step, image.shape[1] // step
    whole = image[: height * step, : width * step]
    blocks = whole.reshape(height, step, width, step, *image.shape[2:])
    return np.asarray(blocks.mean((1, 3)), np.float32)
