"""Losses that several methods share; images are (N, C, h, w) and masks (N, 1, h, w)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-8
"""Keeps square roots and quotients differentiable at zero."""

SCALES = 3
"""Resolutions at which the exclusion loss looks (N = 3 in all papers that use it)."""


def rms(difference: Tensor, valid: Tensor) -> Tensor:
    """Root mean square over each patch's valid pixels, averaged over patches."""
    return torch.sqrt(mean_square(difference, valid) + EPSILON).mean()


def mean_square(difference: Tensor, valid: Tensor) -> Tensor:
    """Mean square over each patch's valid pixels, (N,)."""
    count = valid.sum((1, 2, 3)) * difference.shape[1]
    return (difference**2 * valid).sum((1, 2, 3)) / count.clamp(min=1)


def squared_correlation(f1: Tensor, f2: Tensor) -> Tensor:
    """Squared Pearson correlation of each patch's features, averaged (arXiv:2009.07889, Eq. 8, 9).

    Parameters
    ----------
    f1, f2
        (N, ...) of one shape.
    """
    a, b = (f.flatten(1) - f.flatten(1).mean(1, keepdim=True) for f in (f1, f2))
    return ((a * b).sum(1) ** 2 / ((a**2).sum(1) * (b**2).sum(1) + EPSILON)).mean()


def exclusion(x1: Tensor, x2: Tensor, form: Literal["run", "printed"] = "run") -> Tensor:
    """How much edges of two images (N, 1, h, w) stand in the same places; 0 where they never do.

    Parameters
    ----------
    form
        ``printed``: Eq. 7 of Pu et al. 2021, ``Σ_n ‖tanh(f↓n(λ1|∇x1|)) ⊙ tanh(f↓n(λ2|∇x2|))‖_F``
        with ``λ1 = √(‖x2‖/‖x1‖)``, ``λ2 = 1/λ1`` for each patch; the gradient's magnitude is that
        of forward differences, zero at the far border. ``run``: as Zhang, Ng and Chen (CVPR 2018)
        and those after them compute it: forward differences along each axis, the second image's
        scaled to the first's mean by a factor that gets no gradient, squashed by ``2σ(t) − 1``,
        ``(mean s1² s2²)^(1/4)``, the images halved by averaging from level to level; summed over
        the axes, averaged over the levels and patches.
    """
    return _as_run(x1, x2) if form == "run" else _as_printed(x1, x2)


def _as_run(x1: Tensor, x2: Tensor) -> Tensor:
    total = torch.zeros((), device=x1.device)
    for level in range(SCALES):
        if level:
            x1, x2 = functional.avg_pool2d(x1, 2), functional.avg_pool2d(x2, 2)
        for axis in (2, 3):
            g1, g2 = x1.diff(dim=axis), x2.diff(dim=axis)
            means = [g.detach().abs().mean((1, 2, 3), keepdim=True) for g in (g1, g2)]
            alpha = 2 * means[0] / (means[1] + EPSILON)
            s1, s2 = (2 * torch.sigmoid(g) - 1 for g in (g1, alpha * g2))
            total = total + ((s1**2 * s2**2).mean((1, 2, 3)) + EPSILON**2).pow(0.25).mean()
    return total / SCALES


def _as_printed(x1: Tensor, x2: Tensor) -> Tensor:
    norms = [(image**2).sum((1, 2, 3), keepdim=True).add(EPSILON).sqrt() for image in (x1, x2)]
    weight = torch.sqrt(norms[1] / norms[0])
    edges = weight * magnitude(x1), magnitude(x2) / weight
    total = torch.zeros((), device=x1.device)
    for level in range(SCALES):
        e1, e2 = edges
        if level:
            e1, e2 = (
                functional.interpolate(e, scale_factor=0.5**level, mode="bilinear") for e in edges
            )
        product = torch.tanh(e1) * torch.tanh(e2)
        total = total + ((product**2).sum((1, 2, 3)) + EPSILON).sqrt().mean()
    return total


def magnitude(image: Tensor) -> Tensor:
    """|∇image| from forward differences; the last row and column have none along their axis."""
    down = functional.pad(image.diff(dim=2), (0, 0, 0, 1))
    right = functional.pad(image.diff(dim=3), (0, 1, 0, 0))
    return torch.sqrt(down**2 + right**2 + EPSILON**2)
