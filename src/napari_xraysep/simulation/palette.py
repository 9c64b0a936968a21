"""From colours to pigments: which paint was used where, and what it absorbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.cluster.vq import kmeans2
from scipy.optimize import nnls
from skimage.color import rgb2lab

from napari_xraysep.domain import Floats
from napari_xraysep.simulation.fields import Rng, smooth_noise
from napari_xraysep.simulation.pigments import FAMILIES, PIGMENTS, Pigment, family

TERRITORIES = 3
COLOURS = 6
_LUT_SIDE = 13


@dataclass(frozen=True)
class Paint:
    """What a photograph was, on our assumptions, painted with.

    Attributes
    ----------
    attenuation_per_um
        (H, W) linear attenuation of the paint per µm of thickness.
    pigments
        Names of the pigments at hand, the main palette first.
    """

    attenuation_per_um: Floats
    pigments: tuple[str, ...]


Palette: TypeAlias = tuple[Pigment, ...]
"""One pigment of every family."""


def main_palette(rng: Rng) -> Palette:
    """Choose the pigments that a painter uses by preference."""
    white = PIGMENTS["lead white"]  # of oil painters until the twentieth century
    return (white, *(_choose(family(name), rng) for name in FAMILIES if name != "white"))


def assign(photograph: Floats, main: Palette, ambiguity: float, rng: Rng) -> Paint:
    """Choose pigments for the passages of a painting.

    A passage is one of `COLOURS` colours (k-means in Lab) in one of `TERRITORIES` parts of the
    picture, both with soft borders. Each passage has a palette, of which its colours are mixed
    (`unmix`). The first territory keeps to the painter's main palette; elsewhere each family is,
    with probability ``ambiguity``, a pigment other than the main one, so that one colour stands for
    two attenuations.

    Parameters
    ----------
    photograph
        (H, W, 3) sRGB 0..1.
    main
        The painter's `main_palette`.
    """
    colours = _memberships_by_colour(photograph, rng)
    territories = _territories(photograph.shape[:2], rng)
    total = np.zeros(photograph.shape[:2], np.float32)
    used = {pigment.name: None for pigment in main}
    for t, territory in enumerate(territories):
        for colour in colours:
            palette = main if t == 0 else _depart(main, ambiguity, rng)
            used |= {pigment.name: None for pigment in palette}
            total += territory * colour * _look_up(photograph, unmix_table(palette))
    return Paint(total, tuple(used))


def unmix(colours: NDArray[Any], palette: Palette) -> NDArray[np.float64]:
    """Shares of pigments whose mixture comes closest to each colour.

    Single-constant Kubelka and Munk: K/S = (1 − R)² / 2R of a mixture is the mean of its
    pigments', by volume. The shares are not negative and add up to 1.

    Parameters
    ----------
    colours
        (N, 3) sRGB 0..1.

    Returns
    -------
    (N, P) float64
    """
    pure = _absorption(np.array([p.srgb for p in palette]))
    shares = np.empty((len(colours), len(palette)))
    for n, wanted in enumerate(_absorption(np.asarray(colours, float))):
        weight = 1 / (wanted + 0.05)  # errors relative to the colour: lights show them most
        matrix = np.vstack([(pure * weight).T, np.full(len(palette), 10.0)])
        found, _ = nnls(matrix, np.append(wanted * weight, 10.0))
        shares[n] = found / found.sum()
    return shares


def unmix_table(palette: Palette) -> Floats:
    """Attenuation per µm of the mixtures that match a regular grid of sRGB colours."""
    axis = np.linspace(0, 1, _LUT_SIDE)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    strength = np.array([pigment.attenuation_per_um for pigment in palette])
    values = unmix(grid, palette) @ strength
    return np.asarray(values.reshape((_LUT_SIDE,) * 3), np.float32)


def _absorption(srgb: NDArray[Any]) -> NDArray[Any]:
    """K/S of sRGB colours; paint in oil never reflects less than about 2 %."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    reflectance = np.clip(linear, 0.02, 0.95)
    return np.asarray((1 - reflectance) ** 2 / (2 * reflectance))


def _look_up(photograph: Floats, table: Floats) -> Floats:
    at = np.moveaxis(photograph, -1, 0) * (_LUT_SIDE - 1)
    return np.asarray(ndimage.map_coordinates(table, at, order=1, mode="nearest"), np.float32)


def _memberships_by_colour(photograph: Floats, rng: Rng) -> list[Floats]:
    """How much each pixel belongs to each of the picture's main colours; they add up to 1."""
    lab = rgb2lab(photograph).astype(np.float32)
    pixels = lab.reshape(-1, 3)
    sample = pixels[rng.integers(0, len(pixels), 5000)]
    centres, _ = kmeans2(sample, COLOURS, minit="++", rng=rng)
    distances = [((lab - centre) ** 2).sum(-1) for centre in centres.astype(np.float32)]
    return _soft([-d / (2 * 8.0**2) for d in distances])


def _territories(shape: tuple[int, int], rng: Rng) -> list[Floats]:
    """Soft parts of the picture, each about a third of a side large; they add up to 1."""
    scale = max(shape) / 3
    return _soft([4 * smooth_noise(shape, scale, rng) for _ in range(TERRITORIES)])


def _soft(scores: list[Floats]) -> list[Floats]:
    top = np.maximum.reduce(scores)
    weights = [np.exp(score - top) for score in scores]
    total = sum(weights)
    return [np.asarray(weight / total, np.float32) for weight in weights]


def _choose(pigments: tuple[Pigment, ...], rng: Rng) -> Pigment:
    use = np.array([pigment.use for pigment in pigments])
    return pigments[int(rng.choice(len(pigments), p=use / use.sum()))]


def _depart(main: Palette, ambiguity: float, rng: Rng) -> Palette:
    """Return the main palette with some pigments exchanged for others of their family."""
    palette = []
    for pigment in main:
        others = tuple(p for p in family(pigment.family) if p is not pigment)
        other = _choose(others, rng)
        palette.append(other if rng.random() < ambiguity else pigment)
    return tuple(palette)
