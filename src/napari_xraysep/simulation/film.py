"""From attenuation to the grey values of a file, and the scale on which the truth is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from napari_xraysep.domain import Domain, Floats
from napari_xraysep.simulation.fields import Rng
from napari_xraysep.simulation.settings import SimulationSettings

BITS = 16
_DENSITY_UNEXPOSED = 2.0
"""Optical density of film that nothing covers."""


@dataclass(frozen=True)
class Film:
    """Grey values, and the straight line from attenuation to the working domain.

    Attributes
    ----------
    grey
        (H, W) float32 in 0..1, already at the file's bit depth.
    scale, offset
        Working domain = scale × attenuation + offset.
    """

    grey: Floats
    scale: float
    offset: float


def ceiling(attenuation: Floats) -> float:
    """Return the attenuation beyond which stray rays leave nothing more to be recorded."""
    return 1.03 * float(np.quantile(attenuation, 0.9995))


def blurred(image: Floats, sigma: float) -> Floats:
    """Image as the film sees it; sigma in pixels."""
    return np.asarray(ndimage.gaussian_filter(image, sigma) if sigma else image, np.float32)


def expose(attenuation: Floats, top: float, settings: SimulationSettings, rng: Rng) -> Film:
    """Turn attenuation into a radiograph.

    ``as-is``: grey is linear in attenuation, from 0.04 where the painting absorbs least to 0.94 at
    ``top``, with room for the noise. ``linear``: grey = transmitted intensity, up to 0.9.
    ``film-density``: grey = 10^−D, the film's density D growing with the exposure up to 2.
    Noise is that of counted quanta: N₀ exp(−attenuation) of them a pixel, N₀ = noise⁻².

    Parameters
    ----------
    attenuation
        (H, W), at least 0.
    top
        Its `ceiling`.
    """
    low = float(attenuation.min())
    room = 4 * settings.noise  # what noise needs, so that it is hardly ever cut off
    noisy = attenuation
    if settings.noise:
        mean = np.exp(-(attenuation - low)) / settings.noise**2
        counts = np.maximum(rng.poisson(mean), 1)
        noisy = low - np.log(counts * settings.noise**2)
    if settings.response == "as-is":
        below, above = room, room * np.exp((top - low) / 2)
        scale = 0.9 / max(top - low + below + above, 1e-6)
        offset = 0.04 + scale * (below - low)
    elif settings.response == "linear":
        scale, offset = 1.0, np.log((1 + room) / 0.9) - low
    else:
        scale, offset = 1.0, -np.log(_DENSITY_UNEXPOSED) - low
    domain = Domain(response=settings.response, bits=BITS)
    grey = domain.inverse(np.asarray(scale * noisy + offset, np.float32))
    levels = 2**BITS - 1
    grey = np.round(np.clip(grey, 0, 1) * levels) / np.float32(levels)
    return Film(np.asarray(grey, np.float32), float(scale), float(offset))
