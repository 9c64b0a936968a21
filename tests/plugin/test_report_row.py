from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtWidgets import QFileDialog

from napari_xraysep.plugin import questions, report_row
from napari_xraysep.plugin.report_row import ReportDialog
from napari_xraysep.plugin.session import session_of
from plugin.conftest import TIMEOUT, Stage


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep what would be opened in a browser."""
    seen: list[str] = []

    class Desktop:
        @staticmethod
        def openUrl(url: Any) -> None:
            seen.append(url.toLocalFile())

    monkeypatch.setattr(report_row, "QDesktopServices", Desktop)
    return seen


@pytest.fixture
def stored(qtbot: Any, separate: Any, stage: Stage, files: Path) -> Path:
    """Run once and return the run's folder."""
    assert separate.report.isHidden()
    stage.go.set()
    separate.start()
    assert separate.report.isHidden()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    return files / "xray-xraysep-1"


def wait(qtbot: Any, row: Any) -> None:
    qtbot.waitUntil(row.isEnabled, timeout=4 * TIMEOUT)


def test_the_report_is_written_on_another_thread_and_opened(
    qtbot: Any, separate: Any, stored: Path, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = separate.report
    assert not row.isHidden()

    def answer(dialog: ReportDialog) -> int:
        dialog.operator.setText(f"{dialog.operator.text()}A. Conservator ")
        dialog.notes.setPlainText("Seen with the <curator>")
        return 1

    monkeypatch.setattr(ReportDialog, "exec", answer)
    row.report_button.click()
    assert not row.isEnabled()
    assert separate.progress.status.text() == "writing the report…"
    wait(qtbot, row)
    path = stored / "report.html"
    assert shown == [str(path)]
    assert str(path) in separate.progress.message.text()
    text = path.read_text()
    assert "A. Conservator</td>" in text
    assert "Seen with the &lt;curator&gt;" in text
    assert row.operator == "A. Conservator"  # asked for once
    seen = []

    def look(dialog: ReportDialog) -> int:
        seen.append((dialog.operator.text(), dialog.notes.toPlainText()))
        return 0

    monkeypatch.setattr(ReportDialog, "exec", look)
    row.report_button.click()
    assert row.isEnabled()  # called off
    assert seen == [("A. Conservator", "Seen with the <curator>")]  # so that nothing is lost


def test_what_goes_wrong_is_one_sentence(
    qtbot: Any, separate: Any, stored: Path, shown: list[str]
) -> None:
    (stored / "report.html").write_text("mine")
    separate.report.report("", "")
    wait(qtbot, separate.report)
    assert "is no report of this program" in separate.progress.message.text()
    assert separate.progress.status.text() == "not written"
    assert shown == []


def test_exports_go_into_new_folders(
    qtbot: Any, separate: Any, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    for name in ("xray-xraysep-1-export", "xray-xraysep-1-export-2"):
        separate.report.export_button.click()
        wait(qtbot, separate.report)
        assert separate.progress.status.text() == "exported"
        assert str(tmp_path / name) in separate.progress.message.text()
        assert list((tmp_path / name).glob("*.tif"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    separate.report.export_button.click()
    assert separate.report.isEnabled()


def test_a_run_that_is_opened_can_be_handed_on_until_another_starts(
    qtbot: Any, separate: Any, stored: Path, stage: Stage
) -> None:
    separate.report.show_run(None)
    separate.open_run(stored)
    qtbot.waitUntil(lambda: not separate.report.isHidden(), timeout=TIMEOUT)
    stage.go.clear()
    separate.start()
    assert separate.report.isHidden()
    separate.cancel()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)


def test_layers_are_stored_before_they_can_be_handed_on(
    qtbot: Any,
    viewer: Any,
    separate: Any,
    stage: Stage,
    loaded: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session_of(viewer).loaded = replace(loaded, radiograph_file=None)
    monkeypatch.setattr(questions, "ask", lambda parent, question, answers: answers[1])
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert separate.unsaved
    assert separate.report.isHidden()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    separate.save()
    qtbot.waitUntil(lambda: not separate.unsaved, timeout=TIMEOUT)
    assert not separate.report.isHidden()


@pytest.mark.parametrize("then", ["another run", "closed", "deleted"])
def test_what_ends_late_speaks_into_nothing_else(
    qtbot: Any,
    tmp_path: Path,
    shown: list[str],
    monkeypatch: pytest.MonkeyPatch,
    then: str,
) -> None:
    ends: list[Callable[[Any], None]] = []
    monkeypatch.setattr(report_row, "in_background", lambda work, *ended: ends.extend(ended))
    said: list[str] = []
    row = report_row.ReportRow(lambda status, text: said.append(status))
    row.show_run(tmp_path)
    row.report("", "")
    if then == "deleted":
        row.deleteLater()
        qtbot.waitSignal(row.destroyed, timeout=TIMEOUT).wait()
    else:
        qtbot.addWidget(row)
        row.show_run(None if then == "closed" else tmp_path / "other")
    done, failed = ends
    done(tmp_path / "report.html")
    failed("too late")
    assert said == ["writing the report…"]
    assert shown == []
    assert then == "deleted" or row.isEnabled()
