"""Half, all or nothing, grey: each takes a mixture and returns two layers at once.

Layers are (H, W) float32 in the working domain. `BASELINES` is for measuring a run beside them;
the functions ``run_…`` make a separation of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from napari_xraysep.domain import luma
from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.method import Context, Estimate, Plan, Settings, Step

Baseline: TypeAlias = Callable[[Mixture], tuple[Floats, Floats]]


def half(mixture: Mixture) -> tuple[Floats, Floats]:
    """Put half of the radiograph in each layer."""
    halved = mixture.xray / np.float32(2)
    return halved, halved.copy()


def all_or_nothing(mixture: Mixture) -> tuple[Floats, Floats]:
    """Put the whole radiograph in the first layer, nothing in the second."""
    return mixture.xray.copy(), np.zeros_like(mixture.xray)


def grey(mixture: Mixture) -> tuple[Floats, Floats]:
    """Scale the photographs in grey to the radiograph by least squares with a constant.

    Double-sided: ``x ≈ a1·r1 + a2·r2 + b``, layers ``a_i·r_i + b/2``, which leave a residual; to
    compare with a method, allocate it as the method's own was. Concealed design: the surface is
    ``a·r1 + b`` and the concealed layer the rest.
    """
    photographs = [mixture.front] + ([] if mixture.back is None else [mixture.back])
    greys = [luma(photograph) for photograph in photographs]
    columns = [image[mixture.valid].astype(np.float64) for image in greys]
    columns.append(np.ones_like(columns[0]))
    weights = np.linalg.lstsq(np.stack(columns, axis=1), mixture.xray[mixture.valid], rcond=None)[0]
    constant = weights[-1] / len(greys)
    layers = [(a * g + constant).astype(np.float32) for a, g in zip(weights, greys, strict=False)]
    if mixture.back is None:
        layers.append(mixture.xray - layers[0])
    return layers[0], layers[1]


BASELINES: Mapping[str, Baseline] = {
    "half": half,
    "all-or-nothing": all_or_nothing,
    "grey": grey,
}


def run_half(
    mixture: Mixture, settings: Settings, context: Context
) -> Iterator[Plan | Step | Estimate]:
    """Separate with `half`."""
    return _at_once(half, mixture)


def run_all_or_nothing(
    mixture: Mixture, settings: Settings, context: Context
) -> Iterator[Plan | Step | Estimate]:
    """Separate with `all_or_nothing`."""
    return _at_once(all_or_nothing, mixture)


def run_grey(
    mixture: Mixture, settings: Settings, context: Context
) -> Iterator[Plan | Step | Estimate]:
    """Separate with `grey`."""
    return _at_once(grey, mixture)


def _at_once(baseline: Baseline, mixture: Mixture) -> Iterator[Plan | Step | Estimate]:
    stage = "at once"
    yield Plan((stage,), 1)
    layers = baseline(mixture)
    yield Step(stage, 1)
    yield Estimate(stage, 1, *layers)
