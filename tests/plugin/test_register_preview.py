from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from register_cases import GRID, LEFT, placed, unregistered

from napari_xraysep.plugin.panes import KEY, show_pictures
from napari_xraysep.plugin.register_preview import NAMES, Preview
from napari_xraysep.transforms import Piece, Warp
from plugin.conftest import TIMEOUT


@pytest.fixture
def loaded(viewer: Any) -> Any:
    loaded = unregistered("front")
    show_pictures(viewer, loaded)
    return loaded


@pytest.fixture
def preview(viewer: Any) -> Any:
    preview = Preview(viewer, lambda busy: None, lambda problem: pytest.fail(problem))
    yield preview
    preview.abandon()


def shown(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers if layer.visible]


def test_the_viewer_is_taken_over_and_given_back(viewer: Any, preview: Any, loaded: Any) -> None:
    viewer.layers[0].visible = False
    before = [(layer.name, layer.visible) for layer in viewer.layers]
    preview.enter(loaded)
    preview.show(loaded.images["front"].pixels, placed(), "over")
    assert not viewer.canvas.grid.enabled
    assert shown(viewer) == ["radiograph", NAMES["over"]]
    preview.leave()
    assert viewer.canvas.grid.enabled
    assert [(layer.name, layer.visible) for layer in viewer.layers] == before


def test_the_original_itself_is_moved_by_an_affine(viewer: Any, preview: Any, loaded: Any) -> None:
    photograph = loaded.images["front"].pixels
    preview.enter(loaded)
    preview.show(photograph, placed("mirrored", 2), "over")
    layer = preview.pictures[1]
    assert layer.data is photograph
    # the photograph's point (2, 61) is that of the radiograph's corner
    np.testing.assert_allclose(layer.data_to_world((2, 61)), (0, 0), atol=1e-9)
    np.testing.assert_allclose(layer.data_to_world((12, 56)), (10, 5), atol=1e-9)
    preview.set_opacity(0.25)
    assert layer.opacity == 0.25
    preview.set_apart(True)
    assert layer.opacity == 1


def test_what_bends_is_resampled_on_another_thread(
    qtbot: Any, viewer: Any, preview: Any, loaded: Any
) -> None:
    photograph = loaded.images["front"].pixels
    warp = Warp.sampled(lambda points: np.full_like(points, 3.0), GRID, 5)
    bent = placed().model_copy(update={"whole": Piece.from_matrix(placed().whole.array, warp)})
    preview.enter(loaded)
    preview.show(photograph, bent, "over")
    assert preview.pictures[1].data is photograph  # until the picture is there
    qtbot.waitUntil(lambda: preview.pictures[1].data.shape == (*GRID, 3), timeout=TIMEOUT)
    expected = photograph[3:43, 3:59]
    np.testing.assert_allclose(preview.pictures[1].data.astype(int), expected, atol=1)
    preview.show(photograph, bent, "over", original=True)
    assert preview.pictures[1].data is photograph


def test_overlays_come_on_the_radiographs_grid_and_only_the_newest_is_shown(
    qtbot: Any, viewer: Any, preview: Any, loaded: Any
) -> None:
    photograph = loaded.images["front"].pixels
    preview.enter(loaded)
    preview.show(photograph, placed(shift=1), "checkerboard")
    preview.show(photograph, placed(shift=2), "edges")
    layer = lambda: preview.pictures[1]  # noqa: E731
    qtbot.waitUntil(lambda: layer() is not None, timeout=TIMEOUT)
    assert layer().name == NAMES["edges"]
    assert layer().data.shape == (*GRID, 4)
    assert layer().opacity == 1
    picture = layer().data
    preview.show(photograph, placed(shift=2), "edges")
    qtbot.wait(100)
    assert layer().data is picture  # not made again
    viewer.layers.remove(layer())
    preview.show(photograph, placed(shift=2), "edges")
    qtbot.waitUntil(lambda: layer() in viewer.layers, timeout=TIMEOUT)
    preview.show(photograph, placed(shift=2), "checkerboard")
    qtbot.waitUntil(lambda: layer().name == NAMES["checkerboard"], timeout=TIMEOUT)


def test_the_displacement_left_is_shown_where_it_was_measured(
    viewer: Any, preview: Any, loaded: Any
) -> None:
    preview.enter(loaded)
    preview.show(loaded.images["front"].pixels, placed(), "over")
    preview.show_errors(LEFT, "displacement left, 0 to 4 px")
    layer = preview.pictures[1]
    np.testing.assert_array_equal(layer.data, LEFT.centres)
    assert list(layer.features["px"]) == [1, 5, 0]
    assert layer.face_contrast_limits == (0, 4)
    preview.show(loaded.images["front"].pixels, placed(), "over")
    ours = [la for la in viewer.layers if "overlay" in la.metadata.get(KEY, {})]
    assert [la.name for la in ours] == [NAMES["over"]]


def test_deleted_layers_are_made_anew(viewer: Any, preview: Any, loaded: Any) -> None:
    photograph = loaded.images["front"].pixels
    viewer.layers.clear()
    preview.enter(loaded)
    assert shown(viewer) == ["radiograph"]
    preview.show(photograph, placed(), "over")
    viewer.layers.remove(preview.pictures[1])
    preview.blink(False)
    preview.set_opacity(0.3)
    preview.show(photograph, placed(), "over")
    assert shown(viewer) == ["radiograph", NAMES["over"]]
    viewer.layers.clear()
    preview.leave()


def test_the_photograph_is_hidden_as_long_as_a_key_is_held(
    viewer: Any, preview: Any, loaded: Any
) -> None:
    preview.enter(loaded)
    preview.show(loaded.images["front"].pixels, placed(), "over")
    held = next(value for key, value in viewer.keymap.items() if str(key) == "B")(viewer)
    next(held)
    assert not preview.pictures[1].visible
    next(held, None)
    assert preview.pictures[1].visible
    preview.leave()
    assert "B" not in {str(key) for key in viewer.keymap}
