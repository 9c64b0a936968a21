"""From colours to pigments: which paint was used where, and what it absorbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.cluster.vq import kmeans
from scipy.optimize import nnls
from skimage.color import rgb2lab

from napari_xraysep.domain import Floats
from napari_xraysep.simulation.fields import Rng, smooth_noise
from napari_xraysep.simulation.pigments import FAMILIES, PIGMENTS, Pigment, family

TERRITORIES = 3
COLOURS = 6
_TABLE_SIDE = 13
_SUM_WEIGHT = 10.0
_FAR_WEIGHT = 1.0


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
    table = _ColourTable(photograph)
    total = np.zeros(photograph.shape[:2], np.float32)
    used = {pigment.name: None for pigment in main}
    for t, territory in enumerate(territories):
        for colour in colours:
            palette = main if t == 0 else _depart(main, ambiguity, rng)
            used |= {pigment.name: None for pigment in palette}
            total += territory * colour * table.attenuation_per_um(palette)
    return Paint(total, tuple(used))


def unmix(colours: NDArray[Any], palette: Palette) -> NDArray[np.float64]:
    """Shares of pigments whose mixture comes closest to each colour.

    Single-constant Kubelka and Munk: K/S = (1 − R)² / 2R of a mixture is the mean of its
    pigments', by volume. The shares are not negative and add up to 1; of mixtures that match alike,
    the one of pigments near the colour is taken, as a painter would.

    Parameters
    ----------
    colours
        (N, 3) sRGB 0..1.

    Returns
    -------
    (N, P) float64
    """
    tones = np.array([pigment.srgb for pigment in palette])
    wanted, pure = _absorption(np.asarray(colours, float)), _absorption(tones)
    weight = 1 / (wanted + 0.05)  # errors relative to the colour: lights show them most
    far = np.linalg.norm(np.asarray(colours)[:, None] - tones, axis=-1)
    rows = np.concatenate(
        [
            (pure.T * weight[:, :, None]),
            np.full((len(wanted), 1, len(palette)), _SUM_WEIGHT),
            _FAR_WEIGHT * far[:, :, None] * np.eye(len(palette)),
        ],
        axis=1,
    )
    right = np.zeros(rows.shape[:2])
    right[:, :3], right[:, 3] = wanted * weight, _SUM_WEIGHT
    shares = np.array([nnls(a, b)[0] for a, b in zip(rows, right, strict=True)])
    return np.asarray(shares / shares.sum(1, keepdims=True))


def _absorption(srgb: NDArray[Any]) -> NDArray[Any]:
    """K/S of sRGB colours; paint in oil never reflects less than about 2 %."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    reflectance = np.clip(linear, 0.02, 0.95)
    return np.asarray((1 - reflectance) ** 2 / (2 * reflectance))


class _ColourTable:
    """Looks functions of colour up on a coarse grid, of which only the used nodes are computed."""

    def __init__(self, photograph: Floats) -> None:
        self.at = np.moveaxis(photograph, -1, 0) * np.float32(_TABLE_SIDE - 1)
        cells = np.unique(np.minimum(self.at, _TABLE_SIDE - 1).astype(int).reshape(3, -1), axis=1)
        self.used = np.zeros((_TABLE_SIDE,) * 3, bool)
        self.used[tuple(cells)] = True
        self.used = ndimage.binary_dilation(self.used, np.ones((2, 2, 2)), origin=-1)

    def attenuation_per_um(self, palette: Palette) -> Floats:
        """Attenuation of each pixel's mixture per µm; (H, W)."""
        strength = np.array([pigment.attenuation_per_um for pigment in palette])
        table = np.zeros(self.used.shape, np.float32)
        table[self.used] = unmix(np.argwhere(self.used) / (_TABLE_SIDE - 1), palette) @ strength
        return np.asarray(ndimage.map_coordinates(table, self.at, order=1, mode="nearest"))


def _memberships_by_colour(photograph: Floats, rng: Rng) -> list[Floats]:
    """How much each pixel belongs to each of the picture's main colours; they add up to 1."""
    lab = rgb2lab(photograph).astype(np.float32)
    pixels = lab.reshape(-1, 3)
    sample = pixels[rng.integers(0, len(pixels), 5000)]
    centres, _ = kmeans(sample, sample[:COLOURS])  # fewer come back where colours are few
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
