"""The table of what is said of runs without their true layers: a row a number, a column a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_xraysep.plugin.judge_model import Column, Row, meaning, rows_of, title
from napari_xraysep.plugin.parts import verbatim

WIDTH = 67
"""Of a column, pixels."""


class JudgeTable(QTableWidget):
    """Shows numbers; as tall as it has rows.

    Attributes
    ----------
    chosen
        Emitted when another row is chosen.
    """

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setDefaultSectionSize(WIDTH)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.currentCellChanged.connect(lambda *_: self.chosen.emit())

    @property
    def row(self) -> Row | None:
        """The row that is chosen."""
        at = self.currentRow()
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Show columns; the row that is chosen stays so, at first it is the topmost."""
        chosen = self.row
        self.blockSignals(True)
        self._rows = rows_of(columns)
        self.setRowCount(len(self._rows))
        self.setColumnCount(len(columns))
        for at, column in enumerate(columns):
            self._fill(at, column)
        for at, row in enumerate(self._rows):
            head = QTableWidgetItem(title(row))
            head.setToolTip(verbatim(meaning(row)))
            self.setVerticalHeaderItem(at, head)
        if self._rows:
            self.selectRow(self._rows.index(chosen) if chosen in self._rows else 0)
        self.blockSignals(False)
        self.setVisible(bool(self._rows))
        self._fit()
        self.chosen.emit()

    def _fill(self, at: int, column: Column) -> None:
        metrics = self.fontMetrics()
        lines = [
            metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, WIDTH - 2)
            for line in column.head.split("\n")
        ]
        head = QTableWidgetItem("\n".join(lines))
        head.setToolTip(verbatim(column.about))
        self.setHorizontalHeaderItem(at, head)
        for number, row in enumerate(self._rows):
            item = QTableWidgetItem(_text(column.values.get(row, math.nan)))
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            note = column.notes.get(row, meaning(row))
            item.setToolTip(verbatim(note))
            self.setItem(number, at, item)

    def _fit(self) -> None:
        """Be as tall as all rows, the heads and the bar below, where there is one."""
        head, bar = self.horizontalHeader(), self.horizontalScrollBar()
        height = head.sizeHint().height() + self.verticalHeader().length() + 2 * self.frameWidth()
        self.setFixedHeight(height + bar.sizeHint().height())


def _text(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return "–" if math.isnan(value) else f"{value:.3g}"
