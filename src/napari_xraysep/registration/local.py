"""Local matches of small tiles, and the smooth displacement that they agree on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.registration.colours import Mask
from napari_xraysep.transforms import Points, Warp

COVERED = 0.6
"""Least share of a tile that must be valid."""
CELLS = 12
"""Meshes of the spline along the longer side."""
STIFFNESSES = (1e6, 1e3, 1e2, 1e1, 1.0, 1e-1)
"""Tried weights of the bending energy."""
ROUNDS, FOLDS = 4, 4
NEIGHBOURHOOD = 1 / 8
"""Left out together, in the radiograph's longer side: wider than a chance pattern that several
overlapping tiles share."""
FAR = 20.0
"""Standard deviations to begin with, beyond which a match counts little."""
DOUBT = 0.2
"""Standard deviation, pixels, below which no single match is trusted."""
RATIO, STEEPNESS = 3.5, 2.5
"""Peak-to-sidelobe ratio at which every other match is right, and how soon more of them are."""
LOBE = 3
"""Pixels around a peak that are its own."""
BELIEVED = 0.1
"""Belief below which a match is as good as none."""
CAUCHY = 2.0
"""Standard deviations beyond which a match counts for less than half."""


@dataclass(frozen=True)
class Matches:
    """Where tiles of the radiograph are found in the picture that was predicted for it.

    Attributes
    ----------
    centres
        (N, 2) of the tiles.
    shifts
        (N, 2) from there to the best match, pixels.
    information
        (N, 2, 2) inverse covariance of the shifts, px⁻².
    likeness
        (N,) correlation there.
    inside
        (N,) bool, False where the best match lies at the end of the search.
    belief
        (N,) 0..1, how likely the match is no chance one.
    """

    centres: Points
    shifts: Points
    information: NDArray[np.float64]
    likeness: NDArray[np.float64]
    inside: NDArray[np.bool_]
    belief: NDArray[np.float64]

    @property
    def useful(self) -> Matches:
        """Those that a displacement can be fitted to."""
        return self.chosen(self.inside & (self.belief >= BELIEVED))

    def chosen(self, which: NDArray[Any]) -> Matches:
        """Return some of them, by index or mask."""
        return Matches(
            self.centres[which],
            self.shifts[which],
            self.information[which],
            self.likeness[which],
            self.inside[which],
            self.belief[which],
        )


def matched(
    radiograph: Floats,
    predicted: Floats,
    valid: Mask,
    tile: int,
    step: int,
    radius: int,
) -> Matches:
    """Search every tile of the radiograph's detail around its place in the predicted detail.

    Parameters
    ----------
    radiograph, predicted
        (H, W) detail on one grid, zero where not valid.
    valid
        (H, W) where both count.
    tile, step
        Side of the square tiles and distance between them, pixels.
    radius
        Largest shift, pixels.
    """
    from scipy.ndimage import uniform_filter
    from skimage.feature import match_template

    height, width = radiograph.shape
    padded = np.pad(predicted, radius)
    covered = uniform_filter(valid.astype(np.float32), tile, mode="constant")
    rows = np.arange(0, height - tile + 1, step)
    columns = np.arange(0, width - tile + 1, step)
    centres, shifts, information, likeness, inside, belief = [], [], [], [], [], []
    for y in rows:
        for x in columns:
            if covered[y + tile // 2, x + tile // 2] < COVERED:
                continue
            own = radiograph[y : y + tile, x : x + tile]
            around = padded[y : y + tile + 2 * radius, x : x + tile + 2 * radius]
            if not (own.any() and around.any()):
                continue
            surface = match_template(around, own)
            peak = np.unravel_index(int(surface.argmax()), surface.shape)
            within = all(0 < p < 2 * radius for p in peak)
            if within:
                sub, height_there, curvature = _summit(surface, peak)
            else:
                sub, height_there, curvature = np.zeros(2), float(surface[peak]), np.zeros((2, 2))
            share = float(np.clip(height_there, 0, 0.99)) ** 2
            centres.append([y + (tile - 1) / 2, x + (tile - 1) / 2])
            shifts.append(np.array(peak) - radius + sub)
            information.append(tile**2 * curvature * share / (1 - share) / max(height_there, 1e-6))
            likeness.append(height_there)
            inside.append(within)
            belief.append(_belief(surface, peak))
    return Matches(
        np.reshape(centres, (-1, 2)).astype(float),
        np.reshape(shifts, (-1, 2)).astype(float),
        np.reshape(information, (-1, 2, 2)).astype(float),
        np.array(likeness, float),
        np.array(inside, bool),
        np.array(belief, float),
    )


def _belief(surface: NDArray[Any], peak: Any) -> float:
    """Say how likely a peak is no chance one, by how far it stands out from all the others.

    The peak-to-sidelobe ratio is that of D. S. Bolme et al., "Visual object tracking using
    adaptive correlation filters", CVPR 2010, section 3.5.
    """
    apart = [np.abs(np.arange(n) - at) > LOBE for n, at in zip(surface.shape, peak, strict=True)]
    others = surface[apart[0][:, None] | apart[1][None, :]]
    ratio = (float(surface[peak]) - others.mean()) / max(float(others.std()), 1e-9)
    return float(1 / (1 + np.exp(-STEEPNESS * (ratio - RATIO))))


def _summit(surface: NDArray[Any], peak: Any) -> tuple[Points, float, NDArray[np.float64]]:
    """Fit a paraboloid to the nine values around a peak: where, how high, how curved it is."""
    y, x = peak
    s = surface[y - 1 : y + 2, x - 1 : x + 2].astype(float)
    gradient = np.array([s[2, 1] - s[0, 1], s[1, 2] - s[1, 0]]) / 2
    cross = (s[2, 2] - s[2, 0] - s[0, 2] + s[0, 0]) / 4
    curvature = -np.array(
        [
            [s[2, 1] - 2 * s[1, 1] + s[0, 1], cross],
            [cross, s[1, 2] - 2 * s[1, 1] + s[1, 0]],
        ]
    )
    values, vectors = np.linalg.eigh(curvature)
    values = np.maximum(values, 1e-9)
    curvature = (vectors * values) @ vectors.T
    sub = np.clip(np.linalg.solve(curvature, gradient), -1, 1)
    return sub, float(s[1, 1] + gradient @ sub / 2), curvature


@dataclass(frozen=True)
class Smooth:
    """A smooth displacement: cubic B-splines over the radiograph.

    Attributes
    ----------
    knots
        Of rows and columns.
    values
        (coefficients, 2).
    stiffness
        Weight of the bending energy.
    weights
        (N,) how far each match is believed, 0..1: by itself and by its neighbours.
    spread
        How far the matches lie off, in the standard deviations that they give themselves.
    covariance
        (coefficients, coefficients) of rows and columns together; empty before the last step.
    """

    knots: tuple[NDArray[np.float64], NDArray[np.float64]]
    values: NDArray[np.float64]
    stiffness: float
    weights: NDArray[np.float64]
    spread: float
    covariance: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def doubt(self, points: Points) -> NDArray[np.float64]:
        """Return the standard deviation (N,) of the displacement at points (N, 2), pixels."""
        design = _design(points, self.knots)
        variances = ((design @ self.covariance) * design.toarray()).sum(1)
        return np.asarray(np.sqrt(np.maximum(variances, 0)))

    def __call__(self, points: Points) -> Points:
        """Return the displacement (N, 2) at points (N, 2) of the radiograph."""
        return np.asarray(_design(points, self.knots) @ self.values)


def totalled(matches: Matches, warp: Warp | None) -> Points:
    """Return the whole displacement (N, 2) at matches made where ``warp`` had been applied."""
    if warp is None:
        return matches.shifts
    return matches.shifts + warp.at(matches.centres + matches.shifts)


def smooth(matches: Matches, totals: Points, shape: tuple[int, int]) -> Smooth:
    """Fit a smooth displacement to ``totals`` (N, 2) at the matches' centres.

    Each match counts by its belief and its information, directions apart; those far off count
    little. Of several
    stiffnesses the largest is taken that predicts left-out neighbourhoods of matches as well as
    the best, within the standard error.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):  # small matrices: threads would wait for each other
        return _smooth(matches, totals, shape)


def _smooth(matches: Matches, totals: Points, shape: tuple[int, int]) -> Smooth:
    knots = _knots(shape)
    design = _design(matches.centres, knots)
    bending = _bending(knots)
    trust = trusted(matches.information)
    fold = _folds(matches.centres, shape)
    fits, doubts = [], []
    belief = matches.belief
    weights, spread = belief, FAR
    for stiffness in STIFFNESSES:
        # from stiff to soft, each starting from what the one before believed
        for _ in range(ROUNDS):
            values = _solved(design, totals, trust, weights, stiffness * bending)
            far = _distance(design @ values - totals, trust)
            spread = max(spread / 2, float(np.sqrt(_median(far, belief))) / 1.18, 1.0)
            weights = belief / (1 + far / (CAUCHY * spread) ** 2)
        missed = np.zeros(len(totals))
        for number in range(FOLDS):
            out = fold == number
            kept = np.where(out, 0.0, weights)
            guess = _solved(design, totals, trust, kept, stiffness * bending)
            missed[out] = _distance(design[out] @ guess - totals[out], trust[out])
        fits.append(Smooth(knots, values, stiffness, weights, spread))
        doubts.append(belief / belief.mean() * np.log1p(missed / CAUCHY**2))
    best = int(np.argmin([doubt.mean() for doubt in doubts]))
    fit = next(
        fit
        for fit, doubt in zip(fits, doubts, strict=True)
        if _no_worse(doubt - doubts[best])  # the stiffest, and the best itself at the latest
    )
    both, _ = _equations(design, totals, trust, fit.weights, fit.stiffness * bending)
    inverse = np.linalg.inv(both).reshape(2, len(bending), 2, len(bending))
    return replace(fit, covariance=fit.spread**2 * (inverse[0, :, 0] + inverse[1, :, 1]))


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])


def _no_worse(differences: NDArray[np.float64]) -> bool:
    """Whether their mean is within its standard error of zero."""
    return bool(differences.mean() <= differences.std() / np.sqrt(len(differences)))


def _knots(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    cell = max(shape) / CELLS
    rows, columns = (np.linspace(0, side - 1, max(2, round(side / cell) + 1)) for side in shape)
    return _clamped(rows), _clamped(columns)


def _clamped(breaks: NDArray[np.float64]) -> NDArray[np.float64]:
    step = breaks[1] - breaks[0]
    before, after = breaks[0] - step * np.arange(3, 0, -1), breaks[-1] + step * np.arange(1, 4)
    return np.concatenate([before, breaks, after])


def _design(points: Points, knots: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Any:
    from scipy.interpolate import NdBSpline

    low = np.array([k[3] for k in knots])
    high = np.array([k[-4] for k in knots])
    design = NdBSpline.design_matrix(np.clip(points, low, high), knots, 3)
    design.resize(len(points), np.prod([len(k) - 4 for k in knots]))
    return design


def _bending(knots: tuple[NDArray[np.float64], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the quadratic form of the second differences of the coefficients."""
    rows, columns = (len(k) - 4 for k in knots)
    second = [np.diff(np.eye(n), 2, axis=0) for n in (rows, columns)]
    first = [np.diff(np.eye(n), 1, axis=0) for n in (rows, columns)]
    down = np.kron(second[0], np.eye(columns))
    across = np.kron(np.eye(rows), second[1])
    twist = np.kron(first[0], first[1])
    return np.asarray(down.T @ down + across.T @ across + 2 * twist.T @ twist)


def trusted(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the information, with the doubt that every match is subject to."""
    covariance = np.linalg.inv(information + 1e-9 * np.eye(2)) + DOUBT**2 * np.eye(2)
    return np.asarray(np.linalg.inv(covariance))


def _folds(centres: Points, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return neighbourhoods' numbers: what is left out has no twin among the rest."""
    block = np.floor(centres / (max(shape) * NEIGHBOURHOOD)).astype(int)
    return np.asarray((block[:, 0] + 2 * block[:, 1]) % FOLDS)


def _distance(missed: Points, trust: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared distances of (N, 2), in standard deviations."""
    return np.asarray(np.einsum("ni,nij,nj->n", missed, trust, missed))


def _equations(
    design: Any,
    totals: Points,
    trust: NDArray[np.float64],
    weights: NDArray[np.float64],
    penalty: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the normal equations of weighted least squares with a penalty."""
    count = design.shape[1]
    both = np.zeros((2, count, 2, count))
    right = np.zeros((2, count))
    for i in range(2):
        for j in range(2):
            pull = weights * trust[:, i, j]
            both[i, :, j] = (design.T @ design.multiply(pull[:, None])).toarray()
            right[i] += design.T @ (pull * totals[:, j])
        both[i, :, i] += penalty + 1e-6 * np.eye(count)
    return both.reshape(2 * count, 2 * count), right.ravel()


def _solved(*equations: Any) -> NDArray[np.float64]:
    """Return the coefficients (count, 2) of `_equations`."""
    from scipy.linalg import solve

    both, right = _equations(*equations)
    return np.asarray(solve(both, right, assume_a="pos").reshape(2, -1).T)
