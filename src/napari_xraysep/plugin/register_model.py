"""What is known of how the photographs lie on the radiograph: tried, undone, used; without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_xraysep.plugin.images import Image
from napari_xraysep.plugin.loading import Loaded
from napari_xraysep.plugin.register_track import Track
from napari_xraysep.plugin.register_words import AS_LOADED, REGISTERED, TURNED, describe
from napari_xraysep.project import Project
from napari_xraysep.records import Landmark, Quality
from napari_xraysep.registration.landmarks import centred
from napari_xraysep.transforms import (
    SIDES,
    Orientation,
    PlateOutline,
    Side,
    Transform,
    Transforms,
)
from napari_xraysep.workflows.registering import Registered, register_side

if TYPE_CHECKING:
    from napari_xraysep.registration.quality import Measured

_TURNED = Quality(ok=False, reason="it is only set upright: register it, or place landmarks")


class RegisterModel:
    """The registration of one painting.

    Attributes
    ----------
    changed
        Emitted when anything here but landmarks has changed.
    marked
        Emitted with the side whose landmarks the user has changed.
    side
        The photograph that is worked on.
    plates
        Films of the radiograph as drawn.
    """

    changed = Signal()
    marked = Signal(str)

    def __init__(self) -> None:
        self.loaded: Loaded | None = None
        self.side: Side = "front"
        self.plates: tuple[PlateOutline, ...] = ()
        self._tracks: dict[Side, Track] = {side: Track() for side in SIDES}

    def take(self, loaded: Loaded | None, project: Project | None) -> None:
        """Begin with a painting, or go on with it where only its alignment has changed.

        What the project holds is brought back.
        """
        known, self.loaded = self.loaded, loaded
        if known is None or loaded is None or loaded.images is not known.images:
            kept = [side for side in SIDES if _unchanged(side, known, loaded)]
            self._tracks = {s: self._tracks[s] if s in kept else Track() for s in SIDES}
            if self.side not in kept:
                self.side = "front"
            self._take_landmarks(project, kept)
        if project is not None:
            self.plates = project.plates
            for side, track in self._tracks.items():
                track.used = None if project.transforms is None else project.transforms.side(side)
                if track.used is not None and track.used not in track.sides:
                    track.add(Registered(track.used))
        self._tell()

    def _take_landmarks(self, project: Project | None, kept: Sequence[Side]) -> None:
        """Begin with the landmarks that the project holds."""
        if self.loaded is None:
            return
        stored = _landmarks(project or Project())
        for side in self.sides:
            pairs = self._tracks[side].pairs
            if side in kept:
                if pairs.landmarks != stored[side]:  # another project's
                    with self.marked.blocked():
                        pairs.landmarks = stored[side]
                    self._tracks[side].marking = False
                continue
            pairs.shapes = self.radiograph.shape, self.loaded.images[side].shape
            pairs.pixel_size_mm = self.loaded.pixel_size_mm
            pairs.landmarks = stored[side]
            pairs.changed.connect(partial(self._pairs_changed, side))

    def _pairs_changed(self, side: Side) -> None:
        self._tracks[side].marking = True
        self.marked.emit(side)

    def landmarks(self, side: Side) -> tuple[Landmark, ...]:
        """Return the pairs of a side as they are stored."""
        return tuple(self._tracks[side].pairs.landmarks)

    def _tell(self) -> None:
        """Say that something has changed, and let new landmarks start from where things lie."""
        if self.loaded is not None:
            self.track.pairs.start = self._placed_by(self.track.now)
        self.changed.emit()

    @property
    def sides(self) -> tuple[Side, ...]:
        """The photographs there are."""
        images = {} if self.loaded is None else self.loaded.images
        return tuple(side for side in SIDES if side in images)

    @property
    def track(self) -> Track:
        """What was tried for the photograph that is worked on."""
        return self._tracks[self.side]

    @property
    def photograph(self) -> Image:
        """The photograph that is worked on, as read."""
        assert self.loaded is not None
        return self.loaded.images[self.side]

    @property
    def radiograph(self) -> Image:
        """The radiograph as read."""
        assert self.loaded is not None
        return self.loaded.images["radiograph"]

    @property
    def sizes(self) -> tuple[float | None, float | None]:
        """Millimetres a pixel of the radiograph and of the photograph, where known."""
        assert self.loaded is not None
        return self.loaded.pixel_size_mm, self.photograph.pixel_size_mm

    @property
    def expected(self) -> Orientation:
        """How the photograph is expected to be turned: a back is photographed from behind."""
        assert self.loaded is not None
        mirrored = self.side == "back" and self.loaded.answers.mirror_back
        return "mirrored" if mirrored else "as it is"

    @property
    def orientation(self) -> Orientation:
        """How the photograph is turned: as stated, found, or else expected."""
        track = self.track
        if track.orientation is not None:
            return track.orientation
        if track.now is not None:
            return track.now.side.transform.orientation
        return self.expected

    @property
    def orientation_by(self) -> str:
        """Where `orientation` comes from."""
        if self.track.orientation is not None:
            return "as you say"
        if self.track.now is None:
            return "expected"
        return "found" if self.track.now.side.usable else "a guess"

    @property
    def scores(self) -> dict[Orientation, float]:
        """How well each orientation fitted in the last search."""
        now = self.track.now
        return {} if now is None else {one.orientation: one.score for one in now.candidates}

    def work_on(self, side: Side) -> None:
        """Turn to the other photograph."""
        self.side = side
        self._tell()

    def turn(self, orientation: Orientation | None) -> None:
        """State how the photograph is turned, or None to have it found.

        Where the search has tried that orientation, what it found is looked at, to be undone.
        """
        self.track.orientation = orientation
        now = self.track.now
        if now is not None and orientation is not None:
            tried = {one.orientation: one for one in now.candidates}
            if orientation != now.side.transform.orientation:
                transform = tried[orientation].transform if orientation in tried else None
                self._placed(transform or self.centred(orientation), now)
        self._tell()

    def _placed(self, transform: Transform, before: Registered) -> None:
        """Add an attempt that says no more than how the photograph is turned."""
        side = before.side.model_copy(
            update={
                "transform": transform,
                "how": TURNED,
                "quality": _TURNED,
                "landmarks": (),
            }
        )
        self.track.add(Registered(side, before.candidates))

    def add(self, side: Side, attempt: Registered) -> None:
        """Look at what a registration of that side has found, or how it failed."""
        self._tracks[side].add(attempt)
        self._tell()

    def add_pairs(self) -> None:
        """Look at what the landmarks alone say.

        Raises
        ------
        InputError
            They do not determine how the photograph lies.
        """
        assert self.loaded is not None
        attempt = register_side(
            self.loaded.pictures[0].pixels,
            self.photograph.pixels,
            self.photograph.record,
            sizes=self.sizes,
            landmarks=self.track.pairs.landmarks,
            model=self.track.pairs.kind,
        )
        self.add(self.side, attempt)

    def undo(self) -> None:
        """Look at the attempt before."""
        self._go(-1)

    def redo(self) -> None:
        """Look at the attempt that was undone."""
        self._go(1)

    def _go(self, steps: int) -> None:
        if self.can_go(steps):
            self.track.go(steps)
            self._tell()

    def can_go(self, steps: int) -> bool:
        """Whether there are so many attempts before (negative) or after."""
        return 0 <= self.track.at + steps < len(self.track.attempts)

    def draw_plates(self, plates: Sequence[PlateOutline]) -> None:
        """Take the outlines of the films; the next registration heeds them."""
        self.plates = tuple(plates)
        self._tell()

    def placement(self, *, before: bool = False) -> Transform:
        """Return how the photograph lies now, or before the last change.

        As long as landmarks are changed it lies as they say, if they determine that.
        """
        track = self.track
        if track.marking and track.pairs.fit.transform is not None:
            return self._placed_by(track.now) if before else track.pairs.fit.transform
        return self._placed_by(track.before if before else track.now)

    def _placed_by(self, attempt: Registered | None) -> Transform:
        if attempt is not None:
            return attempt.side.transform
        return self.centred(self.track.orientation or self.expected)

    def measured(self, *, before: bool = False) -> Measured | None:
        """Return where the displacement left was measured, of what `placement` returns."""
        track = self.track
        if track.marking and track.pairs.fit.transform is not None:
            attempt = track.now if before else None
        else:
            attempt = track.before if before else track.now
        return None if attempt is None else attempt.left

    def centred(self, orientation: Orientation) -> Transform:
        """Return where the photograph would lie, set upright and centred on the radiograph."""
        return centred(orientation, self.radiograph.shape, self.photograph.shape)

    @property
    def usable(self) -> bool:
        """Whether the attempt that is looked at may be used and is not in use already."""
        return self.track.usable

    def transforms(self, *, accept: bool = False) -> Transforms:
        """Return the registrations in use; with the one that is looked at where ``accept``."""
        used = {side: track.used for side, track in self._tracks.items()}
        if accept:
            used[self.side] = None if self.track.now is None else self.track.now.side
        return Transforms(radiograph=self.radiograph.record, front=used["front"], back=used["back"])

    @property
    def unused(self) -> tuple[Side, ...]:
        """Photographs whose registration succeeded and would be lost: it is not in use."""
        tracks = self._tracks
        return tuple(s for s in self.sides if tracks[s].now is not None and tracks[s].usable)

    @property
    def unregistered(self) -> tuple[Side, ...]:
        """Photographs that still keep the painting from being separated."""
        tracks = self._tracks
        return tuple(s for s in self.sides if tracks[s].used is None and not self._fits(s))

    def replace(self, transforms: Transforms) -> None:
        """Take imported registrations, as attempts that can be undone and are not in use yet."""
        for side in self.sides:
            stored = transforms.side(side)
            if stored is not None:
                self._tracks[side].add(Registered(stored))
        self._tell()

    def _fits(self, side: Side) -> bool:
        assert self.loaded is not None
        return self.loaded.images[side].shape == self.radiograph.shape

    def _as_loaded(self, side: Side) -> str:
        assert self.loaded is not None
        if not self._fits(side):
            return "not registered"
        return REGISTERED if self.loaded.images[side].record.registered else AS_LOADED

    def describe(self, side: Side) -> str:
        """Say in a few words how that side stands."""
        track = self._tracks[side]
        if track.now is None:
            return self._as_loaded(side)
        if not track.now.side.usable:
            return describe(track.now.side)
        state = "in use" if track.now.side == track.used else "not in use yet"
        return f"{describe(track.now.side)} ({state})"


def _unchanged(side: Side, known: Loaded | None, loaded: Loaded | None) -> bool:
    """Whether what was tried for a side still holds: its images are the same, loaded again."""
    if known is None or loaded is None or loaded.pixel_size_mm != known.pixel_size_mm:
        return False
    before, now = known.images.get(side), loaded.images.get(side)
    return (
        before is not None
        and before is now
        and known.images["radiograph"] is loaded.images["radiograph"]
    )


def _landmarks(project: Project) -> dict[Side, tuple[Landmark, ...]]:
    return {"front": project.front_landmarks, "back": project.back_landmarks}
