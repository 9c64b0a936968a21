"""The dock *Prior* in a real window: drawn, scribbled, previewed, kept, separated with."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_xraysep.domain import luma
from napari_xraysep.plugin import prior_widget
from napari_xraysep.plugin.images import Image
from napari_xraysep.plugin.loading import Answers, Loaded, assemble, painting_to_separate
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.prior_drawing import FEATHER
from napari_xraysep.plugin.prior_model import hand_made
from napari_xraysep.plugin.projects import reopened
from napari_xraysep.plugin.session import session_of
from napari_xraysep.project import Area, FileRef, PriorDrawing, Project
from napari_xraysep.separation.prior import guide
from plugin.conftest import SHAPE, TIMEOUT

BOX = np.array([[10.0, 10.0], [10.0, 40.0], [30.0, 40.0], [30.0, 10.0]])
WIDE = round(FEATHER * max(SHAPE))


@pytest.fixture
def concealed(read: dict[Any, Image]) -> Loaded:
    """The small painting without its back."""
    return assemble({role: read[role] for role in ("radiograph", "front")}, Answers())


@pytest.fixture
def begun(viewer: Any, concealed: Loaded, files: Path) -> Any:
    """Dock *Prior* in a window with that painting and a project file."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Prior")
    show_pictures(viewer, concealed)
    project = Project(
        radiograph=_ref(concealed, "radiograph", files), front=_ref(concealed, "front", files)
    )
    session_of(viewer).begin(concealed, project, files / "xray-project.json")
    return widget


def _ref(loaded: Loaded, role: Any, folder: Path) -> FileRef:
    record = loaded.images[role].record
    assert record.path is not None
    assert record.sha256 is not None
    return FileRef(path=Path(record.path).name, sha256=record.sha256)


def prior_in(viewer: Any) -> PriorDrawing:
    return session_of(viewer).project.prior or PriorDrawing()


def draw(widget: Any, qtbot: Any) -> np.ndarray:
    """Outline a box and return g1 as it is shown then."""
    widget.draw_outlines()
    widget.design.outlines().add_polygons([BOX])
    qtbot.waitUntil(lambda: widget.preview.layer is not None, timeout=TIMEOUT)
    return np.asarray(widget.preview.layer.data)


def changed(widget: Any, before: np.ndarray) -> Callable[[], bool]:
    return lambda: (
        widget.preview.layer is not None and not np.array_equal(widget.preview.layer.data, before)
    )


def test_an_outline_is_previewed_and_kept(begun: Any, viewer: Any, qtbot: Any) -> None:
    g1 = draw(begun, qtbot)
    prior = prior_in(viewer)
    assert [np.shape(corners) for corners in prior.area.polygons] == [(4, 2)]
    assert prior.feather_px == WIDE == begun.feather.value()
    painting = session_of(viewer).loaded.painting
    xray = painting.block().xray
    np.testing.assert_array_equal(g1[:, 45:], xray[:, 45:])
    inside = g1[15:26, 15:36], luma(painting.block().front)[15:26, 15:36]
    assert abs(np.corrcoef(inside[0].ravel(), inside[1].ravel())[0, 1]) > 0.999
    layer = begun.preview.layer
    assert layer.visible
    assert "simulated" in layer.name
    radiograph = next(la for la in viewer.layers if la.name.startswith("radiograph"))
    assert tuple(layer.contrast_limits) == tuple(radiograph.contrast_limits)
    assert "% of the radiograph" in begun.state.text()
    # and drawing can go on while g1 appears
    outlines = begun.design.outlines()
    assert viewer.layers.selection.active is outlines
    assert outlines.mode == "add_polygon"
    assert viewer.layers.index(outlines) > viewer.layers.index(begun.preview.layer)
    begun.clear_button.click()
    assert begun.preview.layer is None
    assert not prior_in(viewer).area.polygons
    assert begun.state.text() == "Nothing is marked."


def test_when_done_all_is_shown_as_before(begun: Any, viewer: Any, qtbot: Any) -> None:
    _, other = viewer.window.add_plugin_dock_widget("napari-xraysep", "Mask and regions")
    shown = {layer for layer in viewer.layers if layer.visible}
    draw(begun, qtbot)
    begun.scribble(1)
    other.paint()
    assert not begun.preview.layer.visible  # or the mask would be drawn on g1
    begun.draw_outlines()
    assert begun.preview.layer.visible
    begun.done_button.click()
    assert {layer for layer in viewer.layers if layer.visible} == shown


def test_nothing_is_cut_off_in_a_narrow_dock(begun: Any) -> None:
    assert begun.controls.minimumSizeHint().width() <= begun.minimumWidth() - 10


def test_reverse_and_soft_edge_change_g1(begun: Any, viewer: Any, qtbot: Any) -> None:
    g1 = draw(begun, qtbot)
    begun.reverse.click()
    qtbot.waitUntil(changed(begun, g1), timeout=TIMEOUT)
    xray = session_of(viewer).loaded.painting.block().xray
    reverse = np.array(begun.preview.layer.data)
    np.testing.assert_array_equal(reverse[15:25, 15:35], xray[15:25, 15:35])
    assert np.abs(reverse - xray)[:, 45:].mean() > 0.01
    begun.feather.setValue(9)
    qtbot.waitUntil(changed(begun, reverse), timeout=TIMEOUT)
    assert (prior_in(viewer).reverse, prior_in(viewer).feather_px) == (True, 9)


def test_the_soft_edge_is_said_in_millimetres_where_they_are_known(
    viewer: Any, read: dict[Any, Image]
) -> None:
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Prior")
    images = {role: read[role] for role in ("radiograph", "front")}
    session_of(viewer).loaded = assemble(images, Answers(pixel_size_mm=0.5))
    widget.feather.setValue(5)
    assert widget.millimetres.text() == "= 2.5 mm"


def test_a_brush_marks_too(begun: Any, viewer: Any, qtbot: Any) -> None:
    begun.paint()
    begun.design.painted().paint((20, 20), 1)
    qtbot.waitUntil(lambda: begun.preview.layer is not None, timeout=TIMEOUT)
    file = prior_in(viewer).area.file
    assert file is not None
    assert file.at(session_of(viewer).folder).is_file()


def test_scribbles_are_kept_by_their_numbers(begun: Any, viewer: Any, qtbot: Any) -> None:
    from napari_xraysep.areas import labels

    g1 = draw(begun, qtbot)
    for number, place in ((1, (20, 20)), (2, (5, 50)), (3, (36, 5))):
        begun.scribble_buttons[number].click()
        layer = begun.scribbles.painted()
        assert layer.selected_label == number
        layer.paint(place, layer.selected_label)
    qtbot.waitUntil(changed(begun, g1), timeout=TIMEOUT)
    file = prior_in(viewer).scribbles
    assert file is not None
    kept = labels(file, SHAPE, session_of(viewer).folder)
    assert (kept[20, 20], kept[5, 50], kept[36, 5]) == (1, 2, 3)
    xray = session_of(viewer).loaded.painting.block().xray
    assert begun.preview.layer.data[20, 20] == xray[20, 20]
    assert begun.preview.layer.data[5, 50] != xray[5, 50]
    begun.clear_scribbles_button.click()
    assert prior_in(viewer).scribbles is None
    assert prior_in(viewer).area.polygons


def test_a_guess_made_by_hand_is_shown_as_it_is_or_refused(
    begun: Any, viewer: Any, qtbot: Any, files: Path
) -> None:
    made = np.linspace(0, 65535, SHAPE[0] * SHAPE[1]).reshape(SHAPE).astype(np.uint16)
    tifffile.imwrite(files / "g1.tif", made)
    begun.load(files / "g1.tif")
    qtbot.waitUntil(lambda: begun.preview.layer is not None, timeout=TIMEOUT)
    np.testing.assert_allclose(begun.preview.layer.data, made / 65535, atol=1e-6)
    assert begun.file.text() == "g1.tif"
    assert prior_in(viewer).image.path == "g1.tif"
    begun.no_file_button.click()
    assert prior_in(viewer).image is None
    assert begun.preview.layer is None
    tifffile.imwrite(files / "small.tif", np.eye(30, 31, dtype=np.uint8))
    begun.load(files / "small.tif")
    qtbot.waitUntil(lambda: "small.tif" in begun.message.text(), timeout=TIMEOUT)
    assert "40 and 56" in begun.message.text()
    assert prior_in(viewer).image is None


def test_a_double_sided_painting_has_none(viewer: Any, loaded: Loaded) -> None:
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Prior")
    assert "Load painting" in widget.message.text()
    session_of(viewer).loaded = loaded
    assert "has a back" in widget.message.text()
    assert not widget.controls.isEnabled()


def test_a_reopened_project_shows_its_prior_again(
    begun: Any, viewer: Any, qtbot: Any, make_napari_viewer: Any
) -> None:
    g1 = draw(begun, qtbot)
    begun.scribble(1)
    begun.scribbles.painted().paint((20, 20), 1)
    qtbot.waitUntil(changed(begun, g1), timeout=TIMEOUT)
    g1 = np.array(begun.preview.layer.data)
    session = session_of(viewer)
    session.flush()
    again = reopened(session.project_file)
    fresh = make_napari_viewer()
    _, widget = fresh.window.add_plugin_dock_widget("napari-xraysep", "Prior")
    show_pictures(fresh, again.loaded)
    session_of(fresh).begin(again.loaded, again.project, again.file)
    qtbot.waitUntil(lambda: widget.preview.layer is not None, timeout=TIMEOUT)
    np.testing.assert_array_equal(widget.preview.layer.data, g1)
    assert not widget.preview.layer.visible
    np.testing.assert_allclose(widget.design.outlines().data[0], BOX)
    qtbot.waitUntil(lambda: widget.scribbles.painted() is not None, timeout=TIMEOUT)
    assert widget.scribbles.painted().data[20, 20] == 1


def test_a_run_from_the_dock_honours_the_prior(
    begun: Any, viewer: Any, qtbot: Any, files: Path
) -> None:
    _, separate = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")
    begun.feather.setValue(0)
    draw(begun, qtbot)
    separate.panel.method.setCurrentIndex(separate.panel.method.findData("regression"))
    run = separate.output.folder
    separate.start()
    qtbot.waitUntil((run / "run.json").exists, timeout=3 * TIMEOUT)
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    record = json.loads((run / "run.json").read_text())
    assert record["prior"].startswith("drawn: the concealed design lies in")
    assert "prior-mask" in {one["role"] for one in record["inputs"]}
    surface = tifffile.imread(run / "surface.tif")
    xray = session_of(viewer).loaded.painting.block().xray
    np.testing.assert_allclose(surface[:, 42:], xray[:, 42:], atol=1e-6)
    assert np.abs(surface - xray)[12:28, 12:38].mean() > 0.005


def test_a_hand_made_file_is_named_relative_to_the_project(concealed: Loaded, files: Path) -> None:
    tifffile.imwrite(files / "g1.tif", np.eye(*SHAPE, dtype=np.uint8))
    assert concealed.painting is not None
    ref = hand_made(files / "g1.tif", concealed.painting, files / "kept")
    assert ref.path == "../g1.tif"


def test_a_guess_that_was_read_for_another_painting_is_not_taken(
    begun: Any, viewer: Any, qtbot: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, go, ended = session_of(viewer), threading.Event(), threading.Event()

    def slowly(*given: Any) -> FileRef:
        go.wait(10)
        ended.set()
        return FileRef(path="g1.tif", sha256="0" * 64)

    monkeypatch.setattr(prior_widget, "hand_made", slowly)
    begun.load(Path("g1.tif"))
    images = {"radiograph": replace(read["radiograph"]), "front": read["front"]}
    session.begin(assemble(images, Answers()), Project(notes="another"), None)
    go.set()
    qtbot.waitUntil(ended.is_set, timeout=TIMEOUT)
    qtbot.wait(100)
    assert session.project == Project(notes="another")


def test_what_is_left_out_has_no_say_in_the_preview(begun: Any, viewer: Any, qtbot: Any) -> None:
    g1 = draw(begun, qtbot)
    session = session_of(viewer)
    session.edit(mask=Area(polygons=(((0, 42), (0, 55), (20, 55), (20, 42)),)))
    qtbot.waitUntil(changed(begun, g1), timeout=TIMEOUT)
    painting = painting_to_separate(session.loaded, session.project, session.folder)
    np.testing.assert_allclose(begun.preview.layer.data, guide(painting.block()), atol=1e-6)
    session.edit(mask=Area())
    qtbot.waitUntil(lambda: np.array_equal(begun.preview.layer.data, g1), timeout=TIMEOUT)
