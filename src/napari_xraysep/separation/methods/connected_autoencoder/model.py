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
- The mended layout starts near a law of colour, not at random (`start_near_colour`).
- ``energy="balance"`` replaces Eq. 7, which rewards correlated layers, by the imbalance of the two
  energies, which can reach zero as the paper's Fig. 14 shows.
- Dx sees f1, f2 and f as one batch, since batch normalisation would otherwise treat them apart.
- The network is applied to the whole image instead of averaging overlapping patches.
- The radiograph is stretched to 0..1 inside and the layers are stretched back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.connected_autoencoder import Settings
from napari_xraysep.separation.patches import cover, crops
from napari_xraysep.separation.watch import watch

START_CROPS = 96
"""Crops that the start of the mended layout is fitted to."""

START_RIDGE = 1e-4

MOMENTUM = 0.03
"""Batch normalisation's, mended: the statistics that whole images are given average over more
steps than usual, since small crops differ."""

EPSILON = 1e-8
"""Keeps square roots and quotients differentiable at zero."""


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

    def layers(self, r1: Tensor, r2: Tensor) -> tuple[Tensor, Tensor]:
        """Only the two layers x̂1, x̂2."""
        x1, x2 = self.radiograph(self.encoder(torch.cat([r1, r2]))).chunk(2)
        return x1, x2


def rms(difference: Tensor, valid: Tensor) -> Tensor:
    """Root mean square over each patch's valid pixels, averaged over patches."""
    count = valid.sum((1, 2, 3)) * difference.shape[1]
    square = (difference**2 * valid).sum((1, 2, 3)) / count.clamp(min=1)
    return torch.sqrt(square + EPSILON).mean()


def energy(x1: Tensor, x2: Tensor, form: str) -> Tensor:
    """L4: mean squares as in Eq. 7, or how unequal the two layers' energies are in the batch."""
    first, second = (x1**2).mean(), (x2**2).mean()
    if form == "printed":
        return first + second
    return ((first - second) / (first + second + EPSILON)) ** 2


def squared_correlation(f1: Tensor, f2: Tensor) -> Tensor:
    """L5: squared Pearson correlation of each patch's features (Eq. 8, 9), averaged."""
    a, b = (f.flatten(1) - f.flatten(1).mean(1, keepdim=True) for f in (f1, f2))
    return ((a * b).sum(1) ** 2 / ((a**2).sum(1) * (b**2).sum(1) + EPSILON)).mean()


def losses(
    said: Estimates, r1: Tensor, r2: Tensor, x: Tensor, valid: Tensor, settings: Settings
) -> dict[str, Tensor]:
    """Return every term of the loss, unweighted, and the weighted ``total`` (Eq. 10)."""
    terms = {
        "L1": rms(r1 - said.r1, valid) + rms(r2 - said.r2, valid),  # Eq. 4
        "L2": rms(x - said.x, valid),  # Eq. 5
        "L3": rms(x - said.x1 - said.x2, valid),  # Eq. 6
        "L4": energy(said.x1, said.x2, settings.energy),  # Eq. 7
        "L5": squared_correlation(said.f1, said.f2),  # Eq. 8
    }
    weights = (1.0, settings.lambda_1, settings.lambda_2, settings.lambda_3, settings.lambda_4)
    total = sum(
        (w * term for w, term in zip(weights, terms.values(), strict=True)), torch.zeros(())
    )
    return {"total": total, **terms}


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Train on the mixture's patches; yield the layers after every epoch."""
    data = Data(mixture, context.device)
    side = min(settings.patch, *(length // 8 * 8 for length in mixture.shape))
    overlap = min(settings.overlap, side - 1)
    regular = cover(mixture.shape, side, overlap)
    patches = len(regular) if settings.sampling == "cover" else settings.crops
    batches = -(-patches // settings.batch)
    yield Plan(("training",), settings.epochs * batches)

    network = ConnectedAutoEncoder(settings.channels, settings.layout, settings.poolings)
    network = network.to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    watch(network, context.checkpoint)
    if settings.layout == "mended":
        start_near_colour(network, data, side)
        yield Estimate("training", 0, *data.separate(network))
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda epoch: rate(epoch / settings.epochs, settings.decay)
    )
    rng = np.random.default_rng(context.seed)
    step = 0
    for epoch in range(1, settings.epochs + 1):
        if settings.sampling == "cover":
            corners = rng.permutation(regular)
        else:
            corners = crops(mixture.shape, side, patches, rng)
        network.train()
        for start in range(0, patches, settings.batch):
            r1, r2, x, valid = data.batch(corners[start : start + settings.batch], side)
            terms = losses(network(r1, r2), r1, r2, x, valid, settings)
            optimiser.zero_grad()
            terms["total"].backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            step += 1
            said = {name: float(term.detach()) for name, term in terms.items()}
            yield Step("training", step, epoch, said)
        schedule.step()
        yield Estimate("training", epoch, *data.separate(network))


def rate(done: float, decay: bool) -> float:
    """Learning rate at a share ``done`` of the run: constant, or falling along half a cosine."""
    return 0.5 * (1 + np.cos(np.pi * done)) if decay else 1.0


def start_near_colour(network: ConnectedAutoEncoder, data: Data, side: int) -> None:
    """Begin near a law of colour instead of at random.

    With random 3×3 filters a network first blurs and must learn not to, so the weight goes to the
    middle of each filter. Then the last layer of Dx is solved for by least squares, so that both
    layers together come as close to the radiograph as these features allow: neither starts empty.
    """
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # a plain average over the batches of this function
        if isinstance(layer, nn.Conv2d):
            middle = 3 * layer.weight[:, :, 1, 1].detach()
            with torch.no_grad():
                layer.weight *= 0.1
                layer.weight[:, :, 1, 1] = middle
    *hidden, last = network.radiograph
    before_last = nn.Sequential(*hidden)
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    corners = crops(data.shape, side, START_CROPS, np.random.default_rng(0))
    with torch.no_grad():
        for batch in np.array_split(corners, 8):
            r1, r2, *_ = data.batch(batch, side)
            network(r1, r2)
        network.eval()
        r1, r2, x, valid = data.batch(corners, side)
        columns = torch.zeros(())
        for photographs in (r1, r2):
            features = before_last(network.encoder(photographs)).contiguous()
            columns = columns + functional.unfold(features, 3, padding=1).transpose(1, 2)
        rows = columns.flatten(0, 1).double() * valid.flatten()[:, None]
        rows = torch.cat([rows, 2 * valid.flatten()[:, None].double()], 1)  # both layers' constants
        gram = rows.T @ rows
        gram += torch.diag(START_RIDGE * gram.diagonal().mean().expand(len(gram)))
        solution = torch.linalg.solve(gram, rows.T @ x.flatten().double())
        last.weight.copy_(solution[:-1].reshape(last.weight.shape))
        last.bias.copy_(solution[-1:])
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = MOMENTUM
    network.train()


class Data:
    """The painting as tensors on the device, and the stretch of the radiograph to 0..1."""

    def __init__(self, mixture: Mixture, device: str) -> None:
        assert mixture.back is not None
        seen = mixture.xray[mixture.valid]
        self.low = float(seen.min())
        self.span = max(float(seen.max()) - self.low, 1e-6)
        self.shape = mixture.shape
        self.front = self._planes(mixture.front, device)
        self.back = self._planes(mixture.back, device)
        stretched = (mixture.xray - np.float32(self.low)) / np.float32(self.span)
        self.x = self._planes(stretched[..., None], device)
        self.valid = self._planes(mixture.valid[..., None].astype(np.float32), device)

    @staticmethod
    def _planes(image: Floats, device: str) -> Tensor:
        planes = torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, 2, 0)))
        return planes.to(device)

    def batch(self, corners: np.ndarray, side: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Cut patches out of r1, r2, x and the mask; each (N, C, side, side)."""
        r1, r2, x, valid = (
            torch.stack([planes[:, y : y + side, x : x + side] for y, x in corners]).contiguous(
                memory_format=torch.channels_last
            )
            for planes in (self.front, self.back, self.x, self.valid)
        )
        return r1, r2, x, valid

    @torch.no_grad()
    def separate(self, network: ConnectedAutoEncoder) -> tuple[Floats, Floats]:
        """Apply the network to the whole painting; two (H, W) layers in the working domain."""
        network.eval()
        layers = torch.zeros(2, *self.shape)
        height, width = self.shape
        for (top, bottom), (y0, y1) in strips(height):
            for (left, right), (x0, x1) in strips(width):
                tiles = (planes[None, :, y0:y1, x0:x1] for planes in (self.front, self.back))
                r1, r2 = (pad_to_8(tile) for tile in tiles)
                for layer, tile in zip(layers, network.layers(r1, r2), strict=True):
                    inner = tile[0, 0, top - y0 : bottom - y0, left - x0 : right - x0]
                    layer[top:bottom, left:right] = inner
        first, second = (layers * self.span + self.low / 2).cpu().numpy()
        return first, second


def pad_to_8(tile: Tensor) -> Tensor:
    """Repeat the border so that both sides divide by 8, as three poolings need."""
    height, width = tile.shape[-2:]
    padded = functional.pad(tile, (0, -width % 8, 0, -height % 8), mode="replicate")
    return padded.contiguous(memory_format=torch.channels_last)


TILE = 768
"""Tiles that the network is applied to are about this large."""

MARGIN = 32
"""Context around a tile, wider than the network sees; a multiple of 8."""


def strips(length: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Cut a length into tiles: the part to keep, and that part with its margin."""
    for start in range(0, length, TILE):
        end = min(start + TILE, length)
        yield (start, end), (max(start - MARGIN, 0), min(end + MARGIN, length))
