"""Additive colour-to-attenuation regression."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.regression import Settings


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Separate a mixture; a first version that fits polynomials in colour."""
    yield Plan(("fit",), 1)
    photographs = [mixture.front] + ([] if mixture.back is None else [mixture.back])
    features = sum(_features(photograph) for photograph in photographs)
    rows = features[mixture.valid]
    gram = rows.T @ rows + settings.ridge * len(rows) * np.eye(rows.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram, rows.T @ mixture.xray[mixture.valid])
    yield Step("fit", 1)
    layers = [np.asarray(_features(p) @ weights, np.float32) for p in photographs]
    if mixture.back is None:
        layers.append(mixture.xray - layers[0])
    yield Estimate("fit", 0, layers[0], layers[1])


def _features(photograph: Floats) -> Floats:
    r, g, b = np.moveaxis(photograph - 0.5, 2, 0)
    terms = [np.ones_like(r), r, g, b, r * r, g * g, b * b, r * g, r * b, g * b]
    return np.stack(terms, 2).astype(np.float32)
