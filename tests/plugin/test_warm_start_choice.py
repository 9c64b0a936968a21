from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtWidgets import QFileDialog

from napari_xraysep.io.results import read_run
from napari_xraysep.plugin.warm_start_choice import WarmStartChoice
from napari_xraysep.separation import method as registry
from plugin.conftest import TIMEOUT, Stage


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answer each question for a folder with the next of these."""
    names: list[str] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: names.pop(0))
    return names


def choose(choice: WarmStartChoice, index: int) -> None:
    """Choose an entry as a user does."""
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def test_this_painting_is_the_default(qtbot: Any, answers: list[str]) -> None:
    choice = WarmStartChoice()
    qtbot.addWidget(choice)
    assert choice.folder is None
    assert choice.currentText().startswith("this painting")
    answers += ["/runs/ghent-1", "", "/runs/ghent-2"]
    choose(choice, 1)
    assert choice.folder == Path("/runs/ghent-1")
    assert "ghent-1" in choice.currentText()
    choose(choice, 1)  # the question is left without an answer
    assert choice.folder == Path("/runs/ghent-1")
    assert choice.currentIndex() == 1
    choose(choice, 1)
    assert choice.folder == Path("/runs/ghent-2")
    choose(choice, 0)
    assert choice.folder is None


def test_without_an_answer_it_stays_with_this_painting(qtbot: Any, answers: list[str]) -> None:
    choice = WarmStartChoice()
    qtbot.addWidget(choice)
    answers.append("")
    choose(choice, 1)
    assert choice.folder is None
    assert choice.currentIndex() == 0


@pytest.fixture
def pupil(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the puppet a method that takes a warm start."""
    known = registry.installed_methods()
    puppet = replace(known["puppet"], warm_start=True)
    monkeypatch.setattr(registry, "installed_methods", lambda: {**known, "puppet": puppet})


def test_the_row_is_there_only_for_methods_that_take_a_warm_start(
    viewer: Any, pupil: None, separate: Any
) -> None:
    panel = separate.panel
    assert not panel.warm_start.isHidden()
    panel.method.setCurrentIndex(panel.method.findData("regression"))
    assert panel.warm_start.isHidden()
    panel.warm_start.folder = Path("somewhere")
    assert panel.warm_from is None


def test_the_folder_reaches_the_run_and_is_refused_in_a_sentence(
    qtbot: Any, viewer: Any, pupil: None, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    separate.panel.warm_start.folder = files / "absent"
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert "absent: there is no such folder" in separate.progress.message.text()
    assert not stage.seen


def test_a_finished_separation_is_learnt_from(
    qtbot: Any, viewer: Any, pupil: None, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    separate.panel.warm_start.folder = files / "xray-xraysep-1"
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    _, context = stage.seen[-1]
    assert "xray-xraysep-1: puppet" in context.warm_start().origin


def test_a_stored_run_brings_its_warm_start_back(
    qtbot: Any, viewer: Any, pupil: None, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    record = read_run(files / "xray-xraysep-1").record
    panel = separate.panel
    panel.show_record(record.model_copy(update={"warm_start_folder": "taught"}))
    assert panel.warm_from == Path("taught")
    assert "taught" in panel.warm_start.currentText()
    panel.show_record(record)
    assert panel.warm_from is None
    assert panel.warm_start.currentIndex() == 0
