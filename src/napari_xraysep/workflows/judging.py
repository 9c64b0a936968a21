"""What can be said of a separation without its true layers.

None of it is a proof: METHODS says what each number misses, `MEANINGS` what a bad value means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.metrics import rms
from napari_xraysep.evaluation.summary import numbers
from napari_xraysep.painting import Floats, Mixture, Painting
from napari_xraysep.region import Region

JUDGED = 2048
"""Pixels a side that a separation is judged by; gradients of much more do not fit into memory."""

COMPARED = 1_000_000
"""Pixels on which separations are compared with each other."""


def judge(layers: Mapping[str, Floats], mixture: Mixture) -> dict[str, float]:
    """Measure a separation without truth, over the pixels that the mask does not leave out.

    Of a large painting the middle `JUDGED` pixels a side are looked at.

    Parameters
    ----------
    layers
        A run's results by name, the two layers first; ``unexplained`` among them where known.

    Returns
    -------
    dict
        The numbers of `evaluate`, and ``unexplained_rms``; those that are not defined left out.
    """
    at = middle(mixture.valid)
    part = replace(
        mixture,
        xray=mixture.xray[at],
        front=mixture.front[at],
        back=None if mixture.back is None else mixture.back[at],
        valid=mixture.valid[at],
    )
    first, second = list(layers.values())[:2]
    found = evaluate((first[at], second[at]), part)
    if "unexplained" in layers:
        found["unexplained_rms"] = rms(layers["unexplained"][at], part.valid)
    return numbers(found)


def middle(valid: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the middle of where something is valid, at most `JUDGED` pixels a side.

    Where that holds nothing: the rows that hold most, and of these the columns.
    """
    rows, columns = (np.flatnonzero(valid.any(axis)) for axis in (1, 0))
    starts = [max(int(a[0]), (int(a[0]) + int(a[-1]) + 1 - JUDGED) // 2) for a in (rows, columns)]
    at = slice(starts[0], starts[0] + JUDGED), slice(starts[1], starts[1] + JUDGED)
    if valid[at].any():
        return at
    fullest = _fullest(valid.sum(1))
    return fullest, _fullest(valid[fullest].sum(0))


def middle_part(painting: Painting, region: Region | None) -> tuple[Region, tuple[slice, slice]]:
    """Return the `middle` of a region of a painting, None: of all of it, and where in that it lies.

    Only the mask is read for it.
    """
    around = region or Region(0, painting.shape[0], 0, painting.shape[1])
    valid = np.ones((around.y1 - around.y0, around.x1 - around.x0), bool)
    if painting.mask is not None:
        valid = np.asarray(painting.mask[around.slices]) == 0
    at = middle(valid)
    return around.cut(at), at


def _fullest(counts: NDArray[np.int_]) -> slice:
    """Return the `JUDGED` neighbours of which the sum is greatest."""
    sums = np.cumsum(np.append(0, counts))
    start = int(np.argmax(sums[JUDGED:] - sums[:-JUDGED])) if counts.size > JUDGED else 0
    return slice(start, start + JUDGED)


def apart(
    layers: Iterable[tuple[Floats, Floats]],
    valid: NDArray[np.bool_],
    reference: tuple[Floats, Floats] | None = None,
) -> list[float]:
    """Measure how far each of several separations lies from a reference, or the middle of all.

    The root mean square, over both layers and at most about `COMPARED` valid pixels, of the
    difference from the reference, or from the median of all at each pixel; each layer's own mean
    removed. What random starts agree on is seldom right by chance, but the one farthest from all
    others seldom is best.

    Parameters
    ----------
    layers
        Two (H, W) arrays for each separation, in the working domain; looked at one after another.
    valid
        (H, W) bool.
    reference
        Another separation, likewise; None: the middle of all.

    Returns
    -------
    list of float
        In the order given; zero where there is only one, and no reference.
    """
    step = max(1, int(valid.sum()) // COMPARED)
    values = _compared(layers, valid, step)
    values -= np.median(values, 0) if reference is None else _compared([reference], valid, step)[0]
    return [float(value) for value in np.sqrt(np.mean(values.astype(np.float64) ** 2, (1, 2)))]


def _compared(
    layers: Iterable[tuple[Floats, Floats]], valid: NDArray[np.bool_], step: int
) -> NDArray[np.float32]:
    """Return every ``step``-th valid pixel of both layers of each, without their means."""
    values = np.stack([[layer[valid][::step] for layer in pair] for pair in layers])
    return np.asarray(values - values.mean(2, keepdims=True), np.float32)
