from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from qtpy.QtWidgets import QApplication

from napari_xraysep.plugin.compare_model import MODES, CompareModel
from napari_xraysep.plugin.compare_view import CAME, GONE, REGROUPED, CompareView
from napari_xraysep.plugin.curtain import canvas_of
from napari_xraysep.plugin.panes import KEY, add_pane, side_by_side

A, B = 0.25, 0.75
"""Grey values of both images."""
NEAR = 4
"""Grey levels on the screen."""
GRID = ("enabled", "stride", "shape")


def grey(picture: NDArray[Any]) -> NDArray[np.float64]:
    return picture[..., :3].astype(float).mean(-1)


class Window:
    """A shown window with A, B and a layer that is not compared."""

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.other = viewer.add_image(np.full((40, 60), 0.5), name="other", contrast_limits=(0, 1))
        self.b = viewer.add_image(np.full((40, 60), B), name="back", contrast_limits=(0, 1))
        self.a = viewer.add_image(np.full((40, 60), A), name="front", contrast_limits=(0, 1))
        self.a.opacity, self.b.visible, self.a.contrast_limits = 0.8, False, (0.1, 0.9)
        viewer.scene.camera.zoom *= 2  # so that there is no ground beside the images
        self.model = CompareModel()
        self.view = CompareView(viewer, self.model)
        self.model.set(first=self.a, second=self.b)

    def state(self) -> Any:
        viewer = self.viewer
        return (
            [
                (
                    la.name,
                    la.visible,
                    la.opacity,
                    str(la.blending),
                    getattr(la, "contrast_limits", 0),
                )
                for la in viewer.layers
            ],
            [la.name_overlay.visible for la in viewer.layers],
            [getattr(viewer.canvas.grid, name) for name in GRID],
            {str(key) for key in viewer.keymap},
            len(viewer.mouse_drag_callbacks) + len(viewer.mouse_move_callbacks),
            viewer.layers.selection.active.name,
            round(viewer.scene.camera.zoom, 6),
        )

    def picture(self) -> NDArray[np.float64]:
        """Grey values of the canvas, 0..255, as it is drawn now."""
        QApplication.processEvents()
        return grey(self.viewer.screenshot(canvas_only=True, flash=False))


@pytest.fixture
def window(shown_viewer: Any) -> Window:
    return Window(shown_viewer)


def is_a(picture: NDArray[np.float64]) -> bool:
    return bool(abs(np.median(picture) - 255 * A) < NEAR)


def is_b(picture: NDArray[np.float64]) -> bool:
    return bool(abs(np.median(picture) - 255 * B) < NEAR)


def low(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower part of a picture, without names and grip."""
    return picture[int(0.7 * len(picture)) : int(0.95 * len(picture))]


def test_a_is_left_of_the_divider_and_b_right_of_it(window: Window) -> None:
    window.model.set(mode="curtain")
    for divider in (0.25, 0.5):
        window.model.set(divider=divider)
        picture = window.picture()
        drawn = low(picture)
        line = np.flatnonzero((drawn > 250).all(0))
        assert abs(line.mean() - divider * drawn.shape[1]) <= 2
        assert len(line) <= 3
        left, right = drawn[:, : line[0] - 3], drawn[:, line[-1] + 4 :]
        assert is_a(left)
        assert is_b(right)
        assert max(np.ptp(left), np.ptp(right)) < NEAR
    names = [label.text for label in window.view._divider.labels]
    assert names == ["A: front", "B: back"]
    middle = picture.shape[1] // 2
    for side in (picture[8:40, middle - 90 : middle - 8], picture[8:40, middle + 8 : middle + 90]):
        assert (side > 235).sum() > 40  # letters
        assert (side < 80).sum() > 200  # on a dark ground


def drag(window: Window, start: float, end: float) -> Any:
    """Press at a part of the canvas's width, move to another, let go."""
    width = window.viewer.window._qt_viewer.canvas._scene_canvas.size[0]
    event = SimpleNamespace(
        pos=(start * width, 50), button=1, type="mouse_press", handled=False, viewbox=(0, 0)
    )
    moving = window.view._pressed(window.viewer, event)
    for _ in moving:
        event.type, event.pos = ("mouse_move", (end * width, 50))
        if window.model.divider == pytest.approx(end):
            event.type = "mouse_release"
    return event


def test_the_divider_is_dragged_and_the_picture_is_not(window: Window) -> None:
    window.model.set(mode="curtain", divider=0.5)
    given = window.a.data, window.b.data
    assert drag(window, 0.5, 0.3).handled
    assert window.model.divider == pytest.approx(0.3)
    assert window.viewer.scene.camera.mouse_pan
    picture = low(window.picture())
    assert is_b(picture[:, int(0.35 * picture.shape[1]) :])
    assert not drag(window, 0.6, 0.8).handled  # not near the line: napari pans
    assert window.model.divider == pytest.approx(0.3)
    assert (window.a.data, window.b.data) == given


def test_other_data_of_another_type_and_size_stay_behind_the_curtain(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    for node in (window.viewer.window._qt_viewer.canvas.layer_to_visual[window.a]._layer_node,):
        node.MAX_TEXTURE_SIZE_2D = 16  # larger images are drawn in tiles
        node._tiledimage_node.tile_size = 16
    window.model.set(mode="curtain")
    for data in (np.full((40, 60), A), np.full((10, 15), A, np.float32), np.full((20, 30), A)):
        window.a.data = data
        window.a.scale = 40 / len(data), 40 / len(data)
        picture = low(window.picture())
        middle = picture.shape[1] // 2
        assert is_a(picture[:, : middle - 4])
        assert is_b(picture[:, middle + 4 :])
    visual = window.viewer.window._qt_viewer.canvas.layer_to_visual[window.a].node
    assert len(visual.adopted_children) == 4
    window.model.set(mode=None)
    window.b.visible = False
    window.a.opacity, window.a.contrast_limits = 1, (0, 1)
    assert np.ptp(low(window.picture())) < NEAR  # whole again


def test_blinking_shows_the_other_and_says_which(window: Window) -> None:
    handler = window.viewer.window._qt_viewer._key_map_handler
    window.model.set(mode="blink")
    assert window.view.key_free
    assert is_a(low(window.picture()))
    assert window.view._label.text == "A: front"
    handler.press_key("B")
    assert is_b(low(window.picture()))
    assert window.view._label.text == "B: back"
    handler.press_key("B")
    assert is_a(low(window.picture()))


def test_a_key_that_does_something_else_is_left_alone(window: Window) -> None:
    pressed: list[Any] = []
    window.viewer.bind_key("B", pressed.append)
    window.model.set(mode="blink")
    assert not window.view.key_free
    window.viewer.window._qt_viewer._key_map_handler.press_key("B")
    assert len(pressed) == 1
    assert window.model.shows_first
    window.model.set(mode=None)
    assert "B" in {str(key) for key in window.viewer.keymap}


def test_fading_mixes_both(window: Window) -> None:
    window.model.set(mode="fade")
    for fade in (0.0, 0.3, 1.0):
        window.model.set(fade=fade)
        mixed = 255 * (fade * A + (1 - fade) * B)
        assert abs(np.median(low(window.picture())) - mixed) < NEAR


def test_panes_lie_in_reading_order_with_a_cross_at_the_same_place(window: Window) -> None:
    window.model.set(mode="panes", others=(window.other,))
    window.view._moved(window.viewer, SimpleNamespace(pos=(0, 0), viewbox=None))
    plain = window.picture()
    height, width = (side // 2 for side in plain.shape)
    assert is_a(plain[:height, :width])
    assert is_b(plain[:height, width:])
    assert abs(np.median(plain[height:, :width]) - 127) < NEAR
    window.view._moved(window.viewer, SimpleNamespace(pos=(width + 50, 120), viewbox=(0, 1)))
    changed = np.abs(window.picture() - plain) > 2 * NEAR
    panes = changed[:height, :width], changed[:height, width:], changed[height:, :width]
    for pane in panes:
        assert pane.any()
        rows, columns = np.nonzero(pane)
        assert abs(rows.mean() - 120) <= 2
        assert abs(columns.mean() - 50) <= 2
    assert not changed[height:, width:].any()  # where there is no pane
    names = [label.text for label in window.view._panes._labels]
    assert names == ["A: front", "B: back", "other"]


def test_panes_carry_their_names_and_the_grid_that_was_there_comes_back_whole(
    qtbot: Any, shown_viewer: Any
) -> None:
    layers = [
        add_pane(shown_viewer, np.zeros((40, 60)), name, name, contrast=(0, 1))
        for name in ("radiograph", "front photograph", "front", "unexplained", "uncertainty")
    ]
    side_by_side(shown_viewer)
    model = CompareModel()
    view = CompareView(shown_viewer, model)
    model.set(first=layers[0], second=layers[2])
    canvas = canvas_of(shown_viewer)
    for mode in MODES:
        model.set(mode=mode)
        QApplication.processEvents()
        if mode == "panes":
            shown_viewer.screenshot(canvas_only=True, flash=False)
            assert all(label._text.visible for label in view._panes._labels)
            assert view._panes._labels[0]._text.text == "A: radiograph"
        model.set(mode=None)
        cells = shown_viewer.canvas.grid.actual_shape(shown_viewer.layers)
        assert len(canvas.grid_cameras) == np.prod(cells)  # each moves with the others


def test_a_difference_is_white_where_both_agree_and_coloured_by_sign(window: Window) -> None:
    window.model.set(mode="difference", scale=0.1)
    values = np.zeros((40, 60), np.float32)
    values[:, :30], values[:, 30:] = -0.2, 0.2
    values[20:] = 0
    window.view.show_difference(values)
    name = window.view.added.difference.name
    assert name == "A − B, ±0.1: A is front; B is back; hypothetical separation"
    assert "±0.1" in window.view._label.text
    QApplication.processEvents()
    picture = window.viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    rows, columns = picture.shape[:2]
    blue, red = picture[rows // 3, columns // 4], picture[rows // 3, 3 * columns // 4]
    assert blue[2] > blue[0] + 100
    assert red[0] > red[2] + 100
    assert (picture[int(0.8 * rows)] > 250).all()
    window.model.set(scale=0.4)
    assert window.view.added.difference.name.startswith("A − B, ±0.4")
    assert window.view.added.difference.contrast_limits == [-0.4, 0.4]


def test_grey_pictures_take_one_contrast_and_get_theirs_back(window: Window) -> None:
    window.b.data = (255 * window.b.data).astype(np.uint8)
    window.model.set(mode="curtain", contrast=(0.0, 0.5))
    assert window.a.contrast_limits == [0, 0.5]
    assert window.b.contrast_limits == [0, 127.5]
    window.model.set(contrast=(0.2, 0.6))
    assert window.a.contrast_limits == [0.2, 0.6]
    window.model.set(mode=None)
    assert window.a.contrast_limits == [0.1, 0.9]


def test_the_viewer_is_as_it_was_when_a_mode_ends(window: Window) -> None:
    window.viewer.canvas.grid.update({"enabled": True, "stride": 2, "shape": (2, 1)})
    before = window.state()
    window.model.set(others=(window.other,))
    for mode in MODES:
        window.model.set(mode=mode)
        if mode == "difference":
            window.view.show_difference(np.zeros((40, 60), np.float32))
        assert window.state() != before
        if mode != "fade":  # from one mode to the next at once, too
            window.model.set(mode=None)
            assert window.state() == before, mode
    window.picture()


def test_a_layer_deleted_meanwhile_ends_it(window: Window) -> None:
    said: list[str] = []
    window.view.ended.connect(said.append)
    for mode in ("curtain", "panes", "profile"):
        gone = window.viewer.add_image(np.full((40, 60), A), name="gone")
        window.model.set(first=gone, mode=mode)
        window.viewer.layers.remove(gone)
        QApplication.processEvents()
        assert said.pop() == GONE, mode
        assert window.model.mode is None
        assert [layer.name for layer in window.viewer.layers] == ["other", "back", "front"]
        assert not window.b.visible
    window.picture()


def test_all_layers_may_be_deleted_at_once(window: Window) -> None:
    layers = window.viewer.layers
    add_pane(window.viewer, np.zeros((40, 60)), "unexplained", "unexplained", run="run")
    window.a.metadata[KEY] = {"pane": "front", "run": "run"}
    window.model.set(mode="curtain", overlays=frozenset({"unexplained"}))
    assert "unexplained" in window.view.added.overlays
    for gone in [window.a, *(layer for layer in layers if layer is not window.a)]:
        layers.remove(gone)  # as napari does, in any order, with all that are selected
    QApplication.processEvents()
    assert not layers
    assert window.model.mode is None


def test_a_run_that_comes_is_seen_and_an_older_one_is_not(window: Window) -> None:
    viewer, said = window.viewer, []
    window.view.ended.connect(said.append)
    old = add_pane(viewer, np.zeros((40, 60)), "front", "front", run="old", contrast=(0, 1))
    window.model.set(mode="curtain")
    new = add_pane(viewer, np.zeros((40, 60)), "front", "front", run="new", contrast=(0, 1))
    assert said == [CAME]
    assert new.visible
    assert not old.visible
    assert window.other.visible


def test_another_grid_ends_it(window: Window) -> None:
    said: list[str] = []
    window.view.ended.connect(said.append)
    window.model.set(mode="curtain")
    window.viewer.canvas.grid.enabled = True
    assert said == [REGROUPED]
    assert window.viewer.canvas.grid.enabled


def test_a_region_and_a_reduced_picture_lie_in_their_place(
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer(show=True)
    whole = viewer.add_image(np.full((40, 60), A), name="whole", contrast_limits=(0, 1))
    part = viewer.add_image(
        np.full((10, 5), B), name="part", contrast_limits=(0, 1), scale=(2, 2), translate=(10, 40)
    )
    model = CompareModel()
    view = CompareView(viewer, model)
    model.set(first=whole, second=part, mode="fade", fade=0.0)
    model.set(fade=0.5)
    QApplication.processEvents()
    picture = grey(viewer.screenshot(canvas_only=True, flash=False))
    canvas = viewer.window._qt_viewer.canvas
    corner = canvas.view.scene.transform.map([39, 9])[:2].astype(int)
    end = canvas.view.scene.transform.map([49, 29])[:2].astype(int)
    inside = picture[corner[1] + 3 : end[1] - 3, corner[0] + 3 : end[0] - 3]
    assert abs(np.median(inside) - 255 * (A + B) / 2) < NEAR
    assert np.ptp(inside) < NEAR
    view.stop()
