"""How what a model leaves unexplained is shared out between the two layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

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
        ``none``; ``even``, half to each (Pu et al. 2021, step 2); ``variance``, ours: in
        proportion to the variance that `residual_variance` expects of each layer, which is the
        split of least expected error for errors that are independent from pixel to pixel.

    Returns
    -------
    two (H, W) float32 arrays
    """
    if how == "none":
        return first, second
    share: Floats | np.float32 = np.float32(0.5)
    if how == "variance":
        ours, other = residual_variance(first, second, unexplained, valid)
        share = ours / np.maximum(ours + other, np.finfo(np.float32).tiny)
    error = np.where(valid, unexplained, np.float32(0))
    return first + share * error, second + (1 - share) * error


def residual_variance(
    first: Floats, second: Floats, unexplained: Floats, valid: NDArray[np.bool_] | None = None
) -> Floats:
    """Variance of the residual that belongs to each layer, as modelled.

    Uneven thickness and brush relief multiply a layer, so the residual's square is regressed on
    both layers' squares and a constant, none of them negative; half the constant is each one's.

    Parameters
    ----------
    first, second, unexplained
        Arrays of one shape.
    valid
        Likewise, bool: the pixels to regress on; by default all.

    Returns
    -------
    array of shape (2, ...) and float32
    """
    squares = np.stack([first**2, second**2, np.ones_like(first)])
    rows = squares.reshape(3, -1) if valid is None else squares[:, valid]
    target = (unexplained.ravel() if valid is None else unexplained[valid]) ** 2
    scale = np.sqrt(np.mean(rows.astype(np.float64) ** 2, 1))
    scale[scale == 0] = 1  # an empty layer explains nothing, in any unit
    scaled = rows / scale[:, None]
    gram, moment = scaled @ scaled.T, scaled @ target.astype(np.float64)
    factors = nnls(gram, moment)[0] / scale
    a, b, c = factors.astype(np.float32)
    return np.stack([a * squares[0] + c / 2, b * squares[1] + c / 2])
