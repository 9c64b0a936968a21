"""Shrinking coefficients: what makes a representation sparse."""

from __future__ import annotations

import torch
from torch import Tensor


def soft(coefficients: Tensor, threshold: Tensor | float) -> Tensor:
    """Move towards zero by ``threshold``: S(x) = sign(x)·max(|x| − σ, 0), that of the ℓ1 norm.

    Parameters
    ----------
    coefficients
        Of any shape.
    threshold
        Zero or more; broadcast against the coefficients.
    """
    return torch.sign(coefficients) * torch.relu(coefficients.abs() - threshold)


def hard(coefficients: Tensor, threshold: Tensor | float) -> Tensor:
    """Set to zero where not above ``threshold``: H(x) = x·1(|x| > σ), that of the ℓ0 norm.

    The threshold itself gets no gradient, so a network cannot learn it.
    """
    return coefficients * (coefficients.abs() > threshold)
