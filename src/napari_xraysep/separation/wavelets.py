"""The undecimated Haar transform of one level, which is the union of four orthogonal ones.

An orthogonal Haar transform takes an image apart into blocks of 2×2 pixels, each into its sum and
three differences. There are four ways to lay such blocks over an image, shifted by one pixel along
one axis, both or none; the undecimated transform holds the coefficients of all four. Each is
orthogonal, so the transposed transform returns the image four times over.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TRANSFORMS = 4
"""How many orthogonal transforms the union holds."""

_SIGNS = torch.tensor([[1.0, 1.0], [1.0, -1.0]])
_FILTERS = torch.einsum("ay,bx->abyx", _SIGNS, _SIGNS).reshape(4, 1, 2, 2) / 2
"""Sums; differences along x, along y, along both; each of unit norm."""


def analyse(image: Tensor, padded: bool = True) -> Tensor:
    """Take an image apart into the four bands of all four transforms.

    Parameters
    ----------
    image
        (N, 1, h, w).
    padded
        Reflect the image by a pixel at every border, so that border pixels lie in four blocks as
        all others do.

    Returns
    -------
    (N, 4, h + 1, w + 1), or (N, 4, h - 1, w - 1) where not padded. The coefficient at (y, x) is of
    the block whose upper left pixel is there (in the padded image).
    """
    if padded:
        image = functional.pad(image, (1, 1, 1, 1), mode="reflect")
    return functional.conv2d(image, _FILTERS.to(image))


def synthesise(coefficients: Tensor, padded: bool = True) -> Tensor:
    """Put the image together again: the transposed transform, divided by `TRANSFORMS`.

    Without padding, pixels at the border lie in two blocks or one instead of four, and come back
    that much darker.

    Returns
    -------
    (N, 1, h, w) for what `analyse` makes of it with the same ``padded``.
    """
    image = functional.conv_transpose2d(coefficients, _FILTERS.to(coefficients)) / TRANSFORMS
    return image[:, :, 1:-1, 1:-1] if padded else image


def mean_magnitudes(coefficients: Tensor) -> Tensor:
    """‖W_i b‖₁ ÷ number of coefficients, for each of the four transforms.

    Parameters
    ----------
    coefficients
        (N, 4, h, w) as from `analyse`.

    Returns
    -------
    (N, 4), the transforms in the order of their shifts (0, 0), (0, 1), (1, 0), (1, 1)
    """
    magnitudes = coefficients.abs()
    shifts = [magnitudes[:, :, y::2, x::2].mean((1, 2, 3)) for y in (0, 1) for x in (0, 1)]
    return torch.stack(shifts, 1)


def spread(values: Tensor, shape: tuple[int, int]) -> Tensor:
    """Lay one value for each transform where its coefficients are; (N, 4) to (N, 1, *shape)."""
    tile = values.reshape(-1, 1, 2, 2)
    height, width = shape
    return tile.repeat(1, 1, -(-height // 2), -(-width // 2))[:, :, :height, :width]
