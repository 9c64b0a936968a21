"""Two pictures in napari's grid, each with its marks, and the viewer as it was afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_xraysep.plugin.kept_view import KeptView

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

GRID = {"stride": -2, "shape": (1, 2), "enabled": True}
"""Two layers a cell, filled from the top of the layer list."""


class SideBySide:
    """Shows two pairs of layers next to each other, panned and zoomed together, until `end`.

    Parameters
    ----------
    cells
        The layers of the left and of the right cell, from the bottom up.
    """

    def __init__(self, viewer: Viewer, cells: Sequence[tuple[Layer, Layer]]) -> None:
        self._viewer = viewer
        self._kept = KeptView(viewer, ("visible",))
        shown = [layer for cell in reversed(cells) for layer in cell]
        for layer in shown:
            viewer.layers.move(viewer.layers.index(layer), len(viewer.layers))
        for layer in viewer.layers:
            layer.visible = layer in shown
        viewer.canvas.grid.update(GRID)
        viewer.reset_view()

    def end(self) -> None:
        """Set grid, order and visibility back; layers that came since stay on top."""
        self._kept.give_back()
        self._viewer.reset_view()
