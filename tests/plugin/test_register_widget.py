from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from register_cases import BAD, GRID, Search, unregistered

from napari_xraysep.errors import InputError
from napari_xraysep.io.transforms import read_transforms
from napari_xraysep.plugin import questions
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.parts import NO_PAINTING, SEPARATION_RUNS
from napari_xraysep.plugin.register_preview import NAMES
from napari_xraysep.plugin.register_widget import GO_BACK, LOSE
from napari_xraysep.plugin.separate_widget import PUT_TOGETHER
from napari_xraysep.plugin.session import Session, session_of
from napari_xraysep.registration import find
from napari_xraysep.transforms import PlateOutline
from plugin.conftest import TIMEOUT

PAIRS = (((5.0, 5.0), (7.0, 8.0)), ((5.0, 50.0), (7.0, 53.0)), ((35.0, 8.0), (37.0, 11.0)))


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Any:
    search = Search()
    monkeypatch.setattr(find, "find_transform", search)
    yield search
    search.go.set()


@pytest.fixture
def dock(viewer: Any) -> Any:
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Register")
    return widget


@pytest.fixture
def session(viewer: Any) -> Any:
    return session_of(viewer)


def load(viewer: Any, *sides: str) -> Any:
    loaded = unregistered(*sides)
    session_of(viewer).begin(loaded, None, None)
    return loaded


def ended(qtbot: Any, dock: Any) -> None:
    qtbot.waitUntil(lambda: not dock.running, timeout=TIMEOUT)


def found(qtbot: Any, dock: Any, search: Search) -> None:
    search.go.set()
    dock.register_button.click()
    ended(qtbot, dock)


def preview_names(viewer: Any) -> list[str]:
    return [la.name for la in viewer.layers if la.name in NAMES.values()]


def test_without_a_painting_it_says_what_to_do(dock: Any) -> None:
    assert dock.painting.text() == NO_PAINTING
    assert not dock.work.isEnabled()
    dock.register()
    assert not dock.running


def test_a_painting_is_registered_looked_at_and_used_side_by_side(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    load(viewer, "front", "large back")
    assert "not registered" in dock.side.states["front"].text()
    found(qtbot, dock, search)
    assert preview_names(viewer) == [NAMES["over"]]
    assert not viewer.canvas.grid.enabled
    assert "registered: median 0.4 px = 0.04 mm" in dock.side.states["front"].text()
    assert "25%" in dock.orientation.buttons["upside down"].text()
    assert dock.orientation.buttons["mirrored"].isChecked()
    assert session.loaded.painting is None  # nothing is applied unasked
    assert session.project.transforms is None
    assert dock.step_bar.said.text() == "front found, not in use"
    dock.undo_button.click()
    assert session.unused == ()
    dock.redo_button.click()
    assert session.unused == ("front",)
    dock.use_button.click()
    ended(qtbot, dock)
    assert session.loaded.transforms.front == session.project.transforms.front
    assert session.unused == ()
    assert preview_names(viewer) == []
    assert any("front photograph, registered" in layer.name for layer in viewer.layers)
    assert "in use" in dock.side.states["front"].text()
    assert "back photograph does not fit" in dock.message.text()
    assert dock.side.buttons["back"].isChecked()  # it is next
    found(qtbot, dock, search)
    assert [asked["prefer"] for asked in search.asked] == [None, "mirrored"]
    dock.use_button.click()
    ended(qtbot, dock)
    painting = session.loaded.painting
    assert painting.shape == GRID
    assert painting.transforms == session.project.transforms
    assert session.project.transforms.back is not None
    assert viewer.canvas.grid.enabled
    assert "lie on the radiograph" in dock.message.text()
    assert not dock.use_button.isEnabled()


def test_cancelling_changes_nothing_and_ends_the_search(
    qtbot: Any, viewer: Any, dock: Any, search: Search
) -> None:
    load(viewer, "front")
    dock.register_button.click()
    qtbot.waitUntil(lambda: "looking" in dock.progress.stage.text(), timeout=TIMEOUT)
    assert dock.progress.bar.value() == 30
    assert not dock.register_button.isEnabled()
    dock.progress.cancel_button.click()
    assert "stopping" in dock.progress.stage.text()
    ended(qtbot, dock)
    assert search.ended.is_set()
    assert "nothing was changed" in dock.message.text()
    assert "not registered" in dock.side.states["front"].text()
    assert dock.register_button.isEnabled()


def test_a_failed_registration_says_so_and_cannot_be_used(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    load(viewer, "front")
    search.quality = BAD
    found(qtbot, dock, search)
    for label in (dock.side.states["front"], dock.message):
        assert "failed: too few details agree" in label.text()
        assert "color:" in label.text()
    assert "(a guess)" in dock.orientation.said.text()
    assert not dock.use_button.isEnabled()
    dock.use()
    assert not dock.running
    assert session.loaded.transforms is None


def test_the_user_overrules_the_orientation(
    qtbot: Any, viewer: Any, dock: Any, search: Search
) -> None:
    load(viewer, "front")
    found(qtbot, dock, search)
    dock.orientation.buttons["upside down"].click()
    assert not dock.orientation.automatic.isChecked()
    assert dock.model.placement().orientation == "upside down"
    assert not dock.use_button.isEnabled()
    found(qtbot, dock, search)
    assert [asked["orientation"] for asked in search.asked] == [None, "upside down"]
    dock.undo_button.click()
    dock.undo_button.click()
    assert dock.model.placement().orientation == "mirrored"
    dock.redo_button.click()
    assert dock.model.placement().orientation == "upside down"
    dock.orientation.automatic.click()
    assert dock.model.track.orientation is None


def test_landmarks_are_kept_shown_taken_and_refined(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    load(viewer, "front", "back")
    dock.by_hand.heading.click()
    assert dock.view.shown.isChecked()
    assert not dock.pairs_button.isEnabled()
    pairs = dock.model.track.pairs
    for number, (xray, photograph) in enumerate(PAIRS):
        pairs.add(xray, "radiograph")
        pairs.move({number: photograph}, "photograph")
    assert [pair.photograph for pair in session.project.front_landmarks] == [p for _, p in PAIRS]
    layer = dock.preview.pictures[1]
    np.testing.assert_allclose(layer.data_to_world((7, 8)), (5, 5), atol=1e-6)
    dock.from_pairs_button.click()
    search.go.set()
    ended(qtbot, dock)
    start = search.asked[0]["start"]
    np.testing.assert_allclose(start.to_photograph([[5, 5]]), [[7, 8]], atol=1e-6)
    dock.pairs_button.click()
    assert "3 landmarks, affine" in dock.side.states["front"].text()
    dock.use()
    ended(qtbot, dock)
    assert session.project.transforms.front.how == "landmarks, affine"
    dock.side.buttons["back"].click()
    assert dock.landmarks.model.landmarks == ()
    assert session.project.back_landmarks == ()
    dock.side.buttons["front"].click()
    assert len(dock.landmarks.model.landmarks) == 3


def test_collinear_landmarks_are_one_sentence(qtbot: Any, viewer: Any, dock: Any) -> None:
    load(viewer, "front")
    pairs = dock.model.track.pairs
    for number in range(3):
        pairs.add((5.0 + 10 * number, 6.0 + 10 * number), "radiograph")
        pairs.enable({number}, on=True)
    dock.take_pairs()
    assert "lie on one line" in dock.message.text()
    assert dock.model.track.now is None


def test_films_drawn_are_kept_and_heeded(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    load(viewer, "front")
    dock.plates.draw_button.click()
    layer = viewer.layers.selection.active
    assert layer.mode == "add_polygon"
    layer.add(np.array([[0, 0], [0, 28], [39, 28], [39, 0]]), shape_type="rectangle")
    layer.add(np.array([[5, 5], [9, 9]]), shape_type="ellipse")
    outline = PlateOutline(name="film 1", polygon=((0, 0), (0, 28), (39, 28), (39, 0)))
    assert session.project.plates == (outline,)
    assert "1 film is drawn" in dock.plates.count.text()
    found(qtbot, dock, search)
    assert search.asked[0]["plates"] == (outline,)
    viewer.layers.remove(layer)
    dock.plates.draw()
    assert len(viewer.layers.selection.active.data) == 1  # made anew
    dock.plates.clear_button.click()
    assert session.project.plates == ()


def test_registrations_go_out_and_come_in(
    qtbot: Any, viewer: Any, dock: Any, search: Search, tmp_path: Path
) -> None:
    load(viewer, "front")
    found(qtbot, dock, search)
    assert not dock.export_button.isEnabled()
    dock.use()
    ended(qtbot, dock)
    path = tmp_path / "transforms.json"
    dock.write(path)
    assert path.name in dock.message.text()
    load(viewer, "front")
    dock.read(path)
    assert dock.model.track.now.side.transform == read_transforms(path).front.transform
    assert dock.use_button.isEnabled()
    attempts = len(dock.model.track.attempts)
    path.write_text(path.read_text().replace('"height": 44', '"height": 41'))
    dock.read(path)
    assert "it has 44 rows" in dock.message.text()  # another painting's
    path.write_text("{")
    dock.read(path)
    assert "transforms.json: line 1 is no JSON" in dock.message.text()
    assert len(dock.model.track.attempts) == attempts


def test_another_painting_ends_a_search_whose_result_is_dropped(
    qtbot: Any, viewer: Any, dock: Any, search: Search
) -> None:
    load(viewer, "front")
    dock.register_button.click()
    qtbot.waitUntil(lambda: len(search.asked) == 1, timeout=TIMEOUT)
    load(viewer, "front")
    assert not dock.running
    qtbot.waitUntil(search.ended.is_set, timeout=TIMEOUT)
    qtbot.wait(50)
    assert dock.model.track.now is None


def test_nothing_is_used_while_a_separation_runs(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    load(viewer, "front")
    found(qtbot, dock, search)
    session.running = True
    dock.use()
    assert dock.message.text() == SEPARATION_RUNS
    assert not dock.running


def test_a_search_ends_when_the_window_closes(
    qtbot: Any, viewer: Any, dock: Any, search: Search
) -> None:
    load(viewer, "front")
    dock.register_button.click()
    qtbot.waitUntil(lambda: len(search.asked) == 1, timeout=TIMEOUT)
    viewer.close()
    qtbot.waitUntil(search.ended.is_set, timeout=TIMEOUT)


def test_closing_asks_before_a_registration_is_lost(
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
    viewer: Any,
    dock: Any,
    search: Search,
) -> None:
    load(viewer, "front")
    asked: list[str] = []
    answers = iter((GO_BACK, LOSE))

    def ask(parent: Any, question: str, choices: Any) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(questions, "ask", ask)
    assert dock._may_close()
    found(qtbot, dock, search)
    assert not dock._may_close()
    assert dock._may_close()
    assert "registration of the front" in asked[0]


def test_another_dock_in_front_gets_the_panes_back(
    qtbot: Any, shown_viewer: Any, dock: Any, search: Search
) -> None:
    show_pictures(shown_viewer, load(shown_viewer, "front"))
    found(qtbot, dock, search)
    assert not shown_viewer.canvas.grid.enabled
    other, _ = shown_viewer.window.add_plugin_dock_widget(
        "napari-xraysep", "Load painting", tabify=True
    )
    other.raise_()
    qtbot.waitUntil(lambda: shown_viewer.canvas.grid.enabled, timeout=TIMEOUT)
    assert preview_names(shown_viewer) == []
    dock.parent().raise_()
    qtbot.waitUntil(lambda: preview_names(shown_viewer) == [NAMES["over"]], timeout=TIMEOUT)


def test_closing_the_dock_gives_the_viewer_back(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, viewer: Any, dock: Any, search: Search
) -> None:
    show_pictures(viewer, load(viewer, "front"))
    found(qtbot, dock, search)
    monkeypatch.setattr(questions, "ask", lambda *asked: LOSE)
    dock.parent().destroyOnClose()
    assert viewer.canvas.grid.enabled
    assert preview_names(viewer) == []


def test_a_reopened_project_shows_what_was_done_and_searches_nothing(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    load(viewer, "front")
    found(qtbot, dock, search)
    dock.use()
    ended(qtbot, dock)
    kept, made = session.project, session.loaded
    load(viewer, "front")
    assert "not registered" in dock.side.states["front"].text()
    session.begin(made, kept, None)
    assert "median 0.4 px" in dock.side.states["front"].text()
    assert "in use" in dock.side.states["front"].text()
    assert len(search.asked) == 1


def test_views_of_a_registration(qtbot: Any, viewer: Any, dock: Any, search: Search) -> None:
    show_pictures(viewer, load(viewer, "front"))
    found(qtbot, dock, search)
    for view in ("checkerboard", "edges"):
        dock.view.choose(view)
        qtbot.waitUntil(lambda name=NAMES[view]: preview_names(viewer) == [name], timeout=TIMEOUT)
        assert not dock.view.opacity.isEnabled()
    dock.view.choose("error")
    assert "0 to 4 px (0 to 0.4 mm)" in viewer.layers[-1].name
    assert "0 to 0.4 mm" in dock.view.legend.text()
    dock.view.before_button.click()
    assert "not measured" in dock.view.legend.text()
    dock.view.before_button.click()
    dock.view.choose("over")
    dock.view.opacity.setValue(20)
    assert dock.preview.pictures[1].opacity == 0.2
    dock.view.blink_button.click()
    qtbot.waitUntil(lambda: not dock.preview.pictures[1].visible, timeout=TIMEOUT)
    dock.view.blink_button.click()
    assert dock.preview.pictures[1].visible
    dock.view.shown.click()
    assert viewer.canvas.grid.enabled


def test_a_preview_is_not_taken_for_an_image_of_the_painting(
    qtbot: Any, viewer: Any, dock: Any, search: Search
) -> None:
    show_pictures(viewer, load(viewer, "front"))
    found(qtbot, dock, search)
    _, opened = viewer.window.add_plugin_dock_widget("napari-xraysep", "Load painting")
    assert opened.choices["front"].combo.count() == 1  # only: choose one


def test_no_separation_starts_while_a_registration_is_put_to_use(
    qtbot: Any, viewer: Any, dock: Any, session: Any, search: Search
) -> None:
    _, separate = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")
    load(viewer, "front")
    found(qtbot, dock, search)
    dock.use()
    separate.start()
    assert separate.progress.message.text() == PUT_TOGETHER
    assert not separate.running
    ended(qtbot, dock)
    assert not session.busy
    dock.undo_button.click()
    dock.use()
    assert session.busy
    load(viewer, "front")
    assert not session.busy


def test_a_painted_mask_is_stored_before_a_search_or_it_does_not_begin(
    qtbot: Any, viewer: Any, dock: Any, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mask = viewer.window.add_plugin_dock_widget("napari-xraysep", "Mask and regions")
    load(viewer, "front")
    mask.paint()
    mask.mask.painted().paint((30, 30), 1)

    def full(session: Session, name: str, labels: Any) -> Any:
        raise InputError(name, "it cannot be written (No space left on device)", "free space")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(Session, "store_labels", full)
        dock.register()
    assert "No space left" in dock.message.text()
    assert not dock.running
    found(qtbot, dock, search)
    assert not search.asked[0]["valid"][30, 30]


def test_landmarks_of_another_radiograph_are_not_shown(viewer: Any, dock: Any) -> None:
    loaded = load(viewer, "front")
    dock.model.track.pairs.add((5.0, 5.0), "radiograph")
    images = {**loaded.images, "radiograph": unregistered("front").images["radiograph"]}
    session_of(viewer).begin(replace(loaded, images=images), None, None)
    assert dock.landmarks.model is dock.model.track.pairs
    assert dock.landmarks.model.landmarks == ()


def test_using_a_registration_is_in_view_however_small_the_window(
    qtbot: Any, shown_viewer: Any, dock: Any
) -> None:
    load(shown_viewer, "front")
    shown_viewer.window.resize(1000, 640)
    dock.by_hand.heading.click()
    qtbot.waitUntil(lambda: dock.visibleRegion().boundingRect().height() > 0, timeout=TIMEOUT)
    button = dock.use_button
    assert button.visibleRegion().boundingRect().size() == button.size()
