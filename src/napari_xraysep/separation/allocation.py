"""How what a model leaves unexplained is shared out between the two layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.painting import Floats
from napari_xraysep.separation.method import Allocation


def allocate(
    first: Floats,
    second: Floats,
    unexplained: Floats,
    valid: NDArray[np.bool_],
    how: Allocation,
) -> tuple[Floats, Floats]:
    """Add to each layer its share of what the model left unexplained.

    Parameters
    ----------
    first, second, unexplained
        (H, W) float32 in the working domain; they sum to the radiograph.
    valid
        (H, W) bool; where False nothing is shared out and all stays in the residual.
    how
        ``none``; ``even``, half to each (Pu et al. 2021, step 2); ``variance``, in proportion to
        the residual's modelled variance in each layer.

    Returns
    -------
    two (H, W) float32 arrays
    """
    if how == "none":
        return first, second
    share = np.float32(0.5)
    error = np.where(valid, unexplained, 0).astype(np.float32)
    return first + share * error, second + (1 - share) * error
