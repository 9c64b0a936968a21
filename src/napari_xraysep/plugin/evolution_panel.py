"""A slider over the epochs of a run, its layers in the viewer, and pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QLabel, QSlider, QVBoxLayout, QWidget

from napari_xraysep.io.evolution import EVOLUTION, Evolution, Frame, read_evolution
from napari_xraysep.io.results import read_record
from napari_xraysep.io.staging import replacing
from napari_xraysep.plugin.background import in_background, while_there
from napari_xraysep.plugin.evolution_layers import EvolutionLayers
from napari_xraysep.plugin.live_run import Going, LiveRun
from napari_xraysep.plugin.parts import button, plain, row
from napari_xraysep.plugin.session import session_of
from napari_xraysep.plugin.stored_run import title_of
from napari_xraysep.records import RunRecord
from napari_xraysep.workflows.export import EVOLUTION_FILES

if TYPE_CHECKING:
    from napari.viewer import Viewer

PLAY_MS, LOOK_MS = 250, 1000
"""Between two epochs that are played, and between two looks at a run that goes on."""
PLAY, PAUSE = "Play", "Pause"
NO_RUN = "Separate, or choose a stored run, to see how its layers take shape."
NO_EPOCHS = (
    "This run kept no epochs: its method separates in one go, or it was made by an older version."
)
NO_EPOCHS_YET = "The run has just begun: its epochs come here as they are done."
NOT_STORED = "Its epochs are here until another run begins, unless it is saved in Separate."
KINDS = {
    ".gif": ("Animation…", "Save all epochs as an animated GIF."),
    "-strip": ("Strip…", "Save a picture with epochs evenly spread over the run."),
    "-epochs": (
        "Sheet…",
        "Save what the model made of the radiograph and of its layers against epochs, as the "
        "papers show it.",
    ),
}
"""Buttons, by what tells the names of `EVOLUTION_FILES` apart."""


@dataclass(frozen=True)
class Kept:
    """What is shown of a run, stored in a folder or not yet."""

    run: Path | LiveRun
    record: RunRecord | Going
    evolution: Evolution


class EvolutionPanel(QWidget):
    """Moves through the epochs of one run.

    Attributes
    ----------
    kept
        The run that is shown; None where there is none, or none with kept epochs.
    changing
        Emitted before epochs come into the viewer, and before they leave it.
    """

    changing = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: Path | LiveRun | None = None
        self._seen, self._reading = 0, False
        self._layers: EvolutionLayers | None = None
        self.kept: Kept | None = None
        self.title = plain()
        self.title.setStyleSheet("font-weight: bold")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip("Drag to see the layers as they stood after each kept epoch.")
        self.play_button = button(PLAY, "Run through the epochs, from here or from the beginning.")
        self.back_button = button("Back to result", "Take the epochs out of the view again.")
        self.save_buttons = {
            name: button(*next(words for mark, words in KINDS.items() if mark in name))
            for name in EVOLUTION_FILES
        }
        self.message = plain()
        self._timer = QTimer(self)
        self._timer.setInterval(PLAY_MS)
        self._timer.timeout.connect(self._next)
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_MS)
        self._looks.timeout.connect(self._look)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addWidget(self.slider)
        layout.addLayout(row(self.play_button, self.back_button))
        layout.addLayout(row(QLabel("Save"), *self.save_buttons.values()))
        layout.addWidget(self.message)
        self.slider.valueChanged.connect(self._moved)
        self.play_button.clicked.connect(self.play)
        self.back_button.clicked.connect(self.back)
        for name, one in self.save_buttons.items():
            one.clicked.connect(partial(self._ask_save, name))
        self.show_run(None)

    def show_run(self, run: Path | LiveRun | None) -> None:
        """Offer the epochs of a run; nothing is drawn before the slider is moved.

        Parameters
        ----------
        run
            Where it is stored, or one that is not: the epochs are followed as they come.
        """
        self.back()
        self._looks.stop()
        self._run, self.kept, self._layers, self._seen = run, None, None, 0
        self._refresh("" if run is not None else NO_RUN)
        if isinstance(run, LiveRun):
            self._looks.start()
            self._look()
        elif run is not None and (run / EVOLUTION).is_file():
            self._read(partial(_stored, run))
        elif run is not None:
            self._refresh(NO_EPOCHS)

    def play(self) -> None:
        """Run through the epochs, or stop doing so."""
        if self._timer.isActive():
            self._stop()
        elif self.kept is not None:
            if self.slider.value() == self.slider.maximum():
                self.slider.setValue(0)
            self._timer.start()
            self.play_button.setText(PAUSE)

    def back(self) -> None:
        """Take the epochs out of the viewer."""
        self._stop()
        if self._layers is not None and self.back_button.isEnabled():
            self.changing.emit()
            self._layers.remove()
        self.back_button.setEnabled(False)

    def save(self, name: str, path: Path) -> None:
        """Write one of the pictures of `EVOLUTION_FILES` on another thread."""
        if self.kept is None:
            return
        self.message.setText("Drawing…")
        kept = self.kept
        in_background(
            partial(_write, EVOLUTION_FILES[name], kept, path),
            while_there(self, lambda _: self.message.setText(f"Saved {path}.")),
            while_there(self, self.message.setText),
        )

    def _ask_save(self, name: str) -> None:
        assert self.kept is not None
        self._stop()
        start = Path(name) if isinstance(self.kept.run, LiveRun) else self.kept.run / name
        chosen, _ = QFileDialog.getSaveFileName(self, "Save", str(start), f"*{start.suffix}")
        if chosen:
            self.save(name, Path(chosen))

    def _read(self, work: Callable[[], Kept | None]) -> None:
        """Read epochs on another thread."""
        self._reading = True
        in_background(
            work,
            while_there(self, self._opened),
            while_there(self, partial(self._failed, self._run)),
        )

    def _look(self) -> None:
        """Take the epochs that have come to a run that is not stored."""
        run = self._run
        if self._reading or not isinstance(run, LiveRun):
            return
        ended = not session_of(self._viewer).running  # and written, where it has a folder
        if ended:
            self._looks.stop()
        if ended or run.epochs > self._seen:
            self._seen = run.epochs
            self._read(partial(_so_far, run))
        if self.kept is None:
            self._refresh(NO_EPOCHS if ended else NO_EPOCHS_YET)

    def _opened(self, kept: Kept | None) -> None:
        self._reading = False
        if kept is None or kept.run != self._run:
            return
        frames, last = kept.evolution.frames, len(kept.evolution.frames) - 1
        at = last
        if self.kept is not None:
            at = place_of(self.slider.value(), self.kept.evolution, frames)
        self.kept = kept
        if self._layers is None:
            self._layers = self._layers_of(kept)
        self._layers.evolution = kept.evolution
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(at)
        self.slider.blockSignals(False)
        unstored = isinstance(kept.run, LiveRun) and not session_of(self._viewer).running
        self._refresh(NOT_STORED if unstored and isinstance(kept.record, RunRecord) else "")
        if self.back_button.isEnabled():
            self._layers.show(frames[at])

    def _layers_of(self, kept: Kept) -> EvolutionLayers:
        if isinstance(kept.run, LiveRun):
            title = kept.run.title
        else:
            title = title_of(self._viewer.layers, kept.record, kept.run)
        return EvolutionLayers(self._viewer, title, kept.evolution, kept.record)

    def _failed(self, run: Path | LiveRun | None, problem: str) -> None:
        self._reading = False
        if run == self._run:
            self._refresh(problem)

    def _refresh(self, message: str) -> None:
        """Enable what can be used, and say what there is."""
        self.message.setText(message)
        there = self.kept is not None
        for widget in (self.slider, self.play_button):
            widget.setEnabled(there)
        for one in self.save_buttons.values():  # not while the run goes on
            one.setEnabled(there and isinstance(self.kept.record, RunRecord))
        self._say()

    def _say(self) -> None:
        if self.kept is None:
            self.title.setText("")
            return
        evolution = self.kept.evolution
        self.title.setText(evolution.title(evolution.frames[self.slider.value()]))

    def _moved(self, at: int) -> None:
        if self.kept is None or self._layers is None:
            return
        if not self.back_button.isEnabled():
            self.changing.emit()
        self._layers.show(self.kept.evolution.frames[at])
        self.back_button.setEnabled(True)
        self._say()

    def _next(self) -> None:
        self.slider.setValue(self.slider.value() + 1)
        if self.slider.value() == self.slider.maximum():
            self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        self.play_button.setText(PLAY)


def place_of(at: int, before: Evolution, frames: Sequence[Frame]) -> int:
    """Return where the epoch that is looked at lies once others have come.

    The newest gives way to the one that is newest then. Every second may have been dropped.
    """
    last = len(frames) - 1
    if at == len(before.frames) - 1:
        return last
    shown = before.frames[at]
    same = (shown.stage, shown.restart, shown.epoch)
    keys = [(frame.stage, frame.restart, frame.epoch) for frame in frames]
    return keys.index(same) if same in keys else min(at // 2, last)


def _stored(folder: Path) -> Kept:
    return Kept(folder, read_record(folder), read_evolution(folder / EVOLUTION))


def _so_far(run: LiveRun) -> Kept | None:
    record, evolution = run.record, run.evolution()
    return None if evolution is None else Kept(run, record, evolution)


def _write(draw: Callable[[Evolution, RunRecord], bytes], kept: Kept, path: Path) -> None:
    with replacing(path) as part:
        part.write_bytes(draw(kept.evolution, kept.record))
