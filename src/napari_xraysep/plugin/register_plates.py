"""Outlines of the films that a radiograph is put together from, drawn on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_xraysep.plugin.panes import KEY
from napari_xraysep.transforms import PlateOutline, as_points

if TYPE_CHECKING:
    from napari.layers import Shapes
    from napari.viewer import Viewer

LAYER = "plates (films of the mosaic)"
OUTLINES = ("polygon", "rectangle")
HINT = (
    "A radiograph put together from several films jumps at their edges, since each film was "
    "exposed from another place. Draw an outline around each film: the next automatic "
    "registration fits every film by itself."
)


class PlatesPanel(QWidget):
    """Draws plates on a layer of outlines and reads them from it.

    Attributes
    ----------
    drawn
        Emitted with all outlines (a tuple of `PlateOutline`) when the user has changed one.
    begun
        Emitted before the user begins to draw: the radiograph is to be shown alone.
    """

    drawn = Signal(object)
    begun = Signal()

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Shapes | None = None
        self._outlines: tuple[PlateOutline, ...] = ()
        hint = QLabel(HINT)
        hint.setWordWrap(True)
        self.count = QLabel()
        self.count.setWordWrap(True)
        self.draw_button = QPushButton("Draw a film")
        self.draw_button.setToolTip("Click from corner to corner, and double-click on the last.")
        self.clear_button = QPushButton("Remove all")
        buttons = QHBoxLayout()
        buttons.addWidget(self.draw_button)
        buttons.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(hint)
        layout.addLayout(buttons)
        layout.addWidget(self.count)
        self.draw_button.clicked.connect(self.draw)
        self.clear_button.clicked.connect(self.clear)
        self._say()

    def show_outlines(self, outlines: Sequence[PlateOutline]) -> None:
        """Take outlines that come from elsewhere."""
        if tuple(outlines) != self._outlines:
            self._outlines = tuple(outlines)
            if self._layer is not None and self._present():
                self._fill(self._layer)
        self._say()

    def draw(self) -> None:
        """Let the next clicks in the viewer draw an outline."""
        self.begun.emit()
        layer = self._ready_layer()
        layer.visible = True
        self._viewer.layers.selection.active = layer
        layer.mode = "add_polygon"

    def set_shown(self, shown: bool) -> None:
        """Show the outlines there are, or hide them and let clicks draw no more."""
        if shown and self._outlines:
            self._ready_layer().visible = True
        elif not shown and self._layer is not None and self._present():
            self._layer.mode = "pan_zoom"
            self._layer.visible = False

    def clear(self) -> None:
        """Remove all outlines."""
        self.show_outlines(())
        self.drawn.emit(())

    def _ready_layer(self) -> Shapes:
        """Return our layer; one that was deleted is made anew, with what it held."""
        if self._layer is None or not self._present():
            from napari.layers import Shapes

            self._layer = Shapes(
                ndim=2,
                name=LAYER,
                face_color="transparent",
                edge_color="yellow",
                edge_width=3,
                metadata={KEY: {"overlay": "plates"}},
            )
            self._layer.events.data.connect(self._read)
            self._viewer.add_layer(self._layer)
            self._fill(self._layer)
        return self._layer

    def _fill(self, layer: Shapes) -> None:
        """Draw the outlines as they are known."""
        with layer.events.data.blocker():
            layer.data = []
            if self._outlines:
                shapes = [np.asarray(outline.polygon) for outline in self._outlines]
                layer.add(shapes, shape_type="polygon")
        self._name(layer)

    def _present(self) -> bool:
        return self._layer is not None and self._layer in self._viewer.layers

    def _read(self, event: Any) -> None:
        """Take what is drawn, once a change is complete."""
        layer = self._layer
        if layer is None or str(event.action) not in ("added", "removed", "changed"):
            return
        kinds = zip(layer.data, layer.shape_type, strict=True)
        corners = [np.asarray(points, float) for points, kind in kinds if kind in OUTLINES]
        self._outlines = tuple(
            PlateOutline(name=f"film {number}", polygon=as_points(points))
            for number, points in enumerate(corners, 1)
            if len(points) >= 3
        )
        self._name(layer)
        self._say()
        self.drawn.emit(self._outlines)

    @staticmethod
    def _name(layer: Shapes) -> None:
        """Write its number on every outline."""
        layer.features = {"film": np.arange(1, len(layer.data) + 1)}
        layer.text = {"string": "film {film}", "color": "yellow", "size": 10}

    def _say(self) -> None:
        number = len(self._outlines)
        self.clear_button.setEnabled(number > 0)
        if number == 0:
            self.count.setText("None drawn: the whole radiograph is taken for one film.")
        else:
            films = "1 film is" if number == 1 else f"{number} films are"
            self.count.setText(f"{films} drawn. What lies in none is fitted as a whole.")
