from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog

from napari_xraysep.plugin.landmark_files import BIGWARP, BUTTERFLY, OURS
from napari_xraysep.plugin.landmark_layers import MARKED, OFF, PREDICTED
from napari_xraysep.plugin.landmark_model import LandmarkModel, Shapes
from napari_xraysep.plugin.landmark_panel import LandmarkPanel
from napari_xraysep.records import Landmark
from napari_xraysep.registration.landmarks import centred
from napari_xraysep.transforms import Transform

SHAPES = Shapes((120, 160), (300, 400))
PLACES = [(20.0, 25.0), (100.0, 30.0), (25.0, 130.0), (95.0, 140.0), (60.0, 80.0), (40.0, 110.0)]
Point = tuple[float, float]


@pytest.fixture
def guess() -> Transform:
    """How the photograph lies to begin with: mirrored, centred."""
    return centred("mirrored", *SHAPES)


@pytest.fixture
def panel(qtbot: Any, viewer: Any, guess: Transform) -> LandmarkPanel:
    """A panel beside both pictures."""
    lies = np.linalg.inv(guess.whole.array)
    rng = np.random.default_rng(0)
    xray = viewer.add_image(rng.random(SHAPES.radiograph), name="radiograph")
    colour = viewer.add_image(rng.random((*SHAPES.photograph, 3)), name="photograph", affine=lies)
    model = LandmarkModel(SHAPES, guess)
    panel = LandmarkPanel(viewer, model)
    viewer.window.add_dock_widget(panel)
    panel.set_photograph_affine(lies)
    panel.set_pictures(xray, colour)
    return panel


def mouse(viewer: Any, start: Point, end: Point | None = None, cell: int = 0) -> list[bool]:
    """Press at a place in the world, drag elsewhere, let go; say what the camera did not get."""
    handled = []
    event = SimpleNamespace(button=1, viewbox=(0, cell), modifiers=(), is_dragging=False)

    def send(callbacks: Callable[[Any, Any], None], kind: str, at: Point) -> None:
        event.type, event.position, event.handled = kind, at, False
        event.pos = np.array(at[::-1]) * viewer.scene.camera.zoom
        callbacks(viewer, event)
        handled.append(event.handled)

    send(mouse_press_callbacks, "mouse_press", start)
    if end is not None:
        event.is_dragging = True
        for at in (tuple(np.mean([start, end], axis=0)), end):
            send(mouse_move_callbacks, "mouse_move", at)
    send(mouse_release_callbacks, "mouse_release", end or start)
    return handled


def mark_all(panel: LandmarkPanel, viewer: Any, shift: float = 4.0) -> None:
    """Mark six pairs of which the photograph's lies so many pixels of the radiograph lower."""
    panel.apart_button.click()
    panel.add_button.click()
    for number, place in enumerate(PLACES):
        mouse(viewer, place)
        partner = panel.layers._layer("photograph").data[number]
        there = panel.layers._layer("photograph").data_to_world(partner)
        mouse(viewer, tuple(there), (place[0] + shift, place[1]), cell=1)
    panel.add_button.click()
    panel.apart_button.click()


def fill(panel: LandmarkPanel, guess: Transform) -> None:
    """Have the same six pairs at once."""
    partners = guess.to_photograph(np.add(PLACES, (4.0, 0.0)))
    panel.model.replace(
        Landmark(name=str(number), xray=place, photograph=tuple(partner))
        for number, (place, partner) in enumerate(zip(PLACES, partners, strict=True), 1)
    )


def test_six_pairs_are_clicked_and_dragged(
    viewer: Any, panel: LandmarkPanel, guess: Transform
) -> None:
    mark_all(panel, viewer)
    model = panel.model
    assert len(model.pairs) == 6
    assert all(landmark.enabled for landmark in model.landmarks)
    xray = np.array([landmark.xray for landmark in model.landmarks])
    np.testing.assert_allclose(xray, PLACES)
    expected = guess.to_photograph(xray + np.array([4.0, 0.0]))
    found = np.array([landmark.photograph for landmark in model.landmarks])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    marks = viewer.layers["landmarks in the photograph"]
    np.testing.assert_allclose(marks.data, expected, atol=1e-6)
    np.testing.assert_allclose(marks.data_to_world(marks.data[0]), (24.0, 25.0), atol=1e-6)
    assert model.fit.transform.orientation == "mirrored"
    assert "Thin-plate fit of 6 pairs" in panel.summary.text()
    assert panel.table.rowCount() == 6


def test_the_second_partner_is_predicted_by_the_first(viewer: Any, panel: LandmarkPanel) -> None:
    panel.add_button.click()
    mouse(viewer, (20.0, 25.0))
    colours = [viewer.layers[f"landmarks in the {one}"] for one in ("radiograph", "photograph")]
    found = [layer.border_color[0] for layer in colours]
    np.testing.assert_allclose(found, [rgba(MARKED), rgba(PREDICTED)], atol=1e-6)
    assert panel.table.item(0, 1).text() == "predicted"
    panel.target.setCurrentIndex(1)
    panel.target.activated.emit(1)
    assert panel.layers.target == "photograph"
    panel.model.move(
        {0: panel.layers._layer("photograph").world_to_data((30.0, 20.0))}, "photograph"
    )
    mouse(viewer, (70.0, 80.0))
    np.testing.assert_allclose(panel.model.landmarks[1].xray, (60.0, 85.0), atol=1e-6)
    assert panel.model.pairs[1].predicted == "radiograph"


def rgba(name: str) -> list[float]:
    return [int(name[at : at + 2], 16) / 255 for at in (1, 3, 5)] + [1.0]


def test_a_press_grabs_what_is_there_else_the_camera_keeps_it(
    viewer: Any, panel: LandmarkPanel
) -> None:
    assert mouse(viewer, (60.0, 80.0), (70.0, 90.0)) == [False] * 4
    panel.add_button.click()
    assert mouse(viewer, (60.0, 80.0), (70.0, 120.0)) == [False] * 4, "that is panning"
    assert not panel.model.pairs
    mouse(viewer, (60.0, 80.0))
    assert len(panel.model.pairs) == 1
    panel.add_button.click()
    panel.model.enable({0}, on=True)
    panel.model.move({0: (20.0, 20.0)}, "photograph")
    assert mouse(viewer, (60.0, 80.0), (80.0, 90.0)) == [True, True, True, False]
    np.testing.assert_allclose(panel.model.landmarks[0].xray, (80.0, 90.0))
    assert mouse(viewer, (20.0, 10.0)) == [False, False]
    assert len(panel.model.pairs) == 1


def test_of_two_marks_within_reach_the_predicted_one_is_grabbed(
    viewer: Any, panel: LandmarkPanel, guess: Transform
) -> None:
    panel.model.add((60.0, 80.0), "radiograph")
    mouse(viewer, (60.0, 80.0), (80.0, 90.0))
    (pair,) = panel.model.pairs
    assert pair.landmark.xray == (60.0, 80.0)
    np.testing.assert_allclose(pair.landmark.photograph, guess.to_photograph([(80.0, 90.0)])[0])


def test_a_click_on_a_predicted_mark_confirms_it(viewer: Any, panel: LandmarkPanel) -> None:
    panel.add_button.click()
    mouse(viewer, (60.0, 80.0))
    panel.apart_button.click()
    mouse(viewer, (60.0, 80.0), cell=1)
    (pair,) = panel.model.pairs
    assert pair.predicted is None
    assert pair.landmark.enabled


def test_undo_redo_switch_and_remove(viewer: Any, panel: LandmarkPanel, guess: Transform) -> None:
    fill(panel, guess)
    model = panel.model
    full = model.pairs
    panel.table.selectRow(2)
    assert model.selected == {2}
    assert viewer.layers["landmarks in the radiograph"].selected_data == {2}
    panel.switch_button.click()
    assert not model.landmarks[2].enabled
    assert panel.table.item(2, 0).checkState() == Qt.CheckState.Unchecked
    assert panel.table.item(2, 3).text() == "–"
    colour = viewer.layers["landmarks in the photograph"].border_color[2]
    np.testing.assert_allclose(colour, rgba(OFF), atol=1e-6)
    assert "of 5 pairs" in panel.summary.text()
    panel.undo_button.click()
    assert model.pairs == full
    panel.redo_button.click()
    panel.table.item(2, 0).setCheckState(Qt.CheckState.Checked)
    assert model.landmarks[2].enabled
    panel.table.item(2, 0).setText("eye")
    assert model.landmarks[2].name == "eye"
    assert viewer.layers["landmarks in the photograph"].features["name"][2] == "eye"
    panel.table.item(2, 0).setText(" ")
    assert panel.table.item(2, 0).text() == "eye"
    panel.table.selectRow(2)
    panel.remove_button.click()
    assert [landmark.name for landmark in model.landmarks] == ["1", "2", "4", "5", "6"]
    assert not panel.remove_button.isEnabled()
    panel.undo_button.click()
    assert len(viewer.layers["landmarks in the radiograph"].data) == 6


def test_the_worst_is_marked_and_brought_into_view(
    viewer: Any, panel: LandmarkPanel, guess: Transform
) -> None:
    fill(panel, guess)
    panel.model.kind = "affine"
    row, column = panel.model.landmarks[4].photograph
    panel.model.move({4: (row + 25, column)}, "photograph")
    panel.worst_button.click()
    assert panel.model.selected == {4}
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], PLACES[4])
    assert panel.table.item(4, 3).font().bold()
    assert panel.table.item(4, 3).text() == "10.0"
    panel.model.pixel_size_mm = 0.05
    panel.model.move({4: (row + 50, column)}, "photograph")
    assert panel.table.item(4, 2).text() != "–"
    assert not panel.table.isColumnHidden(2)
    assert "20.0 px (1.00 mm)" not in panel.summary.text()
    assert "mm)" in panel.summary.text()


def test_napari_s_own_tools_work_too(viewer: Any, panel: LandmarkPanel) -> None:
    panel.model.add((60.0, 80.0), "radiograph")
    marks = viewer.layers["landmarks in the photograph"]
    marks.add((100.0, 100.0))
    assert panel.model.pairs[1].predicted == "radiograph"
    marks.selected_data = {0}
    marks.remove_selected()
    assert len(panel.model.pairs) == 1
    assert len(viewer.layers["landmarks in the radiograph"].data) == 1
    marks.mode = "add"
    assert mouse(viewer, (60.0, 80.0)) == [False, False], "napari's tool is in use"
    marks.add([(1.0, 1.0), (2.0, 2.0)])
    assert len(marks.data) == 1, "more than one at a time are no pairs"


def test_a_point_outside_is_said_and_not_taken(viewer: Any, panel: LandmarkPanel) -> None:
    panel.add_button.click()
    mouse(viewer, (-20.0, 10.0))
    assert not panel.model.pairs
    assert panel.message.text() == "That point lies outside the radiograph."
    mouse(viewer, (60.0, 80.0))
    assert not panel.message.text()
    mouse(viewer, (60.0, 80.0), (60.0, 230.0))
    assert panel.message.text() == "That point lies outside the photograph."
    assert panel.model.pairs[0].predicted == "photograph"
    np.testing.assert_allclose(viewer.layers["landmarks in the radiograph"].data, [(60.0, 80.0)])


def test_side_by_side_and_back(viewer: Any, panel: LandmarkPanel) -> None:
    other = viewer.add_image(np.zeros((5, 5)), name="another")
    other_hidden = viewer.add_image(np.zeros((5, 5)), name="hidden", visible=False)
    panel.model.add((60.0, 80.0), "radiograph")
    before = list(viewer.layers)
    grid = viewer.canvas.grid
    was = grid.enabled, grid.shape, grid.stride
    panel.apart_button.click()
    assert [layer.name for layer in viewer.layers[-4:]] == [
        "photograph",
        "landmarks in the photograph",
        "radiograph",
        "landmarks in the radiograph",
    ]
    assert not other.visible
    places = [grid.position(at, viewer.layers) for at in range(2, 6)]
    assert places == [(0, 1), (0, 1), (0, 0), (0, 0)]
    panel.apart_button.click()
    assert list(viewer.layers) == before
    assert (grid.enabled, grid.shape, grid.stride) == was
    assert other.visible
    assert not other_hidden.visible
    panel.apart_button.click()
    viewer.layers.remove(other)
    viewer.layers.remove("photograph")
    panel.apart_button.click()
    assert not grid.enabled
    panel.set_pictures(None, None)
    assert not panel.apart_button.isEnabled()


def test_deleted_marks_are_made_anew(viewer: Any, panel: LandmarkPanel) -> None:
    panel.model.add((60.0, 80.0), "radiograph")
    viewer.layers.remove("landmarks in the photograph")
    panel.set_photograph_affine(np.diag([2.0, 2.0, 1.0]))
    viewer.scene.camera.zoom *= 2
    panel.model.add((20.0, 30.0), "radiograph")
    marks = viewer.layers["landmarks in the photograph"]
    assert len(marks.data) == 2
    np.testing.assert_allclose(marks.data_to_world((5, 6)), (10, 12))
    viewer.layers.clear()
    mouse(viewer, (60.0, 80.0))
    panel.undo_button.click()
    assert len(viewer.layers) == 2


def test_another_photograph_brings_its_own_model(viewer: Any, panel: LandmarkPanel) -> None:
    front = panel.model
    front.add((60.0, 80.0), "radiograph")
    back = LandmarkModel(SHAPES)
    panel.model = back
    assert panel.table.rowCount() == 0
    assert len(viewer.layers["landmarks in the radiograph"].data) == 0
    front.add((20.0, 80.0), "radiograph")
    assert panel.table.rowCount() == 0
    panel.model = front
    assert panel.table.rowCount() == 2
    assert panel.undo_button.isEnabled()
    panel.set_marks_visible(False)
    assert not viewer.layers["landmarks in the radiograph"].visible
    assert mouse(viewer, (60.0, 80.0)) == [False, False]


def test_hidden_marks_follow_and_come_back(
    viewer: Any, panel: LandmarkPanel, guess: Transform
) -> None:
    fill(panel, guess)
    panel.set_marks_visible(False)
    panel.model.remove(range(4))
    panel.model.add((60.0, 80.0), "radiograph")
    panel.set_marks_visible(True)
    for picture in ("radiograph", "photograph"):
        marks = viewer.layers[f"landmarks in the {picture}"]
        assert marks._view_text.tolist() == ["5", "6", "1"]
        assert len(marks._view_data) == 3


def test_without_pictures_nothing_can_be_marked(qtbot: Any, viewer: Any) -> None:
    panel = LandmarkPanel(viewer, LandmarkModel())
    qtbot.addWidget(panel)
    assert not panel.add_button.isEnabled()
    assert not panel.import_button.isEnabled()
    assert not panel.export_button.isEnabled()
    assert not viewer.layers
    panel.model.shapes = SHAPES
    assert panel.add_button.isEnabled()


def test_tables_out_and_in(
    viewer: Any,
    panel: LandmarkPanel,
    guess: Transform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(panel, guess)
    path = str(tmp_path / "pairs.csv")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    panel.side = "back"
    before = panel.model.landmarks
    for form, kept in ((OURS, before), (BIGWARP, before), (BUTTERFLY, before[2:])):
        panel.model.replace(kept)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, form=form: (path, form))
        panel.export_button.click()
        assert panel.message.text() == "Written to pairs.csv."
        panel.model.remove({0})
        panel.import_button.click()
        assert panel.message.text() == f"{len(kept)} pairs read from pairs.csv."
        for old, new in zip(kept, panel.model.landmarks, strict=True):
            assert new.name == old.name or form == BUTTERFLY
            apart = np.subtract([new.xray, new.photograph], [old.xray, old.photograph])
            assert np.abs(apart).max() < 1e-3
        panel.undo_button.click()
        assert len(panel.model.pairs) == len(kept) - 1


def test_a_table_that_cannot_be_used_changes_nothing(
    viewer: Any, panel: LandmarkPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.model.add((60.0, 80.0), "radiograph")
    path = tmp_path / "pairs.csv"
    path.write_text("name,side,enabled,xray_x,xray_y,photo_x,photo_y\na,front,1,far,1,1,1\n")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), BUTTERFLY))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    panel.import_button.click()
    assert "line 2: 'far' is no number" in panel.message.text()
    assert len(panel.model.pairs) == 1
    panel.export_button.click()
    assert "exactly 4 pairs, 0 are enabled" in panel.message.text()
    assert "far" in path.read_text()


def test_a_closed_panel_listens_no_longer(qtbot: Any, viewer: Any, panel: LandmarkPanel) -> None:
    panel.add_button.click()
    mouse(viewer, (60.0, 80.0))
    callbacks = list(viewer.mouse_drag_callbacks)
    viewer.window.remove_dock_widget(panel)
    panel.deleteLater()
    qtbot.waitUntil(lambda: list(viewer.mouse_drag_callbacks) != callbacks, timeout=5000)
    mouse(viewer, (20.0, 30.0))
    viewer.scene.camera.zoom *= 2
    assert len(viewer.layers["landmarks in the radiograph"].data) == 1


def test_with_the_real_mouse(qtbot: Any, shown_viewer: Any, panel: LandmarkPanel) -> None:
    qtbot.waitExposed(shown_viewer.window._qt_window)
    panel.apart_button.click()
    panel.add_button.click()
    canvas = shown_viewer.window._qt_viewer.canvas
    qtbot.waitUntil(lambda: len(canvas.grid_views) == 2)
    qtbot.wait(50)
    centre = shown_viewer.scene.camera.center

    def on_screen(world: Point, cell: int) -> QPoint:
        view = canvas.grid_views[cell]
        x, y = (view.transform * view.scene.transform).map(world[::-1])[:2]
        return QPoint(round(x), round(y))

    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(canvas.native, button, keys, on_screen((60.0, 80.0), 0))
    np.testing.assert_allclose(panel.model.landmarks[0].xray, (60.0, 80.0), atol=1)
    start, end = on_screen((60.0, 80.0), 1), on_screen((80.0, 100.0), 1)
    QTest.mousePress(canvas.native, button, keys, start)
    QTest.mouseMove(canvas.native, (start + end) / 2)
    QTest.mouseMove(canvas.native, end)
    QTest.mouseRelease(canvas.native, button, keys, end)
    marks = shown_viewer.layers["landmarks in the photograph"]
    np.testing.assert_allclose(marks.data_to_world(marks.data[0]), (80.0, 100.0), atol=2)
    assert panel.model.pairs[0].predicted is None
    assert shown_viewer.scene.camera.center == centre
