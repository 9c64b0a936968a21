"""What was tried to lay one photograph on the radiograph; without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_xraysep.plugin.landmark_model import LandmarkModel
from napari_xraysep.transforms import Orientation, SideTransform
from napari_xraysep.workflows.registering import Registered


@dataclass
class Track:
    """Everything tried for one side, oldest first; the user goes back and forth in it.

    Attributes
    ----------
    attempts
        The first is None: not registered.
    at
        The attempt that is looked at.
    used
        The registration that the user has accepted.
    orientation
        How the user says that the photograph is turned; None: to be found.
    pairs
        Landmarks.
    marking
        Pairs were changed after the attempt that is looked at, and are looked at instead.
    """

    attempts: list[Registered | None] = field(default_factory=lambda: [None])
    at: int = 0
    used: SideTransform | None = None
    orientation: Orientation | None = None
    pairs: LandmarkModel = field(default_factory=LandmarkModel)
    marking: bool = False

    @property
    def now(self) -> Registered | None:
        """The attempt that is looked at; None before the first."""
        return self.attempts[self.at]

    @property
    def before(self) -> Registered | None:
        """The attempt before it."""
        return self.attempts[max(0, self.at - 1)]

    @property
    def sides(self) -> list[SideTransform]:
        """What was tried."""
        return [attempt.side for attempt in self.attempts if attempt is not None]

    @property
    def usable(self) -> bool:
        """Whether what is looked at may be used, and is not in use already."""
        now = None if self.now is None else self.now.side
        if now is None:
            return self.used is not None
        return now.usable and now != self.used

    def add(self, attempt: Registered) -> None:
        """Look at a new attempt; those that had been undone are forgotten."""
        self.attempts[self.at + 1 :] = [attempt]
        self.go(1)

    def go(self, steps: int) -> None:
        """Look at another attempt."""
        self.at += steps
        self.marking = False
