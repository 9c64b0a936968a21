"""One unrolled iteration of LCISTA (Eq. 9, 11), and what its filters are before training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_xraysep.separation import wavelets
from napari_xraysep.separation.methods.lcista import Settings
from napari_xraysep.separation.methods.lcista.variants import Variant
from napari_xraysep.separation.thresholds import hard, soft

SIZE = 5
"""All filters are 5×5."""

SHARP = 20.0
"""β of the softplus that keeps learnt thresholds above zero: close to max(t, 0)."""

GAUSSIAN = 0.3
"""``gaussian``: gain in standard deviation of one filter on white noise."""

STEP = 0.5
"""``iteration``: how much of x − y1 − y2 a layer gives to y2, and then to y1."""

DENOISE = 0.03
"""``iteration``: τ, how far y moves towards B z."""

SPARSE = 0.02
"""``iteration``: λ before the softplus, on the radiograph's scale of 0..1."""

EXCLUDE = -0.05
"""``iteration``: μ before the softplus."""


class Codes(NamedTuple):
    """What one iteration hands to the next.

    Attributes
    ----------
    y1, y2
        (N, 1, h, w), the information images of surface and concealed design.
    z1, z2
        (N, K, h, w), their sparse codes.
    """

    y1: Tensor
    y2: Tensor
    z1: Tensor
    z2: Tensor


class Iteration(nn.Module):
    """The l-th layer (Fig. 4): filters A to F, scalars λ, μ, τ, γ."""

    def __init__(self, settings: Settings, variant: Variant, colours: int) -> None:
        super().__init__()
        self.settings, self.variant = settings, variant
        k = settings.channels
        self.A, self.B = convolution(1, k, variant), convolution(k, 1, variant)
        self.C, self.D = convolution(1, 1, variant), convolution(1, 1, variant)
        self.E, self.F = convolution(colours, 1, variant), convolution(1, colours, variant)
        for law in (self.E, self.F):
            law.requires_grad_(variant.learn_law)
        transforms = wavelets.TRANSFORMS if variant.threshold == "transform" else 1
        thresholds = 1 if variant.start == "gaussian" else k
        self.lambdas = nn.Parameter(torch.full((2, thresholds, 1, 1), 0.1))
        self.mu = nn.Parameter(torch.full((transforms,), 0.4))
        self.tau = nn.Parameter(torch.ones(2), requires_grad=variant.scalars)
        self.gamma = nn.Parameter(torch.ones(()), requires_grad=variant.scalars)

    def forward(self, x: Tensor, r: Tensor, codes: Codes) -> Codes:
        """Eq. 11, from y, z of the layer before; x (N, 1, h, w), r (N, c, h, w)."""
        A, B, C, D, E, F = self.A, self.B, self.C, self.D, self.E, self.F
        y1, y2, z1, z2 = codes
        tau1, tau2 = self.variant.tau_sign * self.tau

        z2 = self.shrink(z2 + A(y2 - B(z2)), self.lambdas[1])
        z1 = self.shrink(z1 + A(y1 - B(z1)), self.lambdas[0])
        y2 = self.exclude(y1, y2 + C(x - D(y1 + y2)) + tau2 * (y2 - B(z2)))
        towards_photograph = self.gamma * E(r - F(y1))
        y1 = self.exclude(y2, y1 + C(x - D(y1 + y2)) + tau1 * (y1 - B(z1)) + towards_photograph)
        return Codes(y1, y2, z1, z2)

    def shrink(self, z: Tensor, threshold: Tensor) -> Tensor:
        """S_λ(z) (Eq. 10), its ℓ0 counterpart, or nothing without sparsity."""
        if not self.settings.sparsity:
            return z
        operator = soft if self.settings.thresholding == "soft" else hard
        return operator(z, self.positive(threshold))

    def exclude(self, b: Tensor, c: Tensor) -> Tensor:
        """F_μ(b, c) = ¼ Σ_i W_iᵀ S_{μ_i‖W_i b‖₁}(W_i c): take out of c what b shows, too."""
        if not self.settings.exclude:
            return c
        padded = self.variant.padded
        wb, wc = wavelets.analyse(b, padded), wavelets.analyse(c, padded)
        mu = self.positive(self.mu)
        if self.variant.threshold == "transform":
            norms = wavelets.mean_magnitudes(wb)
            threshold = wavelets.spread(mu * norms, (wc.shape[2], wc.shape[3]))
        else:
            threshold = mu * wb.abs()
        return wavelets.synthesise(soft(wc, threshold), padded)

    def positive(self, scalar: Tensor) -> Tensor:
        """Keep a threshold from becoming negative."""
        if self.variant.start == "gaussian":
            return torch.relu(scalar)
        return functional.softplus(scalar, beta=SHARP)


def convolution(inputs: int, outputs: int, variant: Variant, bias: bool = False) -> nn.Conv2d:
    """Make a 5×5 convolution that keeps the size: around the image zeros, or its border again."""
    mode: Literal["replicate", "zeros"] = "replicate" if variant.padded else "zeros"
    return nn.Conv2d(inputs, outputs, SIZE, padding=SIZE // 2, padding_mode=mode, bias=bias)


@torch.no_grad()
def begin_gaussian(network: nn.Module, iterations: Sequence[Iteration]) -> None:
    """Draw normal filters, scalars uniform in (0, 1] (III C).

    No scale is in print. With filters that keep an image's variance (1 / what an output sums over),
    the plus sign and five layers in a row make images a thousand times too large; these do not.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=GAUSSIAN * (layer.in_channels * SIZE**2) ** -0.5)
    for iteration in iterations:
        for scalars in (iteration.lambdas, iteration.mu, iteration.tau, iteration.gamma):
            scalars.uniform_(0, 1)


@torch.no_grad()
def begin_iterating(iterations: Sequence[Iteration]) -> None:
    """Set filters and scalars with which Eq. 9 descends from the first step on.

    A and B = Aᵀ are a tight frame, so that B z gives y back less what the threshold took. D passes
    on y unchanged, C half of what the layers miss of x. E and F do nothing: see `law_of_colour`.
    """
    for iteration in iterations:
        k = iteration.B.in_channels
        square = torch.randn(max(k, SIZE**2), SIZE**2)
        frame = torch.linalg.qr(square)[0][:k].reshape(k, SIZE, SIZE) / SIZE
        iteration.A.weight.copy_(frame[:, None])
        iteration.B.weight.copy_(frame.flip(1, 2)[None])
        nn.init.dirac_(iteration.C.weight)
        iteration.C.weight *= STEP
        nn.init.dirac_(iteration.D.weight)
        nn.init.zeros_(iteration.E.weight)
        nn.init.zeros_(iteration.F.weight)
        iteration.lambdas.fill_(SPARSE)
        iteration.mu.fill_(EXCLUDE)
        iteration.tau.fill_(DENOISE)
