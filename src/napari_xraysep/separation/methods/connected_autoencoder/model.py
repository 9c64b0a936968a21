"""Connected auto-encoders: network, losses, training.

Pu et al., *Image Separation with Side Information: A Connected Auto-Encoders Based Approach*
(equation numbers below are the paper's). One encoder Er turns a photograph into features, one
decoder Dr turns features back into a photograph, one decoder Dx into a radiograph; both sides
share them. Features add as radiographs do: f = f1 + f2.

It assumes that colour and attenuation share features, and that features add.

Where this departs from the paper, and why:

- Norms are not scaled in print. L1, L2, L3 are the root mean square over a patch, L4 the mean
  square; otherwise L4 swamps L3 and both layers fall to zero.
- ``layout="mended"`` upsamples before each convolution and leaves the last one linear. As printed
  an image ends in an upsampling (half the resolution, no canvas weave), after a ReLU that can kill
  it.
- Fewer ``poolings`` keep detail that an eighth of the resolution and few channels cannot hold;
  the preset ``fast`` has none, which is its one change to the network besides the mended layout.
- ``start="colour"`` begins near a law of colour, not at random (`start_near_colour`).
- ``energy="balance"`` replaces Eq. 7, which rewards correlated layers, by the imbalance of the two
  energies, which can reach zero as the paper's Fig. 14 shows.
- Dx sees f1, f2 and f as one batch, since batch normalisation would otherwise treat them apart.
- While it trains, and in the end with ``assembly="whole"``, the network is applied to the whole
  image instead of averaging overlapping patches.
- The radiograph is stretched to 0..1 inside and the layers are stretched back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.losses import EPSILON, rms, squared_correlation
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.connected_autoencoder import Settings
from napari_xraysep.separation.tensors import Images, Patches, Stretch
from napari_xraysep.separation.training import Sampler, start_near_colour, train
from napari_xraysep.separation.watch import watch

MOMENTUM = 0.03
"""Batch normalisation's, mended: the statistics that whole images are given average over more
steps than usual, since small crops differ."""

MULTIPLE = 8
"""Three poolings need sides that 8 divides."""


class Encoder(nn.Sequential):
    """Er: three times convolution, batch normalisation, ReLU, average pooling (Fig. 3)."""

    def __init__(self, channels: int, poolings: int) -> None:
        layers: list[nn.Module] = []
        for number, width in enumerate((3, channels, channels)):
            layers += [
                nn.Conv2d(width, channels, 3, padding=1),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            ]
            if number < poolings:
                layers += [nn.AvgPool2d(2)]
        super().__init__(*layers)


class Decoder(nn.Sequential):
    """Dr and Dx: three times convolution and upsampling (Fig. 4), as printed or mended."""

    def __init__(self, channels: int, outputs: int, layout: str, poolings: int) -> None:
        layers: list[nn.Module] = []
        for number, width in enumerate((channels, channels, outputs)):
            convolve: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1)]
            activate: list[nn.Module] = [nn.BatchNorm2d(width), nn.ReLU()]
            upsample: list[nn.Module] = [nn.Upsample(scale_factor=2)]
            if number < 3 - poolings:
                upsample = []
            if layout == "printed":
                layers += convolve + activate + upsample
            else:
                layers += upsample + convolve + activate
        super().__init__(*(layers if layout == "printed" else layers[:-2]))


class Estimates(NamedTuple):
    """What the network makes of a batch; photographs (N, 3, h, w), radiographs (N, 1, h, w)."""

    f1: Tensor
    f2: Tensor
    r1: Tensor
    r2: Tensor
    x1: Tensor
    x2: Tensor
    x: Tensor


class ConnectedAutoEncoder(nn.Module):
    """Er, Dr and Dx, each shared by both sides (Fig. 2)."""

    def __init__(self, channels: int, layout: str = "printed", poolings: int = 3) -> None:
        super().__init__()
        self.encoder = Encoder(channels, poolings)
        self.photograph = Decoder(channels, 3, layout, poolings)
        self.radiograph = Decoder(channels, 1, layout, poolings)

    def forward(self, r1: Tensor, r2: Tensor) -> Estimates:
        """Both photographs (N, 3, h, w), sides divisible by 8, to all estimates."""
        features = self.encoder(torch.cat([r1, r2]))
        f1, f2 = features.chunk(2)
        image1, image2 = self.photograph(features).chunk(2)
        x1, x2, x = self.radiograph(torch.cat([f1, f2, f1 + f2])).chunk(3)
        return Estimates(f1, f2, image1, image2, x1, x2, x)

    def layers(self, patches: Patches) -> tuple[Tensor, ...]:
        """Only the two layers x̂1, x̂2 of ``r1`` and ``r2``."""
        features = self.encoder(torch.cat([patches["r1"], patches["r2"]]))
        return self.radiograph(features).chunk(2)  # type: ignore[no-any-return]


def energy(x1: Tensor, x2: Tensor, valid: Tensor, form: str) -> Tensor:
    """L4: mean squares as in Eq. 7, or how unequal the two layers' energies are in the batch."""
    count = valid.sum().clamp(min=1)
    first, second = (x1**2 * valid).sum() / count, (x2**2 * valid).sum() / count
    if form == "printed":
        return first + second
    return ((first - second) / (first + second + EPSILON)) ** 2


def losses(said: Estimates, patches: Patches, settings: Settings) -> dict[str, Tensor]:
    """Return every term of the loss, unweighted, and the weighted ``total`` (Eq. 10).

    ``patches`` are r1, r2 (N, 3, h, w), x and valid (N, 1, h, w).
    """
    r1, r2, x, valid = (patches[name] for name in ("r1", "r2", "x", "valid"))
    terms = {
        "photographs": rms(r1 - said.r1, valid) + rms(r2 - said.r2, valid),  # L1, Eq. 4
        "radiograph": rms(x - said.x, valid),  # L2, Eq. 5
        "sum of layers": rms(x - said.x1 - said.x2, valid),  # L3, Eq. 6
        "energy": energy(said.x1, said.x2, valid, settings.energy),  # L4, Eq. 7
        "correlation": squared_correlation(said.f1, said.f2),  # L5, Eq. 8
    }
    weights = (1.0, settings.lambda_1, settings.lambda_2, settings.lambda_3, settings.lambda_4)
    total = sum(
        (w * term for w, term in zip(weights, terms.values(), strict=True)), torch.zeros(())
    )
    return {"total": total, **terms}


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Train on the mixture's patches; yield the layers after every epoch."""
    stage = "training"
    sampler = Sampler(mixture.shape, settings, MULTIPLE)
    yield Plan((stage,), settings.epochs * sampler.batches)
    stretch = Stretch.of(mixture)
    assert mixture.back is not None
    images = Images(
        {
            "r1": mixture.front,
            "r2": mixture.back,
            "x": stretch.inside(mixture.xray),
            "valid": mixture.valid,
        },
        context.device,
    )
    network = ConnectedAutoEncoder(settings.channels, settings.layout, settings.poolings)
    network = network.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    watch(network, context.checkpoint)

    def layers() -> tuple[Floats, Floats]:
        return stretch.outside(images.whole(network.layers, MULTIPLE))

    if settings.start == "colour":
        start_near_colour(
            network,
            network.radiograph,
            images,
            sampler.side,
            forward=lambda patches: network(patches["r1"], patches["r2"]),
            inputs=lambda patches: [network.encoder(patches[name]) for name in ("r1", "r2")],
            momentum=MOMENTUM,
        )
        yield Estimate(stage, 0, *layers())
    yield from train(
        stage,
        network,
        lambda patches: losses(network(patches["r1"], patches["r2"]), patches, settings),
        images,
        sampler,
        layers,
        rng=np.random.default_rng(context.seed),
    )
    if settings.assembly == "patches":
        made = images.patchwise(network.layers, sampler.side, sampler.overlap, settings.batch)
        yield Estimate(stage, settings.epochs, *stretch.outside(made))
