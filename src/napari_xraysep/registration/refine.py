"""From a rough guess to a smooth map: mutual information first, then local matches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_xraysep.domain import ArrayLike, Floats
from napari_xraysep.registration.colours import Mask, coefficients, detail, features
from napari_xraysep.registration.intensity import aligned
from napari_xraysep.registration.local import Smooth, matched, smooth, totalled
from napari_xraysep.registration.pyramid import divisor, shrunk
from napari_xraysep.registration.watching import Watch
from napari_xraysep.resampling import resample
from napari_xraysep.transforms import Matrix, Piece, Transform, Warp, apply, inverse_of

SMALL, MIDDLE, LARGE = 420, 840, 2100
"""Longer side of the radiograph, pixels, for mutual information and the two rounds of matches."""
FINE, COARSE = 0.5, 4.0
"""Detail that is matched, pixels."""
WIDE = 12.0
"""What is coarser than this has no part in the mutual information, pixels."""
TILE, STEP = 1 / 19, 1 / 28
"""Of the tiles, in the radiograph's longer side; the tiles are no smaller than `SMALLEST`."""
SMALLEST = 48
REACH, LATER_REACH = 16, 6
"""Largest shifts searched in the two rounds, in pixels of the pictures of `MIDDLE` and `LARGE`."""
FEWEST = 12
"""Matches, for anything but a straight map."""
STRAIGHT = 0.02
"""Pixels by which a displacement may differ from a straight one and be kept as that."""


@dataclass(frozen=True)
class Pair:
    """A radiograph and a photograph at the size at which they are compared.

    Attributes
    ----------
    radiograph, valid
        (H, W) float32 and bool.
    photograph
        (h, w, 3) float32 in 0..1.
    """

    radiograph: Floats
    valid: Mask
    photograph: Floats

    @classmethod
    def of(
        cls, radiograph: Floats, photograph: ArrayLike, valid: Mask, factor: int, other: int
    ) -> Pair:
        """Shrink a radiograph, its mask and a photograph, each by its factor."""
        mask = shrunk(valid.astype(np.float32), factor) > 0.99
        return cls(shrunk(radiograph, factor), mask, shrunk(photograph, other))

    def shrunk(self, matrix: Matrix, limit: float) -> tuple[Pair, int, int]:
        """Return it smaller, the photograph about as fine as the radiograph, and both factors."""
        factor = divisor(self.radiograph.shape, limit)
        other = max(1, int(spread(matrix) * factor))
        return Pair.of(self.radiograph, self.photograph, self.valid, factor, other), factor, other

    def transform(self, piece: Piece) -> Transform:
        """Make a transform between the two."""
        height, width = self.photograph.shape[:2]
        rows, columns = self.radiograph.shape
        return Transform(
            radiograph_shape=(rows, columns), photograph_shape=(height, width), whole=piece
        )


@dataclass(frozen=True)
class Detail:
    """The radiograph's detail and what the photograph predicts for it, on one grid."""

    radiograph: Floats
    predicted: Floats
    both: Mask


def spread(matrix: Matrix) -> float:
    """Return how many pixels of the photograph one of the radiograph is long."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))


def straightened(pair: Pair, start: Matrix, watch: Watch) -> tuple[Matrix, Floats]:
    """Improve a straight map by mutual information.

    The photograph is turned into what it predicts for the radiograph, as far as it is registered;
    registered again by that prediction; and predicted anew.

    Returns
    -------
    The matrix, and the colours' coefficients.
    """
    small, factor, other = pair.shrunk(start, SMALL)
    matrix = rescaled(Piece.from_matrix(start), 1 / factor, 1 / other).array
    target = detail(small.radiograph, small.valid, 0, WIDE)
    weights = learnt(small, Piece.from_matrix(matrix), SMALL)
    for number in range(2):
        watch("registering by mutual information", number / 2)
        said = said_by(small.photograph, weights)
        whole = np.ones(said.shape, bool)
        matrix = aligned(target, small.valid, detail(said, whole, 0, WIDE), matrix)
        weights = learnt(small, Piece.from_matrix(matrix), SMALL)
    return rescaled(Piece.from_matrix(matrix), factor, other).array, weights


def learnt(pair: Pair, piece: Piece, limit: float) -> Floats:
    """Return the coefficients of the colours by which they predict the radiograph best.

    Parameters
    ----------
    limit
        Longer side of the radiograph at which they are compared, pixels.
    """
    small, factor, other = pair.shrunk(piece.array, limit)
    here = rescaled(piece, 1 / factor, 1 / other)
    colours, inside = resample(small.photograph, small.transform(here))
    both = inside & small.valid
    return coefficients(
        detail(small.radiograph, both, FINE, COARSE),
        detail(features(colours), both, FINE, COARSE),
        both,
    )


def said_by(colours: Floats, weights: Floats) -> Floats:
    """Return what colours (h, w, 3) predict of the radiograph (h, w), but for a constant."""
    return np.stack([features(row) @ weights for row in colours])


def compared(pair: Pair, piece: Piece, weights: Floats) -> Detail:
    """Resample what the photograph predicts and return both images' detail.

    Only around the pixels that are valid, as of one film of a mosaic: the rest is zero.
    """
    said = said_by(pair.photograph, weights)
    low, high = float(said.min()), float(said.max())
    unit = (said - low) / max(high - low, 1e-6)
    box = _around(pair.valid)
    part = Pair(pair.radiograph[box], pair.valid[box], pair.photograph)
    predicted, inside = resample(unit, part.transform(_from(piece, box)))
    both = inside & part.valid
    nothing = np.zeros_like(pair.radiograph)
    found = Detail(nothing, nothing.copy(), np.zeros_like(pair.valid))
    found.radiograph[box] = detail(part.radiograph, both, FINE, COARSE)
    found.predicted[box] = detail(predicted, both, FINE, COARSE)
    found.both[box] = both
    return found


def _around(valid: Mask) -> tuple[slice, slice]:
    """Return the box of the valid pixels; one pixel where there is none."""
    rows, columns = (np.flatnonzero(valid.any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.s_[:1, :1]
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _from(piece: Piece, box: tuple[slice, slice]) -> Piece:
    """Return a map from pixels that are counted from a box's first on."""
    corner = np.eye(3)
    corner[:2, 2] = box[0].start or 0, box[1].start or 0
    warp = piece.warp
    if warp is not None:
        y, x = warp.origin
        warp = warp.model_copy(update={"origin": (y - corner[0, 2], x - corner[1, 2])})
    return Piece.from_matrix(piece.array @ corner, warp)


def tiles(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the side of tiles and the distance between them, pixels."""
    longer = max(shape)
    return max(SMALLEST, round(TILE * longer)), max(SMALLEST // 2, round(STEP * longer))


def bent(pair: Pair, piece: Piece, weights: Floats, limit: float, reach: int) -> Piece:
    """Improve a map by local matches; a smooth displacement joins it where one is called for.

    Parameters
    ----------
    limit
        Longer side of the radiograph at which tiles are compared, pixels.
    reach
        Largest shift searched, pixels there.
    """
    small, factor, other = pair.shrunk(piece.array, limit)
    here = rescaled(piece, 1 / factor, 1 / other)
    seen = compared(small, here, weights)
    tile, step = tiles(seen.both.shape)
    matches = matched(seen.radiograph, seen.predicted, seen.both, tile, step, reach)
    matches = matches.useful
    if len(matches.centres) < FEWEST:
        return piece
    fit = smooth(matches, totalled(matches, here.warp), seen.both.shape)
    here = _piece(here.array, fit, seen.both.shape)
    return rescaled(here, factor, other)


def _piece(matrix: Matrix, displacement: Smooth, shape: tuple[int, int]) -> Piece:
    """Put the straight part of a displacement into the matrix, and what is left into a warp."""
    axes = [np.linspace(0, side - 1, 9) for side in shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    there = points + displacement(points)
    terms = np.column_stack([points, np.ones(len(points))])
    straight = np.eye(3)
    straight[:2] = np.linalg.lstsq(terms, there)[0].T
    if np.abs(apply(straight, points) - there).max() < STRAIGHT:
        return Piece.from_matrix(matrix @ straight)
    back = inverse_of(straight)
    warp = Warp.sampled(lambda p: apply(back, p + displacement(p)) - p, shape)
    return Piece.from_matrix(matrix @ straight, warp)


def rescaled(piece: Piece, radiograph: float, photograph: float) -> Piece:
    """Return the map between pictures resized by these factors."""
    return piece.rescaled((radiograph, (radiograph - 1) / 2), (photograph, (photograph - 1) / 2))
