from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from napari_xraysep.simulation import Simulation, SimulationSettings, simulate


def picture(seed: int, height: int, width: int) -> np.ndarray:
    """A patchwork of strong colours with soft light: content to paint, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    fields = ndimage.gaussian_filter(rng.standard_normal((8, height, width)), (0, 9, 9))
    colours = rng.uniform(0.05, 0.95, (8, 3))
    light = ndimage.gaussian_filter(rng.standard_normal((height, width)), 4)
    flat = colours[fields.argmax(0)] * (1 + 0.3 * light / np.abs(light).max())[..., None]
    return np.round(np.clip(flat, 0, 1) * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def front() -> np.ndarray:
    return picture(1, 120, 160)


@pytest.fixture(scope="session")
def back() -> np.ndarray:
    return picture(2, 150, 140)


@pytest.fixture(scope="session")
def simulated(front: np.ndarray, back: np.ndarray) -> Callable[..., Simulation]:
    """Simulate with the two pictures, changing some settings; remembers what it made."""

    @cache
    def run(kind: Any = "double-sided", seed: int = 0, **changes: Any) -> Simulation:
        return simulate(front, back, kind, seed, SimulationSettings(**changes))

    return run
