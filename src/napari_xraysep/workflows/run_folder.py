"""The folder that a separation leaves behind: checked before the run, written once after it."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from napari_xraysep.errors import SeparationError
from napari_xraysep.evaluation.figures import preview_png
from napari_xraysep.io.results import check_run_folder, write_run
from napari_xraysep.painting import Painting
from napari_xraysep.region import Region
from napari_xraysep.separation.events import Event, Finished, Preview, Progress
from napari_xraysep.workflows.evolution import KeptPreviews


class RunNotes:
    """What a run says on its way that is stored with it: losses and some of its previews."""

    def __init__(self) -> None:
        self.losses: list[dict[str, object]] = []
        self.previews = KeptPreviews()

    def note(self, event: Event) -> None:
        """Remember what `Progress` and `Preview` say; other events pass."""
        if isinstance(event, Progress | Preview):
            self.previews.note(event)
        if isinstance(event, Progress) and event.losses:
            at = {"stage": event.stage, "restart": event.restart, "step": event.step}
            self.losses.append({**at, "epoch": event.epoch, **event.losses})


class RunFolder:
    """Collects what a run says and writes it, for the command line and the dock widget alike.

    Parameters
    ----------
    folder
        Where to write; made when the run has finished, not before.
    painting
        What is separated.
    notes
        What was noted of the run elsewhere; None: nothing so far.

    Raises
    ------
    InputError
        The folder cannot be written or already holds a run or a registration.
    """

    def __init__(self, folder: Path, painting: Painting, notes: RunNotes | None = None) -> None:
        check_run_folder(folder, painting.kind)
        self.folder = folder
        self.notes = RunNotes() if notes is None else notes
        self._painting = painting

    def note(self, event: Event) -> None:
        """Remember what is stored besides the results."""
        self.notes.note(event)

    def write(self, finished: Finished) -> Path:
        """Write layers, losses, kept previews, ``preview.png`` and ``run.json``; return the folder.

        Raises
        ------
        SeparationError
            The run was cancelled before it had any layers.
        InputError
            The folder cannot be written.
        """
        if not finished.layers:
            raise SeparationError(
                finished.record.method,
                "it was cancelled before it had any layers",
                "let it run a little longer",
            )
        record = finished.record
        region = None if record.region is None else Region.parse(record.region)
        mixture = self._painting.block(region)
        xray, left_out = mixture.xray, None if self._painting.mask is None else ~mixture.valid
        picture = preview_png(finished.layers, xray, record, left_out)
        evolution = self.notes.previews.evolution(xray)
        write_run(self.folder, finished.layers, record, self.notes.losses, picture, evolution)
        self.notes = RunNotes()  # a comparison holds many such folders
        return self.folder


def next_run_folder(beside: Path) -> Path:
    """Return the first free ``NAME-xraysep-N`` beside a file called NAME; nothing is made."""
    for number in count(1):
        folder = beside.parent / f"{beside.stem}-xraysep-{number}"
        if not folder.exists():
            return folder
    raise AssertionError("count() never ends")
