"""The layers that a comparison adds for itself: a difference, overlays, a line; without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_xraysep.domain import Floats
from napari_xraysep.plugin.compare_layers import in_one_line
from napari_xraysep.plugin.compare_model import LeftOver
from napari_xraysep.plugin.compare_overlays import overlay_layer, rescale, signed_colours
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.records import HYPOTHETICAL

if TYPE_CHECKING:
    from napari.layers import Image, Layer, Shapes
    from napari.viewer import Viewer

LINE_COLOUR, LINE_WIDTH = "#ff9500", 2.0
"""Of a profile's line; its width in screen pixels."""


class AddedLayers:
    """Keeps them above the picture: the difference, then overlays, then the line.

    Attributes
    ----------
    difference, line
        None where there is none.
    overlays
        By what they show.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.difference: Image | None = None
        self.line: Shapes | None = None
        self.overlays: dict[LeftOver, Image] = {}

    def needs(self, layer: Layer) -> bool:
        """Whether a comparison cannot go on without a layer."""
        return layer is self.difference or layer is self.line

    def drop(self, layer: Layer) -> None:
        """Forget an overlay that the user has deleted."""
        self.overlays = {name: one for name, one in self.overlays.items() if one is not layer}

    def show_difference(self, values: Floats, first: Image, second: Image, scale: float) -> None:
        """Show A − B, (H, W), where A lies."""
        from napari.layers import Image

        layer = Image(
            values,
            name=difference_name(first, second, scale),
            metadata={KEY: {"overlay": "difference"}},
            colormap=signed_colours(),
            contrast_limits=(-scale, scale),
            scale=first.scale,
            translate=first.translate,
            affine=first.affine,
        )
        self._remove(self.difference)
        self.difference = layer
        self._insert(self._viewer.layers.index(first) + 1, layer)

    def rescale(self, first: Image, second: Image, scale: float) -> None:
        """Show difference and overlays on another scale, and state it in their names."""
        if self.difference is not None:
            self.difference.contrast_limits_range = -scale, scale
            self.difference.contrast_limits = -scale, scale
            self.difference.name = difference_name(first, second, scale)
        for left_over, layer in self.overlays.items():
            rescale(layer, left_over, scale)

    def show_overlays(self, wanted: frozenset[LeftOver], run: str, scale: float) -> None:
        """Lay over the picture what is wanted of a run, and no more."""
        for left_over in self.overlays.keys() - wanted:
            self._remove(self.overlays.pop(left_over))
        for left_over in sorted(wanted - self.overlays.keys()):
            layer = overlay_layer(self._viewer, run, left_over, scale)
            if layer is not None:
                self.overlays[left_over] = layer
                at = len(self._viewer.layers) - int(self.line in self._viewer.layers)
                self._insert(at, layer)

    def add_line(self) -> None:
        """Let the user draw lines."""
        from napari.layers import Shapes

        self.line = Shapes(
            name="profile line",
            ndim=2,
            opacity=1.0,
            edge_color=LINE_COLOUR,
            edge_width=LINE_WIDTH / self._viewer.scene.camera.zoom,
            metadata={KEY: {"overlay": "line"}},
        )
        self._viewer.layers.append(self.line)
        self._viewer.layers.selection.active = self.line
        self.line.mode = "add_line"

    def remove(self) -> None:
        """Take all of them out of the viewer."""
        for layer in (*self.overlays.values(), self.difference, self.line):
            self._remove(layer)
        self.overlays, self.difference, self.line = {}, None, None

    def _insert(self, at: int, layer: Layer) -> None:
        """Add a layer without making it the one that the mouse works on."""
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(at, layer)
        self._viewer.layers.selection.active = active

    def _remove(self, layer: Layer | None) -> None:
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)


def difference_name(first: Image, second: Image, scale: float) -> str:
    """Say what a difference is of, and on which scale it is shown."""
    words = f": {HYPOTHETICAL}"
    a, b = (in_one_line(layer).replace(words, "") for layer in (first, second))
    return f"A − B, ±{scale:g}: A is {a}; B is {b}; {HYPOTHETICAL}"
