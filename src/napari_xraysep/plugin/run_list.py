"""The runs of a project, to be opened again."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.run_names import names_of
from napari_xraysep.project import NamedRegion, StoredRunRef
from napari_xraysep.records import RunRecord

CHOOSE = "choose one to show it…"


class RunList(QWidget):
    """Lists the stored runs, the newest first; hidden where there are none."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.combo = short(QComboBox())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("Stored runs"))
        layout.addWidget(self.combo, 1)
        self.combo.activated.connect(self._activated)
        self.show_runs((), ())

    def show_runs(self, runs: Sequence[StoredRunRef], regions: Sequence[NamedRegion]) -> None:
        """List runs; the folder of the one that is chosen is emitted."""
        self.combo.clear()
        self.combo.addItem(CHOOSE, None)
        for run, name in reversed(names_of(runs, regions).items()):
            self.combo.addItem(name, run.folder)
        self.setVisible(bool(runs))

    def _activated(self, index: int) -> None:
        folder = self.combo.itemData(index)
        if folder is not None:
            self.chosen.emit(folder)


def stored_run(record: RunRecord, folder: str) -> StoredRunRef:
    """Return how a project lists a run."""
    return StoredRunRef(
        folder=folder, method=record.method, started=record.started, region=record.region
    )
