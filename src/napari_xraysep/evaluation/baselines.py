"""What separates without effort: a method that does not beat these has done nothing.

Each takes a mixture and returns two layers, (H, W) float32 in the working domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from napari_xraysep.evaluation.metrics import grey as grey_photograph
from napari_xraysep.painting import Floats, Mixture


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
    greys = [grey_photograph(photograph) for photograph in photographs]
    columns = [image[mixture.valid].astype(np.float64) for image in greys]
    columns.append(np.ones_like(columns[0]))
    weights = np.linalg.lstsq(np.stack(columns, axis=1), mixture.xray[mixture.valid], rcond=None)[0]
    constant = weights[-1] / len(greys)
    layers = [(a * g + constant).astype(np.float32) for a, g in zip(weights, greys, strict=False)]
    if mixture.back is None:
        layers.append(mixture.xray - layers[0])
    return layers[0], layers[1]


BASELINES: Mapping[str, Callable[[Mixture], tuple[Floats, Floats]]] = {
    "half": half,
    "all-or-nothing": all_or_nothing,
    "grey": grey,
}
