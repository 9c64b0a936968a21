"""What a method that takes a warm start learns from first: this painting, or a finished run."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QFileDialog

from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.parts import verbatim

THIS_PAINTING = "this painting and its mirror image (default)"
FINISHED = "a finished separation…"


class WarmStartChoice(QComboBox):
    """Choose between the painting itself, mirrored, and the folder of a double-sided run."""

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self.addItems([THIS_PAINTING, FINISHED])
        short(self)
        self.activated.connect(self._choose)

    def _choose(self, index: int) -> None:
        """Ask for a folder; without one it stays as it was."""
        if index == 0:
            self.show_folder(None)
            return
        title = "Learn first from: choose the folder of a double-sided run"
        start = str(Path.home() if self.folder is None else self.folder.parent)
        name = QFileDialog.getExistingDirectory(self, title, start)
        self.show_folder(Path(name) if name else self.folder)

    def show_folder(self, folder: Path | None) -> None:
        """Choose a run's folder; None for the painting itself."""
        self.folder = folder
        self.setItemText(1, FINISHED if folder is None else f"the separation {folder.name}…")
        tip = None if folder is None else verbatim(str(folder))
        self.setItemData(1, tip, Qt.ItemDataRole.ToolTipRole)
        self.setCurrentIndex(0 if folder is None else 1)
