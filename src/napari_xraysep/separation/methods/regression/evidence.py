"""Ridge regression whose strengths are found from the data, one for each group of features."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from napari_xraysep.painting import Floats

Doubles = NDArray[np.float64]


BLOCK = 4096
"""Rows that are turned into doubles at a time."""


class Fit(NamedTuple):
    """Weights (M,), the constant, and how many parameters each group effectively used."""

    weights: Doubles
    constant: float
    used: Doubles


def fit(
    columns: Floats,
    groups: NDArray[np.intp],
    target: Floats,
    importance: Floats,
    correlated: float,
    rounds: int = 12,
) -> Fit:
    """Bayesian linear regression with a Gaussian prior of its own width for each group.

    The widths and the noise follow from the evidence by MacKay's fixed point (D. J. C. MacKay,
    Bayesian interpolation, Neural Computation 4, 1992): a group that explains nothing is switched
    off. Errors of neighbouring pixels are alike, so ``correlated`` pixels count as one
    observation.

    Parameters
    ----------
    columns
        (N, M) features.
    groups
        (M,) number of the group of each column, from 0.
    target
        (N,) what is to be explained.
    importance
        (N,) weight of each row, with mean 1.
    correlated
        How many rows count as one observation, ≥ 1.
    """
    mean, level = columns.mean(0), float(target.mean())
    y = (target - level).astype(np.float64)
    gram, moment = np.zeros((len(groups), len(groups))), np.zeros(len(groups))
    root = np.sqrt(importance.astype(np.float64))
    # in doubles: float32 sums would leave the small eigenvalues, which matter here, to chance
    for start in range(0, len(y), BLOCK):
        at = slice(start, start + BLOCK)
        rows = (columns[at] - mean) * root[at, None]
        gram += rows.T @ rows
        moment += rows.T @ (root[at] * y[at])
    gram /= correlated
    moment /= correlated
    energy = float(importance @ y**2) / correlated
    observations = len(y) / correlated
    count = int(groups.max()) + 1
    sizes = np.bincount(groups, minlength=count)
    jitter = 1e-8 * np.trace(gram) / len(gram)
    precision = np.full(count, 1e-2)
    noise = 0.3 * energy / observations
    weights, used = np.zeros(len(gram)), np.zeros(count)
    for _ in range(rounds):
        prior = precision[groups] * noise + jitter
        try:
            factor = cho_factor(gram + np.diag(prior))
        except LinAlgError:
            break
        inverse = cho_solve(factor, np.eye(len(gram)))
        weights = inverse @ moment
        free = np.bincount(groups, np.diag(inverse) * prior, minlength=count)
        used = np.maximum(sizes - free, 1e-3)
        square = np.bincount(groups, weights**2, minlength=count)
        precision = np.clip(used / np.maximum(square, 1e-12), 1e-2, 1e9)
        left = energy + float(np.vdot(weights, gram @ weights - 2 * moment))
        noise = max(left, 1e-9 * energy) / max(observations - used.sum(), 0.2 * observations)
    return Fit(weights, level - float(mean @ weights), used)
