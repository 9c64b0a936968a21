"""Pairs of details that the user marks in the radiograph and in one photograph; without Qt.

Who marks a detail in one picture gets its partner in the other where the pairs so far predict it.
Until it is moved or confirmed, such a pair has no say: it would agree with the fit by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_xraysep.errors import InputError
from napari_xraysep.records import Landmark
from napari_xraysep.registration.landmarks import (
    Model,
    centred,
    fit,
    leave_one_out,
    most_flexible,
    predict,
    residuals,
)
from napari_xraysep.transforms import Transform

Picture = Literal["radiograph", "photograph"]
Point = tuple[float, float]
"""Row and column, in pixels."""


class Shapes(NamedTuple):
    """Height and width of both pictures, in pixels."""

    radiograph: tuple[int, int]
    photograph: tuple[int, int]


@dataclass(frozen=True)
class Pair:
    """A landmark, and whether its partner is only predicted.

    Attributes
    ----------
    predicted
        The picture in which nobody has confirmed its point yet; None for a pair that was marked.
    """

    landmark: Landmark
    predicted: Picture | None = None


@dataclass(frozen=True)
class Fit:
    """What pairs amount to.

    Attributes
    ----------
    transform, model
        None where the pairs determine none; ``problem`` says why in one sentence.
    residuals, left_out
        (N,) in pixels of the radiograph, NaN where there is none; see `registration.landmarks`.
    """

    transform: Transform | None
    model: Model | None
    problem: str
    residuals: NDArray[np.float64]
    left_out: NDArray[np.float64]

    @property
    def errors(self) -> NDArray[np.float64]:
        """How far off pairs are when left out, those where that is known."""
        return self.left_out[np.isfinite(self.left_out)]

    @property
    def worst(self) -> int | None:
        """Number of the pair that agrees least with the others; None where nothing tells."""
        return int(np.nanargmax(self.left_out)) if self.errors.size else None


def measure(landmarks: Sequence[Landmark], shapes: Shapes | None, kind: Model | None) -> Fit:
    """Fit pairs and see how well they agree; those that are not enabled have residuals too."""
    nothing = np.full(len(landmarks), np.nan)
    if shapes is None:
        return Fit(None, None, "", nothing, nothing)
    left_out = leave_one_out(landmarks, shapes.radiograph, kind)
    try:
        transform = fit(landmarks, *shapes, kind)
    except InputError as error:
        problem = f"{error.problem[0].upper()}{error.problem[1:]}; {error.cure}."
        return Fit(None, None, problem, nothing, left_out)
    model = kind or most_flexible(landmarks, shapes.radiograph)
    return Fit(transform, model, "", residuals(landmarks, transform), left_out)


class LandmarkModel:
    """The pairs of one photograph, with undo.

    Attributes
    ----------
    changed
        Emitted when pairs, their fit or the images' shapes have changed.
    selected_changed
        Emitted when other pairs are selected.
    fit
        What the pairs amount to.
    start
        What predictions start from; None: the photograph as it is, centred.
    pixel_size_mm
        Of the radiograph; None where it is not known.
    """

    changed = Signal()
    selected_changed = Signal()

    def __init__(self, shapes: Shapes | None = None, start: Transform | None = None) -> None:
        self._pairs: tuple[Pair, ...] = ()
        self._past: list[tuple[Pair, ...]] = []
        self._future: list[tuple[Pair, ...]] = []
        self._shapes = shapes
        self.start = start
        self._kind: Model | None = None
        self._selected: frozenset[int] = frozenset()
        self.pixel_size_mm: float | None = None
        self.fit = measure((), shapes, None)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs, in the order in which they were marked."""
        return self._pairs

    @property
    def landmarks(self) -> tuple[Landmark, ...]:
        """The pairs as they are stored; those that are only predicted are not enabled.

        Setting others, as when another photograph is worked on, leaves nothing to undo.
        """
        return tuple(pair.landmark for pair in self._pairs)

    @landmarks.setter
    def landmarks(self, landmarks: Iterable[Landmark]) -> None:
        pairs = tuple(Pair(landmark) for landmark in landmarks)
        if tuple(pair.landmark for pair in pairs) != self.landmarks:
            self._past, self._future = [], []
            self._show(pairs)

    @property
    def shapes(self) -> Shapes | None:
        """Of the radiograph and the photograph; None: nothing can be marked."""
        return self._shapes

    @shapes.setter
    def shapes(self, shapes: tuple[tuple[int, int], tuple[int, int]] | None) -> None:
        self._shapes = None if shapes is None else Shapes(*shapes)
        self._show(self._pairs)

    @property
    def kind(self) -> Model | None:
        """The model to fit; None: the most flexible that the pairs determine."""
        return self._kind

    @kind.setter
    def kind(self, kind: Model | None) -> None:
        self._kind = kind
        self._show(self._pairs)

    @property
    def selected(self) -> frozenset[int]:
        """Numbers of the pairs that are selected."""
        return self._selected

    @selected.setter
    def selected(self, numbers: Iterable[int]) -> None:
        chosen = frozenset(number for number in numbers if 0 <= number < len(self._pairs))
        if chosen != self._selected:
            self._selected = chosen
            self.selected_changed.emit()

    def add(self, point: Point, picture: Picture) -> bool:
        """Mark a detail in one picture and predict its partner; False if it lies outside.

        The new pair is selected.
        """
        if self._shapes is None or not _inside(point, getattr(self._shapes, picture)):
            return False
        start = self.start or centred("as it is", *self._shapes)
        other: Picture = "photograph" if picture == "radiograph" else "radiograph"
        partner = predict(self.landmarks, start, point, other)
        partner = _nearest_inside(partner, getattr(self._shapes, other))
        places = {_FIELDS[picture]: point, _FIELDS[other]: partner}
        landmark = Landmark(name=self._free_name(), enabled=False, **places)
        self._do((*self._pairs, Pair(landmark, predicted=other)))
        self.selected = {len(self._pairs) - 1}
        return True

    def move(self, points: Mapping[int, Point], picture: Picture) -> bool:
        """Move the points of some pairs in one picture; False if one would lie outside.

        Moving the predicted point of a pair confirms it.
        """
        if self._shapes is None:
            return False
        shape = getattr(self._shapes, picture)
        if not all(_inside(point, shape) for point in points.values()):
            return False
        pairs = list(self._pairs)
        for number, point in points.items():
            pair = pairs[number]
            moved = _updated(pair, **{_FIELDS[picture]: (float(point[0]), float(point[1]))})
            if pair.predicted == picture:
                moved = replace(_updated(moved, enabled=True), predicted=None)
            pairs[number] = moved
        self._do(tuple(pairs))
        return True

    def enable(self, numbers: Collection[int], on: bool) -> None:
        """Let pairs count or not; enabling a predicted one confirms it."""
        self._do(
            tuple(
                replace(_updated(pair, enabled=on), predicted=None if on else pair.predicted)
                if number in numbers
                else pair
                for number, pair in enumerate(self._pairs)
            )
        )

    def rename(self, number: int, name: str) -> None:
        """Give a pair another name; an empty one is not taken."""
        if name.strip():
            pairs = list(self._pairs)
            pairs[number] = _updated(pairs[number], name=name.strip())
            self._do(tuple(pairs))

    def remove(self, numbers: Collection[int]) -> None:
        """Remove pairs."""
        self._do(tuple(p for number, p in enumerate(self._pairs) if number not in numbers))

    def replace(self, landmarks: Iterable[Landmark]) -> None:
        """Put others in the place of all pairs; can be undone."""
        self._do(tuple(Pair(landmark) for landmark in landmarks))

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone."""
        return bool(self._future)

    def undo(self) -> None:
        """Take back the last step."""
        if self._past:
            self._future.append(self._pairs)
            self._show(self._past.pop())

    def redo(self) -> None:
        """Take the last undone step again."""
        if self._future:
            self._past.append(self._pairs)
            self._show(self._future.pop())

    def _do(self, pairs: tuple[Pair, ...]) -> None:
        if pairs != self._pairs:
            self._past.append(self._pairs)
            self._future.clear()
            self._show(pairs)

    def _show(self, pairs: tuple[Pair, ...]) -> None:
        if len(pairs) != len(self._pairs):
            self._selected = frozenset()
        self._pairs = pairs
        self.fit = measure(self.landmarks, self._shapes, self._kind)
        self.changed.emit()

    def _free_name(self) -> str:
        taken = {pair.landmark.name for pair in self._pairs}
        return next(name for name in map(str, range(1, len(taken) + 2)) if name not in taken)


_FIELDS: Mapping[Picture, str] = {"radiograph": "xray", "photograph": "photograph"}
"""Where a landmark keeps its point in each picture."""


def _updated(pair: Pair, **fields: object) -> Pair:
    return replace(pair, landmark=pair.landmark.model_copy(update=fields))


def _inside(point: Point, shape: tuple[int, int]) -> bool:
    return all(-0.5 <= at <= side - 0.5 for at, side in zip(point, shape, strict=True))


def _nearest_inside(point: Point, shape: tuple[int, int]) -> Point:
    row, column = np.clip(point, 0, np.array(shape) - 1)
    return float(row), float(column)
