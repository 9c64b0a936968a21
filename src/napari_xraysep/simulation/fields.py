"""Smooth random fields, oriented structure, and sampling an image where one likes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_xraysep.domain import Floats

Rng = np.random.Generator


def smooth_noise(shape: tuple[int, int], scale: float, rng: Rng) -> Floats:
    """Smooth random field of mean about 0 and standard deviation 1.

    Parameters
    ----------
    shape
        Height and width, pixels.
    scale
        Distance over which it varies, pixels.
    """
    scale = max(scale, 1.0)
    nodes = tuple(int(np.ceil(n / scale)) + 4 for n in shape)
    coarse = rng.standard_normal(nodes)
    offset = rng.uniform(1, 2, 2)
    rows, cols = (np.arange(n) / scale + o for n, o in zip(shape, offset, strict=True))
    along_rows = _cubic(coarse, rows)
    field = _cubic(along_rows.T, cols).T
    return np.asarray(field / 0.69, np.float32)  # a cubic B-spline of white nodes has 0.69² left


def _cubic(values: NDArray[Any], at: NDArray[Any]) -> NDArray[Any]:
    """Uniform cubic B-spline along the first axis."""
    base = np.floor(at).astype(int)
    t = (at - base)[:, None]
    weights = (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )
    total = np.zeros((len(at), *values.shape[1:]))
    for k, weight in enumerate(weights):
        total += weight * values[np.clip(base + k - 1, 0, len(values) - 1)]
    return total


def share_mask(shape: tuple[int, int], share: float, scale: float, rng: Rng) -> NDArray[np.bool_]:
    """Irregular patches that cover ``share`` (0..1) of the picture."""
    field = smooth_noise(shape, scale, rng) + 0.5 * smooth_noise(shape, scale / 3, rng)
    return np.asarray(field > np.quantile(field, 1 - share))


def orientation(image: Floats, scale: float, rng: Rng) -> Floats:
    """Direction along the edges of an image, radians (0 is along a row, π/2 along a column).

    Where the image has no direction of its own, a smooth random one takes over.

    Parameters
    ----------
    image
        (H, W) luminance.
    scale
        Pixels over which the direction is averaged.
    """
    gy, gx = np.gradient(ndimage.gaussian_filter(image, 1.5))
    jxx, jyy, jxy = (ndimage.gaussian_filter(p, scale) for p in (gx * gx, gy * gy, gx * gy))
    # double-angle vector of the direction along edges, its length the strength of the evidence
    cos2, sin2 = jyy - jxx, -2 * jxy
    strength = np.hypot(cos2, sin2)
    wander = 0.5 * smooth_noise(image.shape, 12 * scale, rng) + rng.uniform(0, np.pi)
    own = strength / (strength + np.median(strength) * 0.5 + 1e-9)
    cos2 = own * cos2 / (strength + 1e-9) + (1 - own) * np.cos(2 * wander)
    sin2 = own * sin2 / (strength + 1e-9) + (1 - own) * np.sin(2 * wander)
    return np.asarray(0.5 * np.arctan2(sin2, cos2), np.float32)


def displaced(image: Floats, dy: Floats, dx: Floats) -> Floats:
    """Image sampled at (y + dy, x + dx), linear in between, edges repeated; (H, W[, 3])."""
    rows, cols = np.indices(image.shape[:2], np.float32)
    at = np.stack([rows + dy, cols + dx])
    if image.ndim == 2:
        return np.asarray(ndimage.map_coordinates(image, at, order=1, mode="nearest"), np.float32)
    return np.stack([displaced(image[..., c], dy, dx) for c in range(image.shape[2])], -1)


def displacement(shape: tuple[int, int], rms: float, rng: Rng) -> tuple[Floats, Floats]:
    """Random shift plus a smooth warp of equal strength, (dy, dx) in pixels, of the given rms."""
    angle = rng.uniform(0, 2 * np.pi)
    shift = np.array([np.sin(angle), np.cos(angle)])
    warp = np.stack([smooth_noise(shape, max(shape) / 2, rng) for _ in range(2)])
    warp -= warp.mean((1, 2), keepdims=True)
    warp /= np.sqrt((warp**2).sum(0).mean())
    field = (shift[:, None, None] + warp) * (rms / np.sqrt(2))
    return np.asarray(field[0], np.float32), np.asarray(field[1], np.float32)
