"""Numbers from two images: their difference, and what lies along a line; without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.plugin.compare_layers import pixels_of, separated, units

if TYPE_CHECKING:
    from napari.layers import Image

SAMPLES = 4000
"""Places that a profile is read at, at most."""
ROWS = 512
"""Rows that a difference is computed in at a time."""


def refusal(first: Image, second: Image) -> str:
    """Say why no difference is shown; "" where it can be."""
    for letter, layer in (("A", first), ("B", second)):
        if layer.rgb:
            return (
                f"No difference is shown: {letter} is a colour photograph, and colours and the "
                "grey values of a radiograph do not measure the same thing. Choose two grey images."
            )
    same = pixels_of(first).shape == pixels_of(second).shape and np.allclose(
        first.affine.affine_matrix @ _matrix(first), second.affine.affine_matrix @ _matrix(second)
    )
    if not same:
        return (
            "No difference is shown: A and B do not have the same pixels, so that one would have "
            "to be resampled. Choose two images of the same size and region."
        )
    return ""


def difference(first: Image, second: Image) -> tuple[Floats, float]:
    """Return A − B, (H, W) in the working domain, and how large it is at most; may be slow."""
    a, b = pixels_of(first), pixels_of(second)
    a_unit, b_unit = units(first), units(second)
    out = np.empty(a.shape, np.float32)
    for top in range(0, len(out), ROWS):
        rows = slice(top, top + ROWS)
        out[rows] = np.asarray(a[rows], np.float32) / np.float32(a_unit)
        out[rows] -= np.asarray(b[rows], np.float32) / np.float32(b_unit)
    return out, float(max(np.nanmax(out), -np.nanmin(out)))


def profile(
    layers: dict[str, Image], start: ArrayLike, end: ArrayLike
) -> tuple[NDArray[np.float64], dict[str, Floats]]:
    """Read the images of one run along a line; only the pixels beside it are read.

    Parameters
    ----------
    layers
        Of one run, by what they show.
    start, end
        Row and column in the radiograph.

    Returns
    -------
    distance
        (n,) from the start, pixels of the radiograph.
    values
        (n,) each, in the working domain, NaN outside the image, by name: ``radiograph``, which
        is what layers and residual add up to, both layers, ``sum``, ``residual`` and
        ``unexplained``; without those whose layers are not there.
    """
    first, second = np.asarray(start, float), np.asarray(end, float)
    length = float(np.hypot(*(second - first)))
    count = int(np.clip(np.ceil(length) + 1, 2, SAMPLES))
    read = {
        name: along(layers[name], first, second, count)
        for name in layers
        if name in ("residual", "unexplained") or layers[name] in separated(layers)
    }
    sides = [name for name in read if name not in ("residual", "unexplained")]
    values: dict[str, Floats] = {}
    whole = len(sides) == 2  # else there is no sum
    if whole and "residual" in read:
        parts = [read[name] for name in (*sides, "residual")]
        values["radiograph"] = np.sum(parts, 0, np.float32)
    values |= {name: read[name] for name in sides}
    if whole:
        values["sum"] = np.sum([read[name] for name in sides], 0, np.float32)
    values |= {name: read[name] for name in ("residual", "unexplained") if name in read}
    return np.linspace(0, length, count), values


def along(layer: Image, start: ArrayLike, end: ArrayLike, count: int) -> Floats:
    """Read an image at ``count`` places from start to end, between pixels bilinearly.

    Parameters
    ----------
    start, end
        Row and column in the world.
    """
    ends = np.array([layer.world_to_data(tuple(np.asarray(at, float))) for at in (start, end)])
    places = ends[0] + np.linspace(0, 1, count)[:, None] * (ends[1] - ends[0])
    pixels = pixels_of(layer)
    last = np.array(pixels.shape[:2]) - 1
    inside = np.all((places >= -0.5) & (places <= last + 0.5), 1)
    held = np.clip(places, 0, last)
    low = np.minimum(held.astype(int), np.maximum(last - 1, 0))
    part = held - low
    corners = [np.minimum(low + corner, last) for corner in ((0, 0), (0, 1), (1, 0), (1, 1))]
    (row, column), values = part.T, _pick(pixels, np.concatenate(corners)).reshape(4, count)
    upper = (1 - column) * values[0] + column * values[1]
    out = (1 - row) * upper + row * ((1 - column) * values[2] + column * values[3])
    out /= units(layer)
    out[~inside] = np.nan
    return out.astype(np.float32)


def _pick(pixels: Any, at: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the values at places (n, 2); dask and zarr have a way of their own."""
    picked = getattr(pixels, "vindex", pixels)
    return np.asarray(picked[at[:, 0], at[:, 1]], float)


def _matrix(layer: Image) -> NDArray[np.float64]:
    """Return (3, 3): where scale and translation lay a layer."""
    matrix = np.eye(3)
    matrix[[0, 1], [0, 1]] = layer.scale
    matrix[:2, 2] = layer.translate
    return matrix
