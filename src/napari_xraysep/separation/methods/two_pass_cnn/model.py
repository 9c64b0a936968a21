"""Two-pass CNN: network, loss, two trainings, their combination.

Sabetsarvestani et al., *Artificial intelligence for art investigation: Meeting the challenge of
separating x-ray images of the Ghent Altarpiece* (equation numbers below are the paper's). One
network f_x turns a photograph's colours into a radiograph. It is trained on this painting alone,
such that what it makes of both sides adds up to the mixed radiograph x. Then a second network is
trained with the two sides given in reversed order, and the result is the front of the first and
the back of the second.

It assumes that radiographs add (Eq. 1), and that the same colour absorbs alike on either side.

Order. The loss is symmetric (Eq. 2), so order itself cannot matter, as the authors say, who found
to their surprise that each training did better on the side that it was given first, and that the
combination adds up to x much better than either. What can break the symmetry is batch
normalisation, of which the paper says only that it is there, and ``statistics`` chooses:

- ``first``: the sides pass one after the other. While it trains each is normalised by its own
  statistics; those kept for the result are the first side's, so only that side is shown as it was
  trained. This is our guess at what happened: the paper does not say so, but it has that outcome
  (a simulated painting of 256², narrow network: recombination MSE 0.013 and 0.016, combined 0.007).
- ``both``: the sides pass as one batch, normalised alike, f_x being one function. Then the two
  trainings differ in nothing but their random start and patches, and the combination adds up no
  better than either (on that painting 0.007, 0.006, combined 0.007).

Where this departs from the paper, and why:

- The rate, batch size and kind of its "stochastic gradient descent" are not printed, nor is
  whether an iteration is a step: here 300 epochs, Adam 1e-4, 32 patches a batch.
- The last row and column of patches are moved inwards to cover the whole image: 604 × 331 pixels
  make 1,058 patches, not 966.
- Eq. 2 is averaged, not summed, over pixels; those that the mask leaves out do not count.
- The lowest and highest 1 % of grey values are set to the 1st and 99th percentile, stretched to
  0..1. Layers are stretched back before they leave; what was clipped stays unexplained.
- ``start="colour"`` begins near a law of colour, not at random (`start_near_colour`).
- x = x1 + x2 leaves a constant free that may pass from one layer to the other, and one training
  may choose another than the next, so that layers of two trainings need not add up to x on
  average. ``constants="averaged"`` gives each layer the mean that it has on average over both
  orders; ``kept`` leaves it, as printed.
- While it trains, and in the end with ``assembly="whole"``, the network is applied to the whole
  image instead of averaging overlapping patches.

The preset ``fast`` normalises by both sides, averages the constants, starts near a law of colour,
has fewer channels, and many small random crops a batch; the layers and the loss are the paper's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.losses import mean_square
from napari_xraysep.separation.method import Context, Estimate, Finding, Plan, Said, Step
from napari_xraysep.separation.methods.two_pass_cnn import Settings
from napari_xraysep.separation.tensors import Images, Patches, Stretch
from napari_xraysep.separation.training import Sampler, start_near_colour, train
from napari_xraysep.separation.watch import watch

Layers: TypeAlias = Sequence[Floats]
"""Front and back, (H, W), the radiograph being stretched to 0..1."""

ORDERS = {"first order": ("front", "back"), "second order": ("back", "front")}
"""The two trainings, and in which order each is given the photographs."""

OUTLIERS = 0.01
"""Share of the grey values that is dropped at either end."""

MOMENTUM = 0.1
"""Weight of a new batch in the statistics that are kept, after that start."""


class ColourToRadiograph(nn.Sequential):
    """f_x: seven 5×5 convolutions, batch normalisation and ReLU between them (Eq. 3, Fig. 6)."""

    def __init__(self, channels: int) -> None:
        widths = [3, *[channels] * 3, *[2 * channels] * 3]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 5, padding=2), nn.BatchNorm2d(after), nn.ReLU()]
        super().__init__(*layers, nn.Conv2d(widths[-1], 1, 5, padding=2))


def both_sides(
    network: ColourToRadiograph, first: Tensor, second: Tensor, statistics: str
) -> tuple[Tensor, Tensor]:
    """f_x of two photographs (N, 3, h, w) in training, in the order in which they are given.

    Parameters
    ----------
    statistics
        ``both``: they pass as one batch. ``first``: one after the other, each normalised by its
        own statistics, and only the first one's enter those that are kept.

    Returns
    -------
    two (N, 1, h, w) tensors
    """
    if statistics == "both":
        x1, x2 = network(torch.cat([first, second])).chunk(2)
        return x1, x2
    x1 = network(first)
    norms = [layer for layer in network if isinstance(layer, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    x2 = network(second)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return x1, x2


def losses(
    network: ColourToRadiograph, patches: Patches, order: tuple[str, str], statistics: str
) -> dict[str, Tensor]:
    """Mean square of ``x − f_x(first) − f_x(second)`` over the valid pixels (Eq. 2)."""
    first, second = (patches[side] for side in order)
    x1, x2 = both_sides(network, first, second, statistics)
    return {"total": mean_square(patches["x"] - x1 - x2, patches["valid"]).mean()}


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Said]:
    """Train in both orders; yield the layers as they take shape and the recombination errors."""
    sampler = Sampler(mixture.shape, settings)
    yield Plan(tuple(ORDERS), len(ORDERS) * settings.epochs * sampler.batches)
    valid = mixture.valid
    stretch = Stretch.of(mixture, OUTLIERS)
    x = stretch.inside(mixture.xray)
    assert mixture.back is not None
    images = Images(
        {
            "front": mixture.front,
            "back": mixture.back,
            "x": x,
            "valid": valid,
        },
        context.device,
    )

    def ordered(
        stage: str, shown: Callable[[Layers], tuple[Floats, Floats]]
    ) -> Generator[Said, None, Layers]:
        layers = yield from one_order(stage, images, sampler, settings, context, shown)
        yield from recombination(stage, x, layers, valid)
        return layers

    def combination(second: Layers) -> Layers:
        return combined(first, second, valid, settings.constants)

    def so_far(second: Layers) -> tuple[Floats, Floats]:
        # a run that is stopped early in the second order must not end worse than the first
        both = combination(second)
        worse = mean_square_error(x, both, valid) > mean_square_error(x, first, valid)
        return stretch.outside(first if worse else both)

    first = yield from ordered("first order", stretch.outside)
    second = yield from ordered("second order", so_far)
    result = combination(second)
    yield from recombination("combination", x, result, valid)
    yield Estimate("second order", settings.epochs, *stretch.outside(result))


def one_order(
    stage: str,
    images: Images,
    sampler: Sampler,
    settings: Settings,
    context: Context,
    shown: Callable[[Layers], tuple[Floats, Floats]],
) -> Generator[Step | Estimate, None, Layers]:
    """Train a new network in one order; yield ``shown(layers)`` as previews, return the layers."""
    number = list(ORDERS).index(stage)
    rng = np.random.default_rng([context.seed, number])
    torch.manual_seed(int(rng.integers(2**31)))
    network = ColourToRadiograph(settings.channels)
    network = network.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    watch(network, context.checkpoint)

    def separate(patches: Patches) -> tuple[Tensor, Tensor]:
        return network(patches["front"]), network(patches["back"])

    if settings.start == "colour":
        start_near_colour(
            network,
            network,
            images,
            sampler.side,
            forward=lambda patches: network(torch.cat([patches["front"], patches["back"]])),
            inputs=lambda patches: [patches["front"], patches["back"]],
            momentum=MOMENTUM,
        )
        yield Estimate(stage, 0, *shown(images.whole(separate)))
    yield from train(
        stage,
        network,
        lambda patches: losses(network, patches, ORDERS[stage], settings.statistics),
        images,
        sampler,
        lambda: shown(images.whole(separate)),
        rng=rng,
        first_step=number * settings.epochs * sampler.batches,
    )
    if settings.assembly == "whole":
        return images.whole(separate)
    layers = images.patchwise(separate, sampler.side, sampler.overlap, settings.batch)
    yield Estimate(stage, settings.epochs, *shown(layers))
    return layers


def combined(first: Layers, second: Layers, valid: NDArray[np.bool_], constants: str) -> Layers:
    """Return the front of the first order and the back of the second.

    Parameters
    ----------
    first, second
        Front and back as either order made them.
    constants
        ``averaged``: each gets the mean, over valid pixels, that it has on average over both
        orders. ``kept``: its own.
    """
    layers = first[0], second[1]
    if constants == "kept":
        return layers
    means = [[float(layer[valid].mean()) for layer in order] for order in (first, second)]
    half = [(b - a) / 2 for a, b in zip(*means, strict=True)]
    return layers[0] + np.float32(half[0]), layers[1] - np.float32(half[1])


def recombination(
    what: str, x: Floats, layers: Layers, valid: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Yield how far both layers' sum is from the radiograph, both stretched to 0..1."""
    error = float(np.mean(np.abs((x - layers[0] - layers[1])[valid])))
    yield Finding(f"recombination MSE, {what}", mean_square_error(x, layers, valid))
    yield Finding(f"recombination mean absolute error, {what}", error)


def mean_square_error(x: Floats, layers: Layers, valid: NDArray[np.bool_]) -> float:
    """Mean square, over valid pixels, of what both layers' sum misses of ``x``."""
    return float(np.mean((x - layers[0] - layers[1])[valid].astype(np.float64) ** 2))
