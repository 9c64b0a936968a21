"""Thickness of the paint: brush marks laid one over another, which no photograph shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.simulation.fields import Rng, orientation, smooth_noise


def thickness(luminance: Floats, mean_um: float, relief: float, rng: Rng) -> Floats:
    """Thickness of one side's paint.

    Mean thickness × (thin darks, thick lights) × a smooth field × (1 + relief × brush marks).

    Parameters
    ----------
    luminance
        (H, W) in 0..1.
    mean_um
        Mean thickness, µm.
    relief
        Relative height of the brush marks, 0..1.

    Returns
    -------
    (H, W) float32, µm
    """
    marks = brush_marks(luminance, rng)
    slow = smooth_noise(luminance.shape, max(luminance.shape) / 4, rng)
    heights = 0.1 * np.logaddexp(0, (1 + relief * marks) / 0.1)  # furrows never go below zero
    field = (0.4 + 1.2 * luminance) * np.exp(0.15 * slow) * heights
    return np.asarray(mean_um * field / field.mean(), np.float32)


def brush_marks(luminance: Floats, rng: Rng) -> Floats:
    """Relief of overlapping brush strokes along the picture's edges; mean 0, deviation 1.

    Two brushes, a broad and a fine one, chosen for the side; every stroke has furrows from its
    bristles, ridges at its sides and a ridge where the brush was lifted.
    """
    shape = luminance.shape
    broad = rng.uniform(0.014, 0.024) * max(shape) + 2
    relief = 0.5 * smooth_noise(shape, broad, rng)
    direction = orientation(luminance, broad / 2, rng)
    for width, cover in ((broad, 3.0), (broad / 2.2, 1.2)):
        length = width * rng.uniform(3.5, 6)
        count = int(cover * shape[0] * shape[1] / (width * length))
        for _ in range(count):
            y, x = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
            angle = float(direction[int(y), int(x)]) + rng.normal(0, 0.12)
            size = rng.lognormal(0, 0.25)
            _lay(relief, y, x, angle, length * size, width * size**0.5, rng)
    relief = 2.2 * np.tanh((relief - relief.mean()) / (2.2 * relief.std()))  # paint levels out
    return np.asarray(relief / relief.std(), np.float32)


def _lay(
    relief: Floats, y: float, x: float, angle: float, length: float, width: float, rng: Rng
) -> None:
    """Lay one stroke over the relief, in place; angle in radians, sizes in pixels."""
    reach_y = int(abs(np.sin(angle)) * length / 2 + width) + 1
    reach_x = int(abs(np.cos(angle)) * length / 2 + width) + 1
    y0, y1 = max(int(y) - reach_y, 0), min(int(y) + reach_y + 1, relief.shape[0])
    x0, x1 = max(int(x) - reach_x, 0), min(int(x) + reach_x + 1, relief.shape[1])
    if y1 <= y0 or x1 <= x0:
        return
    dy = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(y)
    dx = np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(x)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = (dx * cos + dy * sin) * np.float32(2 / length)
    across = (dy * cos - dx * sin) * np.float32(2 / width)
    across = across + np.float32(rng.normal(0, 0.35)) * (along**2 - np.float32(0.3))
    inside = np.clip((1 - np.abs(across)) * width / 2, 0, 1)
    inside *= np.clip((1 - np.abs(along)) * width / 2, 0, 1)
    height = _furrows(across, width, rng) + 0.7 * np.abs(across) ** 6 + rng.normal(0, 0.45)
    height += 1.2 * np.exp(-(((along - 0.88) / 0.08) ** 2)) + 0.25 * along
    patch = relief[y0:y1, x0:x1]
    patch += inside * np.float32(0.85) * (height.astype(np.float32) - patch)


def _furrows(across: NDArray[np.float32], width: float, rng: Rng) -> NDArray[np.float32]:
    """Profile that the bristles leave, the same all along the stroke."""
    bristles = max(int(width / 1.6), 3)
    heights = rng.normal(0, 0.6, bristles)
    at = np.linspace(-1, 1, bristles)
    return np.interp(across, at, heights).astype(np.float32)
