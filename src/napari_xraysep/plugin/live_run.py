"""A run that is not stored, while it goes on and after: how its layers take shape; without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_xraysep.domain import Floats
from napari_xraysep.io.evolution import Evolution
from napari_xraysep.plugin.run_model import RunModel, State
from napari_xraysep.plugin.run_worker import Job, notes_of
from napari_xraysep.records import InputRecord, Kind, RunRecord
from napari_xraysep.workflows.evolution import small


@dataclass(frozen=True)
class Going:
    """What is known of a run before it has a record; see `RunRecord`."""

    kind: Kind
    inputs: tuple[InputRecord, ...]
    simulated: bool
    region: str | None
    height: int
    width: int


class LiveRun:
    """A run of this session.

    Parameters
    ----------
    title
        What it is called.
    """

    def __init__(self, title: str, job: Job, model: RunModel) -> None:
        self.title = title
        self._job = job
        self._model = model
        self._xray: Floats | None = None

    @property
    def record(self) -> RunRecord | Going:
        """What the run is made of."""
        if self._model.finished is not None:
            return self._model.finished.record
        painting, region = self._job.painting, self._job.options.region
        place = region or self._job.options.shown(painting.shape)
        return Going(
            painting.kind,
            painting.inputs,
            painting.simulated,
            None if region is None else str(region),
            place.y1 - place.y0,
            place.x1 - place.x0,
        )

    @property
    def epochs(self) -> int:
        """How many previews there were so far, kept or not."""
        return notes_of(self._job, self._model).previews.seen

    def evolution(self) -> Evolution | None:
        """Return the previews kept so far; None before the second. Slow: on another thread."""
        ended = self._model.state not in (State.RUNNING, State.STOPPING)
        if self._xray is None:
            self._xray = small(self._job.painting.block(self._job.options.region).xray)
        made = notes_of(self._job, self._model).previews.evolution(self._xray)
        return None if made is None else replace(made, whole=ended)
