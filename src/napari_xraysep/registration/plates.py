"""A map for each film of a mosaic: at its edges the painting jumps, and no smooth map follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_xraysep.areas import marked
from napari_xraysep.domain import Floats
from napari_xraysep.project import Area
from napari_xraysep.registration.quality import Measured, joined, judged, measured
from napari_xraysep.registration.refine import (
    LARGE,
    LATER_REACH,
    MIDDLE,
    REACH,
    Pair,
    bent,
    compared,
    rescaled,
)
from napari_xraysep.registration.watching import Watch
from napari_xraysep.transforms import Piece, Plate, PlateOutline, Transform

FARTHEST = 60
"""Pixels of the radiograph that a film is searched for around its place in the whole."""


def plated(
    pair: Pair, whole: Piece, weights: Floats, outlines: Sequence[PlateOutline], watch: Watch
) -> tuple[Transform, Measured, tuple[str, ...]]:
    """Register every film by itself, from where the whole lies.

    Returns
    -------
    The transform, what displacement is left, and the names of those films that could not be found:
    they go with the whole.
    """
    plates, lost, left = [], [], []
    rest = pair.valid.copy()
    for number, outline in enumerate(outlines):
        watch(f"registering {outline.name}", number / len(outlines))
        within = marked(Area(polygons=(outline.polygon,)), pair.radiograph.shape)
        plate = replace(pair, valid=rest & within)  # where two overlap, the first holds
        found = _found(plate, pair, whole, weights)
        if found is None:
            lost.append(outline.name)
            continue
        piece, there = found
        plates.append(Plate(name=outline.name, polygon=outline.polygon, piece=piece))
        left.append(there)
        rest &= ~within
    if rest.any():
        left.append(measured(replace(pair, valid=rest), whole, weights))
    transform = pair.transform(whole).model_copy(update={"plates": tuple(plates)})
    return transform, joined(left), tuple(lost)


def _found(plate: Pair, pair: Pair, whole: Piece, weights: Floats) -> tuple[Piece, Measured] | None:
    """Return a film's own map and what is left; None where its details are not found."""
    shift = _shift(plate, pair, whole, weights)
    if shift is None:
        return None
    moved = np.eye(3)
    moved[:2, 2] = shift
    piece = Piece.from_matrix(whole.array @ moved)
    piece = bent(plate, piece, weights, MIDDLE, REACH)
    piece = bent(plate, piece, weights, LARGE, LATER_REACH)
    left = measured(plate, piece, weights)
    return (piece, left) if judged(left).ok else None


def _shift(plate: Pair, pair: Pair, whole: Piece, weights: Floats) -> tuple[float, float] | None:
    """Return by how much a film as a whole is displaced, pixels; None for one out of sight."""
    from skimage.feature import match_template

    small, factor, other = pair.shrunk(whole.array, MIDDLE)
    straight = rescaled(Piece.from_matrix(whole.array), 1 / factor, 1 / other)
    seen = compared(small, straight, weights)
    own = plate.shrunk(whole.array, MIDDLE)[0].valid & seen.both
    if not own.any():
        return None
    rows, columns = (np.flatnonzero(own.any(axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    reach = -(-FARTHEST // factor)
    around = np.pad(seen.predicted, reach)[
        rows[0] : rows[-1] + 1 + 2 * reach, columns[0] : columns[-1] + 1 + 2 * reach
    ]
    surface = match_template(around, (seen.radiograph * own)[box])
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    return float(row - reach) * factor, float(column - reach) * factor
