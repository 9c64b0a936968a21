"""Live loss curves, one a term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QCheckBox, QSizePolicy, QVBoxLayout, QWidget

COLOURS = ("#4cc2ff", "#ffb454", "#8ee27c", "#ff7b8a", "#c9a0ff", "#f5e663", "#a0a7b4")
Curves = Mapping[str, tuple[Sequence[int], Sequence[float]]]


class LossPlot(QWidget):
    """Losses over steps, linear or logarithmic."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[str, pg.PlotDataItem] = {}
        self.plot = pg.PlotWidget(background=None)
        self.plot.setLabel("bottom", "step")
        self.plot.setLabel("left", "loss")
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.plot.setMenuEnabled(False)
        self.plot.showGrid(x=True, y=True, alpha=0.2)
        self.legend = self.plot.addLegend(offset=(-5, 5), colCount=1)
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
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.logarithmic)
        self.setMinimumHeight(300)
        self._set_log(True)

    def clear(self) -> None:
        """Take all curves away."""
        for curve in self._curves.values():
            self.plot.removeItem(curve)
        self._curves.clear()
        self.hide()

    def show_curves(self, curves: Curves) -> None:
        """Draw the losses; terms not seen before get a curve and an entry in the legend."""
        if curves:
            self.show()
        for name, (steps, values) in curves.items():
            if name not in self._curves:
                colour = COLOURS[len(self._curves) % len(COLOURS)]
                self._curves[name] = self.plot.plot(pen=pg.mkPen(colour, width=2), name=name)
            y = np.asarray(values, float)
            if self.logarithmic.isChecked():
                y = np.where(y > 0, y, np.nan)
            self._curves[name].setData(np.asarray(steps, float), y)

    @property
    def names(self) -> list[str]:
        """Terms that have a curve."""
        return list(self._curves)

    def _set_log(self, on: bool) -> None:
        self.plot.setLogMode(y=on)
