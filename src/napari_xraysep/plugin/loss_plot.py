"""Live loss curves, one a term and restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

COLOURS = ("#4cc2ff", "#ffb454", "#8ee27c", "#ff7b8a", "#c9a0ff", "#f5e663", "#a0a7b4")
DECADES = 3
"""Shown below the highest loss: a term that touches zero would squeeze the others."""

STYLES = {
    "solid": Qt.PenStyle.SolidLine,
    "dashed": Qt.PenStyle.DashLine,
    "dotted": Qt.PenStyle.DotLine,
    "dash-dotted": Qt.PenStyle.DashDotLine,
}
"""Of the restarts in turn."""

UNLIMITED = 1e307
Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""Steps and values by term, restarts one after the other with NaN between them."""


class SmallPlot(pg.PlotWidget):
    """A plot that asks for less room than pyqtgraph's 640 × 480."""

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(320, 180)


class LossPlot(QWidget):
    """Losses over steps, linear or logarithmic."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[tuple[str, int], pg.PlotDataItem] = {}
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
        self.plot.setMinimumHeight(110)
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
            x, y = np.asarray(steps, float), np.asarray(values, float)
            if self.logarithmic.isChecked():
                y = np.where(y > 0, y, np.nan)
            between = np.flatnonzero(np.isnan(x))
            parts = zip(np.split(x, between), np.split(y, between), strict=True)
            for restart, (at, part) in enumerate(parts):
                if (name, restart) not in self._curves:
                    self._add(name, restart)
                self._curves[name, restart].setData(at, part)
        self._fit_axis([value for _, values in curves.values() for value in values if value > 0])

    def _fit_axis(self, values: list[float]) -> None:
        """Keep a logarithmic axis to its highest decades, with numbers that have room."""
        if not (values and self.logarithmic.isChecked()):
            self.plot.setLimits(yMin=-UNLIMITED, yMax=UNLIMITED)
            return
        highest, lowest = np.log10(max(values)), np.log10(min(values))
        self.plot.setLimits(yMin=highest - DECADES, yMax=highest + 0.2)
        self.plot.getAxis("left").setStyle(maxTextLevel=0 if highest - lowest > 1 else 1)

    def _add(self, name: str, restart: int) -> None:
        names = list(dict.fromkeys((*self.names, name)))
        colour, styles = COLOURS[names.index(name) % len(COLOURS)], list(STYLES)
        pen = pg.mkPen(colour, width=2, style=STYLES[styles[restart % len(styles)]])
        self._curves[name, restart] = self.plot.plot(pen=pen)
        entries = [
            f'<span style="color: {COLOURS[at % len(COLOURS)]}">▬</span>&nbsp;'
            + one.replace(" ", "&nbsp;")
            for at, one in enumerate(names)
        ]
        times = 1 + max(number for _, number in self._curves)
        if times > 1:
            shown = (f"{at + 1}&nbsp;{styles[at % len(styles)]}" for at in range(times))
            entries.append(f"times: {', '.join(shown)}")
        self.legend.setText("  ".join(entries))

    @property
    def names(self) -> list[str]:
        """Terms that have a curve."""
        return list(dict.fromkeys(name for name, _ in self._curves))

    def _set_log(self, on: bool) -> None:
        self.plot.setLimits(yMin=-UNLIMITED, yMax=UNLIMITED)
        self.plot.setLogMode(y=on)
