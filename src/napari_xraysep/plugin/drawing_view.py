"""The viewer while something is drawn: the radiograph alone instead of panes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, proxy

from napari_xraysep.plugin.panes import KEY, panes_of

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

DRAWING = "drawing"
"""Under `KEY` in the metadata of a layer that is drawn on: what is drawn there."""


PASSING = "passing"
"""There, too: whether the layer is to be seen only while its own dock draws."""


def drawings(viewer: Viewer, what: str) -> list[Layer]:
    """Return the layers on which that is drawn."""
    return [la for la in viewer.layers if la.metadata.get(KEY, {}).get(DRAWING) == what]


class DrawingView:
    """Shows the radiograph alone, and later what was shown before.

    One for all docks of a window: each may begin, any may end.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer: Viewer = proxy(viewer)
        self._hidden: list[Layer] = []
        self._drawn: list[Layer] = []
        self._grid = False
        self.active = False

    def begin(self, layers: Sequence[Layer]) -> None:
        """Show the radiograph and the layers that are drawn on; the first can be drawn on now."""
        viewer = self._viewer
        shown = [*layers, *self._radiographs()]
        if not self.active:
            self._grid = viewer.canvas.grid.enabled
            self._hidden = []
        for layer in viewer.layers:
            if layer.visible and layer not in shown and layer not in self._drawn:
                layer.visible = False
                if not _passing(layer):
                    self._hidden.append(layer)
        for layer in shown:
            layer.visible = True
        viewer.canvas.grid.enabled = False
        for layer in reversed(layers):  # what is drawn on lies on top
            viewer.layers.move(viewer.layers.index(layer), len(viewer.layers))
        viewer.layers.selection.active = layers[0]
        if not self.active:
            viewer.reset_view()
        self.active = True
        self._drawn = [*self._drawn, *(layer for layer in layers if layer not in self._drawn)]

    def end(self) -> None:
        """Show what was shown before; what was deleted meanwhile stays deleted."""
        if not self.active:
            return
        there = set(self._viewer.layers)
        for layer in self._drawn:
            if layer in there:
                if hasattr(layer, "mode"):
                    layer.mode = "pan_zoom"
                layer.visible = False
        for layer in filter(_passing, there):
            layer.visible = False
        for layer in self._hidden:
            if layer in there:
                layer.visible = True
        self._hidden, self._drawn, self.active = [], [], False
        self._viewer.canvas.grid.enabled = self._grid
        self._viewer.reset_view()

    @staticmethod
    def of(viewer: Viewer) -> DrawingView:
        """Return the view of a window."""
        if viewer not in _VIEWS:
            _VIEWS[viewer] = DrawingView(viewer)
        return _VIEWS[viewer]

    def _radiographs(self) -> list[Layer]:
        """Return the radiograph's layer, the newest where there are several."""
        return [la for la in panes_of(self._viewer) if la.metadata[KEY]["pane"] == "radiograph"][
            -1:
        ]


def _passing(layer: Layer) -> bool:
    return bool(layer.metadata.get(KEY, {}).get(PASSING))


_VIEWS: WeakKeyDictionary[Viewer, DrawingView] = WeakKeyDictionary()
