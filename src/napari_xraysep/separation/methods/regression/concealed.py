"""The concealed problem: what the photograph's edges cannot explain lies underneath."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from napari_xraysep.painting import Mixture
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.regression import Settings
from napari_xraysep.separation.methods.regression.basis import Colour, lab, typical


def concealed(
    mixture: Mixture, settings: Settings, context: Context
) -> Iterator[Plan | Step | Estimate]:
    """Separate the surface from the design that it conceals."""
    yield Plan(("regression",), 1)
    rng = np.random.default_rng(context.seed)
    z = lab(mixture.front[mixture.valid])
    colour = Colour(typical(z, 30, rng), 0.4)
    features = colour.features(z)
    features = np.concatenate([features, np.ones_like(features[:, :1])], 1)
    gram = features.T @ features + 1e-3 * len(z) * np.eye(features.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram, features.T @ mixture.xray[mixture.valid]).astype(np.float32)
    surface = colour.law(weights[:-1])(mixture.front) + weights[-1]
    yield Step("regression", 1)
    yield Estimate("regression", 1, surface, mixture.xray - surface)
