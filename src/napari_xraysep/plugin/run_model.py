"""A run as its view sees it: what has been said so far, kept small; without Qt.

The worker's thread writes with `RunModel.take`, the GUI thread reads. Of previews only the newest
is kept, so that a slow window can never fall behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from math import nan

from napari_xraysep.separation.events import Event, Finished, Preview, Progress, Started
from napari_xraysep.workflows.run_folder import RunNotes

CURVE_POINTS = 1000


class State(Enum):
    """Where a run stands."""

    RUNNING = "running"
    STOPPING = "stopping"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


class RunModel:
    """One run.

    Parameters
    ----------
    clock
        Seconds, for the time left.

    Attributes
    ----------
    cancel
        Set to stop the run; the engine looks at it between steps.
    progress
        Every step so far that had losses.
    notes
        What is to be stored with a run that has no folder yet; else its folder has it.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.cancel = threading.Event()
        self.progress: list[Progress] = []
        self.notes = RunNotes()
        self.finished: Finished | None = None
        self.stage = ""
        self.step = self.epoch = self.total_steps = 0
        self._failed = False
        self._preview: Preview | None = None
        self._firsts: dict[int, int] = {}
        self._lock = threading.Lock()
        self._clock = clock
        self._began = clock()

    def take(self, event: Event) -> None:
        """Note what the run says; called on the worker's thread."""
        with self._lock:
            if isinstance(event, Started):
                self.total_steps = event.total_steps
                self._began = self._clock()
            elif isinstance(event, Progress):
                self.stage, self.step, self.epoch = event.stage, event.step, event.epoch
                if event.losses:
                    self.progress.append(event)
                    self._firsts.setdefault(event.restart, event.step)
            elif isinstance(event, Preview):
                self._preview = event
            else:
                self.finished = event

    def take_preview(self) -> Preview | None:
        """Return the newest preview, once."""
        with self._lock:
            preview, self._preview = self._preview, None
        return preview

    def curves(self) -> dict[str, tuple[list[float], list[float]]]:
        """Return steps and values of each loss term, thinned to what a plot can show.

        See `curves_of`.
        """
        with self._lock:
            shown = self.progress[:: max(1, len(self.progress) // CURVE_POINTS)]
            firsts = dict(self._firsts)
        return curves_of(((one.restart, one.step, one.losses) for one in shown), firsts)

    def fail(self) -> None:
        """Note that the run could not go on."""
        self._failed = True

    @property
    def state(self) -> State:
        """Where the run stands."""
        if self._failed:
            return State.FAILED
        if self.finished is not None:
            return State.COMPLETE if self.finished.complete else State.INCOMPLETE
        return State.STOPPING if self.cancel.is_set() else State.RUNNING

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the steps done so far; None before the first."""
        if not self.step or not self.total_steps:
            return None
        taken = self._clock() - self._began
        return max(0.0, taken / self.step * (self.total_steps - self.step))


def curves_of(
    rows: Iterable[tuple[int, int, Mapping[str, float]]], firsts: Mapping[int, int]
) -> dict[str, tuple[list[float], list[float]]]:
    """Gather losses by term: steps and values, each restart from step 1, NaN between restarts.

    Parameters
    ----------
    rows
        Restart, step counted over all restarts, and losses by name.
    firsts
        The first of those steps by restart.
    """
    curves: dict[str, tuple[list[float], list[float]]] = {}
    last: dict[str, int] = {}
    for restart, step, losses in rows:
        for name, value in losses.items():
            at, values = curves.setdefault(name, ([], []))
            if last.setdefault(name, restart) != restart:
                at.append(nan)
                values.append(nan)
                last[name] = restart
            at.append(step - firsts[restart] + firsts.get(0, 1))
            values.append(value)
    return curves


def plain_time(seconds: float) -> str:
    """Say a duration as a person would."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds / 5) * 5:.0f} s"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
