"""Live loss curves, one a term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

COLOURS = ("#4cc2ff", "#ffb454", "#8ee27c", "#ff7b8a", "#c9a0ff", "#f5e663", "#a0a7b4")
DECADES = 3
"""Shown below the highest loss: a term that touches zero would squeeze the others."""

UNLIMITED = 1e307
Curves = Mapping[str, tuple[Sequence[int], Sequence[float]]]


class SmallPlot(pg.PlotWidget):
    """A plot that asks for less room than pyqtgraph's 640 × 480."""

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(320, 180)


class LossPlot(QWidget):
    """Losses over steps, linear or logarithmic."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[str, pg.PlotDataItem] = {}
        self.plot = SmallPlot(background=None)
        self.plot.setLabel("bottom", "step")
        self.plot.setLabel("left", "loss")
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.plot.setMenuEnabled(False)
        self.plot.showGrid(x=True, y=True, alpha=0.2)
        self.legend = QLabel()  # above the plot: inside, it would lie over the curves
        self.legend.setWordWrap(True)
        self.logarithmic = QCheckBox("Logarithmic scale")
        self.logarithmic.setChecked(True)
        self.logarithmic.setToolTip(
            "What training makes small. Falling curves say that the model fits the radiograph "
            "better, not that the split between the layers is right."
        )
        self.logarithmic.toggled.connect(self._set_log)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.logarithmic)
        self.plot.getAxis("bottom").setHeight(44)  # by itself it cuts off its label
        self.plot.getAxis("left").enableAutoSIPrefix(False)
        self.plot.setMinimumHeight(140)
        self._set_log(True)

    def clear(self) -> None:
        """Take all curves away."""
        for curve in self._curves.values():
            self.plot.removeItem(curve)
        self._curves.clear()
        self.legend.clear()
        self.hide()

    def show_curves(self, curves: Curves) -> None:
        """Draw the losses; terms not seen before get a curve and an entry in the legend."""
        if curves:
            self.show()
        for name, (steps, values) in curves.items():
            if name not in self._curves:
                self._add(name)
            y = np.asarray(values, float)
            if self.logarithmic.isChecked():
                y = np.where(y > 0, y, np.nan)
            self._curves[name].setData(np.asarray(steps, float), y)
        self._fit_axis([value for _, values in curves.values() for value in values if value > 0])

    def _fit_axis(self, values: list[float]) -> None:
        """Keep a logarithmic axis to its highest decades, with numbers that have room."""
        if not (values and self.logarithmic.isChecked()):
            self.plot.setLimits(yMin=-UNLIMITED, yMax=UNLIMITED)
            return
        highest, lowest = np.log10(max(values)), np.log10(min(values))
        self.plot.setLimits(yMin=highest - DECADES, yMax=highest + 0.2)
        self.plot.getAxis("left").setStyle(maxTextLevel=0 if highest - lowest > 1 else 1)

    def _add(self, name: str) -> None:
        colour = COLOURS[len(self._curves) % len(COLOURS)]
        self._curves[name] = self.plot.plot(pen=pg.mkPen(colour, width=2))
        entry = f'<span style="color: {colour}">▬</span>&nbsp;{name.replace(" ", "&nbsp;")}'
        self.legend.setText("  ".join(filter(None, (self.legend.text(), entry))))

    @property
    def names(self) -> list[str]:
        """Terms that have a curve."""
        return list(self._curves)

    def _set_log(self, on: bool) -> None:
        self.plot.setLimits(yMin=-UNLIMITED, yMax=UNLIMITED)
        self.plot.setLogMode(y=on)
