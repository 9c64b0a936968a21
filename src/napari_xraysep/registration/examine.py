"""How well a photograph lies that was registered otherwise than from the images, as by hand."""

from __future__ import annotations

import numpy as np

from napari_xraysep.domain import ArrayLike, Floats
from napari_xraysep.registration.colours import Mask
from napari_xraysep.registration.pyramid import divisor
from napari_xraysep.registration.quality import Measured, measured
from napari_xraysep.registration.refine import LARGE, MIDDLE, Pair, learnt, rescaled
from napari_xraysep.transforms import Transform


def examined(
    xray: Floats, photograph: ArrayLike, transform: Transform, valid: Mask | None = None
) -> Measured:
    """Measure what displacement is left; plates are passed over.

    Parameters
    ----------
    xray
        (H, W) in the working domain.
    photograph
        (h, w, 3) as its file is read.
    valid
        (H, W), False where the radiograph is to be left out.

    Returns
    -------
    Measured
        In pixels of ``xray``.
    """
    mask = np.ones(xray.shape, bool) if valid is None else np.asarray(valid, bool)
    factor, other = divisor(xray.shape, LARGE), divisor(photograph.shape, 2 * LARGE)
    pair = Pair.of(xray, photograph, mask, factor, other)
    piece = rescaled(transform.whole, 1 / factor, 1 / other)
    return measured(pair, piece, learnt(pair, piece, MIDDLE)).enlarged(factor)
