"""Outlines, brush and rectangles in a real window, kept in the project at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.plugin import mask_drawing, questions
from napari_xraysep.plugin.drawing_view import drawings
from napari_xraysep.plugin.loading import Answers, assemble
from napari_xraysep.plugin.outlines import outlines_of, rectangle_of, region_of
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.region_list import next_name
from napari_xraysep.plugin.session import Session, session_of
from napari_xraysep.project import Area, FileRef, NamedRegion, Project
from napari_xraysep.region import Region
from plugin.conftest import SHAPE, TIMEOUT

SQUARE = np.array([[2.0, 3.0], [2.0, 13.0], [12.0, 13.0], [12.0, 3.0]])


@pytest.fixture
def dock(viewer: Any, loaded: Any) -> Any:
    show_pictures(viewer, loaded)
    session_of(viewer).begin(loaded, Project(), None)
    return viewer.window.add_plugin_dock_widget("napari-xraysep", "Mask and regions")[1]


def test_shapes_become_outlines() -> None:
    from napari.layers import Shapes

    layer = Shapes([SQUARE], shape_type="polygon")
    layer.add_ellipses([np.array([[0.0, 0.0], [0.0, 20.0], [10.0, 20.0], [10.0, 0.0]])])
    layer.add_lines([np.array([[0.0, 0.0], [5.0, 5.0]])])
    layer.add_paths([np.array([[0.0, 0.0], [5.0, 5.0], [0.0, 9.0]])])
    square, ellipse, path = outlines_of(layer)
    assert square == tuple(map(tuple, SQUARE))
    around = np.array(ellipse) - (5, 10)
    np.testing.assert_allclose((around / (5, 10)) ** 2 @ [1, 1], 1)
    assert len(path) == 3


def test_a_rectangle_is_cut_to_the_radiograph_and_comes_back() -> None:
    region = Region(3, 20, 0, 56)
    assert region_of(rectangle_of(region), SHAPE) == region
    assert region_of(SQUARE * 10 - 30, SHAPE) == Region(0, 40, 0, 56)
    assert region_of(SQUARE + 100, SHAPE) is None
    assert region_of([[4.2, 4.2], [4.4, 9.0]], SHAPE) is None
    assert next_name({"region 1", "face"}) == "region 2"


def test_outlines_brush_and_undo_are_kept(qtbot: Any, viewer: Any, dock: Any) -> None:
    session = session_of(viewer)
    dock.draw_outlines()
    assert not viewer.canvas.grid.enabled
    shown = [layer.name for layer in viewer.layers if layer.visible]
    assert [name for name in shown if "photograph" in name] == []
    layer = dock.mask.outlines()
    assert layer.mode == "add_polygon"
    layer.add_polygons([SQUARE])
    qtbot.waitUntil(lambda: session.project.mask is not None, timeout=TIMEOUT)
    assert session.project.mask.polygons == (tuple(map(tuple, SQUARE)),)
    dock.paint()
    painted = dock.mask.painted()
    painted.paint((30, 30), 1)
    qtbot.waitUntil(lambda: session.project.mask.file is not None, timeout=TIMEOUT)
    assert len(session.project.mask.polygons) == 1
    qtbot.waitUntil(lambda: "% of the radiograph" in dock.state.text(), timeout=TIMEOUT)
    painted.undo()
    qtbot.waitUntil(lambda: session.project.mask.file is None, timeout=TIMEOUT)
    dock.done()
    assert viewer.canvas.grid.enabled
    assert any("photograph" in layer.name and layer.visible for layer in viewer.layers)
    assert not layer.visible
    dock.clear_button.click()
    assert session.project.mask == Area()
    assert dock.state.text() == "Nothing is left out."


def test_a_layer_that_was_deleted_is_made_anew(qtbot: Any, viewer: Any, dock: Any) -> None:
    session = session_of(viewer)
    dock.draw_outlines()
    dock.mask.outlines().add_polygons([SQUARE])
    qtbot.waitUntil(lambda: session.project.mask is not None, timeout=TIMEOUT)
    viewer.layers.clear()
    assert len(session.project.mask.polygons) == 1
    dock.draw_outlines()
    np.testing.assert_array_equal(dock.mask.outlines().data[0], SQUARE)
    dock.done()


def test_what_is_drawn_last_is_kept_before_another_painting_comes(
    viewer: Any, dock: Any, loaded: Any, tmp_path: Any
) -> None:
    session = session_of(viewer)
    seen: list[Project] = []
    dock.paint()
    dock.mask.painted().paint((30, 30), 1)
    dock.mask.outlines().add_polygons([SQUARE])
    session.settling.connect(lambda: seen.append(session.project))
    session.begin(loaded, Project(notes="another"), None)
    assert seen[0].mask.file is not None
    assert len(seen[0].mask.polygons) == 1
    assert session.project == Project(notes="another")
    assert drawings(viewer, dock.mask.OUTLINES) == []


def test_an_image_file_is_a_mask_and_can_be_painted_on(
    qtbot: Any, viewer: Any, dock: Any, tmp_path: Any
) -> None:
    session = session_of(viewer)
    mask = np.zeros(SHAPE, np.uint8)
    mask[:5] = 255
    for name, pixels in (("mask", mask), ("small", mask[:8])):
        (tmp_path / f"{name}.png").write_bytes(imagecodecs.png_encode(pixels))
    dock.mask.load(tmp_path / "mask.png")
    qtbot.waitUntil(lambda: session.project.mask is not None, timeout=TIMEOUT)
    ref = session.project.mask.file
    assert ref.at(session.folder).resolve() == (tmp_path / "mask.png").resolve()
    dock.mask.load(tmp_path / "small.png")
    qtbot.waitUntil(lambda: "small.png: it has 8 rows" in dock.message.text(), timeout=TIMEOUT)
    assert session.project.mask.file == ref
    before = (tmp_path / "mask.png").read_bytes()
    dock.mask.painted().paint((30, 30), 1)
    qtbot.waitUntil(lambda: session.project.mask.file != ref, timeout=TIMEOUT)
    assert (tmp_path / "mask.png").read_bytes() == before


def test_regions_are_named_renamed_shown_and_deleted(qtbot: Any, viewer: Any, dock: Any) -> None:
    session, regions = session_of(viewer), dock.regions
    dock.draw_region()
    layer = regions.layer()
    layer.add_rectangles([rectangle_of(Region(4, 30, 6, 40)), rectangle_of(Region(0, 9, 0, 9))])
    qtbot.waitUntil(lambda: len(session.project.regions) == 2, timeout=TIMEOUT)
    first, second = session.project.regions
    assert (first.name, first.region) == ("region 1", "4:30,6:40")
    assert (second.name, second.region) == ("region 2", "0:9,0:9")
    regions.list.item(0).setText("region 2")
    assert "already" in dock.message.text()
    regions.list.item(0).setText("face")
    assert session.project.regions[0] == NamedRegion(name="face", region="4:30,6:40")
    assert list(layer.features["name"]) == ["face", "region 2"]
    layer.add_rectangles([SQUARE + 200])
    qtbot.waitUntil(lambda: "no area" in dock.message.text(), timeout=TIMEOUT)
    assert len(session.project.regions) == 2
    layer.selected_data = {2}
    layer.remove_selected()
    regions.list.setCurrentRow(0)
    regions.jump_button.click()
    assert tuple(viewer.scene.camera.center[-2:]) == (16.5, 22.5)
    regions.delete_button.click()
    assert [one.name for one in session.project.regions] == ["region 2"]
    assert len(regions.layer().data) == 1


def test_without_a_painting_nothing_can_be_drawn(viewer: Any, dock: Any) -> None:
    session_of(viewer).begin(None, None, None)
    assert not dock.region_button.isEnabled()
    assert "Load painting" in dock.message.text()


def test_docks_that_draw_share_their_view(viewer: Any, dock: Any) -> None:
    _, prior = viewer.window.add_plugin_dock_widget("napari-xraysep", "Prior")
    visible = [layer for layer in viewer.layers if layer.visible]
    dock.draw_outlines()
    prior.draw_outlines()
    dock.done()
    prior.done()
    assert viewer.canvas.grid.enabled
    assert [layer for layer in viewer.layers if layer.visible] == visible


def test_a_file_that_was_read_for_another_painting_is_not_taken(
    qtbot: Any, viewer: Any, dock: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, go, ended = session_of(viewer), threading.Event(), threading.Event()

    def slowly(*given: Any) -> Any:
        go.wait(10)
        ended.set()
        return FileRef(path="mask.png", sha256="0" * 64), np.eye(*SHAPE, dtype=bool)

    monkeypatch.setattr(mask_drawing, "_mask_from", slowly)
    dock.mask.load(Path("mask.png"))
    other = assemble({**read, "radiograph": replace(read["radiograph"])}, Answers())
    session.begin(other, Project(notes="another"), None)
    go.set()
    qtbot.waitUntil(ended.is_set, timeout=TIMEOUT)
    qtbot.wait(100)
    assert session.project == Project(notes="another")
    assert drawings(viewer, dock.mask.PAINTED) == []


def test_a_dock_whose_drawing_cannot_be_stored_asks_before_it_closes(
    dock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(session: Session, name: str, labels: Any) -> FileRef:
        raise InputError("leave-out", "it cannot be written (no space)", "free space")

    asked: list[str] = []
    answers = [questions.KEEP_OPEN, questions.CLOSE]
    monkeypatch.setattr(
        questions, "ask", lambda parent, question, choice: asked.append(question) or answers.pop(0)
    )
    monkeypatch.setattr(Session, "store_labels", refuse)
    dock.paint()
    dock.mask.painted().paint((5, 5), 1)
    assert not questions.may_close(dock, dock._session)
    assert "no space" in asked[0]
    dock.parent().destroyOnClose()  # the answer is now to close it and lose the drawing
    assert len(asked) == 2
