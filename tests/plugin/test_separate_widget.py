from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.separate_widget import PUT_TOGETHER
from napari_xraysep.plugin.session import session_of
from napari_xraysep.records import RECOMBINATION_WARNING
from plugin.conftest import SHAPE, TIMEOUT, Stage


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Answer every question with the wish appended to the list last; keep what was asked."""
    seen: list[tuple[str, list[str]]] = []

    def ask(parent: Any, question: str, answers: Any) -> str:
        seen.append((question, list(answers)))
        return answers[-1]

    monkeypatch.setattr(questions, "ask", ask)
    return seen


def results(viewer: Any) -> dict[str, Any]:
    return {re.split("[ :]", la.name)[0]: la for la in viewer.layers if "hypothetical" in la.name}


def start_to_preview(qtbot: Any, viewer: Any, widget: Any) -> dict[str, Any]:
    widget.start()
    qtbot.waitUntil(lambda: len(results(viewer)) == 4, timeout=TIMEOUT)
    return results(viewer)


def finish(qtbot: Any, widget: Any, stage: Stage) -> None:
    stage.go.set()
    qtbot.waitUntil(lambda: not widget.running, timeout=TIMEOUT)


def test_layers_are_made_once_and_then_updated(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, loaded: Any
) -> None:
    show_pictures(viewer, loaded)
    layers = start_to_preview(qtbot, viewer, separate)
    before = layers["front"].data.copy()
    limits = layers["front"].contrast_limits
    finish(qtbot, separate, stage)
    after = results(viewer)
    assert all(after[name] is layer for name, layer in layers.items())
    assert not np.allclose(after["front"].data, before)
    assert after["front"].contrast_limits == limits
    radiograph = next(la for la in viewer.layers if la.name.startswith("radiograph"))
    assert limits == radiograph.contrast_limits == after["back"].contrast_limits
    low, high = after["unexplained"].contrast_limits
    assert low == -high
    assert f"±{high:g}" in after["unexplained"].name
    assert all("simulated" in layer.name for layer in viewer.layers)


def test_the_run_is_written_beside_the_radiograph(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    folder = files / "xray-xraysep-1"
    record = json.loads((folder / "run.json").read_text())
    assert record["method"] == "puppet"
    assert record["complete"] is True
    assert (folder / "losses.csv").read_text().count("\n") == 4
    assert not separate.unsaved
    assert str(folder) in separate.progress.message.text()
    assert separate.output.folder == files / "xray-xraysep-2"


def test_restarts_show_their_uncertainty_from_zero_on_a_stated_scale(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    separate.panel.restarts.setValue(2)
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert [context.seed for _, context in stage.seen] == [0, 1]
    (layer,) = (la for la in viewer.layers if la.name.startswith("uncertainty"))
    low, high = layer.contrast_limits
    assert low == 0
    assert f"0 to {high:g}" in layer.name
    assert "2 restarts" in separate.progress.caution.text()
    assert (files / "xray-xraysep-1" / "uncertainty.tif").exists()


def test_settings_seed_and_preset_reach_the_run(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage
) -> None:
    stage.go.set()
    panel = separate.panel
    panel.preset.setCurrentIndex(panel.preset.findData("paper"))
    assert panel.form.fields["epochs"].value() == 7
    panel.form.fields["epochs"].setValue(2)
    panel.form.fields["weight"].setValue(0.125)
    panel.form.fields["careful"].setChecked(False)
    panel.seed.setValue(11)
    panel.allocation.setCurrentIndex(panel.allocation.findData("even"))
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    settings, context = stage.seen[0]
    assert (settings.epochs, settings.weight, settings.careful) == (2, 0.125, False)
    assert context.seed == 11
    record = separate.run.model.finished.record
    assert (record.preset, record.allocation) == ("paper", "even")


def test_a_runtime_error_is_one_sentence_and_frees_the_button(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.fails = RuntimeError("shapes (3,) and (4,) differ")
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert "shapes (3,) and (4,) differ" in separate.progress.message.text()
    assert separate.progress.status.text() == "failed"
    assert separate.start_button.isEnabled()
    assert not separate.cancel_button.isEnabled()
    assert not (files / "xray-xraysep-1").exists()


def test_an_unexpected_error_is_told_too(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage
) -> None:
    stage.fails = KeyError("w")
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert "KeyError" in separate.progress.message.text()
    assert separate.start_button.isEnabled()


def test_cancel_answers_at_once_and_keeps_the_partial_result(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    layers = start_to_preview(qtbot, viewer, separate)
    separate.cancel()
    assert separate.progress.status.text() == "stopping…"
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert "Incomplete" in separate.progress.message.text()
    assert json.loads((files / "xray-xraysep-1" / "run.json").read_text())["complete"] is False
    assert layers["front"].data.shape == SHAPE
    assert layers["front"].data.max() > 0


def test_a_layer_deleted_while_streaming_stays_deleted(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage
) -> None:
    layers = start_to_preview(qtbot, viewer, separate)
    viewer.layers.remove(layers["back"])
    finish(qtbot, separate, stage)
    assert "back" not in results(viewer)
    assert separate.progress.status.text().startswith("done")


def test_a_layer_renamed_while_streaming_keeps_its_name_and_is_updated(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage
) -> None:
    layers = start_to_preview(qtbot, viewer, separate)
    layers["front"].name = "mine"
    before = layers["front"].data.copy()
    finish(qtbot, separate, stage)
    assert layers["front"].name == "mine"
    assert not np.allclose(layers["front"].data, before)
    assert "front" not in results(viewer)


def test_two_runs_one_after_the_other(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    for _ in range(2):
        separate.start()
        qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert (files / "xray-xraysep-1").is_dir()
    assert (files / "xray-xraysep-2").is_dir()
    shown = [la for la in viewer.layers if "hypothetical" in la.name and la.visible]
    assert len(shown) == 3  # front, back and unexplained of the second run alone
    assert separate.progress.plot.names == ["total", "fit"]


def test_a_window_closed_by_program_stops_the_run(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage
) -> None:
    start_to_preview(qtbot, viewer, separate)
    viewer.close()
    qtbot.waitUntil(stage.ended.is_set, timeout=TIMEOUT)
    assert separate.run.model.cancel.is_set()


def close_window(viewer: Any) -> None:
    viewer.window._qt_window.close()


def test_closing_the_window_while_running_asks(
    qtbot: Any, shown_viewer: Any, separate: Any, stage: Stage, asked: list[Any]
) -> None:
    start_to_preview(qtbot, shown_viewer, separate)
    close_window(shown_viewer)
    assert "running" in asked[0][0]
    assert shown_viewer.window._qt_window.isVisible()
    finish(qtbot, separate, stage)
    assert separate.progress.status.text().startswith("done")


def test_closing_the_dock_while_running_asks(
    qtbot: Any, shown_viewer: Any, separate: Any, stage: Stage, asked: list[Any]
) -> None:
    start_to_preview(qtbot, shown_viewer, separate)
    dock = separate.parent()
    dock.title.close_button.click()
    assert len(asked) == 1
    assert separate.isVisible()
    finish(qtbot, separate, stage)
    dock.title.close_button.click()
    assert len(asked) == 1  # all is saved: nothing to ask
    qtbot.waitUntil(lambda: not separate.isVisible(), timeout=TIMEOUT)


def test_stop_and_close_stops_and_closes(
    qtbot: Any, shown_viewer: Any, separate: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_to_preview(qtbot, shown_viewer, separate)
    monkeypatch.setattr(questions, "ask", lambda parent, question, answers: answers[0])
    separate.parent().title.close_button.click()
    qtbot.waitUntil(stage.ended.is_set, timeout=TIMEOUT)
    assert not separate.isVisible()


def test_layers_without_a_file_may_be_run_unsaved_and_saved_later(
    qtbot: Any,
    shown_viewer: Any,
    separate: Any,
    stage: Stage,
    loaded: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dataclasses import replace

    stage.go.set()
    session_of(shown_viewer).loaded = replace(loaded, radiograph_file=None)
    monkeypatch.setattr(questions, "ask", lambda parent, question, answers: answers[1])
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert separate.unsaved
    assert separate.save_button.isVisible()
    assert "not saved" in separate.progress.message.text()
    asked = []
    monkeypatch.setattr(questions, "ask", lambda p, question, a: asked.append(question) or a[-1])
    close_window(shown_viewer)
    assert "not saved" in asked[0]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a, **k: str(tmp_path))
    separate.save_button.click()
    qtbot.waitUntil(lambda: not separate.unsaved, timeout=TIMEOUT)
    assert (tmp_path / "painting-xraysep-1" / "run.json").exists()
    assert (tmp_path / "painting-xraysep-1" / "losses.csv").read_text().count("\n") == 4


def test_not_starting_is_an_answer(
    viewer: Any, separate: Any, stage: Stage, loaded: Any, asked: list[Any]
) -> None:
    from dataclasses import replace

    session_of(viewer).loaded = replace(loaded, radiograph_file=None)
    separate.start()
    assert len(asked) == 1
    assert not separate.running
    assert not stage.seen


def test_a_folder_that_cannot_be_written_is_one_sentence(
    viewer: Any, separate: Any, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a, **k: str(blocked))
    separate.output.choose()
    separate.start()
    assert not separate.running
    assert str(blocked) in separate.progress.message.text()
    assert not stage.seen


def test_settings_that_do_not_fit_are_refused_in_one_sentence(
    viewer: Any, separate: Any, stage: Stage
) -> None:
    separate.panel.form.fields["shape"].setText('"square"')
    separate.start()
    assert not separate.running
    assert "shape: 'square' is not allowed; choose a rounder shape" in (
        separate.progress.message.text()
    )
    assert not stage.seen


def test_what_the_result_does_not_prove_is_said(
    qtbot: Any, shown_viewer: Any, separate: Any, stage: Stage
) -> None:
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert separate.progress.caution.isVisible()
    assert RECOMBINATION_WARNING in separate.progress.caution.text()
    assert "not estimated" in separate.progress.caution.text()


def test_a_stored_run_comes_back_with_layers_settings_and_losses(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    panel = separate.panel
    panel.form.fields["epochs"].setValue(2)
    panel.seed.setValue(5)
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    expected = {name: layer.data.copy() for name, layer in results(viewer).items()}
    viewer.layers.clear()
    session_of(viewer).loaded = None
    panel.form.fields["epochs"].setValue(9)
    panel.seed.setValue(0)
    separate.progress.clear()
    separate.open_run(files / "xray-xraysep-1")
    qtbot.waitUntil(lambda: len(results(viewer)) == 4, timeout=TIMEOUT)
    for name, layer in results(viewer).items():
        np.testing.assert_allclose(layer.data, expected[name], atol=1e-6)
    assert panel.form.fields["epochs"].value() == 2
    assert panel.seed.value() == 5
    assert separate.progress.plot.names == ["total", "fit"]
    assert any(layer.name.startswith("radiograph of xray-xraysep-1") for layer in viewer.layers)


def test_a_folder_without_a_run_is_one_sentence(
    qtbot: Any, viewer: Any, separate: Any, files: Path
) -> None:
    separate.open_run(files)
    qtbot.waitUntil(lambda: separate.progress.status.text() == "not opened", timeout=TIMEOUT)
    assert "run.json" in separate.progress.message.text()


def test_photographs_that_are_not_registered_are_refused(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, read: Any
) -> None:
    from dataclasses import replace

    from napari_xraysep.plugin.loading import Answers, assemble

    small = replace(read["back"], pixels=read["back"].pixels[:20])
    session_of(viewer).loaded = assemble({**read, "back": small}, Answers())
    separate.start()
    assert not separate.running
    assert "back photograph does not fit" in separate.progress.message.text()
    assert not stage.seen


def test_opening_a_run_of_the_painting_that_is_loaded_keeps_the_painting(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path, loaded: Any
) -> None:
    stage.go.set()
    show_pictures(viewer, loaded)
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    separate.open_run(files / "xray-xraysep-1")
    qtbot.waitUntil(lambda: separate.progress.status.text().startswith("opened"), timeout=TIMEOUT)
    assert session_of(viewer).loaded is loaded
    assert sum(layer.name.startswith("radiograph") for layer in viewer.layers) == 1


def test_a_run_whose_method_is_not_installed_is_shown_all_the_same(
    qtbot: Any,
    viewer: Any,
    separate: Any,
    stage: Stage,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from napari_xraysep.separation import method as registry

    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    others = {name: m for name, m in registry.installed_methods().items() if name != "puppet"}
    monkeypatch.setattr(registry, "installed_methods", lambda: others)
    session_of(viewer).loaded = None
    separate.open_run(files / "xray-xraysep-1")
    qtbot.waitUntil(lambda: separate.progress.status.text().startswith("opened"), timeout=TIMEOUT)
    assert "puppet: this method is not installed" in separate.progress.message.text()
    assert sum(layer.visible for layer in results(viewer).values()) == 3


def test_no_other_painting_is_loaded_while_a_separation_runs(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path, loaded: Any
) -> None:
    _, load = viewer.window.add_plugin_dock_widget("napari-xraysep", "Load painting")
    load.choices["radiograph"].choose_file(files / "xray.tif")
    load.choices["front"].choose_file(files / "front.tif")
    qtbot.waitUntil(load.load_button.isEnabled, timeout=TIMEOUT)
    start_to_preview(qtbot, viewer, separate)
    load.load_button.click()
    assert "A separation is running" in load.message.text()
    assert session_of(viewer).loaded is loaded
    finish(qtbot, separate, stage)


def test_another_painting_takes_the_last_runs_curves_away(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, loaded: Any
) -> None:
    stage.go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert separate.progress.plot.names
    session_of(viewer).loaded = loaded
    assert not separate.progress.plot.names
    assert separate.progress.caution.isHidden()


def test_no_separation_starts_while_a_painting_is_loaded(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path, loaded: Any
) -> None:
    stage.go.set()
    _, load = viewer.window.add_plugin_dock_widget("napari-xraysep", "Load painting")
    load.choices["radiograph"].choose_file(files / "xray.tif")
    load.choices["front"].choose_file(files / "front.tif")
    load.choices["back"].choose_file(files / "back.tif")
    qtbot.waitUntil(load.load_button.isEnabled, timeout=TIMEOUT)
    load.load_button.click()
    separate.start()
    assert separate.progress.message.text() == PUT_TOGETHER
    assert not separate.running
    qtbot.waitUntil(lambda: session_of(viewer).loaded is not loaded, timeout=TIMEOUT)
    separate.start()
    assert separate.running
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert separate.run.job.painting is session_of(viewer).loaded.painting
