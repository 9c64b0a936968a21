"""Landmarks in the viewer: numbered marks on both pictures, set by clicking, moved by dragging.

The world is the radiograph's pixels. The photograph lies in it by an affine; its marks carry the
same affine, so that their data are pixels of the original photograph. napari gives the mouse only
to the active layer, so that it is listened to at the viewer; napari's own tools work as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Points
from napari.layers.base import ActionType
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from napari_xraysep.plugin.landmark_model import LandmarkModel, Pair, Picture, Point
from napari_xraysep.plugin.side_by_side import SideBySide

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

PICTURES: tuple[Picture, Picture] = ("radiograph", "photograph")
SYMBOLS = {"radiograph": "disc", "photograph": "square"}
MARKED, PREDICTED, OFF = "#00c8ff", "#ff9500", "#9a9a9a"
"""Colours that those who do not tell red from green can tell apart."""
MARK, GRAB, HOLD, CLICK = 14.0, 10.0, 2.0, 5.0
"""Screen pixels: size of a mark; how near a press grabs it; from how far on it is dragged; and
how far a click beside it may slip."""
NEAR_ZOOM = 2.0
"""Screen pixels a pixel of the radiograph, at least, when a mark is jumped to."""
OUTSIDE = "That point lies outside the {}."
TAKEN = ActionType.ADDED, ActionType.CHANGED, ActionType.REMOVED


class LandmarkLayers:
    """Two Points layers that show a `LandmarkModel` and let it be edited.

    Attributes
    ----------
    target
        The picture in which a click marks a detail, where both lie over one another.
    said
        Emitted with a sentence for the user.
    target_changed
        Emitted when the user has pressed in the other picture.
    """

    said = Signal(str)
    target_changed = Signal()

    def __init__(self, viewer: Viewer, model: LandmarkModel) -> None:
        self._viewer = viewer
        self._layers: dict[Picture, Points] = {}
        self._pictures: dict[Picture, Layer] = {}
        self._affine = np.eye(3)
        self._apart: SideBySide | None = None
        self._syncing = self._adding = False
        self.target: Picture = "radiograph"
        viewer.mouse_drag_callbacks.append(self._pressed)
        viewer.scene.camera.events.zoom.connect(self._resize)
        self._take(model)

    def release(self) -> None:
        """Listen to viewer and model no longer, and leave the marks as they are."""
        self._drop()
        self._viewer.mouse_drag_callbacks.remove(self._pressed)
        self._viewer.scene.camera.events.zoom.disconnect(self._resize)

    @property
    def model(self) -> LandmarkModel:
        """The pairs that are shown."""
        return self._model

    @model.setter
    def model(self, model: LandmarkModel) -> None:
        self._drop()
        self._take(model)

    def _take(self, model: LandmarkModel) -> None:
        self._model = model
        model.changed.connect(self._sync)
        model.selected_changed.connect(self._select)
        self._sync()

    def _drop(self) -> None:
        self._model.changed.disconnect(self._sync)
        self._model.selected_changed.disconnect(self._select)

    @property
    def adding(self) -> bool:
        """Whether a click on nothing marks a new pair."""
        return self._adding

    @adding.setter
    def adding(self, on: bool) -> None:
        self._adding = on
        self._sync()
        for layer in self._alive():
            layer.cursor = "crosshair" if on else "standard"
        if on:
            self._viewer.layers.selection.active = self._layer(self.target)

    @property
    def photograph_affine(self) -> NDArray[np.float64]:
        """The (3, 3) matrix from the photograph's pixels to the radiograph's."""
        return self._affine

    @photograph_affine.setter
    def photograph_affine(self, matrix: ArrayLike) -> None:
        self._affine = np.asarray(matrix, float)
        if self._alive():
            self._layer("photograph").affine = self._affine
            self._resize()

    @property
    def visible(self) -> bool:
        """Whether marks are shown."""
        return any(layer.visible for layer in self._alive())

    @visible.setter
    def visible(self, on: bool) -> None:
        for layer in self._alive():
            layer.visible = on

    def set_pictures(self, radiograph: Layer | None, photograph: Layer | None) -> None:
        """Say which layers show the pictures, so that they can be laid side by side."""
        self.side_by_side = False
        given = dict(zip(PICTURES, (radiograph, photograph), strict=True))
        self._pictures = {name: layer for name, layer in given.items() if layer is not None}

    @property
    def pictures(self) -> tuple[Layer | None, Layer | None]:
        """The layers that show the radiograph and the photograph, where they are known."""
        return self._pictures.get("radiograph"), self._pictures.get("photograph")

    @property
    def can_lie_apart(self) -> bool:
        """Whether both pictures are known and in the viewer."""
        return all(layer in self._viewer.layers for layer in self.pictures)

    @property
    def side_by_side(self) -> bool:
        """Whether the pictures lie side by side, panned and zoomed together."""
        return self._apart is not None

    @side_by_side.setter
    def side_by_side(self, on: bool) -> None:
        if not on and self._apart is not None:
            self._apart.end()
            self._apart = None
        elif on and self._apart is None and self.can_lie_apart:
            cells = [(self._pictures[one], self._layer(one)) for one in PICTURES]
            self._apart = SideBySide(self._viewer, cells)

    def show(self, number: int) -> None:
        """Bring one pair into view and select it."""
        self._model.selected = {number}
        camera = self._viewer.scene.camera
        camera.center = self._model.landmarks[number].xray
        camera.zoom = max(camera.zoom, NEAR_ZOOM)

    def _alive(self) -> list[Points]:
        """Return those of our layers that the user has not deleted."""
        return [layer for layer in self._layers.values() if layer in self._viewer.layers]

    def _layer(self, picture: Picture) -> Points:
        """Return the marks on one picture, made anew where the user has deleted them."""
        layer = self._layers.get(picture)
        if layer is None or layer not in self._viewer.layers:
            layer = self._layers[picture] = Points(
                ndim=2,
                name=f"landmarks in the {picture}",
                symbol=SYMBOLS[picture],
                face_color="transparent",
                border_width=0.15,
                features={"name": np.empty(0, object)},
                text={"string": "{name}", "size": 11, "color": "white"},
                affine=self._affine if picture == "photograph" else None,
            )
            layer.events.data.connect(partial(self._edited, picture))
            layer.bind_key("Control-Z", lambda _: self._model.undo())
            layer.bind_key("Control-Shift-Z", lambda _: self._model.redo())
            self._viewer.layers.append(layer)
        return layer

    def _sync(self) -> None:
        """Show the pairs as they are."""
        pairs = self._model.pairs
        if not (pairs or self._adding or self._alive()):
            return
        self._syncing = True
        try:
            for picture in PICTURES:
                layer = self._layer(picture)
                points = np.array([_place(pair, picture) for pair in pairs]).reshape(-1, 2)
                if not np.array_equal(points, layer.data):
                    layer.data = points
                    if not layer.visible:
                        layer.set_view_slice()  # else its numbers are looked up where none is left
                layer.features = {"name": np.array([p.landmark.name for p in pairs], object)}
                if pairs:
                    layer.border_color = [_colour(pair, picture) for pair in pairs]
        finally:
            self._syncing = False
        self._resize()
        self._select()

    def _select(self) -> None:
        if len(self._alive()) == len(PICTURES):
            for layer in self._layers.values():
                layer.selected_data = set(self._model.selected)

    def _resize(self) -> None:
        """Keep marks as large on the screen whatever the zoom, their numbers on either side."""
        size = MARK / self._viewer.scene.camera.zoom
        beside = {"radiograph": (-size, size), "photograph": (size, -size)}
        for picture, layer in self._layers.items():
            if layer in self._viewer.layers:
                turned = self._affine[:2, :2] if picture == "photograph" else np.eye(2)
                layer.size = size  # napari takes it in the world's units, unlike the data
                layer.text.translation = np.linalg.solve(turned, beside[picture])

    def _edited(self, picture: Picture, event: Any) -> None:
        """Take over what the user did to a layer of ours with napari's own tools."""
        if self._syncing or event.action not in TAKEN:
            return
        layer, model = self._layers[picture], self._model
        inside = True
        if event.action is ActionType.REMOVED:
            model.remove(event.data_indices)
        elif len(layer.data) == len(model.pairs) + 1:
            inside = model.add(_point(layer.data[-1]), picture)
        elif event.action is ActionType.CHANGED and len(layer.data) == len(model.pairs):
            moved = {number: _point(layer.data[number]) for number in event.data_indices}
            inside = model.move(moved, picture)
        if not inside:
            self.said.emit(OUTSIDE.format(picture))
        if not inside or len(layer.data) != len(model.pairs):  # pasted, for instance
            self._sync()

    def _pressed(self, viewer: Viewer, event: Any) -> Iterator[None]:
        """Drag the mark that is pressed, or mark a detail where nothing is."""
        if event.button != 1 or any(layer.mode != "pan_zoom" for layer in self._alive()):
            return
        if self.side_by_side:
            self._aim(PICTURES[event.viewbox[1]])
        grabbed = self._grabbed(event.position)
        if grabbed is None and not self._adding:
            return
        if grabbed is not None:
            self._aim(grabbed[0])
            self._model.selected = {grabbed[1]}
        layer, picture, pressed = self._layer(self.target), self.target, np.array(event.pos)
        viewer.layers.selection.active = layer
        held = np.zeros(2)  # from the mouse to the mark that it holds
        if grabbed is not None:
            held = layer.data[grabbed[1]] - _point(layer.world_to_data(event.position))
        slip, slipped = CLICK if grabbed is None else HOLD, False
        event.handled = grabbed is not None
        yield
        while event.type == "mouse_move":
            slipped |= bool(np.linalg.norm(np.array(event.pos) - pressed) >= slip)
            if grabbed is not None and slipped:
                self._drag(layer, grabbed[1], held + _point(layer.world_to_data(event.position)))
            event.handled = grabbed is not None or not slipped
            yield
        place, inside = _point(held + _point(layer.world_to_data(event.position))), True
        if grabbed is None and not slipped:
            inside = self._model.add(place, picture)
        elif grabbed is not None and slipped:
            inside = self._model.move({grabbed[1]: place}, picture)
        elif grabbed is not None and self._model.pairs[grabbed[1]].predicted == picture:
            self._model.enable({grabbed[1]}, on=True)
        if not inside:
            self.said.emit(OUTSIDE.format(picture))
            self._sync()

    def _drag(self, layer: Points, number: int, place: NDArray[np.float64]) -> None:
        """Show a mark where the mouse is; the model learns of it when it is let go."""
        points = layer.data.copy()
        points[number] = place
        self._syncing = True
        try:
            layer.data = points
        finally:
            self._syncing = False

    def _aim(self, picture: Picture) -> None:
        if picture != self.target:
            self.target = picture
            self.target_changed.emit()

    def _grabbed(self, position: tuple[float, ...]) -> tuple[Picture, int] | None:
        """Return the mark that is grabbed at a place in the world: a predicted one, or the nearest.

        Where the pictures lie over one another both marks of a pair may be within reach.
        """
        reach = GRAB / self._viewer.scene.camera.zoom
        near = []
        for picture in (self.target,) if self.side_by_side else PICTURES:
            layer = self._layers.get(picture)
            if layer is None or layer not in self._viewer.layers or not layer.visible:
                continue
            for number, pair in enumerate(self._model.pairs):
                mark = layer.data_to_world(_place(pair, picture))
                apart = float(np.hypot(*np.subtract(mark, position[-2:])))
                if apart <= reach:
                    near.append((pair.predicted != picture, apart, picture, number))
        return min(near)[2:] if near else None


def _place(pair: Pair, picture: Picture) -> Point:
    return pair.landmark.xray if picture == "radiograph" else pair.landmark.photograph


def _colour(pair: Pair, picture: Picture) -> str:
    if pair.predicted is not None:
        return PREDICTED if pair.predicted == picture else MARKED
    return MARKED if pair.landmark.enabled else OFF


def _point(data: ArrayLike) -> Point:
    row, column = np.asarray(data, float)[-2:]
    return float(row), float(column)
