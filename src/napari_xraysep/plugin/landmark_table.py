"""The table of landmarks: which count, and how well each agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_xraysep.plugin.landmark_layers import PREDICTED
from napari_xraysep.plugin.landmark_model import LandmarkModel

COLUMNS = {
    "Pair": "Its name on both pictures; a double click changes it. Untick a pair to leave it out "
    "of the fit.",
    "Residual\npx": "How far the fit leaves the two marks apart, in pixels of the radiograph.",
    "Residual\nmm": "How far the fit leaves the two marks apart, in millimetres.",
    "If left out\npx": "How far off this pair is if only the others are known, in pixels of the "
    "radiograph. This is the honest error: a flexible fit passes through every pair, right or "
    "wrong.",
}
NAME, MM, LEFT_OUT = 0, 2, 3
WORST = QColor("#ff5c5c")


class LandmarkTable(QTableWidget):
    """One row a pair; ticks, names and selection go to the model."""

    def __init__(self, model: LandmarkModel) -> None:
        super().__init__(0, len(COLUMNS))
        self.model = model
        self.setHorizontalHeaderLabels(list(COLUMNS))
        for column, tooltip in enumerate(COLUMNS.values()):
            self.horizontalHeaderItem(column).setToolTip(tooltip)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setMinimumHeight(150)
        self.itemChanged.connect(self._take_item)
        self.itemSelectionChanged.connect(self._take_selection)

    def refresh(self) -> None:
        """Show the pairs as they are."""
        with self._quietly():
            self.setRowCount(len(self.model.pairs))
            for row in range(len(self.model.pairs)):
                self._fill(row)
            self.setColumnHidden(MM, self.model.pixel_size_mm is None)
        self.select()

    def select(self) -> None:
        """Show which pairs are selected."""
        with self._quietly():
            self.clearSelection()
            for row in self.model.selected:
                for column in range(self.columnCount()):
                    self.item(row, column).setSelected(True)

    def _fill(self, row: int) -> None:
        pair, fit, mm = self.model.pairs[row], self.model.fit, self.model.pixel_size_mm
        name = QTableWidgetItem(pair.landmark.name)
        name.setFlags(name.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        on = Qt.CheckState.Checked if pair.landmark.enabled else Qt.CheckState.Unchecked
        name.setCheckState(on)
        self.setItem(row, NAME, name)
        residual = fit.residuals[row]
        texts = (_number(residual, 1), _number(residual * (mm or 1), 2))
        if pair.predicted is not None:
            texts = ("predicted", "")
        for column, text in enumerate((*texts, _number(fit.left_out[row], 1)), NAME + 1):
            item = QTableWidgetItem(text)
            item.setFlags(Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled)
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        if pair.predicted is not None:
            self.item(row, NAME + 1).setForeground(QColor(PREDICTED))
        if row == fit.worst:
            worst = self.item(row, LEFT_OUT)
            font = worst.font()
            font.setBold(True)
            worst.setFont(font)
            worst.setForeground(WORST)
            worst.setToolTip("the largest")

    def _take_item(self, item: QTableWidgetItem) -> None:
        """Take over a tick or a new name."""
        row, on = item.row(), item.checkState() == Qt.CheckState.Checked
        landmark = self.model.pairs[row].landmark
        if on != landmark.enabled:
            self.model.enable({row}, on)
        else:
            name = item.text()  # the item may be gone after this
            self.model.rename(row, name)
            if not name.strip():
                self.refresh()

    def _take_selection(self) -> None:
        self.model.selected = {item.row() for item in self.selectedItems()}

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Change the table without telling the model."""
        blocker = QSignalBlocker(self)
        try:
            yield
        finally:
            blocker.unblock()


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"
