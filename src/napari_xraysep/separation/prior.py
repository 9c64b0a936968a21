"""g1: what the surface alone may look like, for methods that are guided by such an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import luma
from napari_xraysep.painting import SCRIBBLES, Floats, Mixture, Painting

SAMPLED = 1_000_000
"""Grey values are matched on at most about this many pixels."""

ROUNDS = 8

SAME = 0.01
"""A hand-made g1 is the radiograph where it differs by less than this share of its contrast."""


def guide(mixture: Mixture) -> Floats:
    """Return g1, a guess at the X-ray of the surface, in the working domain.

    The one that was made by hand, where there is one. Else the grey photograph, scaled as
    ``a·grey + b`` to the radiograph by least squares; pixels that the mask leaves out do not count.
    Where the user has drawn where the concealed design lies, g1 is that grey inside and the
    radiograph outside (Pu et al. 2021, Fig. 4 (c)), one fading into the other in the drawing's soft
    edge; the grey is then matched outside, where the surface is all that the radiograph shows, and
    by least absolute deviations, since a drawing seldom holds the whole design.

    Returns
    -------
    (H, W) float32
    """
    if mixture.guess is not None:
        return mixture.guess
    grey = luma(mixture.front)
    if mixture.prior is None:
        slope, constant = _match(grey, mixture.xray, mixture.valid, rounds=1)
        return np.asarray(slope * grey + constant, np.float32)
    slope, constant = _match(grey, mixture.xray, surface_alone(mixture), rounds=ROUNDS)
    return blend(mixture.prior, np.asarray(slope * grey + constant, np.float32), mixture.xray)


def blend(prior: Floats, inside: Floats, outside: Floats) -> Floats:
    """Return ``inside`` where the prior is 1, ``outside`` where it is 0, both in between."""
    return np.asarray(outside + prior * (inside - outside), np.float32)


def surface_alone(mixture: Mixture) -> NDArray[np.bool_]:
    """Tell where the radiograph shows nothing but the surface, as far as a drawn prior says so.

    Returns
    -------
    (H, W) bool, all that is valid where the prior leaves nothing outside; where it does so only
    among pixels that are not to be learnt from, those
    """
    if mixture.prior is not None:
        outside = mixture.prior == 0
        for seen in (mixture.valid, mixture.known):
            if seen is not None and (seen & outside).any():
                return np.asarray(seen & outside)
    return mixture.valid


def drawn(mixture: Mixture) -> Floats | None:
    """Return where the concealed design may lie, as drawn or as a hand-made g1 tells.

    A g1 that was made from the radiograph, by painting over a part of it, tells it where it is no
    longer the radiograph, and takes the place of a drawing; one that nowhere is the radiograph
    tells nothing.

    Returns
    -------
    (H, W) float32 in 0..1, or None where the user says nothing of it
    """
    if mixture.guess is None:
        return mixture.prior
    from scipy.ndimage import uniform_filter

    low, high = np.quantile(mixture.xray[mixture.valid], (0.01, 0.99))
    change = uniform_filter(np.abs(mixture.guess - mixture.xray), 5)
    changed = change > SAME * (high - low)
    return mixture.prior if changed[mixture.valid].all() else changed.astype(np.float32)


def in_words(painting: Painting) -> str | None:
    """Say what the user has said of the concealed design, for the run's record."""
    said = []
    if painting.prior_mask is not None:
        share = float(np.mean(np.asarray(painting.prior_mask) != 0))
        where = "no concealed design" if painting.prior_reverse else "the concealed design"
        edge = painting.prior_feather_px
        said.append(
            f"drawn: {where} lies in {share:.1%} of the radiograph"
            + (f", soft edge of {edge:g} px" if edge else "")
        )
    if painting.prior_image is not None:
        said.append("the surface's X-ray (g1) made by hand")
    if painting.scribbles is not None:
        scribbles = np.asarray(painting.scribbles)
        names = [name for name, number in SCRIBBLES.items() if (scribbles == number).any()]
        said.append("scribbles: " + (", ".join(names) or "none"))
    return "; ".join(said) or None


def _match(
    grey: Floats, xray: Floats, where: NDArray[np.bool_], rounds: int
) -> tuple[np.float64, np.float64]:
    """Return a and b of a·grey + b ≈ xray: least squares, made robust by more ``rounds``."""
    step = max(1, int(where.sum()) // SAMPLED)
    columns = np.stack([grey[where], np.ones(int(where.sum()))], 1)[::step].astype(np.float64)
    target = xray[where][::step].astype(np.float64)
    weights = np.ones_like(target)
    for _ in range(rounds):
        root = np.sqrt(weights)
        found = np.linalg.lstsq(columns * root[:, None], target * root, rcond=None)[0]
        error = np.abs(target - columns @ found)
        weights = 1 / (error + 0.3 * np.median(error) + 1e-9)
    return found[0], found[1]
