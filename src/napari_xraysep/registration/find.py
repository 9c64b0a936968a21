"""A photograph registered to its radiograph, from the two images alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from napari_xraysep.domain import ArrayLike, Floats
from napari_xraysep.errors import InputError
from napari_xraysep.records import Landmark, Quality
from napari_xraysep.registration.colours import Mask
from napari_xraysep.registration.orientation import (
    Guess,
    all_turns,
    extents_of,
    refined,
    search,
)
from napari_xraysep.registration.plates import plated
from napari_xraysep.registration.pyramid import divisor
from napari_xraysep.registration.quality import Measured, judged, measured
from napari_xraysep.registration.refine import (
    LARGE,
    LATER_REACH,
    MIDDLE,
    REACH,
    Pair,
    bent,
    learnt,
    straightened,
)
from napari_xraysep.registration.watching import Watch, part, quiet
from napari_xraysep.transforms import (
    ORIENTATIONS,
    Orientation,
    Piece,
    PlateOutline,
    Transform,
)

SEARCHED = 480
"""Longer side of the pictures that the search for the orientation is given, pixels."""
TRIED = 2
"""Guesses that are followed to the end before a registration is given up."""
WHOLE = 0.25
"""Least share of the tiles of a mosaic that must agree before its films are registered."""
PREFERRED = 1.15
"""Factor on the score of the orientation that the user expects."""
LANDMARKS_ALONG = 4
"""Matches given as landmarks, along the radiograph's longer side."""
FEWEST_PIXELS, BLANK = 1000, 1e-4
"""Least of the radiograph to go by, and range of values below which an image is blank."""


@dataclass(frozen=True)
class Candidate:
    """One orientation that was tried; the score compares candidates with each other."""

    orientation: Orientation
    score: float
    transform: Transform


@dataclass(frozen=True)
class Found:
    """The result of `find_transform`.

    Attributes
    ----------
    transform
        From the radiograph to the photograph as given, in pixels.
    quality
        ``ok`` is False where the registration failed; the transform is then a guess.
    matches
        Well-matched places all over the radiograph, as landmarks to look at.
    candidates
        Best first; a given start leaves none.
    left
        Where the remaining displacement was measured, and how large it is.
    """

    transform: Transform
    quality: Quality
    matches: tuple[Landmark, ...]
    candidates: tuple[Candidate, ...]
    left: Measured


def find_transform(
    xray: Floats,
    photograph: ArrayLike,
    *,
    valid: Mask | None = None,
    scale: float | None = None,
    orientation: Orientation | None = None,
    prefer: Orientation | None = None,
    start: Transform | None = None,
    plates: Sequence[PlateOutline] = (),
    watch: Watch = quiet,
) -> Found:
    """Find where the radiograph's points lie in a photograph.

    Parameters
    ----------
    xray
        (H, W) in the working domain.
    photograph
        (h, w, 3) as its file is read, unsigned integers or floats in 0..1.
    valid
        (H, W), False where the radiograph is to be left out (nails, stretcher, film edges).
    scale
        Pixels of the photograph for one of the radiograph, where known within a tenth.
    orientation
        The only one to try; None tries all eight.
    prefer
        Wins where two orientations are about as good.
    start
        Search from here, as from landmarks, and for no other orientation.
    plates
        Films of the mosaic, each of which gets a map of its own.
    watch
        Told of progress; raises to stop.

    Raises
    ------
    InputError
        One of the images is blank, or the mask leaves nothing.
    """
    mask = np.ones(xray.shape, bool) if valid is None else np.asarray(valid, bool)
    watch("reading", 0.0)
    sizes = _Sizes(
        _shape(xray),
        _shape(photograph),
        divisor(xray.shape, LARGE),
        divisor(photograph.shape, 2 * LARGE),
    )
    pair = Pair.of(xray, photograph, mask, sizes.radiograph_factor, sizes.photograph_factor)
    _check(pair)
    if start is not None:
        guesses: list[Guess] = []
        best = _finished(pair, sizes.smaller(start).whole, part(watch, 0, 0.9))
    else:
        names = list(ORIENTATIONS) if orientation is None else [orientation]
        known = None if scale is None else scale * sizes.radiograph_factor / sizes.photograph_factor
        guesses = _guesses(pair, known, names, prefer, part(watch, 0, 0.3))
        best = _best(pair, guesses, bool(plates), part(watch, 0.3, 0.6))
        if known is not None and not _enough(best.left, bool(plates)):
            wide = _guesses(pair, None, names, prefer, part(watch, 0.6, 0.7))
            second = _best(pair, wide, bool(plates), part(watch, 0.7, 0.9))
            if second.left.confirmed > best.left.confirmed:
                guesses, best = wide, second
    lost: tuple[str, ...] = ()
    transform, left = pair.transform(best.piece), best.left
    if plates:
        transform, left, lost = plated(pair, best.piece, best.weights, plates, part(watch, 0.9, 1))
    transform = sizes.larger(transform)
    left = left.enlarged(sizes.radiograph_factor)
    return Found(
        transform=transform,
        quality=_with(judged(left), lost),
        matches=_landmarks(left, transform),
        candidates=tuple(
            Candidate(
                guess.orientation,
                guess.score,
                sizes.larger(pair.transform(Piece.from_matrix(guess.matrix))),
            )
            for number, guess in enumerate(guesses)
            if guess.orientation not in {one.orientation for one in guesses[:number]}
        ),
        left=left,
    )


@dataclass(frozen=True)
class _Sizes:
    """What the images measure, and by how much they were shrunk to be compared."""

    radiograph: tuple[int, int]
    photograph: tuple[int, int]
    radiograph_factor: int
    photograph_factor: int

    def larger(self, transform: Transform) -> Transform:
        """Return a transform between the shrunk images as one between the given ones."""
        full = transform.resized(self.radiograph_factor, self.photograph_factor)
        # what was dropped at the ends when squares were averaged is part of the images again
        return full.model_copy(
            update={"radiograph_shape": self.radiograph, "photograph_shape": self.photograph}
        )

    def smaller(self, transform: Transform) -> Transform:
        """Return a transform between the given images as one between the shrunk ones."""
        return transform.resized(1 / self.radiograph_factor, 1 / self.photograph_factor)


@dataclass(frozen=True)
class _Finished:
    piece: Piece
    weights: Floats
    left: Measured


def _shape(image: ArrayLike) -> tuple[int, int]:
    return int(image.shape[0]), int(image.shape[1])


def _check(pair: Pair) -> None:
    if pair.valid.sum() < FEWEST_PIXELS:
        raise InputError(
            "mask", "it leaves next to nothing of the radiograph", "exclude less of it"
        )
    if np.ptp(pair.radiograph[pair.valid]) < BLANK:
        raise InputError("radiograph", "it is blank", "give a radiograph with content")
    if np.ptp(pair.photograph.reshape(-1, 3), axis=0).max() < BLANK:
        raise InputError("photograph", "it is blank", "give a photograph with content")


def _guesses(
    pair: Pair,
    scale: float | None,
    names: Sequence[Orientation],
    prefer: Orientation | None,
    watch: Watch,
) -> list[Guess]:
    """Return guesses, best first; orientations come more than once."""
    small, factor, other = _searched(pair)
    known = None if scale is None else scale * factor / other
    extents = extents_of(small.radiograph.shape, small.photograph.shape[:2], known)

    def report(fraction: float) -> None:
        watch("looking for the orientation", 0.7 * fraction)

    found = search(
        small.radiograph, small.valid, small.photograph, names, extents, all_turns(), report
    )

    def merit(guess: Guess) -> float:
        return guess.score * (PREFERRED if guess.orientation == prefer else 1)

    best = refined(
        small.radiograph,
        small.valid,
        small.photograph,
        sorted(found, key=merit, reverse=True),
        merit,
        lambda fraction: watch("comparing the best orientations", 0.7 + 0.3 * fraction),
    )
    sizes = _Sizes(_shape(pair.radiograph), _shape(pair.photograph), factor, other)
    return [
        replace(
            guess,
            matrix=sizes.larger(small.transform(Piece.from_matrix(guess.matrix))).whole.array,
        )
        for guess in best
    ]


def _searched(pair: Pair) -> tuple[Pair, int, int]:
    factor = divisor(pair.radiograph.shape, SEARCHED)
    other = divisor(pair.photograph.shape, SEARCHED)
    return Pair.of(pair.radiograph, pair.photograph, pair.valid, factor, other), factor, other


def _enough(left: Measured, plates: bool) -> bool:
    """Whether to stop here; of a mosaic the films are yet to find their places."""
    return judged(left).ok or (plates and left.confirmed > WHOLE)


def _best(pair: Pair, guesses: Sequence[Guess], plates: bool, watch: Watch) -> _Finished:
    """Register from the best guesses in turn until one succeeds; else return the least bad."""
    tried: list[_Finished] = []
    for number, guess in enumerate(guesses[:TRIED]):
        step = part(watch, number / TRIED, (number + 1) / TRIED)
        tried.append(_finished(pair, Piece.from_matrix(guess.matrix), step))
        if _enough(tried[-1].left, plates):
            return tried[-1]
    return max(tried, key=lambda one: one.left.confirmed)


def _finished(pair: Pair, start: Piece, watch: Watch) -> _Finished:
    """Register from a rough start to the end, and measure what is left."""
    if start.warp is None:
        matrix, weights = straightened(pair, start.array, part(watch, 0, 0.4))
        piece = Piece.from_matrix(matrix)
    else:
        piece, weights = start, learnt(pair, start, MIDDLE)
    watch("matching details", 0.4)
    piece = bent(pair, piece, weights, MIDDLE, REACH)
    weights = learnt(pair, piece, MIDDLE)
    watch("matching details", 0.6)
    piece = bent(pair, piece, weights, LARGE, LATER_REACH)
    watch("measuring what is left", 0.8)
    return _Finished(piece, weights, measured(pair, piece, weights))


def _with(quality: Quality, lost: Sequence[str]) -> Quality:
    """Say which films could not be found."""
    if not lost or not quality.ok:
        return quality
    said = f"{', '.join(lost)} could not be registered alone and lies as the whole does"
    return quality.model_copy(update={"reason": said})


def _landmarks(left: Measured, transform: Transform) -> tuple[Landmark, ...]:
    """Return the best match of every part of the radiograph."""
    mesh = max(transform.radiograph_shape) / LANDMARKS_ALONG
    parts = np.floor(left.centres / mesh).astype(int)
    best = {}
    for index in np.argsort(left.likeness):
        best[tuple(parts[index])] = left.centres[index]
    places = np.reshape([best[part] for part in sorted(best)], (-1, 2))
    partners = transform.to_photograph(places)
    return tuple(
        Landmark(
            name=f"match {number + 1}",
            xray=(float(here[0]), float(here[1])),
            photograph=(float(there[0]), float(there[1])),
        )
        for number, (here, there) in enumerate(zip(places, partners, strict=True))
    )
