"""Follows one run on the GUI thread: takes what the model has, a little at every look."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QObject, QTimer

from napari_xraysep.domain import Floats
from napari_xraysep.plugin.background import sentence
from napari_xraysep.plugin.result_layers import ResultLayers, names_upwards
from napari_xraysep.plugin.run_model import RunModel, State
from napari_xraysep.plugin.run_panel import RunPanel
from napari_xraysep.plugin.run_worker import Job, NotSaved, SeparationWorker, notes_of
from napari_xraysep.workflows.run_folder import RunFolder

TICK_MS = 50
"""How often the window looks at the run."""

LAYERS_S = 0.025
"""At each look layers are given their new data for this long; the rest waits for the next look."""

PANEL_EVERY = 8
"""Looks between two drawings of progress and curves. Without a graphics card, Qt composes the whole
window anew for the smallest change beside a canvas; more often would only make it sluggish."""


class RunView(QObject):
    """One run, from its start until its last layer is shown.

    Parameters
    ----------
    ended
        Called once, when nothing more will come.

    Attributes
    ----------
    saved
        The folder written, or None.
    title
        What the run is called.
    """

    def __init__(
        self,
        job: Job,
        layers: ResultLayers,
        panel: RunPanel,
        ended: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.job = job
        self.model = RunModel()
        self.saved: Path | None = None
        self.problem = ""
        self.title = layers.run
        self._layers = layers
        self._panel = panel
        self._ended = ended
        self._waiting: deque[tuple[str, Floats, int]] = deque()
        self._finished_shown = self._worker_done = False
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)
        self._worker = SeparationWorker(job, self.model)
        self._worker.returned.connect(self._returned)
        self._worker.errored.connect(self._errored)
        self._worker.finished.connect(self._worker_finished)

    def start(self) -> None:
        """Start the thread."""
        self._panel.clear()
        self._panel.show_progress(self.model)
        self._timer.start()
        self._worker.start()

    def cancel(self) -> None:
        """Ask the run to stop; said at once, done at the engine's next checkpoint."""
        self.model.cancel.set()
        self._panel.show_progress(self.model)

    def abandon(self) -> None:
        """Ask the run to stop and look no more: the window is going away."""
        self.model.cancel.set()
        self._timer.stop()

    def write(self, folder: Path) -> Path:
        """Write the finished run into another folder; may be called on another thread.

        Raises
        ------
        InputError
            The folder cannot be written.
        """
        assert self.model.finished is not None
        notes = notes_of(self.job, self.model)
        self.saved = RunFolder(folder, self.job.painting, notes).write(self.model.finished)
        return self.saved

    def _returned(self, folder: Path | None) -> None:
        self.saved = folder

    def _errored(self, error: Exception) -> None:
        self.problem = sentence(error)
        if not isinstance(error, NotSaved):
            self.model.fail()

    def _worker_finished(self) -> None:
        self._worker_done = True

    def _look(self) -> None:
        """Take what is new: layers, and now and then progress and curves."""
        self._looks += 1
        refresh = self._looks % PANEL_EVERY == 0
        if refresh:
            self._panel.show_progress(self.model)
            self._panel.show_curves(self.model.curves())
        finished = self.model.finished
        if finished is not None and not self._finished_shown:
            self._finished_shown = True
            self._queue(finished.layers, 1)
        elif self._waiting:
            self._show_some()
        elif self._worker_done:
            self._end()
        elif refresh and (preview := self.model.take_preview()) is not None:
            self._queue(preview.layers, preview.pixel_step)

    def _show_some(self) -> None:
        """Show small layers together, since one drawing serves all, large ones one by one."""
        began = time.perf_counter()
        while self._waiting and time.perf_counter() - began < LAYERS_S:
            self._layers.set(*self._waiting.popleft())

    def _queue(self, layers: dict[str, Floats], pixel_step: int) -> None:
        self._waiting = deque((name, layers[name], pixel_step) for name in names_upwards(layers))

    def _end(self) -> None:
        self._timer.stop()
        self._panel.show_curves(self.model.curves())
        self._panel.show_end(*self.outcome())
        if self.model.finished is not None and self.model.finished.layers:
            self._panel.show_caution(self.model.finished.record)
        self._ended()

    def outcome(self) -> tuple[str, str]:
        """How the run ended, in a word and in a sentence."""
        state, finished = self.model.state, self.model.finished
        where = f"Saved in {self.saved}." if self.saved is not None else ""
        if state is State.FAILED or finished is None:
            return "failed", self.problem
        if state is State.INCOMPLETE and not finished.layers:
            return "stopped", "Stopped before the first layers were there: nothing to keep."
        if not where:
            where = self.problem or "The layers are not saved."
        if state is State.INCOMPLETE:
            return "stopped", f"Incomplete: the layers as they stood when you stopped. {where}"
        return f"done in {finished.record.seconds:.1f} s", where
