"""Numbers of stored runs that need no truth, and the remix test, in a real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_xraysep.evaluation.summary import MEANINGS, measured_over
from napari_xraysep.plugin.images import Choice, read_image
from napari_xraysep.plugin.judge_panel import NO_RUN, STOPPED, TICK
from napari_xraysep.plugin.loading import Answers, Loaded, assemble
from napari_xraysep.plugin.parts import SEPARATION_RUNS
from napari_xraysep.plugin.run_list import stored_run
from napari_xraysep.plugin.separate_widget import REMIX_RUNS
from napari_xraysep.plugin.session import session_of
from napari_xraysep.project import StoredRunRef, relative
from napari_xraysep.region import Region
from napari_xraysep.separation import RunOptions
from napari_xraysep.separation import separate as run_method
from napari_xraysep.workflows.measure import measure
from napari_xraysep.workflows.run_folder import RunFolder
from plugin.conftest import SHAPE, TIMEOUT, Stage

QUICK = {"colours": 8, "thickness_cells": 0}


@pytest.fixture
def judge(viewer: Any, stage: Stage, loaded: Loaded) -> Any:
    """Dock *Compare* with a painting; its part that doubts."""
    _, compare = viewer.window.add_plugin_dock_widget("napari-xraysep", "Compare")
    session_of(viewer).loaded = loaded
    return compare.judge


@pytest.fixture
def store(viewer: Any, loaded: Loaded, tmp_path: Path) -> Callable[..., Path]:
    """Give a function that stores a run of a method in the session's project."""

    def made(method: str, **settings: Any) -> Path:
        session = session_of(viewer)
        assert session.project is not None
        folder = RunFolder(tmp_path / f"{method}-{len(session.project.runs)}", loaded.painting)
        alike = RunOptions(allocation="even")
        *_, finished = run_method(loaded.painting, method, settings, alike)
        path = folder.write(finished)
        stored = stored_run(finished.record, relative(path, session.folder))
        session.edit(runs=(*session.project.runs, stored))
        return path

    return made


@pytest.fixture
def two(judge: Any, store: Callable[..., Path]) -> tuple[Path, Path]:
    """Store runs of the regression and of a baseline."""
    return store("regression", **QUICK), store("half")


def unfold(qtbot: Any, judge: Any, number: int = 2) -> None:
    judge.unfold(True)
    qtbot.waitUntil(lambda: len(judge.found) == number, timeout=TIMEOUT)


def column(judge: Any, at: int) -> dict[str, str]:
    table = judge.table
    rows = range(table.rowCount())
    return {table.verticalHeaderItem(one).text(): table.item(one, at).text() for one in rows}


def heads(judge: Any) -> list[str]:
    table = judge.table
    return [table.horizontalHeaderItem(at).toolTip() for at in range(table.columnCount())]


def begin_puppet(qtbot: Any, judge: Any, store: Callable[..., Path], stage: Stage) -> None:
    """Start the test of two runs of the puppet; it waits in the first separation."""
    stage.go.set()
    store("puppet", epochs=2)
    store("puppet", epochs=3)
    unfold(qtbot, judge)
    stage.go.clear()
    stage.ended.clear()
    stage.seen.clear()
    judge.remix_button.click()
    qtbot.waitUntil(lambda: len(stage.seen) == 1, timeout=TIMEOUT)


def test_numbers_of_two_runs_stand_in_a_table(
    qtbot: Any, judge: Any, two: tuple[Path, Path]
) -> None:
    qtbot.wait(50)
    assert judge.found == {}  # nothing is measured before it is asked for
    unfold(qtbot, judge)
    about = heads(judge)
    assert len(about) == 4
    assert str(two[1]) in about[0]  # the newest first
    assert str(two[0]) in about[1]
    assert "Scales the photographs" in about[2]
    metrics = measure(two[0]).metrics
    shown = column(judge, 1)
    assert shown["Unexplained, RMS ↓"] == f"{metrics['unexplained_rms']:.3g}"
    assert shown["Leakage back < 0.25"] == f"{metrics['leakage_2']:.3g}"
    assert shown["Copy front < 0.95"] == f"{metrics['copy_1']:.3g}"
    assert next(iter(shown)) == "Residual, RMS ↓"
    assert "Remix error ↓" not in shown
    assert MEANINGS["residual_rms"] in judge.meaning.text()
    judge.table.selectRow(list(shown).index("Leakage front < 0.25"))
    assert MEANINGS["leakage"] in judge.meaning.text()
    judge.ticks.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert str(two[0]) in heads(judge)[0]
    assert MEANINGS["leakage"] in judge.meaning.text()  # the row that was chosen
    judge.ticks.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert judge.table.isHidden()
    assert judge.state.text() == TICK


def test_without_a_stored_run_it_says_what_to_do(qtbot: Any, judge: Any, viewer: Any) -> None:
    judge.unfold(True)
    assert judge.empty.text() == NO_RUN
    assert not judge.empty.isHidden()
    assert judge.content.isHidden()


def test_the_part_of_a_large_painting_is_said(
    qtbot: Any, judge: Any, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_xraysep.workflows.judging.JUDGED", 24)
    unfold(qtbot, judge)
    assert judge.state.text() == measured_over(Region(8, 32, 16, 40))


def test_a_file_that_has_changed_is_named(
    qtbot: Any, judge: Any, two: tuple[Path, Path], files: Path
) -> None:
    other = np.random.default_rng(9).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    tifffile.imwrite(files / "front.tif", other, photometric="rgb")
    judge.unfold(True)
    qtbot.waitUntil(lambda: "has changed" in judge.state.text(), timeout=TIMEOUT)
    judge.remix_button.click()
    qtbot.waitUntil(lambda: "has changed" in judge.verdict.text(), timeout=TIMEOUT)
    assert not judge.start.isHidden()


def test_the_remix_test_trusts_the_regression_more_than_halving(
    qtbot: Any, judge: Any, two: tuple[Path, Path]
) -> None:
    unfold(qtbot, judge)
    assert judge.takes.text().startswith("2 separations")
    judge.remix_button.click()
    assert judge.start.isHidden()
    qtbot.waitUntil(lambda: "to be trusted" in judge.verdict.text(), timeout=TIMEOUT)
    first, others = judge.verdict.text().split(", then ", 1)
    assert "regression" in first
    assert "Half" in others
    half, regression = (float(column(judge, at)["Remix error ↓"]) for at in (0, 1))
    assert regression < 0.5
    assert half == pytest.approx(1)
    assert column(judge, 2)["Remix error ↓"] == "–"
    assert "On the layers of" in judge.table.item(judge.table.rowCount() - 1, 0).toolTip()
    assert not judge.start.isHidden()


def test_one_run_alone_is_not_ranked(qtbot: Any, judge: Any, store: Callable[..., Path]) -> None:
    store("half")
    unfold(qtbot, judge, 1)
    assert judge.takes.isHidden()
    judge.remix_button.click()
    qtbot.waitUntil(lambda: "two runs or more" in judge.verdict.text(), timeout=TIMEOUT)
    assert "Remix error ↓" not in column(judge, 0)


def test_stopped_there_is_no_ranking(
    qtbot: Any, judge: Any, store: Callable[..., Path], stage: Stage, separate: Any
) -> None:
    begin_puppet(qtbot, judge, store, stage)
    qtbot.waitUntil(lambda: "1 of 4: puppet" in judge.progress.stage.text(), timeout=TIMEOUT)
    separate.start()  # torch has one stream of random numbers for all
    assert REMIX_RUNS in separate.progress.message.text()
    assert not separate.running
    judge.test()
    assert len(stage.seen) == 1
    judge.progress.cancel_button.click()
    qtbot.waitUntil(lambda: judge.verdict.text() == STOPPED, timeout=TIMEOUT)
    assert stage.ended.is_set()
    assert "Remix error ↓" not in column(judge, 0)
    separate.start()
    assert separate.running
    judge.remix_button.click()
    assert judge.verdict.text() == SEPARATION_RUNS
    assert not judge.progress.running
    separate.cancel()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    separate.unsaved = False


@pytest.mark.parametrize("close", ["dock", "window"])
def test_closed_while_it_runs_it_stops(
    qtbot: Any, viewer: Any, judge: Any, store: Callable[..., Path], stage: Stage, close: str
) -> None:
    begin_puppet(qtbot, judge, store, stage)
    session = session_of(viewer)
    if close == "dock":
        viewer.window.dock_widgets["Compare (napari-xraysep)"]._guard._dock.destroyOnClose()
    else:
        viewer.close()
    qtbot.waitUntil(stage.ended.is_set, timeout=TIMEOUT)
    qtbot.wait(100)  # what the thread says comes to nobody
    assert not session.busy
    session.edit(runs=())
    session.begin(None, None, None)


def test_another_painting_stops_it_and_has_runs_of_its_own(
    qtbot: Any, viewer: Any, judge: Any, store: Callable[..., Path], stage: Stage, files: Path
) -> None:
    begin_puppet(qtbot, judge, store, stage)
    session = session_of(viewer)
    session.loaded = session.loaded  # the same one, put together anew
    assert judge.progress.running
    names = {"radiograph": "xray.tif", "front": "front.tif", "back": "back.tif"}
    read: dict[Any, Any] = {
        role: read_image(role, Choice(name, path=files / name)) for role, name in names.items()
    }
    session.begin(assemble(read, Answers()), None, None)
    assert not judge.progress.running
    assert not session.busy
    assert judge.content.isHidden()
    qtbot.waitUntil(stage.ended.is_set, timeout=TIMEOUT)
    qtbot.wait(50)
    assert judge.verdict.text() == ""
    assert judge.found == {}


def test_a_run_stored_later_is_ticked_and_ticks_are_kept(
    qtbot: Any, viewer: Any, judge: Any, two: tuple[Path, Path], store: Callable[..., Path]
) -> None:
    unfold(qtbot, judge)
    judge.ticks.item(0).setCheckState(Qt.CheckState.Unchecked)
    last = store("grey")
    assert [one.folder for one in judge.chosen] == [last, two[0]]
    qtbot.waitUntil(lambda: len(judge.found) == 3, timeout=TIMEOUT)
    session = session_of(viewer)
    gone = StoredRunRef(folder="gone", method="grey", started="2030-01-01T00:00:00")
    session.edit(runs=(gone,))
    qtbot.waitUntil(lambda: "no such folder" in judge.state.text(), timeout=TIMEOUT)
