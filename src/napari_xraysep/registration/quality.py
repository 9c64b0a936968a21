"""How well a registration fits: what displacement is left, and whether details agree at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.records import Quality
from napari_xraysep.registration.local import matched, smooth, totalled
from napari_xraysep.registration.refine import Detail, Pair, compared, rescaled, tiles
from napari_xraysep.transforms import Piece, Points

REACH = 8
"""Largest displacement looked for, pixels."""
NEAR = 3.0
"""Pixels within which a match confirms the others."""
UNSURE, ASTRAY = 2.0, 2.2
"""Pixels left, in the middle and at the 95th percentile, that a registration may not exceed."""
CONFIRMED = 0.45
"""Least share of the tiles that must do so; chance alone gives about a seventh."""
EXPLAINED = 0.01
"""Least share of the detail's variance that the photograph must explain."""
FEWEST = 12
"""Tiles."""


@dataclass(frozen=True)
class Measured:
    """What is left between a radiograph and a registered photograph.

    Attributes
    ----------
    centres
        (N, 2) of the tiles, pixels of the radiograph as given to `measured`.
    left
        (N, 2) displacement there, the same pixels.
    likeness
        (N,) correlation of the tiles with what the photograph predicts.
    confirmed
        Share of all tiles whose best match lies where those of the other half say.
    explained
        Share of the variance of the radiograph's detail, 0..1.
    count
        Tiles compared.
    pixel
        Length of a pixel of the pictures compared, in those of ``centres``.
    """

    centres: Points
    left: Points
    likeness: NDArray[np.float64]
    confirmed: float
    explained: float
    count: int
    pixel: int = 1

    def enlarged(self, factor: int) -> Measured:
        """Return it in pixels so many times smaller."""
        return replace(
            self,
            centres=self.centres * factor + (factor - 1) / 2,
            left=self.left * factor,
            pixel=self.pixel * factor,
        )


def measured(pair: Pair, piece: Piece, weights: Floats) -> Measured:
    """Register once more, twice, and see by how much the two differ from what is there.

    Tiles that do not overlap are matched anew. Each half of them, as the white and the black
    squares of a chessboard, gives a displacement of its own; at every tile that of the other half
    is compared with the one in use. Where that is less than the standard error of both, as where
    next to nothing matches, it is that.
    """
    small, _, other = pair.shrunk(piece.array, max(pair.radiograph.shape))
    here = rescaled(piece, 1, 1 / other)
    seen = compared(small, here, weights)
    shape = seen.both.shape
    tile, _ = tiles(shape)
    every = matched(seen.radiograph, seen.predicted, seen.both, tile, tile, REACH)
    left = np.full_like(every.shifts, REACH)
    white = (every.centres // tile).sum(1) % 2 == 0
    halves = [every.chosen(half).useful for half in (white, ~white)]
    near = np.zeros(len(left), bool)
    if min(len(half.centres) for half in halves) >= FEWEST // 2:
        first, second = (smooth(half, totalled(half, here.warp), shape) for half in halves)
        left = np.where(white[:, None], second(every.centres), first(every.centres))
        if here.warp is not None:
            left = left - here.warp.at(every.centres)
        near = every.inside & (np.hypot(*(every.shifts - left).T) <= NEAR)
        # where next to nothing matches, both halves say the same: what is next to them
        doubt = np.hypot(first.doubt(every.centres), second.doubt(every.centres)) / 2
        length = np.hypot(*left.T)
        left = left * (np.maximum(length, doubt) / np.maximum(length, 1e-9))[:, None]
    return Measured(
        centres=every.centres,
        left=left,
        likeness=every.likeness,
        confirmed=float(near.sum() / max(len(near), 1)),
        explained=_explained(seen),
        count=len(near),
    )


def joined(parts: Sequence[Measured]) -> Measured:
    """Put the parts of a radiograph together."""
    counts = np.array([part.count for part in parts])
    shares = counts / max(counts.sum(), 1)
    return Measured(
        centres=np.concatenate([part.centres for part in parts]),
        left=np.concatenate([part.left for part in parts]),
        likeness=np.concatenate([part.likeness for part in parts]),
        confirmed=float(shares @ [part.confirmed for part in parts]),
        explained=float(shares @ [part.explained for part in parts]),
        count=int(counts.sum()),
    )


def _explained(seen: Detail) -> float:
    a, b = seen.radiograph[seen.both], seen.predicted[seen.both]
    if not a.size or a.std() == 0 or b.std() == 0:
        return 0.0
    return max(float(np.corrcoef(a, b)[0, 1]), 0.0) ** 2


def judged(found: Measured) -> Quality:
    """Say whether a registration is to be used."""
    median, high = None, None
    if len(found.left):
        lengths = np.hypot(*found.left.T)
        median, high = float(np.median(lengths)), float(np.percentile(lengths, 95))
    reason = ""
    if found.count < FEWEST:
        reason = "the photograph covers too little of the radiograph to be compared with it"
    elif found.confirmed < CONFIRMED or found.explained < EXPLAINED:
        reason = (
            "the details of photograph and radiograph do not agree: only "
            f"{found.confirmed:.0%} of the places compared lie where they should"
        )
    elif (
        median is None
        or high is None
        or median > UNSURE * found.pixel
        or high > ASTRAY * found.pixel
    ):
        reason = (
            "details that should coincide lie apart, or cannot be told to coincide, by "
            f"{median or 0:.1f} pixels in the middle and {high or 0:.1f} at the 95th percentile"
        )
    return Quality(
        ok=not reason,
        reason=reason,
        median_px=median,
        p95_px=high,
        tiles=found.count,
        agreement=found.explained,
    )
