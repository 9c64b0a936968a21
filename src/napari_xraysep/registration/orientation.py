"""Which way up, how large and where: an exhaustive search on small pictures.

For every size and small turn of the photograph, its colours' detail is correlated with the
radiograph's at all shifts at once (Fourier transform), for the eight flips and quarter turns. What
counts is how well the three colours together predict the radiograph, by least squares: with
channels made uncorrelated, the share explained is the sum of their squared correlations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.registration.colours import Mask, detail, levelled
from napari_xraysep.registration.pyramid import scaled
from napari_xraysep.transforms import ORIENTATIONS, Matrix, Orientation, oriented

SIDE = 96
"""Pixels of the radiograph's longer side, in the search."""
FINER = 144
"""The same, where the best are compared again."""
COARSE = 6.0
"""Detail is what is finer than this, in pixels of the small pictures."""
EXTENTS = 0.45, 2.2
"""How much longer the photograph may be than the radiograph, painting against painting."""
SCALE_STEP, TURN_STEP, TURN_LIMIT = 1.065, np.deg2rad(3.4), np.deg2rad(10.2)
KNOWN_SCALE = 1.1
"""Factor by which a scale that is known may be wrong."""
OVERLAP = 0.4
"""Least share of the smaller picture that lies on the other one."""

Spectrum: TypeAlias = NDArray[np.complex64]


@dataclass(frozen=True)
class Guess:
    """Where a photograph might lie.

    Attributes
    ----------
    score
        Log-likelihood ratio against no relation at all; comparable between guesses.
    extent
        Length of the photograph's longer side over the radiograph's, on the painting.
    turn
        Angle in addition to the orientation, radians, in the photograph.
    matrix
        From the radiograph to the photograph, in their pixels.
    """

    score: float
    orientation: Orientation
    extent: float
    turn: float
    matrix: Matrix


@dataclass(frozen=True)
class _Radiograph:
    """Detail of a small radiograph, seen from the photograph's side of an orientation."""

    shape: tuple[int, int]
    parts: NDArray[np.float32]
    to_here: Matrix


def search(
    radiograph: Floats,
    valid: Mask,
    photograph: Floats,
    names: Sequence[Orientation],
    extents: Sequence[float],
    turns: Sequence[float],
    report: Callable[[float], None],
) -> list[Guess]:
    """Return the best guess of every orientation, the best one first.

    Parameters
    ----------
    radiograph, valid
        (H, W).
    photograph
        (h, w, 3) in 0..1.
    names
        Orientations to try.
    extents, turns
        See `Guess`; to be tried in all combinations.
    """
    sides = {name: _seen(radiograph, valid, name, SIDE) for name in names}
    best: dict[Orientation, Guess] = {}
    for number, extent in enumerate(extents):
        for turn in turns:
            for guess in _correlated(sides, photograph, extent, turn, SIDE):
                known = best.get(guess.orientation)
                if known is None or guess.score > known.score:
                    best[guess.orientation] = guess
        report((number + 1) / len(extents))
    return sorted(best.values(), key=lambda guess: -guess.score)


def again(
    radiograph: Floats,
    valid: Mask,
    photograph: Floats,
    guess: Guess,
    steps: Sequence[tuple[float, float]] = ((0, 0),),
) -> Guess:
    """Compare once more, on finer pictures, near a guess.

    Parameters
    ----------
    steps
        By which to depart from its extent and turn, in steps of the search.
    """
    side = {guess.orientation: _seen(radiograph, valid, guess.orientation, FINER)}
    tried = [
        found
        for a, b in steps
        for found in _correlated(
            side,
            photograph,
            guess.extent * SCALE_STEP**a,
            guess.turn + b * TURN_STEP,
            FINER,
        )
    ]
    return max(tried, key=lambda found: found.score)


def climbed(radiograph: Floats, valid: Mask, photograph: Floats, guess: Guess) -> Guess:
    """Climb from a guess to a better extent and turn."""
    best = guess
    for step in (0.5, 0.25, 0.12):
        around = [(step * a, step * b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        best = again(radiograph, valid, photograph, best, around)
    return best


def extents_of(
    radiograph: tuple[int, int], photograph: tuple[int, int], scale: float | None
) -> list[float]:
    """Return the extents to search; ``scale``: pixels of the photograph for one of the other."""
    low, high = EXTENTS
    if scale is not None:
        extent = max(photograph) / (max(radiograph) * scale)
        low, high = extent / KNOWN_SCALE, extent * KNOWN_SCALE
    count = round(np.log(high / low) / np.log(SCALE_STEP)) + 1
    return [float(extent) for extent in np.geomspace(low, high, count)]


def all_turns() -> list[float]:
    """Return the small turns to search, radians."""
    count = round(TURN_LIMIT / TURN_STEP)
    return [number * float(TURN_STEP) for number in range(-count, count + 1)]


def _seen(radiograph: Floats, valid: Mask, name: Orientation, side: int) -> _Radiograph:
    factor = side / max(radiograph.shape)
    small = scaled(np.where(valid, radiograph, radiograph[valid].mean()), factor)
    mask = scaled(valid.astype(np.float32), factor) > 0.5
    fine = levelled(detail(small, mask, 1, COARSE), mask, 1.5 * COARSE)
    fine /= np.sqrt((fine * fine).sum() / max(mask.sum(), 1)) + 1e-9
    mirrored, turns = ORIENTATIONS[name]
    parts = np.rot90(np.stack([fine, fine * fine, mask]), -turns, (1, 2))
    if mirrored:
        parts = parts[:, :, ::-1]
    shape = parts.shape[1], parts.shape[2]
    to_small = _resizing(radiograph.shape, small.shape)
    return _Radiograph(shape, np.ascontiguousarray(parts), oriented(name, shape) @ to_small)


def _correlated(
    sides: dict[Orientation, _Radiograph],
    photograph: Floats,
    extent: float,
    turn: float,
    side: int,
) -> Iterator[Guess]:
    """Yield the best shift for each of the radiograph's sides."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    colours, mask, to_photograph = _turned(photograph, side * extent, turn)
    planes = _uncorrelated(colours, mask)
    strength = (planes * planes).mean(0)
    lengths = max(max(s.shape) for s in sides.values()), max(mask.shape)
    size = next_fast_len(int(sum(lengths) - OVERLAP * min(lengths)) + 1, real=True)
    spectra = np.conj(rfft2(np.concatenate([planes, mask[None], strength[None]]), (size, size)))
    for name, seen in sides.items():
        fine, power, there = rfft2(seen.parts, (size, size))
        likeness = irfft2(fine * spectra[:-2], (size, size))
        count = irfft2(there * spectra[-2], (size, size))
        # at a shift, either may be stronger than on the whole, and is never counted as weaker
        energy, strong = (
            np.maximum(irfft2(a * b, (size, size)), np.maximum(count, 1))
            for a, b in ((power, spectra[-2]), (there, spectra[-1]))
        )
        share = (likeness**2).sum(0) / (energy * strong)
        enough = count >= OVERLAP * min(mask.sum(), seen.parts[2].sum())
        score = np.where(enough, -0.5 * count * np.log1p(-np.minimum(share, 0.99)), 0)
        best = int(score.argmax())
        shift = np.array(np.unravel_index(best, score.shape))
        shift = np.where(shift >= seen.shape, shift - size, shift)
        back = np.array([[1.0, 0, -shift[0]], [0, 1, -shift[1]], [0, 0, 1]])
        matrix = to_photograph @ back @ seen.to_here
        yield Guess(float(score.flat[best]), name, extent, turn, matrix)


def _turned(photograph: Floats, side: float, turn: float) -> tuple[Floats, Floats, Matrix]:
    """Scale the photograph to a longer side of ``side`` pixels and turn it about its middle.

    Returns
    -------
    The turned colours (H, W, 3), where they lie inside the photograph (H, W), and the matrix from
    the turned to the given picture.
    """
    from scipy.ndimage import affine_transform

    small = scaled(photograph, side / max(photograph.shape))
    height, width = small.shape[:2]
    c, s = np.cos(turn), np.sin(turn)
    shape = int(np.ceil(c * height + abs(s) * width)), int(np.ceil(abs(s) * height + c * width))
    linear = np.array([[c, -s], [s, c]])
    offset = (np.array([height, width]) - 1 - linear @ (np.array(shape) - 1)) / 2
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, offset
    colours = np.stack(
        [
            affine_transform(small[..., i], linear, offset, shape, order=1, mode="nearest")
            for i in range(3)
        ],
        -1,
    )
    inside = affine_transform(np.ones((height, width)), linear, offset, shape, order=0)
    back = _resizing((height, width), photograph.shape)
    return colours, inside.astype(np.float32), back @ matrix


def _uncorrelated(planes: Floats, mask: Floats) -> Floats:
    """Return the channels' detail (C, H, W) made uncorrelated, each as strong everywhere."""
    fine = _whitened(detail(planes, mask, 1, COARSE), mask)
    even = [levelled(fine[..., c], mask, 1.5 * COARSE) for c in range(fine.shape[2])]
    return np.ascontiguousarray(np.moveaxis(_whitened(np.stack(even, -1), mask), -1, 0))


def _whitened(planes: Floats, mask: Floats) -> Floats:
    inside = planes[mask > 0].astype(float)
    values, vectors = np.linalg.eigh(inside.T @ inside / len(inside))
    kept = values > 1e-3 * values[-1]
    return np.asarray(planes @ (vectors[:, kept] / np.sqrt(values[kept])), np.float32)


def _resizing(shape: Sequence[int], to: Sequence[int]) -> Matrix:
    """Return the matrix between the pixels of a picture and those of the same one resized."""
    rows, columns = to[0] / shape[0], to[1] / shape[1]
    return np.array([[rows, 0, (rows - 1) / 2], [0, columns, (columns - 1) / 2], [0, 0, 1]])
