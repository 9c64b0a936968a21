"""What can be said of a separation without its true layers.

None of it is a proof: METHODS says what each number misses, `MEANINGS` what a bad value means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.metrics import rms
from napari_xraysep.evaluation.summary import numbers
from napari_xraysep.painting import Floats, Mixture

COMPARED = 1_000_000
"""Pixels on which separations are compared with each other."""


def judge(layers: Mapping[str, Floats], mixture: Mixture) -> dict[str, float]:
    """Measure a separation without truth, over the pixels that the mask does not leave out.

    Parameters
    ----------
    layers
        A run's results by name, the two layers first; ``unexplained`` among them where known.

    Returns
    -------
    dict
        The numbers of `evaluate`, and ``unexplained_rms``; those that are not defined left out.
    """
    first, second = list(layers.values())[:2]
    found = evaluate((first, second), mixture)
    if "unexplained" in layers:
        found["unexplained_rms"] = rms(layers["unexplained"], mixture.valid)
    return numbers(found)


def apart(layers: Iterable[tuple[Floats, Floats]], mixture: Mixture) -> list[float]:
    """Measure how far each of several separations lies from the middle of all.

    The root mean square, over both layers and at most about `COMPARED` valid pixels, of the
    difference from the median of all at each pixel, each layer's own mean removed. What random
    starts agree on is seldom right by chance, but the one farthest from all others seldom is best.

    Parameters
    ----------
    layers
        Two (H, W) arrays for each separation, in the working domain; looked at one after another.

    Returns
    -------
    list of float
        In the order given; zero where there is only one.
    """
    step = max(1, int(mixture.valid.sum()) // COMPARED)
    values = np.stack([[layer[mixture.valid][::step] for layer in pair] for pair in layers])
    values -= values.mean(2, keepdims=True)
    values -= np.median(values, 0)
    return [float(value) for value in np.sqrt(np.mean(values.astype(np.float64) ** 2, (1, 2)))]
