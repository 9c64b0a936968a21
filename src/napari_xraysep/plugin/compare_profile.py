"""The plot of grey values along a line that the user draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_xraysep.domain import Floats
from napari_xraysep.plugin.loss_plot import SmallPlot
from napari_xraysep.plugin.parts import plain
from napari_xraysep.records import HYPOTHETICAL

COLOURS = {
    "radiograph": "#f0f0f0",
    "first": "#4cc2ff",
    "second": "#ffb454",
    "sum": "#8ee27c",
    "residual": "#ff7b8a",
    "unexplained": "#c9a0ff",
}
HINT = "Draw a line on the painting: press, drag, let go. Another line takes its place."


class ProfilePlot(QWidget):
    """Draws radiograph, layers, their sum and what is left over along one line."""

    def __init__(self) -> None:
        super().__init__()
        self.said = plain(HINT)
        self.legend = QLabel()
        self.legend.setWordWrap(True)
        self.plot = SmallPlot(background=None)
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.plot.setMenuEnabled(False)
        self.plot.showGrid(x=True, y=True, alpha=0.2)
        self.plot.setLabel("left", "grey value")
        self.plot.getAxis("bottom").setHeight(44)  # by itself it cuts off its label
        self.plot.getAxis("bottom").enableAutoSIPrefix(False)
        self.plot.getAxis("left").enableAutoSIPrefix(False)
        self.plot.setMinimumHeight(200)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.said, self.legend, self.plot):
            layout.addWidget(widget)
        self.curves: dict[str, tuple[NDArray[np.float64], Floats]] = {}
        self.clear()

    def clear(self, said: str = HINT) -> None:
        """Show no curve, and a sentence."""
        self.curves = {}
        self.said.setText(said)
        self.legend.hide()
        self.plot.hide()

    def show_profile(
        self,
        run: str,
        distance: NDArray[np.float64],
        values: Mapping[str, Floats],
        pixel_size_mm: float | None,
    ) -> None:
        """Draw the values of one run.

        Parameters
        ----------
        distance
            (n,) pixels of the radiograph from where the line begins.
        values
            (n,) each, in the working domain, by name.
        pixel_size_mm
            None: distances are given in pixels.
        """
        along = distance * (pixel_size_mm or 1.0)
        unit = "px" if pixel_size_mm is None else "mm"
        self.curves = {name: (along, curve) for name, curve in values.items()}
        self.plot.clear()
        sides = iter(("first", "second"))
        entries = []
        for name, curve in values.items():
            colour = COLOURS[name if name in COLOURS else next(sides)]
            dashed = Qt.PenStyle.DashLine if name == "sum" else None
            pen = pg.mkPen(colour, width=1.5) if dashed is None else pg.mkPen(colour, style=dashed)
            self.plot.plot(along, curve, pen=pen)
            entries.append(f'<span style="color: {colour}">▬</span>&nbsp;{name}')
        self.plot.setLabel("bottom", f"along the line, {unit}")
        self.legend.setText("  ".join(entries))
        self.said.setText(f"{run}: {HYPOTHETICAL}. The line is {along[-1]:.4g} {unit} long.")
        self.legend.show()
        self.plot.show()
