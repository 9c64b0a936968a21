"""What time did to the paint: losses, fills and cracks, none of which a photograph shows."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from napari_xraysep.domain import Floats
from napari_xraysep.simulation.fields import Rng, share_mask, smooth_noise
from napari_xraysep.simulation.pigments import PIGMENTS
from napari_xraysep.simulation.settings import SimulationSettings

_FILL_UM = 80.0


def age(paint: Floats, settings: SimulationSettings, rng: Rng) -> Floats:
    """Attenuation of one side's paint after losses, fills and cracks; (H, W)."""
    shape = paint.shape
    aged = paint
    if settings.losses:
        lost = share_mask(shape, settings.losses, max(shape) / 25, rng)
        aged = np.where(lost, 0, aged)
        if settings.fills:
            filled = lost & share_mask(shape, settings.fills, max(shape) / 6, rng)
            putty = PIGMENTS["lead white" if rng.random() < 0.5 else "chalk"]
            uneven = 1 + 0.2 * smooth_noise(shape, 6, rng)
            aged = np.where(filled, _FILL_UM * putty.attenuation_per_um * uneven, aged)
    if settings.cracks:
        aged = aged * (1 - 0.6 * settings.cracks * crack_network(shape, rng))
    return np.asarray(aged, np.float32)


def crack_network(shape: tuple[int, int], rng: Rng) -> Floats:
    """Fine lines between the islands of aged paint, 0 (sound) to 1 (open)."""
    rows, cols = np.indices(shape, np.float32)
    island = max(max(shape) / 22, 14)
    at = np.stack([rows, cols], -1)
    for axis in range(2):
        at[..., axis] += 0.25 * island * smooth_noise(shape, island / 2, rng)
    count = int(shape[0] * shape[1] / island**2) + 8
    seeds = rng.uniform(-island, np.array(shape) + island, (count, 2))
    distances, _ = cKDTree(seeds).query(at.reshape(-1, 2), k=2)
    gap = (distances[:, 1] - distances[:, 0]).reshape(shape)
    line = np.clip(1.5 - gap, 0, 1)
    open_here = np.clip(smooth_noise(shape, 3 * island, rng) + 0.4, 0, 1)
    return np.asarray(line * open_here, np.float32)
