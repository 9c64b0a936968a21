"""Small paintings whose layers are known, made without the simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_xraysep import Painting

Image = NDArray[np.float32]


def photograph(seed: int, shape: tuple[int, int] = (96, 120)) -> Image:
    """A colourful picture with soft shapes and some grain, sRGB in 0..1."""
    rng = np.random.default_rng(seed)
    soft = gaussian_filter(rng.standard_normal((*shape, 3)), (7, 7, 0))
    soft = (soft - soft.min((0, 1))) / np.ptp(soft, (0, 1))
    return np.clip(soft + 0.03 * rng.standard_normal(soft.shape), 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Known:
    """A painting and its true layers."""

    painting: Painting
    layers: tuple[Image, Image]


def attenuation(image: Image) -> Image:
    """A law of colour that is not linear: light and reddish paint absorbs."""
    r, g, b = np.moveaxis(image, 2, 0)
    return (0.35 * r**2 + 0.1 * g * r + 0.05 * b).astype(np.float32)


@pytest.fixture
def double_sided() -> Known:
    front, back = photograph(1), photograph(2)
    layers = attenuation(front), attenuation(back)
    return Known(Painting.from_arrays(sum(layers), front, back), layers)


@pytest.fixture
def concealed() -> Known:
    front = photograph(3, (160, 160))
    rows, columns = np.mgrid[:160, :160]
    design = np.where((rows - 80) ** 2 + (columns - 70) ** 2 < 40**2, 0.3, 0.05)
    layers = attenuation(front), design.astype(np.float32)
    return Known(Painting.from_arrays(sum(layers), front), layers)


def error(estimate: Image, truth: Image) -> float:
    """Root mean square difference with both means removed."""
    difference = estimate - truth
    return float(np.std(difference))
