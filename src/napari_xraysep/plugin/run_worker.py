"""The thread that a separation runs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from superqt.utils import FunctionWorker

from napari_xraysep.errors import XraysepError
from napari_xraysep.painting import Painting
from napari_xraysep.plugin.run_model import RunModel
from napari_xraysep.separation.events import Finished
from napari_xraysep.separation.options import RunOptions
from napari_xraysep.workflows.run_folder import RunFolder, RunNotes
from napari_xraysep.workflows.separating import separate


@dataclass(frozen=True)
class Job:
    """What to run.

    Attributes
    ----------
    folder
        Checked already; None: the results stay in the viewer.
    warm_from
        A run for the method to learn from first; None: its own way.
    """

    painting: Painting
    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    folder: RunFolder | None = None
    warm_from: Path | None = None


class SeparationWorker(FunctionWorker[Path | None]):
    """Runs a job and tells a model; returns the folder written, or None.

    A plain function and not a generator, since superqt's generator worker swallows a
    RuntimeError and drops the generator on ``quit()``. Here ``quit()``, which napari calls on its
    way out, asks the engine to stop, and the thread ends by itself.
    """

    def __init__(self, job: Job, model: RunModel) -> None:
        super().__init__(run, job, model)
        self._cancel = model.cancel

    def quit(self) -> None:
        """Ask the run to stop at its next checkpoint."""
        self._cancel.set()


class NotSaved(XraysepError):
    """The run has ended well but its folder could not be written."""


def run(job: Job, model: RunModel) -> Path | None:
    """Consume the engine's events on this thread and write the run's folder.

    Raises
    ------
    XraysepError
        The run could not go on.
    NotSaved
        The layers are there and could not be written.
    """
    for event in separate(
        job.painting, job.method, job.settings, job.options, model.cancel, job.warm_from
    ):
        notes_of(job, model).note(event)
        if isinstance(event, Finished) and event.layers and job.folder is not None:
            model.take(event)
            return _write(job.folder, event)
        model.take(event)
    return None


def notes_of(job: Job, model: RunModel) -> RunNotes:
    """Return what a run notes of itself, until it is stored."""
    return (model if job.folder is None else job.folder).notes


def _write(folder: RunFolder, finished: Finished) -> Path:
    try:
        return folder.write(finished)
    except (XraysepError, OSError) as error:
        raise NotSaved(
            folder.folder, f"the results could not be written ({error})", "save them elsewhere"
        ) from error
