from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def grey16() -> NDArray[np.uint16]:
    """A picture with the whole range of 16 bits and no symmetry: (40, 56)."""
    picture = np.random.default_rng(0).integers(0, 65536, (40, 56), dtype=np.uint16)
    picture[0, :2] = 0, 65535
    return picture


@pytest.fixture
def rgb16() -> NDArray[np.uint16]:
    """Like `grey16`, in colour: (40, 56, 3)."""
    return np.random.default_rng(1).integers(0, 65536, (40, 56, 3), dtype=np.uint16)


@pytest.fixture
def grey8(grey16: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return (grey16 >> 8).astype(np.uint8)


@pytest.fixture
def rgb8(rgb16: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return (rgb16 >> 8).astype(np.uint8)
