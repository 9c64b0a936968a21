"""Additive colour-to-attenuation regression.

Double-sided: x ≈ (1 + u)·F1(r1) + (1 + v)·F2(r2). F_i(r) = Φ(r)·(w + w_i): a law of colour that
both sides share and what each side adds to it; Φ holds polynomials of Lab, Gaussians around typical
colours, and pigments that are local. u and v, smooth, are how much more thickly than usual each
side is painted there. All strengths follow from the evidence, so what a painting does not show is
switched off. Fitted in turn: laws, fields, laws again.

Concealed: see `concealed`.

It assumes that layers add, that equal colours of one place and side are mostly equal paints, and
that the photographs lie on the radiograph. What no photograph shows stays in the residual, which
is shared out as the run's allocation says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.allocation import residual_variance
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.regression import Settings, evidence
from napari_xraysep.separation.methods.regression.basis import (
    LAB_UNIT,
    LOCAL_WIDTHS,
    Colour,
    Local,
    describe,
    typical,
)
from napari_xraysep.separation.methods.regression.concealed import concealed
from napari_xraysep.separation.methods.regression.thickness import (
    enlarge,
    fit_fields,
    grid_shape,
    hats,
)

CORRELATED_FIRST = 40.0
"""Pixels that count as one observation while thickness is not yet accounted for."""

CORRELATED = 20.0
"""The same once it is."""


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Separate a mixture; yields a first look, then the result."""
    if mixture.back is None:
        yield from concealed(mixture, settings, context)
    else:
        yield from double_sided(mixture, mixture.back, settings, context)


class Sample(NamedTuple):
    """Pixels drawn at random, with what the fit needs to know of each.

    Attributes
    ----------
    x
        (N,) radiograph.
    colours
        Two (N, 6) arrays, the photographs' colours as `describe` gives them.
    place
        (N, 2) row and column in lengths of the longer side.
    rows, columns
        (N,) place in 0..1 along each axis.
    """

    x: Floats
    colours: tuple[Floats, Floats]
    place: Floats
    rows: Floats
    columns: Floats


class Laws(NamedTuple):
    """A fitted F1, F2: weights of the colour and local features for each side, and constants."""

    colour: Colour
    local: Local | None
    weights: tuple[Floats, Floats]
    local_weights: tuple[Floats, Floats] | None
    constant: np.float32


class Thickness:
    """The fields of relative thickness at the sampled pixels; without cells, always zero."""

    def __init__(self, sample: Sample, cells: int, shape: tuple[int, int]) -> None:
        self.cells = cells
        self.nodes = grid_shape(shape, cells)
        self.hats = hats(sample.rows, sample.columns, self.nodes)

    def fit(self, x: Floats, layers: Floats) -> Floats:
        """Fit both sides' fields, (2, *nodes), to what even ``layers`` (2, N) leave of ``x``."""
        if not self.cells:
            return np.zeros((2, *self.nodes), np.float32)
        importance = _importance(x, layers)
        error = x - layers.sum(0)
        return fit_fields(layers, error, importance, self.hats, self.nodes, CORRELATED)

    def gains(self, fields: Floats) -> Floats:
        """How much thicker than usual each sampled pixel of each side is, (2, N)."""
        return np.stack([1 + self.hats @ field.ravel() for field in fields])


def double_sided(
    mixture: Mixture, back: Floats, settings: Settings, context: Context
) -> Iterator[Plan | Step | Estimate]:
    """Separate front and back."""
    stage = "regression"
    yield Plan((stage,), 3)
    rng = np.random.default_rng(context.seed)
    photographs = (mixture.front, back)
    sample = draw(mixture, back, settings.sample, rng)

    coarse = Colour.around(np.concatenate(sample.colours), 60, 0.3, rng)
    even = np.ones((2, len(sample.x)), np.float32)
    laws, layers = fit_laws(sample, coarse, None, settings.own_law, CORRELATED_FIRST, even)
    yield Step(stage, 1, losses={"unexplained": _rms(sample.x - layers.sum(0))})
    yield Estimate(stage, 1, *predict(laws, photographs, None, context))

    thickness = Thickness(sample, settings.thickness_cells, mixture.shape)
    fields = thickness.fit(sample.x, layers)
    gains = thickness.gains(fields)
    yield Step(stage, 2, losses={"unexplained": _rms(sample.x - (layers * gains).sum(0))})

    width = settings.colour_width / LAB_UNIT
    fine = Colour.around(np.concatenate(sample.colours), settings.colours, width, rng)
    local = local_pigments(sample, settings.local_pigments, rng)
    context.checkpoint()
    laws, layers = fit_laws(sample, fine, local, settings.own_law, CORRELATED, gains)
    context.checkpoint()
    fields = thickness.fit(sample.x, layers)
    gains = thickness.gains(fields)
    yield Step(stage, 3, losses={"unexplained": _rms(sample.x - (layers * gains).sum(0))})
    yield Estimate(stage, 3, *predict(laws, photographs, fields, context))


def draw(mixture: Mixture, back: Floats, count: int, rng: np.random.Generator) -> Sample:
    """Draw pixels that the user's mask does not leave out."""
    valid = np.flatnonzero(mixture.valid)
    at = rng.choice(valid, min(count, len(valid)), replace=False)
    y, x = np.unravel_index(at, mixture.shape)
    height, width = mixture.shape
    place = np.stack([y, x], 1).astype(np.float32)
    return Sample(
        x=mixture.xray[y, x],
        colours=(describe(mixture.front[y, x]), describe(back[y, x])),
        place=place / np.float32(max(height, width)),
        rows=place[:, 0] / np.float32(height - 1),
        columns=place[:, 1] / np.float32(width - 1),
    )


def local_pigments(sample: Sample, count: int, rng: np.random.Generator) -> Local | None:
    """Choose where local pigments may lie: typical pairs of colour and place."""
    if not count:
        return None
    points = [
        np.concatenate([Local.points(c, sample.place, widths) for c in sample.colours])
        for widths in LOCAL_WIDTHS
    ]
    return Local(tuple(typical(p, count, rng) for p in points))


def fit_laws(
    sample: Sample,
    colour: Colour,
    local: Local | None,
    own: bool,
    correlated: float,
    gains: Floats,
) -> tuple[Laws, Floats]:
    """Fit F1 and F2 with the thickness ``gains`` (2, N) given.

    Returns
    -------
    laws
    even : (2, N) the layers at the sampled pixels, were they evenly thick
    """
    colours = [colour.features(c) for c in sample.colours]
    places = [] if local is None else [local.features(c, sample.place) for c in sample.colours]
    scaled = [f * g[:, None] for f, g in zip(colours, gains, strict=True)]
    parts = [scaled[0] + scaled[1]]
    numbers = [_numbers(colour.groups, 0)]
    if own:
        parts += scaled
        numbers += [_numbers(colour.groups, 2)] * 2
    if local is not None:
        parts += [f * g[:, None] for f, g in zip(places, gains, strict=True)]
        numbers += [_numbers(local.groups, 4)] * 2
    columns = np.concatenate(parts, 1)
    groups = np.unique(np.concatenate(numbers), return_inverse=True)[1]
    ends = np.cumsum([part.shape[1] for part in parts])[:-1]
    importance = np.ones_like(sample.x)
    for _ in range(2):
        result = evidence.fit(columns, groups, sample.x, importance, correlated)
        cuts = np.split(result.weights.astype(np.float32), ends)
        weights = (cuts[0] + cuts[1], cuts[0] + cuts[2]) if own else (cuts[0], cuts[0])
        local_weights = (cuts[-2], cuts[-1]) if places else None
        constant = np.float32(result.constant / 2)
        even = np.stack([f @ w for f, w in zip(colours, weights, strict=True)]) + constant
        if local_weights is not None:
            even += np.stack([f @ w for f, w in zip(places, local_weights, strict=True)])
        importance = _importance(sample.x, even * gains)
    return Laws(colour, local, weights, local_weights, constant), even


def _numbers(sizes: list[int], start: int) -> NDArray[np.intp]:
    """Return the number of the group that each column belongs to."""
    return np.repeat(np.arange(start, start + len(sizes)), sizes)


def _importance(x: Floats, modelled: Floats) -> Floats:
    """Inverse of the residual's modelled variance, with mean 1: thick paint errs more."""
    variance = residual_variance(modelled[0], modelled[1], x - modelled.sum(0)).sum(0)
    importance = 1 / np.maximum(variance, 0.1 * variance.mean())
    return np.asarray(importance / importance.mean(), np.float32)


def predict(
    laws: Laws,
    photographs: tuple[Floats, Floats],
    fields: Floats | None,
    context: Context,
) -> tuple[Floats, Floats]:
    """Apply the laws and the fields to whole photographs; two (H, W) layers."""
    layers = []
    for side, photograph in enumerate(photographs):
        layer = laws.colour.law(laws.weights[side])(photograph) + laws.constant
        if laws.local is not None and laws.local_weights is not None:
            layer += _predict_local(laws.local, laws.local_weights[side], photograph, context)
        context.checkpoint()
        if fields is not None and fields[side].any():
            layer *= 1 + enlarge(fields[side], layer.shape)
        layers.append(layer)
    return layers[0], layers[1]


def _predict_local(local: Local, weights: Floats, photograph: Floats, context: Context) -> Floats:
    """Apply local pigments, some rows at a time."""
    height, width = photograph.shape[:2]
    out = np.zeros((height, width), np.float32)
    if not np.abs(weights).max() > 1e-6:
        return out
    step = max(1, 100_000 // width)
    columns = np.arange(width, dtype=np.float32)
    for top in range(0, height, step):
        context.checkpoint()
        strip = photograph[top : top + step]
        rows = np.arange(top, top + len(strip), dtype=np.float32)
        place = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
        place /= np.float32(max(height, width))
        features = local.features(describe(strip.reshape(-1, 3)), place)
        out[top : top + step] = (features @ weights).reshape(strip.shape[:2])
    return out


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
