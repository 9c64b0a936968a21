"""Where a run's folder goes: beside the radiograph and numbered, or where the user says."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from napari_xraysep.plugin.parts import verbatim
from napari_xraysep.workflows.run_folder import next_run_folder

NOWHERE = "a folder of your choice"


class OutputChoice(QWidget):
    """One line: the folder that the next run is stored in, and a button to change it."""

    def __init__(self) -> None:
        super().__init__()
        self._radiograph: Path | None = None
        self._parent: Path | None = None
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        change = QPushButton("Change…")
        change.setToolTip("Choose the folder in which runs are stored, each in one of its own.")
        change.clicked.connect(self.choose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("Results go to"))
        layout.addWidget(self._label, 1)
        layout.addWidget(change)
        self.set_radiograph(None)

    def set_radiograph(self, path: Path | None) -> None:
        """Store runs beside this file; None where the user must be asked."""
        self._radiograph, self._parent = path, None
        self.refresh()

    def choose(self) -> bool:
        """Ask for the folder in which numbered run folders are made; False if none was chosen."""
        start = self._parent or (self._radiograph.parent if self._radiograph else Path.home())
        name = QFileDialog.getExistingDirectory(self, "Store runs in", str(start))
        if name:
            self._parent = Path(name)
            self.refresh()
        return bool(name)

    @property
    def folder(self) -> Path | None:
        """The next run's folder, which does not exist yet; None where none is chosen."""
        if self._parent is not None:
            named = self._radiograph.name if self._radiograph is not None else "painting"
            return next_run_folder(self._parent / named)
        return None if self._radiograph is None else next_run_folder(self._radiograph)

    def refresh(self) -> None:
        """Show the next free folder."""
        folder = self.folder
        self._label.setText(NOWHERE if folder is None else folder.name)
        self._label.setToolTip("" if folder is None else verbatim(str(folder)))
