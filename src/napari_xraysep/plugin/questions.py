"""Questions that stop the user before something is lost."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QMessageBox, QWidget


def ask(parent: QWidget, question: str, answers: Sequence[str]) -> str:
    """Ask and wait; the last answer is the careful one, taken when the box is closed.

    Returns
    -------
    one of ``answers``
    """
    box = QMessageBox(parent)
    box.setWindowTitle("napari-xraysep")
    box.setText(question)
    buttons = {box.addButton(a, QMessageBox.ButtonRole.ActionRole): a for a in answers[:-1]}
    careful = box.addButton(answers[-1], QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(careful)
    box.setEscapeButton(careful)
    box.exec()
    return buttons.get(box.clickedButton(), answers[-1])
