"""Questions that stop the user before something is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox, QWidget

if TYPE_CHECKING:
    from napari_xraysep.plugin.session import Session

CLOSE, KEEP_OPEN = "Close and lose it", "Keep it open"


def ask(parent: QWidget, question: str, answers: Sequence[str]) -> str:
    """Ask and wait; the last answer is the careful one, taken when the box is closed.

    Returns
    -------
    one of ``answers``
    """
    box = QMessageBox(parent)
    box.setWindowTitle("napari-xraysep")
    box.setTextFormat(Qt.TextFormat.PlainText)  # names of files may look like HTML
    box.setText(question)
    buttons = {box.addButton(a, QMessageBox.ButtonRole.ActionRole): a for a in answers[:-1]}
    careful = box.addButton(answers[-1], QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(careful)
    box.setEscapeButton(careful)
    box.exec()
    return buttons.get(box.clickedButton(), answers[-1])


def may_close(parent: QWidget, session: Session) -> bool:
    """Ask before a dock is closed whose drawing could not be stored; True: close it."""
    session.settle()
    if not session.unkept:
        return True
    problem = " ".join(session.unkept.values())
    question = f"What was painted could not be stored: {problem}"
    return ask(parent, question, (CLOSE, KEEP_OPEN)) == CLOSE
