"""Training on patches of one painting: the loop of epochs, and a start that is not random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_xraysep.errors import InputError
from napari_xraysep.painting import Floats
from napari_xraysep.separation.method import Estimate, Step
from napari_xraysep.separation.patches import cover, crops
from napari_xraysep.separation.schedule import Schedule
from napari_xraysep.separation.tensors import Images, Patches

Losses: TypeAlias = Callable[[Patches], dict[str, Tensor]]
"""From patches to the terms of the loss by name; the one called ``total`` is minimised."""

PREVIEW_SHARE = 3
"""A preview of the whole image is made when training has seen a third as many pixels."""

LEAST_SIDE = 8
"""Smallest side of a patch, in pixels."""

RIDGE = 1e-4

START_CROPS, START_BATCHES = 96, 8
"""Crops that a start near a law of colour is fitted to."""


class Sampler:
    """Which patches an epoch sees, and in what order.

    Attributes
    ----------
    side
        Side of a patch, no longer than the image's; a multiple of ``multiple``.
    overlap
        Overlap of the regular cover, smaller than ``side``.
    batches
        How many batches an epoch has.
    every
        Epochs from one preview to the next; more than one where the image is so much larger than
        what an epoch sees that previews would take most of the time; a quarter of the run at most.

    Raises
    ------
    InputError
        The image is smaller than any patch.
    """

    def __init__(self, shape: tuple[int, int], schedule: Schedule, multiple: int = 1) -> None:
        self.shape, self.schedule = shape, schedule
        self.side = min(schedule.patch, *shape) // multiple * multiple
        if self.side < LEAST_SIDE:
            raise InputError(
                "radiograph",
                f"with {shape[0]} × {shape[1]} pixels there is nothing to learn from",
                f"separate a region of at least {LEAST_SIDE} × {LEAST_SIDE}",
            )
        self.overlap = min(schedule.overlap, self.side - 1)
        self._regular = cover(shape, self.side, self.overlap)
        self.count = len(self._regular) if schedule.sampling == "cover" else schedule.crops
        self.batches = -(-self.count // schedule.batch)
        trained = self.count * self.side**2
        wanted = round(shape[0] * shape[1] / (PREVIEW_SHARE * trained))
        self.every = max(1, min(wanted, schedule.epochs // 4))

    def epoch(self, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
        """Corners of one epoch's patches, batch by batch."""
        if self.schedule.sampling == "cover":
            corners = rng.permutation(self._regular)
        else:
            corners = crops(self.shape, self.side, self.count, rng)
        for start in range(0, self.count, self.schedule.batch):
            yield corners[start : start + self.schedule.batch]


def train(
    stage: str,
    network: nn.Module,
    losses: Losses,
    images: Images,
    sampler: Sampler,
    preview: Callable[[], tuple[Floats, Floats]],
    *,
    rng: np.random.Generator,
    optimiser: torch.optim.Optimizer | None = None,
    first_step: int = 0,
) -> Iterator[Step | Estimate]:
    """Minimise ``losses(patches)["total"]`` over the network's parameters.

    Parameters
    ----------
    preview
        Makes both layers of the whole image as they stand; called after an epoch, in eval mode.
    optimiser
        Adam unless given; its learning rate is the schedule's in any case.
    first_step
        Steps that the run did before this stage.

    Yields
    ------
    Step
        After every batch, with the terms of the loss.
    Estimate
        After an epoch, always after the last.
    """
    schedule = sampler.schedule
    optimiser = optimiser or torch.optim.Adam(network.parameters())
    step = first_step
    for epoch in range(1, schedule.epochs + 1):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate(epoch - 1)
        network.train()
        for corners in sampler.epoch(rng):
            terms = losses(images.cut(corners, sampler.side))
            optimiser.zero_grad()
            terms["total"].backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            step += 1
            said = {name: float(term.detach()) for name, term in terms.items()}
            yield Step(stage, step, epoch, said)
        if epoch % sampler.every == 0 or epoch == schedule.epochs:
            network.eval()
            yield Estimate(stage, epoch, *preview())


def start_near_colour(
    network: nn.Module,
    decoder: nn.Sequential,
    images: Images,
    side: int,
    *,
    forward: Callable[[Patches], object],
    inputs: Callable[[Patches], Sequence[Tensor]],
    momentum: float,
) -> None:
    """Begin near a law of colour instead of at random.

    The weight of every filter goes to its middle; then the decoder's last layer is solved for by
    least squares, so that both layers together come as close to the radiograph as these features
    allow: neither starts empty. The network is left in eval mode.

    Parameters
    ----------
    decoder
        The part that makes radiographs, a convolution its last; or the network itself.
    side
        Side of the crops that it is fitted to.
    forward
        Shows the network patches as training will.
    inputs
        From patches to what the decoder makes each layer of.
    momentum
        As for `settle`.
    """
    centre(network)
    corners = crops(images.shape, side, START_CROPS, np.random.default_rng(0))
    batches = [images.cut(part, side) for part in np.array_split(corners, START_BATCHES)]

    def show() -> None:
        for patches in batches:
            forward(patches)

    settle(network, show, momentum)
    network.eval()
    *hidden, last = decoder
    assert isinstance(last, nn.Conv2d)
    before_last = nn.Sequential(*hidden)
    solve_last(last, lambda patches: [before_last(each) for each in inputs(patches)], batches)


def centre(network: nn.Module, middle: float = 3.0, rest: float = 0.1) -> None:
    """Move the weight of every filter to its middle.

    A network of random filters first blurs and must learn not to.
    """
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                at = layer.kernel_size[0] // 2, layer.kernel_size[1] // 2
                kept = middle * layer.weight[:, :, at[0], at[1]]
                layer.weight *= rest
                layer.weight[:, :, at[0], at[1]] = kept


@torch.no_grad()
def settle(network: nn.Module, forward: Callable[[], None], momentum: float) -> None:
    """Set batch normalisation to plain averages over what ``forward`` shows the network.

    Parameters
    ----------
    momentum
        What it is left with: the weight of a new batch in the running statistics.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    forward()
    for norm in norms:
        norm.momentum = momentum


@torch.no_grad()
def solve_last(
    last: nn.Conv2d, features: Callable[[Patches], Sequence[Tensor]], batches: Sequence[Patches]
) -> None:
    """Solve for a last convolution such that its images of all features add up to ``x``.

    Parameters
    ----------
    last
        From C channels to one, padded to keep the size.
    features
        From patches to each layer's features, (N, C, h, w).
    batches
        Patches with ``x`` and ``valid``, (N, 1, h, w).
    """
    assert last.bias is not None
    size, padding = last.kernel_size[0], last.kernel_size[0] // 2
    count = last.in_channels * size**2 + 1
    gram = torch.zeros(count, count, dtype=torch.float64, device=last.weight.device)
    moment = torch.zeros(count, dtype=torch.float64, device=last.weight.device)
    for patches in batches:
        valid = patches["valid"].flatten().double()[:, None]
        sides = features(patches)
        columns = sum(
            (
                functional.unfold(side.contiguous(), size, padding=padding).transpose(1, 2)
                for side in sides
            ),
            torch.zeros((), device=valid.device),
        )
        rows = torch.cat([columns.flatten(0, 1).double(), len(sides) * torch.ones_like(valid)], 1)
        gram += (rows * valid).T @ rows
        moment += (rows * valid).T @ patches["x"].flatten().double()
    gram += torch.diag(RIDGE * gram.diagonal().mean().expand(count))
    solution = torch.linalg.solve(gram, moment)
    last.weight.copy_(solution[:-1].reshape(last.weight.shape))
    last.bias.copy_(solution[-1:])
