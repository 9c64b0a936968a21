"""Landmarks: mark pairs, see how well they agree, take them in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.landmark_files import Names, export_landmarks, import_landmarks
from napari_xraysep.plugin.landmark_layers import PICTURES, LandmarkLayers
from napari_xraysep.plugin.landmark_model import LandmarkModel
from napari_xraysep.plugin.landmark_table import LandmarkTable
from napari_xraysep.plugin.parts import plain, row, wrapped
from napari_xraysep.transforms import Side

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

MODELS = {
    "the most that the pairs allow": None,
    "affine (3 pairs or more)": "affine",
    "projective (4 or more)": "projective",
    "thin-plate (6 or more)": "thin-plate",
}
FIT_HELP = (
    "Affine: shift, turn, scale and shear. Projective: also the tilt of the camera. "
    "Thin-plate: bends as well, so that it passes through every pair."
)
HOW_TO_BEGIN = "Press <b>Add pairs</b>, then click the same detail in both pictures."
HOW_TO_ADD = (
    "Click a detail in either picture. Its orange partner appears in the other: drag it onto the "
    "same detail, or only click it if it is right already."
)


class LandmarkPanel(QWidget):
    """The landmarks of one photograph.

    Attributes
    ----------
    side
        The photograph that is worked on; tables are told.
    radiograph_name, photograph_name
        Names of their files, for tables too.
    layers
        The marks in the viewer.
    """

    def __init__(self, viewer: Viewer, model: LandmarkModel) -> None:
        super().__init__()
        self.side: Side = "front"
        self.radiograph_name, self.photograph_name = "radiograph", "photograph"
        self.layers = LandmarkLayers(viewer, model)
        self.destroyed.connect(self.layers.release)
        self.table = LandmarkTable(model)
        self.add_button = _button("Add pairs", "Mark details by clicking on both pictures.", True)
        self.apart_button = _button(
            "Side by side",
            "Show both pictures next to each other, panned and zoomed together.",
            True,
        )
        self.target = short(QComboBox())
        for picture in PICTURES:
            self.target.addItem(f"A click marks a detail in the {picture}", picture)
        self.hint, self.summary, self.message = wrapped(), wrapped(), plain()
        self.undo_button = _button("Undo", "Take back the last step (Ctrl+Z on the pictures).")
        self.redo_button = _button("Redo", "Take it again (Ctrl+Shift+Z on the pictures).")
        self.switch_button = _button("On/off", "Let the selected pairs count, or leave them out.")
        self.remove_button = _button("Remove", "Remove the selected pairs.")
        self.worst_button = _button("Go to worst", "Show the pair that fits the others least.")
        tables = "ours, BigWarp's or Butterfly Registrator's"
        self.import_button = _button("Import…", f"Read a table: {tables}.")
        self.export_button = _button("Export…", f"Write a table: {tables}.")
        self.kind = short(QComboBox())
        self.kind.setToolTip(FIT_HELP)
        for text, kind in MODELS.items():
            self.kind.addItem(text, kind)
        self._lay_out()
        self._connect()
        self._take(model)

    def _lay_out(self) -> None:
        steps = self.undo_button, self.redo_button, self.switch_button, self.remove_button
        fit = QHBoxLayout()
        fit.addWidget(QLabel("Fit"))
        fit.addWidget(self.kind, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(self.add_button, self.apart_button))
        layout.addWidget(self.target)
        layout.addWidget(self.hint)
        layout.addWidget(self.table, 1)
        layout.addLayout(row(*steps))
        layout.addLayout(row(self.worst_button, self.import_button, self.export_button))
        layout.addLayout(fit)
        layout.addWidget(self.summary)
        layout.addWidget(self.message)

    def _connect(self) -> None:
        self.layers.said.connect(self._say)
        self.layers.target_changed.connect(self._show_target)
        self.add_button.toggled.connect(self._add)
        self.apart_button.toggled.connect(self._lay_apart)
        self.target.activated.connect(self._take_target)
        self.kind.activated.connect(self._take_kind)
        self.table.itemDoubleClicked.connect(lambda item: self.layers.show(item.row()))
        self.undo_button.clicked.connect(lambda: self.model.undo())
        self.redo_button.clicked.connect(lambda: self.model.redo())
        self.switch_button.clicked.connect(self._switch)
        self.remove_button.clicked.connect(lambda: self.model.remove(self.model.selected))
        self.worst_button.clicked.connect(self._go_to_worst)
        self.import_button.clicked.connect(
            lambda: self._say(import_landmarks(self, self.model, self._names))
        )
        self.export_button.clicked.connect(
            lambda: self._say(export_landmarks(self, self.model, self._names))
        )

    @property
    def model(self) -> LandmarkModel:
        """The pairs that are shown; another model where another photograph is worked on."""
        return self._model

    @model.setter
    def model(self, model: LandmarkModel) -> None:
        self._model.changed.disconnect(self._refresh)
        self._model.selected_changed.disconnect(self._select)
        self.layers.model = model
        self._take(model)

    def _take(self, model: LandmarkModel) -> None:
        self._model = self.table.model = model
        model.changed.connect(self._refresh)
        model.selected_changed.connect(self._select)
        self._refresh()

    @property
    def _names(self) -> Names:
        return Names(self.side, self.radiograph_name, self.photograph_name)

    def set_photograph_affine(self, matrix: ArrayLike) -> None:
        """Say where the photograph lies: (3, 3), from its pixels to the radiograph's."""
        self.layers.photograph_affine = matrix

    def set_pictures(self, radiograph: Layer | None, photograph: Layer | None) -> None:
        """Say which layers show the pictures, so that they can be laid side by side."""
        if (radiograph, photograph) != self.layers.pictures:
            self.apart_button.setChecked(False)
            self.layers.set_pictures(radiograph, photograph)
        self._refresh()

    def set_marks_visible(self, on: bool) -> None:
        """Show or hide the marks, as when something else is worked on."""
        if not on:
            self.add_button.setChecked(False)
            self.apart_button.setChecked(False)
        self.layers.visible = on

    def _refresh(self) -> None:
        """Show the pairs, how well they agree and what can be done."""
        model = self._model
        self.table.refresh()
        self.summary.setText(_summary(model))
        self.kind.setCurrentIndex(self.kind.findData(model.kind))
        known = model.shapes is not None
        for button, usable in (
            (self.undo_button, model.can_undo),
            (self.redo_button, model.can_redo),
            (self.worst_button, model.fit.worst is not None),
            (self.export_button, bool(model.pairs)),
            (self.add_button, known),
            (self.import_button, known),
            (self.apart_button, known and self.layers.can_lie_apart),
        ):
            button.setEnabled(usable)
        self._say("")
        self._hint()
        self._select()

    def _select(self) -> None:
        self.table.select()
        for button in (self.switch_button, self.remove_button):
            button.setEnabled(bool(self._model.selected))

    def _hint(self) -> None:
        adding = self.add_button.isChecked()
        self.hint.setText(HOW_TO_ADD if adding else HOW_TO_BEGIN)
        self.hint.setVisible(adding or not self._model.pairs)
        self.target.setVisible(adding and not self.layers.side_by_side)

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _add(self, on: bool) -> None:
        self.layers.adding = on
        self._hint()

    def _lay_apart(self, on: bool) -> None:
        self.layers.side_by_side = on
        self._hint()

    def _take_target(self) -> None:
        self.layers.target = self.target.currentData()

    def _show_target(self) -> None:
        self.target.setCurrentIndex(self.target.findData(self.layers.target))

    def _take_kind(self) -> None:
        self._model.kind = self.kind.currentData()

    def _switch(self) -> None:
        chosen = self._model.selected
        some_off = any(not self._model.landmarks[row].enabled for row in chosen)
        self._model.enable(chosen, on=some_off)

    def _go_to_worst(self) -> None:
        if self._model.fit.worst is not None:
            self.layers.show(self._model.fit.worst)


def _summary(model: LandmarkModel) -> str:
    """Say in a line or two how well the pairs agree."""
    fit = model.fit
    if not model.pairs:
        return ""
    if fit.transform is None:
        return fit.problem
    counted = sum(landmark.enabled for landmark in model.landmarks)
    said = f"{fit.model} fit of {counted} pairs. ".capitalize()
    if not fit.errors.size:
        return said + "One pair more will tell how well they agree."
    numbers = np.median(fit.errors), np.percentile(fit.errors, 95)
    median, high = (f"{number:.1f} px" for number in numbers)
    if (mm := model.pixel_size_mm) is not None:
        median, high = (
            f"{text} ({number * mm:.2f} mm)"
            for text, number in zip((median, high), numbers, strict=True)
        )
    return said + f"Each predicted from the others: median {median}, 95 % within {high}."


def _button(text: str, tooltip: str, checkable: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.setCheckable(checkable)
    return button
