"""Colours described in many channels, and a first law of colour: how much each channel absorbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter
from skimage.color import rgb2lab

from napari_xraysep.painting import Floats

BLUR = 1.0
"""Pixels, standard deviation of the blur before edges are compared."""

ROUNDS = 8
RIDGE = 1e-3

EDGES = 100_000
"""Edges that the law of colour is learnt from, at most."""

TYPICAL = 24
"""Colours of the painting that have a channel of their own."""

NEAR = 0.3
"""How near to a typical colour counts as near, in Lab ÷ 50."""


def describe(
    photograph: Floats,
    valid: NDArray[np.bool_],
    rng: np.random.Generator,
    checkpoint: Callable[[], None],
) -> Floats:
    """Describe colours by channels in which absorption may well be linear, each of zero mean.

    Parameters
    ----------
    photograph
        (H, W, 3), sRGB in 0..1.
    checkpoint
        Called between channels; it may raise to stop.

    Returns
    -------
    (H, W, 36) float32: sRGB; Lab, its squares and products; nearness to each of 24 colours of the
    painting, drawn at random
    """
    photograph = np.asarray(photograph, np.float32)
    lab = np.asarray(rgb2lab(photograph), np.float32) / np.float32(50)
    lab[..., 0] -= 1
    centres = rng.choice(lab[valid], TYPICAL)
    channels = np.empty((*valid.shape, 12 + TYPICAL), np.float32)
    channels[..., :3], channels[..., 3:6] = photograph, lab
    np.multiply(lab, lab, out=channels[..., 6:9])
    np.multiply(lab, np.roll(lab, 1, 2), out=channels[..., 9:12])
    for number, centre in enumerate(centres, 12):
        checkpoint()
        distance = ((lab - centre) ** 2).sum(2)
        np.exp(distance / np.float32(-2 * NEAR**2), out=channels[..., number])
    for number in range(channels.shape[2]):
        channels[..., number] -= channels[..., number][valid].mean()
    return channels


def law_of_colour(
    missing: Floats,
    r: Floats,
    free: NDArray[np.bool_],
    rng: np.random.Generator,
    checkpoint: Callable[[], None],
) -> Floats:
    """Weights w such that the edges of Σ_s w_s r_s explain those of what g1 misses of x.

    By least absolute deviations (iteratively reweighted least squares), since edges of the
    concealed design are few and must not bend the law. At most `EDGES` edges are drawn, so that
    memory does not grow with the painting.

    Parameters
    ----------
    missing
        (H, W), x − g1.
    r
        (c, H, W), the photograph.
    free
        (H, W), where to learn.
    checkpoint
        Called between channels and rounds; it may raise to stop.

    Returns
    -------
    (c,) float32, zeros where masks leave no edge to learn from
    """
    inner = binary_erosion(free, iterations=3)
    places = [np.flatnonzero(inner[1:-1]), np.flatnonzero(inner[:, 1:-1])]
    places = [
        rng.choice(at, EDGES // 2, replace=False) if len(at) > EDGES // 2 else at for at in places
    ]
    weights = np.zeros(len(r))
    target = edges(missing, places)
    if not len(target):
        return weights.astype(np.float32)
    rows = np.empty((len(target), len(r)))
    for number, channel in enumerate(r):
        checkpoint()
        rows[:, number] = edges(channel, places)
    ridge = RIDGE * len(rows) * np.diag((rows**2).mean(0) + 1e-12)
    for _ in range(ROUNDS):
        checkpoint()
        error = np.abs(target - rows @ weights)
        weighted = rows / (error + 0.3 * np.median(error) + 1e-6)[:, None]
        weights = np.linalg.solve(weighted.T @ rows + ridge, weighted.T @ target)
    return weights.astype(np.float32)


def edges(image: Floats, places: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
    """Differences over two pixels of the blurred image: down and right, at flat ``places``."""
    blurred = gaussian_filter(image, BLUR)
    down, right = blurred[2:] - blurred[:-2], blurred[:, 2:] - blurred[:, :-2]
    found = [down.ravel()[places[0]], right.ravel()[places[1]]]
    return np.concatenate(found).astype(np.float64)
