"""Hand a stored run on: as a report to read and file, or as files for other programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from napari_xraysep.errors import InputError
from napari_xraysep.io.results import read_report_words
from napari_xraysep.io.staging import free_folder
from napari_xraysep.plugin.background import in_background, while_there
from napari_xraysep.plugin.parts import button, wrapped

ABOUT = (
    "One page with figures, numbers and what was done, to print and to file. Both entries may stay "
    "empty."
)


class ReportRow(QWidget):
    """Two buttons for a run that is stored; hidden where none is.

    Parameters
    ----------
    say
        Shows how it goes, in a word and in a sentence.
    """

    def __init__(self, say: Callable[[str, str], None]) -> None:
        super().__init__()
        self._say = say
        self._folder: Path | None = None
        self.operator = ""
        self.report_button = button(
            "Report…", "Writes one page with figures, numbers and what was done, and opens it."
        )
        self.export_button = button(
            "Export…",
            "Writes the layers as 16-bit TIFF in the radiograph's own grey values, a layered TIFF "
            "and figures, for other programs.",
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.report_button)
        layout.addWidget(self.export_button)
        self.report_button.clicked.connect(self._ask_report)
        self.export_button.clicked.connect(self._ask_export)
        self.show_run(None)

    def show_run(self, folder: Path | None) -> None:
        """Offer to hand on the run that is stored in a folder; None: nothing is."""
        self._folder = folder
        self.setVisible(folder is not None)

    def report(self, operator: str, notes: str) -> None:
        """Write the report of the run on another thread, then open it."""
        assert self._folder is not None
        work = partial(_write_report, self._folder, operator, notes)
        self._start("writing the report…", work, self._reported)

    def export(self, parent: Path) -> None:
        """Write the run's files for other programs into a new folder inside ``parent``."""
        assert self._folder is not None
        out = free_folder(parent / f"{self._folder.name}-export")
        self._start("exporting…", partial(_export, self._folder, out), self._exported)

    def _ask_report(self) -> None:
        assert self._folder is not None
        try:
            said = read_report_words(self._folder)
        except InputError as error:
            self._failed(str(error))
            return
        dialog = ReportDialog(self, said.operator or self.operator, said.notes)
        if dialog.exec():
            self.operator = dialog.operator.text().strip()
            self.report(self.operator, dialog.notes.toPlainText().strip())

    def _ask_export(self) -> None:
        assert self._folder is not None
        start = str(self._folder.absolute().parent)
        name = QFileDialog.getExistingDirectory(self, "Export into a new folder inside", start)
        if name:
            self.export(Path(name))

    def _start(self, status: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Work on another thread; say how it ended if the run is still the one shown."""
        folder = self._folder
        self.setEnabled(False)
        self._say(status, "")

        def ended(tell: Callable[[Any], None], result: Any) -> None:
            self.setEnabled(True)
            if self._folder == folder:
                tell(result)

        in_background(
            work,
            while_there(self, partial(ended, done)),
            while_there(self, partial(ended, self._failed)),
        )

    def _reported(self, path: Path) -> None:
        self._say("report written", f"It is {path}.")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.absolute())))

    def _exported(self, said: str) -> None:
        self._say("exported", said)

    def _failed(self, problem: str) -> None:
        self._say("not written", problem)


class ReportDialog(QDialog):
    """Asks what only a person knows: who did the work, and what is to be added."""

    def __init__(self, parent: QWidget, operator: str, notes: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Report")
        self.operator = QLineEdit(operator)
        self.notes = QPlainTextEdit(notes)
        self.notes.setFrameShape(QFrame.Shape.Box)  # else napari's theme draws no edge
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        write = buttons.addButton("Write report", QDialogButtonBox.ButtonRole.AcceptRole)
        write.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow(wrapped(ABOUT))
        form.addRow("Who did the work", self.operator)
        form.addRow("Notes", self.notes)
        form.addRow(buttons)
        self.resize(420, 260)


def _write_report(folder: Path, operator: str, notes: str) -> Path:
    # imported on the worker's thread: what draws the figures takes a moment to load
    from napari_xraysep.workflows.report import write_report

    return write_report(folder, operator, notes)


def _export(folder: Path, out: Path) -> str:
    """Write the files and say where they are, and what did not go into them as it was."""
    from napari_xraysep.workflows.export import export

    notes: list[str] = []
    files = export(folder, out, notes.append)
    return " ".join([f"{len(files)} files are in {out}.", *notes])
