"""The layers that show one epoch of a run in the viewer, given new data as the epoch changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_xraysep.io.evolution import Evolution, Frame
from napari_xraysep.plugin.panes import (
    add_pane,
    error_scale,
    panes_of,
    pictures_of,
    show_all,
    side_by_side,
)
from napari_xraysep.plugin.result_layers import ERRORS, origin_of, result_name
from napari_xraysep.plugin.session import session_of
from napari_xraysep.plugin.stored_run import same_radiograph, shown_contrast
from napari_xraysep.records import RunRecord

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer

    from napari_xraysep.plugin.live_run import Going


class EvolutionLayers:
    """Shows one epoch at a time, in place of the results; only the GUI thread may use it.

    A layer that the user deletes stays deleted.

    Parameters
    ----------
    run
        What the run is called.

    Attributes
    ----------
    evolution
        What is known of the epochs; a run that goes on has more of them later.
    """

    def __init__(
        self, viewer: Viewer, run: str, evolution: Evolution, record: RunRecord | Going
    ) -> None:
        self._viewer = viewer
        self._run = run
        self.evolution = evolution
        self._record = record
        self._layers: dict[str, Image] = {}
        self._hidden: list[Layer] = []
        self._contrast = 0.0, 1.0

    def show(self, frame: Frame) -> None:
        """Show the layers of one epoch, and what is unexplained."""
        if not self._layers:
            self._begin(frame)
        for name, layer in self._layers.items():
            if layer in self._viewer.layers:
                layer.data = frame.layers[name]
                layer.name = self._name(name, frame)

    def remove(self) -> None:
        """Take them out of the viewer again and show what was shown before.

        Where they were hidden since, another run was begun or opened: it stays in view alone.
        """
        ours = [layer for layer in self._layers.values() if layer in self._viewer.layers]
        in_view = all(layer.visible for layer in ours)
        for layer in ours:
            self._viewer.layers.remove(layer)
        if self._layers:
            show_all(self._viewer, self._hidden if in_view else ())
        self._layers, self._hidden = {}, []

    def _begin(self, frame: Frame) -> None:
        """Hide the results, so that two epochs are not taken for one, and make the layers."""
        loaded = session_of(self._viewer).loaded
        self._contrast = shown_contrast(
            self._viewer,
            self._run,
            self.evolution.radiograph,
            of_picture=loaded is not None and same_radiograph(self._record, loaded),
        )
        scale = error_scale(self._contrast)
        pictures = pictures_of(self._viewer)
        results = [layer for layer in panes_of(self._viewer) if layer not in pictures]
        self._hidden = [layer for layer in results if layer.visible]
        for layer in self._hidden:
            layer.visible = False
        height, width = self.evolution.radiograph.shape
        steps = self._record.height / height, self._record.width / width
        origin = origin_of(self._record.region)
        for name in reversed(frame.layers):
            self._layers[name] = add_pane(
                self._viewer,
                frame.layers[name],
                self._name(name, frame),
                name,
                contrast=(-scale, scale) if name in ERRORS else self._contrast,
                scale=steps,
                translate=(origin[0] + (steps[0] - 1) / 2, origin[1] + (steps[1] - 1) / 2),
                run=f"{self._run}, epochs",
            )
        side_by_side(self._viewer)

    def _name(self, name: str, frame: Frame) -> str:
        words = result_name(name, self._contrast, simulated=False)
        simulated = ", simulated" if self._record.simulated else ""
        return f"{words}, {self.evolution.title(frame)}{simulated}"
