"""How a viewer looks, kept so that it can be given back as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.viewer import Viewer

GRID = ("stride", "shape", "enabled")
LOOKS = ("visible", "opacity", "blending", "contrast_limits_range", "contrast_limits", "mode")
"""What a comparison changes of a layer, besides the name that is written on it."""


class KeptView:
    """Keeps grid, order of the layers and their looks until `give_back`.

    Parameters
    ----------
    looks
        Which properties of each layer are kept.
    """

    def __init__(self, viewer: Viewer, looks: tuple[str, ...] = LOOKS) -> None:
        self._viewer = viewer
        self._grid = {name: getattr(viewer.canvas.grid, name) for name in GRID}
        self._order = list(viewer.layers)
        self._active = viewer.layers.selection.active
        self._looks = [
            {name: getattr(layer, name) for name in looks if hasattr(layer, name)}
            for layer in self._order
        ]
        self._named = [layer.name_overlay.visible for layer in self._order]
        self._size = self._pane()
        self._zoomed = 1.0

    def fit(self) -> None:
        """Zoom so that the part of the painting that was in view fills the new panes."""
        self._zoomed = float((self._pane() / self._size).min())
        self._viewer.scene.camera.zoom *= self._zoomed

    def give_back(self) -> None:
        """Set all back; what came since stays on top, what is gone is left alone."""
        layers = self._viewer.layers
        with layers.batched_update():  # laying out a grid at each change takes long
            self._set_back()
        if self._active in layers:
            layers.selection.active = self._active
        self._viewer.scene.camera.zoom /= self._zoomed

    def _set_back(self) -> None:
        layers = self._viewer.layers
        self._viewer.canvas.grid.enabled = False  # see `panes.show_all`
        known = [layer for layer in self._order if layer in layers]
        for place, layer in enumerate(known):
            if layers[place] is not layer:
                layers.move(layers.index(layer), place)
        for layer, looks, named in zip(self._order, self._looks, self._named, strict=True):
            if layer not in layers:
                continue
            for name, value in looks.items():
                if getattr(layer, name) != value:
                    setattr(layer, name, value)
            layer.name_overlay.visible = named
        self._viewer.canvas.grid.update(self._grid)

    def _pane(self) -> NDArray[np.float64]:
        """Return the height and width of one pane on the screen."""
        return np.array(self._viewer.canvas.viewbox_size(self._viewer.layers), float)
