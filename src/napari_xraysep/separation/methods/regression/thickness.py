"""How thickly each side is painted: smooth fields that multiply the modelled layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.sparse import csr_array

from napari_xraysep.painting import Floats

SMOOTH = 1.0
"""Correlation length of the fields, in cells."""

ROUNDS = 15


def grid_shape(shape: tuple[int, int], cells: int) -> tuple[int, int]:
    """Nodes of a grid of square cells with ``cells`` nodes along the longer side."""
    rows, columns = (max(2, round(cells * side / max(shape))) for side in shape)
    return rows, columns


def enlarge(nodes: Floats, shape: tuple[int, int]) -> Floats:
    """Interpolate a grid of nodes linearly to an image of that shape."""
    axes = [
        np.linspace(0, count - 1, side, dtype=np.float32)
        for count, side in zip(nodes.shape, shape, strict=True)
    ]
    at = np.stack(np.meshgrid(*axes, indexing="ij"))
    return np.asarray(map_coordinates(nodes, at, order=1, mode="nearest"), np.float32)


def hats(rows: Floats, columns: Floats, nodes: tuple[int, int]) -> csr_array:
    """Weights of linear interpolation, (N, nodes); ``rows``, ``columns`` (N,) in 0..1."""
    parts = []
    for place, count in ((rows, nodes[0]), (columns, nodes[1])):
        at = place * (count - 1)
        low = np.clip(at.astype(np.intp), 0, count - 2)
        parts.append((low, at - low))
    (y, fy), (x, fx) = parts
    index, weight = [], []
    for dy in (0, 1):
        for dx in (0, 1):
            index.append((y + dy) * nodes[1] + x + dx)
            weight.append((fy if dy else 1 - fy) * (fx if dx else 1 - fx))
    count = len(rows)
    return csr_array(
        (np.concatenate(weight), (np.tile(np.arange(count), 4), np.concatenate(index))),
        shape=(count, nodes[0] * nodes[1]),
    )


def fit_fields(
    layers: Floats,
    error: Floats,
    importance: Floats,
    weights_at: csr_array,
    nodes: tuple[int, int],
    correlated: float,
) -> Floats:
    """Find u and v, smooth, so that error ≈ layers[0]·u + layers[1]·v.

    Each field has a Gaussian prior, correlated over about a cell, whose strength follows from the
    evidence as in `evidence.fit`; a painting of even thickness gets fields near zero.

    Parameters
    ----------
    layers
        (2, N) the layers as modelled, at sampled pixels.
    error, importance
        (N,) what they leave, and the weight of each pixel.
    weights_at
        (N, nodes) interpolation weights of the pixels, from `hats`.
    correlated
        How many pixels count as one observation.

    Returns
    -------
    (2, *nodes) float32
    """
    count = nodes[0] * nodes[1]
    prior = _prior_precision(nodes)
    gram = np.empty((2 * count, 2 * count))
    for i, one in enumerate(layers):
        for j, other in enumerate(layers):
            scaled = weights_at.multiply((importance * one * other)[:, None])
            block = (weights_at.T @ scaled).toarray() / correlated
            gram[i * count : (i + 1) * count, j * count : (j + 1) * count] = block
    moments = [weights_at.T @ (importance * layer * error) for layer in layers]
    moment = np.concatenate(moments).astype(np.float64) / correlated
    energy = float(importance @ error**2) / correlated
    rows = len(error) / correlated
    precision, noise = np.array([100.0, 100.0]), energy / rows
    fields = np.zeros(2 * count)
    for _ in range(ROUNDS):
        penalty = np.kron(np.diag(precision * noise), prior)
        inverse = np.linalg.inv(gram + penalty + 1e-9 * np.eye(2 * count))
        fields = inverse @ moment
        used = 0.0
        for side in (0, 1):
            at = slice(side * count, (side + 1) * count)
            field = fields[at]
            free = count - precision[side] * noise * np.sum(prior * inverse[at, at])
            used += float(free)
            # below 4, thickness would vary by more than half of itself
            precision[side] = np.clip(free / (np.vdot(field, prior @ field) + 1e-9), 4, 1e6)
        left = energy + float(np.vdot(fields, gram @ fields - 2 * moment))
        noise = max(left, 1e-9 * energy) / max(rows - used, 0.2 * rows)
    return fields.astype(np.float32).reshape(2, *nodes)


def _prior_precision(nodes: tuple[int, int]) -> NDArray[np.float64]:
    """Inverse covariance of a smooth field on the grid."""
    y, x = (axis.ravel() for axis in np.mgrid[: nodes[0], : nodes[1]])
    distance = (y[:, None] - y) ** 2 + (x[:, None] - x) ** 2
    covariance = np.exp(-0.5 * distance / SMOOTH**2) + 1e-4 * np.eye(len(y))
    return np.asarray(np.linalg.inv(covariance), np.float64)
