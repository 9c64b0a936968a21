"""How well a registration fits, measured on tiles that it was not made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_xraysep.domain import Floats
from napari_xraysep.records import Quality
from napari_xraysep.registration.local import CAUCHY, Matches, matched, trusted
from napari_xraysep.registration.refine import LARGE, Pair, compared, rescaled, tiles
from napari_xraysep.transforms import Piece, Points

REACH = 8
"""Largest displacement looked for, pixels of the picture of `LARGE`."""
NEAR = 3.0
"""Pixels within which a match confirms the registration."""
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
    confirmed
        Share of all tiles whose best match lies near where it should.
    explained
        Share of the variance of the radiograph's detail, 0..1.
    count
        Tiles compared.
    """

    centres: Points
    left: Points
    confirmed: float
    explained: float
    count: int


def measured(pair: Pair, piece: Piece, weights: Floats) -> Measured:
    """Compare tiles that lie between those which a registration is made from."""
    small, factor, other = pair.shrunk(piece.array, LARGE)
    here = rescaled(piece, 1 / factor, 1 / other)
    seen = compared(small, here, weights)
    tile, step = tiles(seen.both.shape)
    matches = matched(
        seen.radiograph, seen.predicted, seen.both, tile, step, REACH, offset=step // 2
    )
    a, b = seen.radiograph[seen.both], seen.predicted[seen.both]
    explained = float(np.corrcoef(a, b)[0, 1]) if a.size and a.std() and b.std() else 0.0
    near = matches.inside & (np.hypot(*matches.shifts.T) <= NEAR)
    left = _neighbourly(matches.chosen(matches.inside), 1.5 * step)
    centres = matches.centres[matches.inside]
    return Measured(
        centres * factor + (factor - 1) / 2,
        left * factor,
        float(near.mean()) if len(near) else 0.0,
        max(explained, 0.0) ** 2,
        len(near),
    )


def _neighbourly(matches: Matches, reach: float) -> Points:
    """Return for every match what it and its neighbours say, each by its information."""
    if not len(matches.centres):
        return np.zeros((0, 2))
    gaps = matches.centres[:, None] - matches.centres[None]
    nearness = np.exp(-0.5 * (gaps**2).sum(-1) / reach**2)
    trust = trusted(matches.information)
    weights = np.ones(len(trust))
    said = np.zeros_like(matches.shifts)
    for _ in range(6):
        pull = weights[:, None, None] * trust
        total = np.tensordot(nearness, pull, 1) + 1e-9 * np.eye(2)
        right = nearness @ np.einsum("nij,nj->ni", pull, matches.shifts)
        said = np.linalg.solve(total, right[..., None])[..., 0]
        missed = said - matches.shifts
        far = np.einsum("ni,nij,nj->n", missed, trust, missed)
        spread = max(float(np.sqrt(np.median(far))) / 1.18, 1.0)
        weights = 1 / (1 + far / (CAUCHY * spread) ** 2)
    return said


def judged(found: Measured) -> Quality:
    """Say whether a registration is to be used."""
    lengths = np.hypot(*found.left.T) if len(found.left) else np.zeros(1)
    median, high = float(np.median(lengths)), float(np.percentile(lengths, 95))
    reason = ""
    if found.count < FEWEST:
        reason = "the photograph covers too little of the radiograph to be compared with it"
    elif found.confirmed < CONFIRMED or found.explained < EXPLAINED:
        reason = (
            "the details of photograph and radiograph do not agree: only "
            f"{found.confirmed:.0%} of the places compared lie where they should"
        )
    return Quality(
        ok=not reason,
        reason=reason,
        median_px=median,
        p95_px=high,
        tiles=found.count,
        agreement=found.explained,
    )
