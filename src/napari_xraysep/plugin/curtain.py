"""The curtain: one layer is drawn left of a line on the screen, another right of it.

A piece of shader drops what lies on the wrong side, so that no array is touched when the line is
moved. napari has no public place for it: its nodes are reached through the window's canvas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vispy.visuals.filters import Filter

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

SHADER = """
void curtain() {
    if ((gl_FragCoord.x - $edge) * $side > 0.0) { discard; }
}
"""
LEFT, RIGHT = 1.0, -1.0


def canvas_of(viewer: Viewer) -> Any:
    """Return the canvas that draws a viewer."""
    return viewer.window._qt_viewer.canvas


class Half:
    """Draws a layer only on one side of the divider, until `end`.

    Parameters
    ----------
    side
        `LEFT` or `RIGHT`.
    """

    def __init__(self, viewer: Viewer, layer: Layer, side: float) -> None:
        self._visual = canvas_of(viewer).layer_to_visual[layer]
        self._layer = layer
        self._filter = Filter(fcode=SHADER, fhook="pre", fpos=1)
        self._filter.fshader["edge"] = 0.0
        self._filter.fshader["side"] = side
        self._nodes: list[Any] = []
        self._follow()
        for event in (layer.events.set_data, layer.events.visible):
            event.connect(self._follow, position="last")

    def move(self, edge: float) -> None:
        """Set the divider, in pixels of the frame buffer from its left."""
        self._filter.fshader["edge"] = float(edge)

    def end(self) -> None:
        """Draw the whole layer again."""
        for event in (self._layer.events.set_data, self._layer.events.visible):
            event.disconnect(self._follow)
        self._attach_to([])

    def _follow(self) -> None:
        """Hold on to the nodes that draw the layer now: other data may have brought new ones."""
        node = self._visual.node
        self._attach_to(getattr(node, "adopted_children", None) or [node])

    def _attach_to(self, nodes: list[Any]) -> None:
        for node in self._nodes:
            if node not in nodes:
                node.detach(self._filter)
        for node in nodes:
            if node not in self._nodes:
                node.attach(self._filter)
        self._nodes = list(nodes)


class Curtain:
    """Two layers that meet at a divider, until `end`."""

    def __init__(self, viewer: Viewer, left: Layer, right: Layer) -> None:
        self._canvas = canvas_of(viewer)
        self._halves = Half(viewer, left, LEFT), Half(viewer, right, RIGHT)

    def move(self, fraction: float) -> None:
        """Set the divider, 0..1 of the canvas's width; nothing else is computed."""
        scene = self._canvas._scene_canvas
        for half in self._halves:
            half.move(fraction * scene.size[0] * scene.pixel_scale)
        scene.update()

    def end(self) -> None:
        """Draw both layers whole again."""
        for half in self._halves:
            half.end()
        self._canvas._scene_canvas.update()
