"""What carries the paint: canvas or panel, its ground, the bars behind it and nails."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_xraysep.domain import Floats
from napari_xraysep.simulation.fields import Rng, smooth_noise
from napari_xraysep.simulation.pigments import PIGMENTS, mass_attenuation
from napari_xraysep.simulation.settings import SimulationSettings

_CELLULOSE = mass_attenuation("C6H10O5")
_LINEN_G_PER_CM2 = 0.03
_OAK_PER_CM = 0.68 * _CELLULOSE
_PINE_PER_CM = 0.5 * _CELLULOSE
_PANEL_CM = 0.9
_BAR_CM = 1.2


def support(shape: tuple[int, int], sides: int, settings: SimulationSettings, rng: Rng) -> Floats:
    """Attenuation of all that is not paint, but for nails.

    Parameters
    ----------
    shape
        Height and width, pixels.
    sides
        Number of grounds: 2 for a double-sided painting, else 1.

    Returns
    -------
    (H, W) float32, at 20 keV
    """
    s, mm = settings, settings.pixel_size_mm
    total = np.zeros(shape, np.float32)
    ground = sides * s.ground_um * _ground_per_um(s.ground_lead)
    if s.support == "canvas":
        threads = canvas(shape, s.threads_per_cm * mm / 10, rng)
        # the ground fills the gaps between threads: that is what makes a weave visible
        total += ground * (1 - s.weave * threads) + _LINEN_G_PER_CM2 * _CELLULOSE * (
            1 + 0.5 * threads
        )
    elif s.support == "panel":
        uneven = 0.1 * smooth_noise(shape, max(shape) / 5, rng)
        rings = growth_rings(shape, mm, rng)
        total += ground * (1 + uneven) + _PANEL_CM * _OAK_PER_CM * (1 + 0.6 * s.weave * rings)
    if s.bars != "none":
        total += bars(shape, s.bars == "cradle", mm, rng)
    return total


def canvas(shape: tuple[int, int], threads_per_px: float, rng: Rng) -> Floats:
    """Plain weave, −1 in the gaps to 1 on the threads' crests; zero where unresolved."""
    resolved = float(np.clip((0.45 - threads_per_px) / 0.1, 0, 1))
    if resolved == 0:
        return np.zeros(shape, np.float32)
    weft, weft_crest = _threads(shape, threads_per_px, rng)
    warp, warp_crest = (part.T for part in _threads(shape[::-1], threads_per_px, rng))
    over = (-1) ** ((weft + warp) % 2)
    crest = 0.5 * (weft_crest + warp_crest) + 0.15 * over
    crest *= 1 + 0.25 * smooth_noise(shape, max(shape) / 4, rng)
    return np.asarray(resolved * np.tanh(crest), np.float32)


def _threads(shape: tuple[int, int], per_px: float, rng: Rng) -> tuple[Floats, Floats]:
    """Threads along rows: the number of the one under each pixel, and their profile."""
    count = int(shape[0] * per_px * 1.1) + 8
    wander = 0.25 * smooth_noise(shape, 6 / per_px, rng)
    spacing = np.cumsum(1 + 0.15 * rng.standard_normal(count))
    rows = np.interp(np.arange(shape[0]) * per_px, spacing - spacing[0], np.arange(count))
    number = rows[:, None] + wander
    index = np.clip(np.floor(number).astype(int), 0, count - 1)
    thick = np.clip(1 + 0.3 * rng.standard_normal(count), 0.4, 1.8)
    # a thread is thicker for some centimetres here and there: a slub
    slub = np.maximum(smooth_noise((count, shape[1]), 3.0, rng) - 1.6, 0)[
        index, np.arange(shape[1])[None, :]
    ]
    profile = -np.cos(2 * np.pi * number) * thick[index] + 1.2 * slub
    return np.floor(number).astype(np.float32), profile.astype(np.float32)


def growth_rings(shape: tuple[int, int], mm: float, rng: Rng) -> Floats:
    """Oak cut radially: growth rings as upright lines of uneven spacing, about −1..1."""
    width_px = max(1.6 / mm, 2.5)
    count = int(shape[1] / width_px * 1.5) + 8
    spacing = np.cumsum(np.clip(rng.lognormal(0, 0.3, count), 0.5, 2))
    drift = smooth_noise(shape, max(shape) / 2, rng) * 1.5
    drift += 0.08 * smooth_noise(shape, max(shape) / 12, rng)
    cols = np.arange(shape[1])[None, :] / width_px + drift + 4
    rings = np.interp(cols, spacing, np.arange(count))
    phase = rings - np.floor(rings)
    # early wood is porous and light, and passes slowly into dense late wood
    wood = np.where(phase < 0.25, -1 + 8 * phase**2, 1.5 * (phase - 0.25) - 0.4)
    fibres = ndimage.gaussian_filter(rng.standard_normal(shape), (14, 0.7))
    return np.asarray(wood + 0.25 * fibres / fibres.std(), np.float32)


def bars(shape: tuple[int, int], cradle: bool, mm: float, rng: Rng) -> Floats:
    """Attenuation of the bars of a stretcher (frame and cross bar) or a cradle."""
    height, width = shape
    rows, cols = np.arange(height)[:, None], np.arange(width)[None, :]
    across, down = np.zeros(shape), np.zeros(shape)
    bar = min(40 / mm, 0.12 * min(shape))
    soft = max(0.8 / mm, 1.0)  # wood stands off the film and its edges blur

    def band(at: NDArray[np.int_], centre: float, size: float) -> NDArray[np.float64]:
        edge = (size / 2 - np.abs(at - centre)) / soft
        return np.asarray(1 / (1 + np.exp(-np.clip(edge * 4, -50, 50))))

    if cradle:
        for n in np.arange(0.5, 4):
            down = np.maximum(down, band(cols, width * n / 4 + rng.normal(0, 2), bar))
            across = np.maximum(across, 0.8 * band(rows, height * n / 4 + rng.normal(0, 2), bar))
    else:
        down = band(cols, bar / 2, bar) + band(cols, width - bar / 2, bar)
        across = band(rows, bar / 2, bar) + band(rows, height - bar / 2, bar)
        across = across + band(rows, height / 2 + rng.normal(0, 4), bar)
    grain = 1 + 0.08 * growth_rings(shape, mm, rng)
    across_grain = 1 + 0.08 * growth_rings(shape[::-1], mm, rng).T
    wood = np.maximum(down * grain, across * across_grain)
    return np.asarray(_BAR_CM * _PINE_PER_CM * wood, np.float32)


def nails(shape: tuple[int, int], count: int, mm: float, rng: Rng) -> Floats:
    """Heads of iron tacks along the edges, 0..1; 1 lets nothing through."""
    height, width = shape
    found = np.zeros(shape, np.float32)
    rows, cols = np.arange(height)[:, None], np.arange(width)[None, :]
    radius = min(max(2.5 / mm, 2.0), 0.012 * max(shape))
    inset = 1.6 * radius
    around = 2 * (height + width)
    for n in range(count):
        at = ((n + rng.uniform(0.3, 0.7)) / count) * around
        off = inset + rng.normal(0, 0.2 * radius)
        if at < 2 * width:
            y, x = (off if at < width else height - off), at % width
        else:
            y, x = (at - 2 * width) % height, (off if at < 2 * width + height else width - off)
        distance = np.hypot(rows - y, cols - x)
        found = np.maximum(found, np.clip(radius - distance + 0.5, 0, 1))
    return np.asarray(found, np.float32)


def _ground_per_um(lead: float) -> float:
    lead_white, chalk = PIGMENTS["lead white"], PIGMENTS["chalk"]
    return lead * lead_white.attenuation_per_um + (1 - lead) * chalk.attenuation_per_um
