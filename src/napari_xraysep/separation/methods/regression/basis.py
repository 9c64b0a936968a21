"""Φ: what the regression knows of a pixel, from its colour and from where it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.ndimage import map_coordinates
from skimage.color import rgb2lab

from napari_xraysep.painting import Floats

LAB_UNIT = 50.0
"""Lab is divided by this, so that features of the order of 1 come out."""

LUT_SIDE = 41
"""Colours a side of the table in which a law of colour is tabulated."""


def lab(colours: Floats) -> Floats:
    """CIELAB (D65) ÷ 50, centred on mid grey; ``colours`` (N, 3) sRGB in 0..1."""
    return np.asarray(rgb2lab(colours) / LAB_UNIT - (1, 0, 0), np.float32)


def describe(colours: Floats) -> Floats:
    """Each colour as `lab` and as sRGB around mid grey; (N, 3) sRGB in 0..1 to (N, 6)."""
    return np.concatenate([lab(colours), colours - np.float32(0.5)], 1)


POLYNOMIAL = 12
"""Features of `polynomial`."""


def polynomial(described: Floats) -> Floats:
    """sRGB, and monomials of degree 1 and 2 in Lab; (N, 6) to (N, 12)."""
    z, rgb = described[:, :3], described[:, 3:]
    first, second = np.triu_indices(3)
    return np.concatenate([rgb, z, z[:, first] * z[:, second]], 1)


def gaussians(z: Floats, centres: Floats) -> Floats:
    """exp(−½‖z − c‖²) for every centre; (N, D), (K, D) to (N, K)."""
    squares = (z**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * (z @ centres.T)
    return np.asarray(np.exp(-0.5 * np.maximum(squares, 0)), np.float32)


def typical(points: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Up to ``count`` typical points by k-means; the order of the points does not matter."""
    points = np.unique(points, axis=0)  # sorted, so that swapping the sides changes nothing
    if len(points) > 6_000:
        points = points[rng.choice(len(points), 6_000, replace=False)]
    count = min(count, len(points))
    if count < 1:
        return np.zeros((0, points.shape[1]), np.float32)
    centres, _ = kmeans2(points, count, iter=8, minit="++", seed=rng, missing="warn")
    return np.asarray(centres, np.float32)


@dataclass(frozen=True)
class Colour:
    """Features of colour alone: a polynomial, and Gaussians around typical colours.

    Attributes
    ----------
    centres
        (K, 3) typical colours in `lab` units ÷ ``width``.
    width
        Width of the Gaussians in `lab` units.
    """

    centres: Floats
    width: float

    @classmethod
    def around(
        cls, described: Floats, count: int, width: float, rng: np.random.Generator
    ) -> Colour:
        """Choose ``count`` typical ones out of (N, 6) described colours."""
        return cls(typical(described[:, :3] / np.float32(width), count, rng), width)

    def features(self, described: Floats) -> Floats:
        """(N, 6) described colours to (N, 12 + K)."""
        near = gaussians(described[:, :3] / np.float32(self.width), self.centres)
        return np.concatenate([polynomial(described), near], 1)

    @property
    def groups(self) -> list[int]:
        """Sizes of the groups of features that share a prior."""
        return [POLYNOMIAL, len(self.centres)]

    def law(self, weights: Floats) -> Law:
        """Tabulate F = Φ·w over all colours."""
        axis = np.linspace(0, 1, LUT_SIDE, dtype=np.float32)
        grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        values = self.features(describe(grid)) @ weights.astype(np.float32)
        return Law(values.reshape((LUT_SIDE,) * 3))


@dataclass(frozen=True)
class Law:
    """How strongly each colour absorbs, as a table over sRGB."""

    table: Floats

    def __call__(self, photograph: Floats) -> Floats:
        """(H, W, 3) sRGB in 0..1 to (H, W) attenuation, by linear interpolation."""
        at = np.moveaxis(photograph, 2, 0) * np.float32(LUT_SIDE - 1)
        return np.asarray(map_coordinates(self.table, at, order=1, mode="nearest"), np.float32)


LOCAL_WIDTHS = ((0.5, 0.25), (1.5, 0.12))
"""Widths in `lab` units and in lengths of the longer side: one colour here; any colour, nearer."""


@dataclass(frozen=True)
class Local:
    """Features of colour and place together: a paint that is used only there."""

    centres: tuple[Floats, ...]

    @staticmethod
    def points(described: Floats, place: Floats, widths: tuple[float, float]) -> Floats:
        """Colour and place on one scale, (N, 5); ``place`` (N, 2) in lengths of the longer side."""
        colour, near = (np.float32(width) for width in widths)
        return np.concatenate([described[:, :3] / colour, place / near], 1)

    def features(self, described: Floats, place: Floats) -> Floats:
        """(N, 6), (N, 2) to (N, K)."""
        parts = [
            gaussians(self.points(described, place, widths), centres)
            for widths, centres in zip(LOCAL_WIDTHS, self.centres, strict=True)
        ]
        return np.concatenate(parts, 1)

    @property
    def groups(self) -> list[int]:
        """Sizes of the groups of features that share a prior."""
        return [len(centres) for centres in self.centres]
