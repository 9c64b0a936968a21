"""A slider over the epochs of a stored run, its layers in the viewer, and pictures of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QLabel, QSlider, QVBoxLayout, QWidget

from napari_xraysep.io.evolution import EVOLUTION, Evolution, read_evolution
from napari_xraysep.io.results import read_record
from napari_xraysep.io.staging import replacing
from napari_xraysep.plugin.background import in_background, while_there
from napari_xraysep.plugin.evolution_layers import EvolutionLayers
from napari_xraysep.plugin.parts import button, row, wrapped
from napari_xraysep.plugin.stored_run import title_of
from napari_xraysep.records import RunRecord
from napari_xraysep.workflows.export import EVOLUTION_FILES

if TYPE_CHECKING:
    from napari.viewer import Viewer

PLAY_MS = 250
PLAY, PAUSE = "Play", "Pause"
NO_RUN = "Choose a stored run to see how its layers took shape."
NO_EPOCHS = (
    "This run kept no epochs: its method separates in one go, or it was made by an older version."
)
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
    """What is shown of a run."""

    folder: Path
    record: RunRecord
    evolution: Evolution


class EvolutionPanel(QWidget):
    """Moves through the epochs of one stored run.

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
        self._folder: Path | None = None
        self._layers: EvolutionLayers | None = None
        self.kept: Kept | None = None
        self.title = wrapped()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip("Drag to see the layers as they stood after each kept epoch.")
        self.play_button = button(PLAY, "Run through the epochs, from here or from the beginning.")
        self.back_button = button("Back to result", "Take the epochs out of the view again.")
        self.save_buttons = {
            name: button(*next(words for mark, words in KINDS.items() if mark in name))
            for name in EVOLUTION_FILES
        }
        self.message = wrapped()
        self.message.setTextFormat(Qt.TextFormat.PlainText)  # paths may look like HTML
        self._timer = QTimer(self)
        self._timer.setInterval(PLAY_MS)
        self._timer.timeout.connect(self._next)
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

    def show_run(self, folder: Path | None) -> None:
        """Offer the epochs of a stored run; nothing is drawn before the slider is moved."""
        self.back()
        self._folder, self.kept, self._layers = folder, None, None
        self._refresh("" if folder is not None else NO_RUN)
        if folder is None:
            return
        if not (folder / EVOLUTION).is_file():
            self._refresh(NO_EPOCHS)
            return
        in_background(
            partial(_read, folder),
            while_there(self, self._opened),
            while_there(self, partial(self._failed, folder)),
        )

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
        start = self.kept.folder / name
        chosen, _ = QFileDialog.getSaveFileName(self, "Save", str(start), f"*{start.suffix}")
        if chosen:
            self.save(name, Path(chosen))

    def _opened(self, kept: Kept) -> None:
        if kept.folder != self._folder:
            return
        self.kept = kept
        run = title_of(self._viewer.layers, kept.record, kept.folder)
        self._layers = EvolutionLayers(self._viewer, run, kept.evolution, kept.record)
        last = len(kept.evolution.frames) - 1
        self.slider.blockSignals(True)
        self.slider.setRange(0, last)
        self.slider.setValue(last)
        self.slider.blockSignals(False)
        self._refresh("")

    def _failed(self, folder: Path, problem: str) -> None:
        if folder == self._folder:
            self._refresh(problem)

    def _refresh(self, message: str) -> None:
        """Enable what can be used, and say what there is."""
        self.message.setText(message)
        there = self.kept is not None
        for widget in (self.slider, self.play_button, *self.save_buttons.values()):
            widget.setEnabled(there)
        self._say()

    def _say(self) -> None:
        if self.kept is None:
            self.title.setText("")
            return
        evolution = self.kept.evolution
        title = evolution.title(evolution.frames[self.slider.value()])
        self.title.setText(f"<b>{escape(title)}</b>")

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


def _read(folder: Path) -> Kept:
    return Kept(folder, read_record(folder), read_evolution(folder / EVOLUTION))


def _write(draw: Callable[[Evolution, RunRecord], bytes], kept: Kept, path: Path) -> None:
    with replacing(path) as part:
        part.write_bytes(draw(kept.evolution, kept.record))
