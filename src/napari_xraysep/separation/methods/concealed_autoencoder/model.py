"""Concealed auto-encoders: networks, losses, warm start, training.

Pu et al., *A Learning Based Approach to Separate Mixed X-Ray Images Associated with Artwork with
Concealed Designs* (equation numbers below are the paper's). Er turns the photograph into features
f1, Ex the radiograph into features f; what is left, f2 = f - f1, are the concealed design's. Dx
turns features into radiographs, Dr turns f1 back into the photograph.

It assumes that features of a radiograph add as radiographs do, that colour tells what the surface
absorbs, and that the edges of the concealed design do not follow those of the surface. Nothing in
the losses asks for more than the last, so that the result hangs on where training starts: hence
the paper's warm start, on a double-sided painting whose layers are known (Fig. 3, Eq. 8). Where
none is given, one is made: this painting's surface as the regression sees it, and its mirror image.

What the result owes to what (``fast``, four simulated paintings of 256² that it was tuned on, gains
over half of the radiograph at even allocation):

- grey photograph alone 2.5, 1.9, 0.95, 1.3; the regression 3.7, 2.1, 5.8, 4.0;
- after the warm start 3.4, 2.4, 2.3, 3.0, mostly less than its teacher, the regression;
- after the further training 4.7, 2.5, 6.3, 3.9; from another seed the first three went from 3.5,
  2.4, 2.0 to 5.2, 3.1, 2.4. So training helps; how much, depends on the seed;
- the same number of epochs without a warm start, on the first three: 5.2, 3.3, 2.0. The warm start
  is no gain in itself; it may help in cases like the third, whose concealed design is light where
  the surface is (correlation 0.4), and where the regression alone is the safer choice.

Where this departs from the paper, and why:

- "3-layer CNN" is read as three 3×3 convolutions without pooling, which patches of 50 would not
  survive. The last layer of a decoder is linear: after batch normalisation and ReLU an image would
  have no negative values and no scale of its own.
- Norms are not scaled in print. Those of Eq. 6 and 8 are the root mean square over a patch, and
  that of Eq. 7 as printed is divided by a patch's side likewise.
- λ is not given: 0.1 under ``paper``, whose further training at the printed rate of 1e-6 is meant
  to change little. At 1e-4, training with λ = 0.1 took one of three tuning paintings from 3.2 to
  2.1; ``fast`` has λ = 2 and 3e-4.
- The exclusion's first image is fixed: the grey photograph scaled to the radiograph, or the
  radiograph with the drawn prior region replaced by it (Fig. 4 (c)); see `prior.guide`. Only x̂2
  gets a gradient. ``exclusion_form="run"`` computes it as Zhang et al. do, from whom it is taken.
- Neither batch size nor epochs are printed: 32, and 100 epochs for each stage; nor is the learning
  rate of the warm start: 1e-4, which also holds for a training without it.
- Dx sees f1, f2 and f as one batch, since batch normalisation would otherwise treat them apart. Its
  averages over training are those of the warm start's painting at first; whenever layers are made,
  they are averaged anew over patches of the painting itself.
- ``start="centred"`` begins with filters whose weight lies in their middle.
- ``assembly="whole"`` applies the network to the whole image instead of averaging its patches.
- The radiograph is stretched to 0..1 inside and the layers are stretched back. Pixels that the mask
  leaves out count in no norm, and the nearest others stand in for them.

Step 2 of the paper, the even allocation of what is left (Eq. 9), is the engine's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.losses import exclusion, rms
from napari_xraysep.separation.method import Context, Estimate, Plan, Step, WarmStart
from napari_xraysep.separation.methods.concealed_autoencoder import Settings
from napari_xraysep.separation.patches import crops
from napari_xraysep.separation.prior import guide
from napari_xraysep.separation.tensors import Images, Patches, Stretch
from napari_xraysep.separation.training import Sampler, centre, settle, train
from napari_xraysep.separation.watch import watch

PREPARING, WARM, TRAINING = "example to learn from", "warm start", "training"

MOMENTUM = 0.1
"""Batch normalisation's, while it trains."""

SETTLING = 4, 24
"""Batches, and crops in each, that batch normalisation is averaged over before a result is made."""


class Encoder(nn.Sequential):
    """Er and Ex: three times convolution, batch normalisation, ReLU (Fig. 2)."""

    def __init__(self, inputs: int, channels: int) -> None:
        layers: list[nn.Module] = []
        for width in (inputs, channels, channels):
            layers += [
                nn.Conv2d(width, channels, 3, padding=1),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
        super().__init__(*layers)


class Decoder(nn.Sequential):
    """Dr and Dx: the same, but their last convolution stands alone."""

    def __init__(self, channels: int, outputs: int) -> None:
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [
                nn.Conv2d(channels, channels, 3, padding=1),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
        super().__init__(*layers, nn.Conv2d(channels, outputs, 3, padding=1))


class Estimates(NamedTuple):
    """What the network makes of a batch: (N, 3, h, w) for r1, (N, 1, h, w) for the others."""

    r1: Tensor
    x1: Tensor
    x2: Tensor
    x: Tensor


class ConcealedAutoEncoder(nn.Module):
    """Er, Ex, Dr and Dx, connected in their features (Fig. 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encode_photograph = Encoder(3, channels)
        self.encode_radiograph = Encoder(1, channels)
        self.photograph = Decoder(channels, 3)
        self.radiograph = Decoder(channels, 1)

    def forward(self, r1: Tensor, x: Tensor) -> Estimates:
        """Photographs (N, 3, h, w) and radiographs (N, 1, h, w) to all estimates."""
        f1, f = self.encode_photograph(r1), self.encode_radiograph(x)
        x1, x2, whole = self.radiograph(torch.cat([f1, f - f1, f])).chunk(3)
        return Estimates(self.photograph(f1), x1, x2, whole)

    def layers(self, patches: Patches) -> tuple[Tensor, ...]:
        """Only the two layers x̂1, x̂2 of ``r1`` and ``x``."""
        f1 = self.encode_photograph(patches["r1"])
        f2 = self.encode_radiograph(patches["x"]) - f1
        return self.radiograph(torch.cat([f1, f2])).chunk(2)  # type: ignore[no-any-return]


def warm_losses(said: Estimates, patches: Patches) -> dict[str, Tensor]:
    """Return the terms of L_init and their sum, ``total`` (Eq. 8).

    ``patches`` are r1 (N, 3, h, w), x1, x2 and valid (N, 1, h, w).
    """
    valid = patches["valid"]
    terms = {
        "photograph": rms(patches["r1"] - said.r1, valid),
        "first layer": rms(patches["x1"] - said.x1, valid),
        "second layer": rms(patches["x2"] - said.x2, valid),
    }
    return {"total": torch.stack(list(terms.values())).sum(), **terms}


def losses(said: Estimates, patches: Patches, settings: Settings) -> dict[str, Tensor]:
    """Return every term of the loss, unweighted, and the weighted ``total`` (Eq. 5).

    ``patches`` are r1 (N, 3, h, w), x, g1 and valid (N, 1, h, w).
    """
    x, valid = patches["x"], patches["valid"]
    terms = {
        "photograph": rms(patches["r1"] - said.r1, valid),  # Eq. 6
        "radiograph": rms(x - said.x, valid),
        "sum of layers": rms(x - said.x1 - said.x2, valid),
        "exclusion": exclusion(patches["g1"], said.x2, settings.exclusion_form),  # Eq. 7
    }
    if settings.exclusion_form == "printed":  # on the scale of the other norms
        terms["exclusion"] /= np.sqrt(x[0].numel())
    weights = (1.0, 1.0, 1.0, settings.exclusion)
    total = torch.stack([w * t for w, t in zip(weights, terms.values(), strict=True)]).sum()
    return {"total": total, **terms}


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Learn from the warm start, then from the mixture; yield the layers as they stand."""
    sampler = Sampler(mixture.shape, settings)
    make = context.warm_start if settings.warm_start else None
    warm_steps = 0 if make is None else 2 + settings.warm_epochs * sampler.batches
    stages = (TRAINING,) if make is None else (PREPARING, WARM, TRAINING)
    yield Plan(stages, warm_steps + settings.epochs * sampler.batches)
    stretch = Stretch.of(mixture)
    images = Images(
        {
            "r1": mixture.front,
            "x": stretch.inside(mixture.xray),
            "g1": stretch.inside(guide(mixture)),
            "valid": mixture.valid,
        },
        context.device,
    )
    network = ConcealedAutoEncoder(settings.channels)
    network = network.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    watch(network, context.checkpoint)
    if settings.start == "centred":
        centre(network)
    rng = np.random.default_rng(context.seed)
    corners = crops(mixture.shape, sampler.side, SETTLING[0] * SETTLING[1], rng)
    own = [images.cut(part, sampler.side) for part in np.split(corners, SETTLING[0])]

    def look() -> None:
        for patches in own:
            network(patches["r1"], patches["x"])

    def layers() -> tuple[Floats, Floats]:
        settle(network, look, MOMENTUM)
        network.eval()
        return stretch.outside(images.whole(network.layers))

    schedule = settings
    if make is None:
        schedule = settings.model_copy(update={"learning_rate": settings.first_learning_rate})
    else:
        yield Step(PREPARING, 1)
        pair = make()
        yield Step(PREPARING, 2)
        taught = warm_images(pair, mixture, stretch, context.device)
        yield from train(
            WARM,
            network,
            lambda patches: warm_losses(network(patches["r1"], patches["x"]), patches),
            taught,
            Sampler(taught.shape, warm_schedule(settings, sampler, taught.shape)),
            layers,
            rng=rng,
            first_step=2,
        )
    yield from train(
        TRAINING,
        network,
        lambda patches: losses(network(patches["r1"], patches["x"]), patches, settings),
        images,
        Sampler(mixture.shape, schedule),
        layers,
        rng=rng,
        first_step=warm_steps,
    )
    if settings.assembly == "patches":
        made = images.patchwise(network.layers, sampler.side, sampler.overlap, settings.batch)
        yield Estimate(TRAINING, settings.epochs, *stretch.outside(made))


def warm_schedule(settings: Settings, sampler: Sampler, shape: tuple[int, int]) -> Settings:
    """Return the schedule of the warm start: as many patches an epoch as the painting itself has.

    Where the painting to learn from has another size, they are random crops.
    """
    schedule = {"epochs": settings.warm_epochs, "learning_rate": settings.first_learning_rate}
    if shape == sampler.shape:
        return settings.model_copy(update=schedule)
    return settings.model_copy(update=schedule | {"sampling": "crops", "crops": sampler.count})


def warm_images(pair: WarmStart, mixture: Mixture, stretch: Stretch, device: str) -> Images:
    """Return inputs and labels of the warm start: r1d, xd = x1d + x2d, x1d, x2d.

    A pair that was made of this very painting is on its grey scale; another painting's radiograph
    is stretched by itself.
    """
    x = pair.first + pair.second
    everywhere = np.ones(x.shape, bool)
    if pair.photograph.shape != mixture.front.shape or not np.array_equal(
        pair.photograph[mixture.valid], mixture.front[mixture.valid]
    ):
        stretch = Stretch.of(Mixture(x, pair.photograph, None, everywhere))
    half = np.float32(stretch.low / 2)
    x1, x2 = ((layer - half) / np.float32(stretch.span) for layer in (pair.first, pair.second))
    labels = {"x": x1 + x2, "x1": x1, "x2": x2, "valid": everywhere}
    return Images({"r1": pair.photograph, **labels}, device)
