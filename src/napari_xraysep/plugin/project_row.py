"""Two lines of *Load painting*: where the project is kept, and buttons to open or save one."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.parts import verbatim
from napari_xraysep.workflows.project import ENDING

FILES = "Projects of napari-xraysep (*.json);;All files (*)"
REPLACE, GO_BACK = "Replace it", "Go back"
HELP = (
    "Everything you do on a painting is kept in a project file: which images, how they were "
    "registered, what you drew, which runs there are. It is saved by itself and opens again with "
    "nothing run anew. Originals are never changed."
)


class ProjectRow(QWidget):
    """Shows where the project is kept; knows nothing of sessions."""

    opened = Signal(Path)
    kept = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open_button = QPushButton("Open project…")
        self.save_button = QPushButton("Save project as…")
        self._suggested = Path.home() / f"painting{ENDING}"
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addLayout(buttons)
        for widget in (self.label, self.open_button, self.save_button):
            widget.setToolTip(HELP)
        self.open_button.clicked.connect(self._ask_open)
        self.save_button.clicked.connect(self.ask_save)

    def show_file(self, file: Path | None, *, loaded: bool) -> None:
        """Show where the project of the loaded painting is kept."""
        self.save_button.setEnabled(loaded)
        if file is not None:
            self._suggested = file
            self.label.setText(f"Project: {file.name}, saved by itself")
            self.label.setToolTip(verbatim(f"{file}\n\n{HELP}"))
        else:
            self.label.setText("Project: not in a file yet" if loaded else "")
            self.label.setToolTip(HELP)

    def _ask_open(self) -> None:
        start = str(self._suggested.parent)
        name, _ = QFileDialog.getOpenFileName(self, "Open a project", start, FILES)
        if name:
            self.opened.emit(Path(name))

    def ask_save(self) -> None:
        """Ask where the project is to be kept from now on."""
        name, _ = QFileDialog.getSaveFileName(
            self, "Save the project as", str(self._suggested), FILES
        )
        path = Path(name)
        if name and path.suffix.lower() != ".json":  # the dialog has asked about another name
            path = path.with_name(path.name + ENDING)
            question = f"{path.name} is there already."
            if path.exists() and questions.ask(self, question, (REPLACE, GO_BACK)) != REPLACE:
                return
        if name:
            self.kept.emit(path)
