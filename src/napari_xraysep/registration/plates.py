"""A map for each film of a mosaic: where two meet, the photograph jumps."""

from __future__ import annotations

from collections.abc import Sequence

from napari_xraysep.domain import Floats
from napari_xraysep.registration.refine import Pair
from napari_xraysep.registration.watching import Watch
from napari_xraysep.transforms import Piece, PlateOutline, Transform


def plated(
    pair: Pair, whole: Piece, weights: Floats, plates: Sequence[PlateOutline], watch: Watch
) -> Transform:
    """Give every plate its map."""
    return pair.transform(whole)
