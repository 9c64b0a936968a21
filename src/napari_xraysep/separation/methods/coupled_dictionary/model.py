"""Coupled dictionary learning: scales, training, both sides put together.

Deligiannis et al., *Multi-Modal Dictionary Learning for Image Separation With Application in Art
Investigation*, IEEE TIP 2017 (arXiv:1607.04147). A patch of one side's photograph is y = Ψ z, of
its radiograph x = Φc z + Φ v: codes z are common to both, v is of the radiograph alone. All are
sparse. The mixture of two sides is x = Φc (z1 + z2) + 2 Φ v, since of v1 and v2 only the sum can be
seen. Given the dictionaries, z1, z2 and v are found from both photographs and the mixture together,
and the layers are x̂_i = Φc z_i + Φ v.

It assumes that equal patterns of light and dark in a photograph stand for equal patterns in its
radiograph, the same on both sides.

Where this departs from the paper, and why:

- The paper learns its dictionaries from panels painted on one side only, where photograph and
  radiograph belong together. Whoever has a double-sided painting seldom has such a pair from the
  same hand; so Ψ is learnt from both photographs, and Φc and Φ from the mixture itself: the codes
  z1, z2 are found, Φc is the least squares solution of x = Φc (z1 + z2) + 2 Φ v, Φ that of what
  Φc leaves, in turn. Nothing tells what Φ describes of one side from what of the other.
- Codes are found by orthogonal matching pursuit with a given number of coefficients instead of
  the paper's convex programme with an ℓ1 norm, because it is quicker. Dictionaries are updated
  by least squares (the method of optimal directions, with a ridge).
- Several scales, each with dictionaries of its own, as in the paper's better variant; here they
  are a Laplacian pyramid: a scale is what averages of 4 × 4 pixels, interpolated, leave of it.
  This takes the place of removing every patch's mean. Scales end where too few patches would be
  left to learn from. The averages left then, the local means, are split by one weight for both
  photographs and a constant, by least squares.
- Photographs are in grey, as in the paper. Its treatment of cracks is left out.
- Patches that the mask touches are not learnt from, and coded from the photographs alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import luma
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.coupled_dictionary import Settings
from napari_xraysep.separation.methods.coupled_dictionary.dictionaries import (
    Dictionaries,
    Triples,
    learn,
)
from napari_xraysep.separation.methods.coupled_dictionary.pyramid import (
    Scale,
    cut,
    enlarge,
    pyramid,
    share_means,
    unmasked,
)
from napari_xraysep.separation.patches import Overlap, cover

LEAST_PATCHES = 16
"""Patches without a masked pixel that there must be to learn from."""

BATCH = 4_000
"""Patches that are separated together."""

EVERY = 8
"""Such batches from one estimate to the next."""


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Learn and separate scale by scale, the coarsest first."""
    scales, means = pyramid(whole_scale(mixture, settings.patch), settings.scales, settings.patch)
    shapes = [scale.shape for scale in scales]
    grids = [cover(shape, settings.patch, settings.patch - settings.stride) for shape in shapes]
    stages = [f"scale {number} of {len(scales)}" for number in range(1, len(scales) + 1)]
    yield Plan(tuple(stages), sum(settings.rounds + batches(len(grid)) for grid in grids))

    rng = np.random.default_rng(context.seed)
    step, layers = 0, np.stack(share_means(means))
    for at, stage in zip(range(len(scales) - 1, -1, -1), stages, strict=True):
        scale, grid, finer = scales[at], grids[at], shapes[:at][::-1]
        layers = enlarged(layers, [scale.shape])
        units, training = training_patches(scale, settings, rng)
        rough, details = cover(scale.shape, settings.patch, 0), np.zeros_like(layers)
        counts = settings.atoms, settings.specific_atoms
        learning = learn(
            training, counts, settings.nonzeros, settings.rounds, rng, context.checkpoint
        )
        for number, (learnt, left) in enumerate(learning, 1):
            step += 1
            yield Step(stage, step, number, {"left": left})
            for whole in separated(scale, rough, learnt, units, settings, context):
                details = whole.mean(details)
            yield Estimate(stage, number, *enlarged(layers + details, finer))
        parts = separated(scale, grid, learnt, units, settings, context)
        for number, whole in enumerate(parts, 1):
            step += 1
            yield Step(stage, step, settings.rounds)
            if number % EVERY == 0 or number == batches(len(grid)):
                details = whole.mean(details)
                yield Estimate(stage, settings.rounds, *enlarged(layers + details, finer))
        layers = layers + details


def whole_scale(mixture: Mixture, side: int) -> Scale:
    """Return the painting at full size, in grey, what is masked filled in and known as such.

    Raises
    ------
    InputError
        There are hardly any patches without a masked pixel.
    """
    assert mixture.back is not None
    known = mixture.valid.astype(np.float32)
    if unmasked(known, side).sum() < LEAST_PATCHES:
        raise InputError(
            "radiograph",
            f"fewer than {LEAST_PATCHES} patches of {side} × {side} pixels are free of the mask",
            "separate a larger region, mask less, or choose a smaller patch",
        )
    x = mixture.xray
    return Scale(luma(mixture.front), luma(mixture.back), x, known)


class Units(NamedTuple):
    """What grey values are multiplied with before they are coded."""

    photograph: float
    radiograph: float

    def triples(self, scale: Scale, corners: NDArray[np.intp], side: int) -> Triples:
        """Cut patches out of all three images, in these units."""
        y1, y2, x = (patches.astype(np.float64) for patches in cut(scale[:3], corners, side))
        return Triples(y1 * self.photograph, y2 * self.photograph, x * self.radiograph)


def training_patches(
    scale: Scale, settings: Settings, rng: np.random.Generator
) -> tuple[Units, Triples]:
    """Draw patches without a masked pixel; both kinds of image in units of their own contrast."""
    corners = np.argwhere(unmasked(scale.known, settings.patch))
    corners = rng.permutation(corners)[: settings.samples]
    y1, y2, x = Units(1, 1).triples(scale, corners, settings.patch)
    contrast = max(float(np.std(np.stack([y1, y2]))), 1e-6), max(float(np.std(x)), 1e-6)
    units = Units(1 / contrast[0], settings.weight / contrast[1])
    return units, units.triples(scale, corners, settings.patch)


def separated(
    scale: Scale,
    corners: NDArray[np.intp],
    learnt: Dictionaries,
    units: Units,
    settings: Settings,
    context: Context,
) -> Iterator[Overlap]:
    """Separate the patches at these corners, batch by batch; yield both layers so far."""
    side, whole = settings.patch, Overlap(2, scale.shape)
    complete = unmasked(scale.known, side)
    for group in np.array_split(corners, batches(len(corners))):
        triples = units.triples(scale, group, side)
        layers = np.empty((2, len(group), side**2))
        seen = complete[group[:, 0], group[:, 1]]
        for which, code in ((seen, learnt.code), (~seen, learnt.code_photographs)):
            if which.any():
                part = Triples(*(patches[which] for patches in triples))
                codes = code(part, settings.nonzeros, context.checkpoint)
                layers[:, which] = np.stack(learnt.layers(codes)) / units.radiograph
        whole.add(group, layers.reshape(2, -1, side, side).astype(np.float32))
        yield whole


def batches(patches: int) -> int:
    """Return in how many batches that many patches are separated."""
    return -(-patches // BATCH)


def enlarged(layers: Floats, shapes: list[tuple[int, int]]) -> Floats:
    """Enlarge both layers (2, h, w) through finer and finer scales of the given shapes."""
    for shape in shapes:
        layers = np.stack([enlarge(layer, shape) for layer in layers])
    return layers
