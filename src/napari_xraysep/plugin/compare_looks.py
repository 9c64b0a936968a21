"""Parts of the dock *Compare*: what is laid over the picture, and the contrast of all."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QDoubleRangeSlider

from napari_xraysep.plugin.compare_model import OVERLAYS, LeftOver
from napari_xraysep.plugin.compare_overlays import LEGENDS, NOT_ESTIMATED
from napari_xraysep.plugin.parts import button, row, wrapped

DECIMALS = 3
"""Of grey values."""


class LeftOverPanel(QWidget):
    """What the model could not say, laid over the picture.

    Attributes
    ----------
    chosen
        Emitted when another overlay is wanted.
    scaled
        Emitted with the grey value at which colours are full.
    """

    chosen = Signal()
    scaled = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[LeftOver, QPushButton] = {}
        for name, help_ in (
            (
                "unexplained",
                "Where radiograph and model differ before that was shared out among the layers: "
                "brushwork that no photograph shows, for instance. "
                "Which layer it belongs to is a guess.",
            ),
            ("uncertainty", "How much a layer changes when the separation is done again."),
        ):
            self.buttons[name] = button(name.capitalize(), help_)
        for one in self.buttons.values():
            one.setCheckable(True)
            one.clicked.connect(lambda: self.chosen.emit())
        self.scale = QDoubleSpinBox()
        self.scale.setDecimals(DECIMALS)
        self.scale.setRange(0.001, 100.0)
        self.scale.setSingleStep(0.01)
        self.scale.setKeyboardTracking(False)
        self.scale.setToolTip(
            "The grey value at which colours are full, for differences and for what is laid over "
            "the picture. It stays until you change it."
        )
        self.legend = wrapped()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(QLabel("Lay over it"), *self.buttons.values()))
        layout.addWidget(self.legend)
        across = row(QLabel("Full colour at ±"), self.scale)
        across.addStretch(1)
        layout.addLayout(across)
        self.scale.valueChanged.connect(self.scaled)

    @property
    def wanted(self) -> frozenset[LeftOver]:
        """What is pressed."""
        return frozenset(name for name, one in self.buttons.items() if one.isChecked())

    def show_run(
        self, run: str, has: Iterable[str], wanted: frozenset[LeftOver], scale: float
    ) -> None:
        """Say what a run left over, and on which scale it is shown.

        Parameters
        ----------
        run
            "" where there is none.
        has
            The images that there are of it.
        """
        there = set(has)
        lines = []
        for name in OVERLAYS:
            self.buttons[name].setEnabled(name in there)
            self.buttons[name].setChecked(name in wanted and name in there)
            if name in wanted and name in there:
                lines.append(LEGENDS[name].format(scale))
        if run and "uncertainty" not in there:
            lines.append(f"Uncertainty: <i>{NOT_ESTIMATED}</i> in this run.")
        self.legend.setText("<br>".join(lines))
        self.legend.setVisible(bool(lines))
        self.scale.blockSignals(True)
        self.scale.setValue(scale)
        self.scale.blockSignals(False)


class ContrastPanel(QWidget):
    """One contrast for all grey images, the radiograph's at first.

    Attributes
    ----------
    changed
        Emitted with whether it is one for all, and with its limits.
    """

    changed = Signal(bool, tuple)

    def __init__(self) -> None:
        super().__init__()
        self.one = QCheckBox("One contrast for all")
        self.one.setToolTip(
            "Ticked: all grey images are shown in the radiograph's contrast, so that they can be "
            "compared. Otherwise each is shown in its own, which misleads the eye."
        )
        self._contrast = 0.0, 1.0
        self.slider = QDoubleRangeSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip("The grey values that are black and white, in all images together.")
        self.limits = QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        across = row(self.one, self.limits)
        across.insertStretch(1, 1)
        layout.addLayout(across)
        layout.addWidget(self.slider)
        self.one.clicked.connect(self._changed)
        self.slider.valueChanged.connect(self._changed)

    def show_contrast(self, one: bool, contrast: tuple[float, float]) -> None:
        """Show what is so; the slider reaches further than that on both sides."""
        for widget in (self.one, self.slider):
            widget.blockSignals(True)
        self.one.setChecked(one)
        low, high = self._contrast = contrast
        if not self.slider.minimum() <= low < high <= self.slider.maximum() or (
            self.slider.maximum() - self.slider.minimum() > 4 * (high - low)
        ):
            self.slider.setRange(low - (high - low) / 2, high + (high - low) / 2)
        self.slider.setValue(contrast)
        self.slider.setEnabled(one)
        for widget in (self.one, self.slider):
            widget.blockSignals(False)
        self.limits.setText(f"{low:.3f} to {high:.3f}" if one else "each its own")

    def _changed(self) -> None:
        low, high = self.slider.value()
        if high > low:  # nothing can be shown where black is white
            self._contrast = float(low), float(high)
        self.changed.emit(self.one.isChecked(), self._contrast)
