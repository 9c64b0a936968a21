"""Colours described in many channels, and a first law of colour: how much each channel absorbs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter
from skimage.color import rgb2lab

from napari_xraysep.painting import Floats

BLUR = 1.0
"""Pixels, standard deviation of the blur before edges are compared."""

ROUNDS = 8
RIDGE = 1e-3

TYPICAL = 24
"""Colours of the painting that have a channel of their own."""

NEAR = 0.3
"""How near to a typical colour counts as near, in Lab ÷ 50."""


def describe(photograph: Floats, valid: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Describe colours by channels in which absorption may well be linear, each of zero mean.

    Parameters
    ----------
    photograph
        (H, W, 3), sRGB in 0..1.

    Returns
    -------
    (H, W, 36) float32: sRGB; Lab, its squares and products; nearness to each of 24 colours of the
    painting, drawn at random
    """
    lab = np.asarray(rgb2lab(photograph) / 50 - (1, 0, 0), np.float32)
    centres = rng.choice(lab[valid], TYPICAL)
    near = [np.exp(-((lab - centre) ** 2).sum(2) / (2 * NEAR**2)) for centre in centres]
    products = [lab**2, lab * np.roll(lab, 1, 2)]
    channels = np.concatenate([photograph, lab, *products, np.stack(near, 2)], 2)
    return np.asarray(channels - channels[valid].mean(0), np.float32)


def law_of_colour(missing: Floats, r: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Weights w such that the edges of Σ_s w_s r_s explain those of what g1 misses of x.

    By least absolute deviations (iteratively reweighted least squares), since edges of the
    concealed design are few and must not bend the law.

    Parameters
    ----------
    missing
        (H, W), x − g1.
    r
        (c, H, W), the photograph.

    Returns
    -------
    (c,) float32, zeros where masks leave no edge to learn from
    """
    free = binary_erosion(valid, iterations=3)
    target = edges(missing, free)
    rows = np.stack([edges(channel, free) for channel in r], 1)
    weights = np.zeros(len(r))
    if not len(target):
        return weights.astype(np.float32)
    ridge = RIDGE * len(rows) * np.diag((rows**2).mean(0) + 1e-12)
    for _ in range(ROUNDS):
        error = np.abs(target - rows @ weights)
        weighted = rows / (error + 0.3 * np.median(error) + 1e-6)[:, None]
        weights = np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ target)
    return weights.astype(np.float32)


def edges(image: Floats, free: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Differences over two pixels along both axes of the blurred image, where it is ``free``."""
    blurred = gaussian_filter(image, BLUR)
    down, right = blurred[2:] - blurred[:-2], blurred[:, 2:] - blurred[:, :-2]
    found = [down[free[1:-1]], right[free[:, 1:-1]]]
    return np.concatenate(found).astype(np.float64)
