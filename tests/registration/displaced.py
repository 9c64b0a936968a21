"""A small painting, its radiograph, and photographs that lie on it in a known way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from napari_xraysep.simulation.fields import smooth_noise
from napari_xraysep.transforms import Orientation, Piece, Transform, Warp, oriented

SIDE, MARGIN = 480, 60


@dataclass(frozen=True)
class Picture:
    """A painting of patches of colour, and its radiograph: a design behind shines through."""

    xray: NDArray[np.float32]
    colours: NDArray[np.float32]

    def photograph(self, truth: Transform) -> NDArray[np.uint8]:
        """Photograph what reaches `MARGIN` pixels beyond the radiograph."""
        height, width = truth.photograph_shape
        points = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1)
        at = truth.whole.inverse(points.reshape(-1, 2)).T + MARGIN
        planes = [
            map_coordinates(self.colours[..., c], at, order=3, mode="constant", cval=0.4)
            for c in range(3)
        ]
        image = np.stack(planes, -1).reshape(height, width, 3)
        return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)


def patches(rng: np.random.Generator) -> NDArray[np.float32]:
    """Paint (SIDE + 2 MARGIN)² pixels with patches, strokes and shades of colour."""
    shape = (SIDE + 2 * MARGIN,) * 2
    image = np.zeros((*shape, 3), np.float32)
    for scale, strength in ((60, 0.5), (20, 0.3), (7, 0.2)):
        for c in range(3):
            field = smooth_noise(shape, scale, rng)
            image[..., c] += strength * np.tanh(3 * field)
    image = 0.5 + 0.25 * image
    return np.stack([gaussian_filter(image[..., c], 0.7) for c in range(3)], -1)


@cache
def picture() -> Picture:
    """Paint one."""
    rng = np.random.default_rng(5)
    colours, behind = patches(rng), patches(rng)
    r, g, b = np.moveaxis(colours, -1, 0)
    xray = 0.5 * r - 0.2 * b + 0.6 * g * r + 0.3 * behind[..., 1]
    xray = xray + 0.01 * rng.standard_normal(xray.shape)
    xray = (xray - xray.min()) / np.ptp(xray)
    inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return Picture(np.ascontiguousarray(xray[inner], np.float32), colours)


@cache
def other() -> Picture:
    """Paint another."""
    colours = patches(np.random.default_rng(77))
    return Picture(colours[MARGIN:-MARGIN, MARGIN:-MARGIN, 0], colours)


def placed(
    name: Orientation = "as it is",
    scale: float = 1.0,
    turn: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    warp: float = 0.0,
) -> Transform:
    """Say how a photograph lies: ``turn`` in degrees, ``shift`` and ``warp`` in pixels."""
    size, angle = round(SIDE * scale), np.deg2rad(turn)
    matrix = np.eye(3)
    matrix[:2, :2] = scale * np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )
    middle = np.full(2, (SIDE - 1) / 2)
    matrix[:2, 2] = (size - 1) / 2 + scale * np.array(shift) - matrix[:2, :2] @ middle

    def bend(points: NDArray[np.float64]) -> NDArray[np.float64]:
        phase = 2 * np.pi * points / SIDE
        return warp * np.column_stack([np.sin(phase[:, 1]), np.cos(phase[:, 0])]) / np.sqrt(2)

    piece = Piece.from_matrix(
        oriented(name, (size, size)) @ matrix,
        Warp.sampled(bend, (SIDE, SIDE)) if warp else None,
    )
    return Transform(radiograph_shape=(SIDE, SIDE), photograph_shape=(size, size), whole=piece)


def errors(truth: Transform, found: Transform) -> NDArray[np.float64]:
    """Return the errors, in pixels of the radiograph, where the photograph shows it."""
    axis = np.arange(5.0, SIDE, 15)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    there = truth.to_photograph(points)
    seen = ((there >= 0) & (there <= np.array(truth.photograph_shape) - 1)).all(1)
    off = found.to_photograph(points[seen]) - there[seen]
    return np.hypot(*np.linalg.inv(truth.whole.array[:2, :2]) @ off.T)
