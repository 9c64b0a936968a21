from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QScrollArea

from napari_xraysep.plugin import evolution_panel, questions
from napari_xraysep.plugin.compare_layers import run_layers, runs_of
from napari_xraysep.plugin.loading import Answers, Loaded, assemble
from napari_xraysep.plugin.panes import add_pane
from napari_xraysep.plugin.result_layers import ResultLayers
from napari_xraysep.plugin.run_start import RUN_UNSAVED
from napari_xraysep.plugin.session import session_of
from napari_xraysep.project import StoredRunRef
from napari_xraysep.separation.engine import separate
from napari_xraysep.workflows.run_folder import RunFolder
from plugin.conftest import SHAPE, TIMEOUT, Stage

LIMITS = (0.0, 0.8)


@pytest.fixture
def compare(viewer: Any, loaded: Loaded) -> Any:
    """Dock *Compare* in a window with a painting and a run of it."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Compare")
    xray, photograph = loaded.pictures[0], loaded.pictures[1]
    add_pane(viewer, xray.pixels, xray.name, "radiograph", contrast=LIMITS)
    add_pane(viewer, photograph.pixels, photograph.name, "front photograph", rgb=True)
    session_of(viewer).loaded = loaded
    names = ("front", "back", "residual", "unexplained")
    shown = ResultLayers(viewer, LIMITS, simulated=True, hidden=names, run="Puppet, run 1")
    front, back = np.full(SHAPE, 0.2, np.float32), np.full(SHAPE, 0.3, np.float32)
    left = loaded.pictures[0].pixels - front - back
    shown.show({"front": front, "back": back, "residual": left, "unexplained": left})
    return widget


@pytest.fixture
def stored(stage: Stage, loaded: Loaded, tmp_path: Path) -> Path:
    """Store a run of the puppet."""
    stage.go.set()
    folder = RunFolder(tmp_path / "stored", loaded.painting)
    for event in separate(loaded.painting, "puppet"):
        folder.note(event)
    return folder.write(event)


def layer(viewer: Any, start: str) -> Any:
    return next(layer for layer in viewer.layers if layer.name.startswith(start))


def press(button: Any) -> None:
    button.click()


def test_a_run_and_the_radiograph_are_offered_first(compare: Any, viewer: Any) -> None:
    pair = compare.pair.pair
    assert [one.name.split(",")[0].split(":")[0] for one in pair] == ["front", "radiograph"]
    texts = [compare.pair.combos["A"].itemText(i) for i in range(compare.pair.combos["A"].count())]
    assert "front · Puppet, run 1: hypothetical separation, simulated" in texts
    assert "not estimated" in compare.left_over.legend.text()
    assert not compare.left_over.buttons["uncertainty"].isEnabled()
    visible = [one.visible for one in viewer.layers]
    for mode in ("curtain", "panes", "blink"):
        button = compare.modes.buttons[mode]
        press(button)
        assert compare.model.mode == mode
        assert compare.view.on
        assert [name for name, one in compare.modes.buttons.items() if one.isChecked()] == [mode]
    press(button)
    assert compare.model.mode is None
    assert [one.visible for one in viewer.layers] == visible


def test_the_difference_is_computed_and_keeps_its_scale(
    qtbot: Any, compare: Any, viewer: Any
) -> None:
    compare.left_over.scale.setValue(0.05)
    compare.model.set(second=layer(viewer, "back:"))
    press(compare.modes.buttons["difference"])
    qtbot.waitUntil(lambda: compare.view.added.difference is not None, timeout=TIMEOUT)
    made = compare.view.added.difference
    np.testing.assert_allclose(made.data, -0.1, atol=1e-6)
    assert made.contrast_limits == [-0.05, 0.05]
    assert "A − B, ±0.05" in made.name
    assert "0.100" in compare.modes.computing.text()
    assert "to 0.1 to" in compare.modes.computing.text()  # colours end before
    compare.left_over.scale.setValue(0.2)
    assert compare.modes.computing.text() == "The largest difference is 0.100."
    compare.left_over.scale.setValue(0.05)
    layer(viewer, "front:").data = np.full(SHAPE, 0.7, np.float32)  # a run that goes on
    qtbot.waitUntil(lambda: np.allclose(compare.view.added.difference.data, 0.4), timeout=TIMEOUT)
    press(compare.modes.buttons["difference"])
    assert not any(one.name.startswith("A − B") for one in viewer.layers)
    compare.model.set(second=layer(viewer, "back photograph"))
    press(compare.modes.buttons["difference"])
    assert "B is a colour photograph" in compare.message.text()
    assert compare.model.mode is None
    assert not compare.modes.buttons["difference"].isChecked()
    assert compare.model.scale == 0.05


def test_what_is_unexplained_lies_over_the_picture_with_its_scale(
    compare: Any, viewer: Any
) -> None:
    press(compare.left_over.buttons["unexplained"])
    over = viewer.layers[-1]
    assert over.name == "unexplained in colours, ±0.2: hypothetical separation, simulated"
    assert over.data is layer(viewer, "unexplained ±").data  # no copy
    assert compare.model.mode == "blink"
    assert "±0.2" in compare.left_over.legend.text()
    colours = over.colormap.map(np.array([0.0, 0.5, 1.0]))
    assert colours[1, 3] < 0.05  # nothing is not seen
    assert colours[0, 2] > colours[0, 0]
    assert colours[2, 0] > colours[2, 2]
    compare.left_over.scale.setValue(0.1)
    assert over.contrast_limits == [-0.1, 0.1]
    assert "±0.1:" in over.name
    press(compare.modes.buttons["panes"])
    assert compare.view._panes._labels[-1].text.startswith("unexplained in colours")
    press(compare.left_over.buttons["unexplained"])
    assert not any(one.name.startswith("unexplained in colours") for one in viewer.layers)


def test_uncertainty_lies_over_the_picture_where_a_run_has_one(compare: Any, viewer: Any) -> None:
    run = layer(viewer, "front:").metadata["napari-xraysep"]["run"]
    shown = ResultLayers(viewer, LIMITS, simulated=True, hidden=("uncertainty",), run=run)
    shown.show({"uncertainty": np.full(SHAPE, 0.1, np.float32)})
    assert "not estimated" not in compare.left_over.legend.text()
    press(compare.left_over.buttons["uncertainty"])
    over = viewer.layers[-1]
    assert "0 to 0.2" in over.name
    assert over.contrast_limits == [0, 0.2]
    assert over.colormap.map(np.array([0.0, 1.0]))[:, 3] == pytest.approx([0, 0.85], abs=0.02)


def test_one_contrast_holds_for_all_grey_images(compare: Any, viewer: Any) -> None:
    radiograph, front = layer(viewer, "radiograph"), layer(viewer, "front:")
    own = list(radiograph.contrast_limits)
    press(compare.modes.buttons["fade"])
    assert front.contrast_limits == own
    assert compare.contrast.one.isChecked()
    compare.contrast.slider.setValue((0.1, 0.4))
    assert front.contrast_limits == radiograph.contrast_limits == pytest.approx([0.1, 0.4])
    assert "0.100 to 0.400" in compare.contrast.limits.text()
    compare.contrast.slider.setValue((0.3, 0.3))  # both handles in one place
    assert front.contrast_limits == pytest.approx([0.1, 0.4])
    compare.contrast.one.click()
    assert front.contrast_limits != radiograph.contrast_limits
    press(compare.modes.buttons["fade"])
    assert radiograph.contrast_limits == own


def test_a_line_gives_a_profile_of_the_run(
    qtbot: Any, compare: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(compare.modes.buttons["profile"])
    drawn = compare.view.added.line
    assert viewer.layers.selection.active is drawn
    assert str(drawn.mode) == "add_line"
    drawn.add_lines(np.array([[5.0, 0.0], [5.0, 20.0]]))
    qtbot.waitUntil(lambda: bool(compare.profile.curves), timeout=TIMEOUT)
    curves = compare.profile.curves
    xray = layer(viewer, "radiograph").data
    np.testing.assert_allclose(curves["radiograph"][1], xray[5, :21], atol=1e-5)
    np.testing.assert_allclose(curves["sum"][1], 0.5, atol=1e-6)
    np.testing.assert_allclose(curves["residual"][1], xray[5, :21] - 0.5, atol=1e-5)
    assert curves["front"][0][-1] == 20
    assert "20 px" in compare.profile.said.text()
    assert "hypothetical separation" in compare.profile.said.text()
    press(compare.left_over.buttons["unexplained"])
    assert viewer.layers.selection.active is drawn  # the next line can be drawn at once
    drawn.add_lines(np.array([[0.0, 0.0], [30.0, 40.0]]))
    qtbot.waitUntil(lambda: "50 px" in compare.profile.said.text(), timeout=TIMEOUT)
    assert len(drawn.data) == 1
    monkeypatch.setattr(Loaded, "pixel_size_mm", 0.1)
    drawn.add_lines(np.array([[5.0, 0.0], [5.0, 20.0]]))
    qtbot.waitUntil(lambda: "2 mm" in compare.profile.said.text(), timeout=TIMEOUT)
    assert compare.profile.curves["front"][0][-1] == pytest.approx(2)


def test_a_stored_run_is_added_with_one_click(
    qtbot: Any, compare: Any, viewer: Any, stored: Path
) -> None:
    session = session_of(viewer)
    ref = StoredRunRef(folder=str(stored), method="puppet", started="2026-01-01T00:00:00Z")
    session.edit(runs=(ref,))
    before = len(viewer.layers)
    visible = [one for one in viewer.layers if one.visible]
    compare.runs.combo.setCurrentIndex(1)
    compare.runs.combo.activated.emit(1)
    qtbot.waitUntil(lambda: len(viewer.layers) > before, timeout=TIMEOUT)
    assert [one for one in viewer.layers if one.visible] == visible
    added = [one for one in viewer.layers if "Puppet, stored" in str(one.metadata)]
    assert len(added) == len(viewer.layers) - before == 4
    assert compare.model.second in added  # the same side of the other run
    assert compare.model.second.name.startswith("front")
    compare.add_run(stored)
    qtbot.waitUntil(lambda: "here already" in compare.message.text(), timeout=TIMEOUT)
    assert len(viewer.layers) == before + len(added)


def test_runs_in_folders_of_one_name_are_told_apart_and_those_of_others_refused(
    qtbot: Any, compare: Any, viewer: Any, stored: Path, tmp_path: Path
) -> None:
    twin = tmp_path / "other" / "stored"
    shutil.copytree(stored, twin)
    for folder in (stored, twin, twin):
        compare.say("")
        compare.add_run(folder)
        qtbot.waitUntil(lambda: " added" in compare.message.text(), timeout=TIMEOUT)
    runs = [one.metadata["napari-xraysep"]["run"] for one in viewer.layers]
    assert runs.count("Puppet, stored") == runs.count("Puppet, other/stored") == 4
    record = json.loads((twin / "run.json").read_text())
    for given in record["inputs"]:
        given["sha256"] = "0" * 64
    record["method_title"] = "Stranger"
    (twin / "run.json").write_text(json.dumps(record))
    count = len(viewer.layers)
    compare.add_run(twin)
    qtbot.waitUntil(lambda: "of another painting" in compare.message.text(), timeout=TIMEOUT)
    assert len(viewer.layers) == count


def test_a_run_of_this_session_is_known_by_its_folder_and_completed(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, read: Any
) -> None:
    session_of(viewer).loaded = assemble(read, Answers(pixel_size_mm=0.1))
    _, compare = viewer.window.add_plugin_dock_widget("napari-xraysep", "Compare")
    stage.go.set()
    for _ in range(2):
        separate.start()
        qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    run, *_ = reversed(runs_of(viewer))  # the earlier one
    folder = separate.run.saved.with_name("xray-xraysep-1")
    before = run_layers(viewer, run)
    compare.add_run(folder)
    qtbot.waitUntil(lambda: "here already" in compare.message.text(), timeout=TIMEOUT)
    assert run in compare.message.text()
    assert len(viewer.layers) == 8
    viewer.layers.remove(before["back"])
    compare.add_run(folder)
    qtbot.waitUntil(lambda: "added to" in compare.message.text(), timeout=TIMEOUT)
    after = run_layers(viewer, run)
    assert len(viewer.layers) == 8
    assert {name for name in after if after[name] is not before[name]} == {"back"}
    np.testing.assert_array_equal(after["back"].data, before["back"].data)
    assert after["back"].contrast_limits == before["back"].contrast_limits
    compare.model.set(first=after["front"], second=after["back"])
    press(compare.modes.buttons["profile"])
    compare.view.added.line.add_lines(np.array([[5.0, 0.0], [5.0, 20.0]]))
    qtbot.waitUntil(lambda: "2 mm" in compare.profile.said.text(), timeout=TIMEOUT)
    assert run in compare.profile.said.text()
    press(compare.modes.buttons["profile"])
    separate.open_run(folder)  # shown in place of the later one, and not made again
    qtbot.waitUntil(lambda: after["front"].visible, timeout=TIMEOUT)
    assert len(viewer.layers) == 8
    assert sum(layer.visible for layer in viewer.layers) == 3


def test_another_run_written_into_the_same_folder_is_another_run(
    qtbot: Any, compare: Any, viewer: Any, stored: Path
) -> None:
    for started in ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"):
        record = json.loads((stored / "run.json").read_text())
        (stored / "run.json").write_text(json.dumps({**record, "started": started}))
        compare.say("")
        compare.add_run(stored)
        qtbot.waitUntil(lambda: "added to" in compare.message.text(), timeout=TIMEOUT)
    assert len([run for run in runs_of(viewer) if run.startswith("Puppet, ")]) == 3


def test_epochs_and_comparison_do_not_hide_the_results_for_good(
    qtbot: Any, compare: Any, viewer: Any, stored: Path
) -> None:
    compare.add_run(stored)
    qtbot.waitUntil(lambda: "added" in compare.message.text(), timeout=TIMEOUT)
    visible = [one for one in viewer.layers if one.visible]
    compare.evolution.show_run(stored)
    qtbot.waitUntil(lambda: compare.evolution.kept is not None, timeout=TIMEOUT)
    press(compare.modes.buttons["curtain"])
    compare.evolution.slider.setValue(0)
    assert compare.model.mode is None
    press(compare.modes.buttons["curtain"])
    assert compare.model.mode == "curtain"
    compare.evolution.back_button.click()
    assert [one for one in viewer.layers if one.visible] == visible
    compare.evolution.slider.setValue(1)
    compare._guard._dock.destroyOnClose()
    assert not any("epoch" in one.name for one in viewer.layers)
    assert [one for one in viewer.layers if one.visible] == visible


def test_the_epochs_of_a_run_are_followed_until_it_is_stored(
    qtbot: Any,
    viewer: Any,
    separate: Any,
    stage: Stage,
    loaded: Loaded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evolution_panel, "LOOK_MS", 10)
    monkeypatch.setattr(questions, "ask", lambda parent, question, answers: RUN_UNSAVED)
    steps = threading.Semaphore(0)
    monkeypatch.setattr(stage.go, "wait", lambda seconds: steps.acquire(timeout=seconds))
    session_of(viewer).loaded = replace(loaded, radiograph_file=None)
    _, compare = viewer.window.add_plugin_dock_widget("napari-xraysep", "Compare")
    panel = compare.evolution
    compare.folded.heading.click()
    assert panel.message.text() == evolution_panel.NO_RUN
    separate.start()
    assert panel.message.text() == evolution_panel.NO_EPOCHS_YET
    steps.release()
    qtbot.waitUntil(lambda: panel.kept is not None, timeout=TIMEOUT)
    assert panel.title.text() == "epoch 2 of 2 so far"
    assert not any(one.isEnabled() for one in panel.save_buttons.values())
    panel.slider.setValue(0)
    panel.slider.setValue(1)
    front = next(one for one in viewer.layers if one.name.endswith("so far, simulated"))
    before = front.data.copy()
    steps.release()
    qtbot.waitUntil(lambda: panel.title.text() == "epoch 3 of 3 so far", timeout=TIMEOUT)
    assert not np.allclose(front.data, before)  # the newest was looked at: it is followed
    panel.slider.setValue(0)
    steps.release(9)
    qtbot.waitUntil(lambda: panel.message.text() == evolution_panel.NOT_STORED, timeout=TIMEOUT)
    assert panel.title.text() == "epoch 1 of 3"  # what was looked at is left alone
    assert all(one.isEnabled() for one in panel.save_buttons.values())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a, **k: str(tmp_path))
    separate.save_button.click()
    qtbot.waitUntil(lambda: panel.message.text() == "" and panel.kept is not None, timeout=TIMEOUT)
    assert (tmp_path / "painting-xraysep-1").samefile(panel.kept.run)
    assert not any("epoch" in one.name for one in viewer.layers)


def test_further_images_are_ticked_for_the_panes(compare: Any, viewer: Any) -> None:
    press(compare.modes.buttons["panes"])
    listed = compare.modes.others
    item = next(
        listed.item(i) for i in range(listed.count()) if listed.item(i).text().startswith("back ·")
    )
    item.setCheckState(Qt.CheckState.Checked)
    shown = [one for one in viewer.layers if one.visible]
    assert [one.name.split(":")[0].split(",")[0] for one in shown] == [
        "front",
        "radiograph",
        "back",
    ]
    assert viewer.canvas.grid.enabled
    press(compare.modes.buttons["panes"])
    assert not viewer.canvas.grid.enabled


def test_swapping_and_the_timer_change_what_is_seen(qtbot: Any, compare: Any, viewer: Any) -> None:
    first, second = compare.model.first, compare.model.second
    press(compare.modes.buttons["blink"])
    press(compare.pair.swap_button)
    assert (compare.model.first, compare.model.second) == (second, first)
    assert compare.model.mode == "blink"
    compare.modes.flip_button.click()
    assert not compare.model.shows_first
    compare.modes.alternate.setChecked(True)
    qtbot.waitUntil(lambda: compare.model.shows_first, timeout=TIMEOUT)
    press(compare.modes.buttons["blink"])
    assert not compare.modes._timer.isActive()
    visible = [one.visible for one in viewer.layers]
    press(compare.modes.buttons["curtain"])
    compare._in_front_changed(False)
    assert [one.visible for one in viewer.layers] == visible
    compare._in_front_changed(True)
    assert compare.model.mode == "curtain"
    assert compare.view.on


def test_a_closed_dock_leaves_nothing_behind(viewer: Any, compare: Any) -> None:
    order, visible = list(viewer.layers), [one.visible for one in viewer.layers]
    callbacks = list(viewer.mouse_drag_callbacks), list(viewer.mouse_move_callbacks)
    press(compare.modes.buttons["blink"])
    press(compare.left_over.buttons["unexplained"])
    compare._guard._dock.destroyOnClose()
    assert list(viewer.layers) == order
    assert [one.visible for one in viewer.layers] == visible
    assert (list(viewer.mouse_drag_callbacks), list(viewer.mouse_move_callbacks)) == callbacks
    assert "B" not in {str(key) for key in viewer.keymap}


def test_nothing_is_compared_with_nothing_and_the_window_may_close(
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer(show=True)
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Compare")
    press(widget.modes.buttons["curtain"])
    assert "Choose two images" in widget.message.text()
    assert widget.model.mode is None
    for name in ("one", "two"):
        viewer.add_image(np.zeros((10, 10)), name=name)
    widget.compare("curtain")
    viewer.close()


def test_what_is_unfolded_is_scrolled_to(qtbot: Any, shown_viewer: Any) -> None:
    _, dock = shown_viewer.window.add_plugin_dock_widget("napari-xraysep", "Compare")
    shown_viewer.window.resize(1100, 400)
    area = dock.findChild(QScrollArea)
    heading = dock.doubt.heading
    qtbot.waitUntil(
        lambda: area.height() < 400 and not heading.visibleRegion().isEmpty(), timeout=TIMEOUT
    )
    heading.click()
    bar = area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() > 0, timeout=TIMEOUT)
