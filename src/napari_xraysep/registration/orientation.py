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

SIDE = 128
"""Pixels of the radiograph's longer side, in the search."""
FINER, FINEST = 160, 192
"""The same, where the best are refined, and compared again."""
COARSE = 6.0
"""Detail is what is finer than this, in pixels of the small pictures."""
EXTENTS = 0.45, 2.2
"""How much longer the photograph may be than the radiograph, painting against painting."""
USUAL = 0.6
"""Standard deviation of its logarithm: most photographs show about what the radiograph shows."""
FOLLOWED, CLIMBED = 12, 4
"""How many guesses are compared again on finer pictures, and refined to the end."""
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
        Logarithm of the likelihood of a relation over that of none, less for an unlikely extent.
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
    """Return guesses that are no neighbours of better ones, best first.

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
    found: list[Guess] = []
    for number, extent in enumerate(extents):
        for turn in turns:
            found += _correlated(sides, photograph, extent, turn, SIDE)
        report((number + 1) / len(extents))
    kept: list[Guess] = []
    for guess in sorted(found, key=lambda guess: -guess.score):
        if not any(_neighbours(guess, better) for better in kept):
            kept.append(guess)
    return kept


def _neighbours(one: Guess, other: Guess) -> bool:
    return (
        one.orientation == other.orientation
        and abs(np.log(one.extent / other.extent)) < 1.5 * np.log(SCALE_STEP)
        and abs(one.turn - other.turn) < 1.5 * TURN_STEP
    )


def refined(
    radiograph: Floats,
    valid: Mask,
    photograph: Floats,
    guesses: Sequence[Guess],
    merit: Callable[[Guess], float],
    report: Callable[[float], None],
) -> list[Guess]:
    """Follow the best guesses of a search to better extents and turns, on finer pictures.

    Parameters
    ----------
    guesses
        Best first.
    merit
        What they are ordered by.

    Returns
    -------
    All guesses, best first; those not followed come last.
    """

    def climbed(guess: Guess, step: float, side: int) -> Guess:
        seen = {guess.orientation: _seen(radiograph, valid, guess.orientation, side)}
        tried = [
            found
            for a in (-step, 0, step)
            for b in (-step, 0, step)
            for found in _correlated(
                seen,
                photograph,
                guess.extent * SCALE_STEP**a,
                guess.turn + b * TURN_STEP,
                side,
            )
        ]
        return max(tried, key=lambda found: found.score)

    near = []
    for number, guess in enumerate(guesses[:FOLLOWED]):
        report(0.5 * number / FOLLOWED)
        near.append(climbed(guess, 0.5, FINER))
    near.sort(key=merit, reverse=True)
    best = []
    for number, guess in enumerate(near[:CLIMBED]):
        report(0.5 + 0.5 * number / CLIMBED)
        best.append(climbed(climbed(guess, 0.25, FINER), 0.12, FINEST))
    return sorted(best, key=merit, reverse=True) + near[CLIMBED:] + list(guesses[FOLLOWED:])


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
        score *= np.exp(-0.5 * (np.log(extent) / USUAL) ** 2)
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
