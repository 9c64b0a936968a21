from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import QMessageBox

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.compare_panels import ModePanel, PairPanel
from napari_xraysep.plugin.image_choice import ImageChoice
from napari_xraysep.plugin.output_choice import OutputChoice
from napari_xraysep.plugin.parts import plain, verbatim
from napari_xraysep.plugin.project_row import HELP, ProjectRow
from napari_xraysep.plugin.register_views import red
from napari_xraysep.plugin.warm_start_choice import WarmStartChoice
from plugin.conftest import TIMEOUT

NAME = "<b>x</b> & <img src=none>.tif"


def read(html: str) -> str:
    """Return what a tooltip shows."""
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText()


def test_a_name_is_shown_letter_by_letter(qapp: Any) -> None:
    for text in (NAME, "two\nlines", 'it\'s "so"'):
        assert read(verbatim(text)) == text
        assert read(red(text)) == text.replace("\n", " ")
    assert plain(NAME).textFormat() == Qt.TextFormat.PlainText


def test_names_of_files_and_layers_are_no_html(qtbot: Any, viewer: Any) -> None:
    path = Path(NAME).absolute()
    choice = ImageChoice(viewer, "radiograph", "Radiograph")
    choice.choose_file(path)
    qtbot.waitUntil(lambda: bool(choice.problem), timeout=TIMEOUT)
    assert NAME in choice.problem
    output, project, warm = OutputChoice(), ProjectRow(), WarmStartChoice()
    output.set_radiograph(path)
    project.show_file(path, loaded=True)
    warm.show_folder(path)
    layers = [viewer.add_image(np.zeros((3, 4)), name=f"{letter}{NAME}") for letter in "ab"]
    pair, modes = PairPanel(), ModePanel(plain())
    pair.show_layers(layers, *layers)
    modes.show_others(layers, ())
    tip = Qt.ItemDataRole.ToolTipRole
    shown = {
        choice.combo.itemData(choice.combo.currentIndex(), tip): str(path),
        choice.facts.text(): choice.problem,
        output._label.toolTip(): str(output.folder),
        project.label.toolTip(): f"{path}\n\n{HELP}",
        warm.itemData(1, tip): str(path),
        pair.combos["A"].itemData(0, tip): f"a{NAME}",
        modes.others.item(1).toolTip(): f"b{NAME}",
    }
    for html, text in shown.items():
        assert read(html) == text
    for label in (output._label, project.label):
        assert label.textFormat() == Qt.TextFormat.PlainText
    for widget in (choice, output, project, warm, pair, modes):
        widget.deleteLater()


def test_questions_are_no_html(qapp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    formats: list[Any] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: formats.append(box.textFormat()))
    assert questions.ask(None, f"{NAME} is there already.", ("Replace it", "Go back")) == "Go back"
    assert formats == [Qt.TextFormat.PlainText]
