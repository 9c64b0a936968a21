"""Pixels marked in the viewer by outlines and a brush, kept in the project."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_xraysep.areas import labels, marked
from napari_xraysep.errors import XraysepError
from napari_xraysep.plugin.background import in_background
from napari_xraysep.plugin.drawing_view import DRAWING, drawings
from napari_xraysep.plugin.outlines import outlines_of
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.project import Area, FileRef, Project

if TYPE_CHECKING:
    from napari.layers import Labels, Shapes
    from napari.viewer import Viewer

    from napari_xraysep.plugin.session import Session

WAIT_MS = 500
"""A drawing is kept when it has rested for so long."""


class AreaDrawing(QObject):
    """Keeps two layers and an area of the project the same; makes a deleted layer anew.

    Attributes
    ----------
    OUTLINES, PAINTED
        Names of the layers.
    COLOURS
        Of what is painted, by its number; outlines have that of 1.
    FILE
        What the file is called that keeps what is painted.
    FILLED
        Whether what is marked is covered with colour, or its outline alone is shown.
    changed
        The area was drawn, loaded, cleared or brought back.
    told
        What went wrong, in a sentence.
    """

    OUTLINES: str
    PAINTED: str
    COLOURS: Mapping[int, str]
    FILE: str
    FILLED = True

    changed = Signal()
    told = Signal(str)

    def __init__(self, viewer: Viewer, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._session = session
        self._area = Area()
        self._radiograph: object = None
        self._painted = 0
        self._request = 0
        self._storing = False
        self._outlines_rest, self._brush_rest = QTimer(self), QTimer(self)
        self._undo_rest = QTimer(self)
        for timer, keep in (
            (self._outlines_rest, self._keep_outlines),
            (self._brush_rest, self._keep_painted),
            (self._undo_rest, self._keep_undone),
        ):
            timer.setSingleShot(True)
            timer.setInterval(WAIT_MS)
            timer.timeout.connect(keep)

    def area_of(self, project: Project) -> Area:
        """Return the area as the project has it."""
        raise NotImplementedError

    def put(self, area: Area) -> None:
        """Replace the area in the project."""
        raise NotImplementedError

    def outlines(self) -> Shapes:
        """Return the layer for outlines, made where there is none."""
        from napari.layers import Shapes

        for layer in drawings(self._viewer, self.OUTLINES):
            if isinstance(layer, Shapes):
                return layer
        loaded = self._session.loaded
        face = self.COLOURS[1] if self.FILLED else "transparent"
        layer = Shapes(
            [np.array(corners) for corners in self._area.polygons] or None,
            shape_type="polygon",
            name=self.OUTLINES,
            metadata={KEY: {DRAWING: self.OUTLINES}},
            face_color=face,
            edge_color=self.COLOURS[1],
            edge_width=1 if self.FILLED or loaded is None else max(1, max(loaded.shape) / 300),
            opacity=0.4 if self.FILLED else 1,
            visible=False,
            ndim=2,
        )
        layer.current_edge_color, layer.current_face_color = self.COLOURS[1], face
        self._viewer.add_layer(layer)
        layer.events.data.connect(lambda event: self._outlines_rest.start())
        return layer

    def painted(self, pixels: NDArray[np.integer] | None = None) -> Labels | None:
        """Return the layer for the brush, made where there is none; None while it is read.

        Parameters
        ----------
        pixels
            (H, W) the numbers that it shows when it is made.
        """
        from napari.layers import Labels
        from napari.utils import DirectLabelColormap

        for layer in drawings(self._viewer, self.PAINTED):
            if isinstance(layer, Labels):
                return layer
        loaded = self._session.loaded
        if loaded is None:
            return None
        if pixels is None and self._area.file is not None:
            self._read()
            return None
        data = np.zeros(loaded.shape, np.uint8) if pixels is None else pixels.astype(np.uint8)
        layer = Labels(
            data,
            name=self.PAINTED,
            metadata={KEY: {DRAWING: self.PAINTED}},
            colormap=DirectLabelColormap(
                color_dict={None: "transparent", 0: "transparent", **self.COLOURS}
            ),
            opacity=0.4,
            visible=False,
        )
        if not self.FILLED:
            layer.contour, layer.opacity = max(1, max(loaded.shape) // 300), 1
        layer.brush_size = max(3, max(loaded.shape) // 60)
        self._painted = _sum(data)
        self._viewer.add_layer(layer)
        layer.events.paint.connect(lambda event: self._brush_rest.start())
        # of undo and redo napari says nothing but that it drew anew
        layer.events.set_data.connect(lambda event: self._undo_rest.start())
        return layer

    def take(self) -> None:
        """Show the area of the project: it was opened, or changed by others."""
        loaded, project = self._session.loaded, self._session.project
        area = Area() if project is None else self.area_of(project)
        radiograph = None if loaded is None else loaded.images["radiograph"]
        if radiograph is self._radiograph and area == self._area:
            return
        self._radiograph, self._area = radiograph, area
        self._request += 1
        self._kept()
        for timer in (self._outlines_rest, self._brush_rest, self._undo_rest):
            timer.stop()
        for name in (self.OUTLINES, self.PAINTED):
            for layer in drawings(self._viewer, name):
                self._viewer.layers.remove(layer)
        if area.polygons:
            self.outlines()
        if area.file is not None:
            self._read()
        self.changed.emit()

    def clear(self) -> None:
        """Mark nothing any more."""
        self._radiograph = None  # so that what could not be stored goes, too
        self.put(Area())
        self.take()

    def keep_now(self, *, wait: bool = False) -> None:
        """Keep what is drawn without waiting for it to rest.

        Parameters
        ----------
        wait
            Until it is stored, or cannot be: then the session's ``unkept`` says why.
        """
        if self._outlines_rest.isActive():
            self._outlines_rest.stop()
            self._keep_outlines()
        if self._brush_rest.isActive() or (wait and self._storing):
            self._brush_rest.stop()
            self._undo_rest.stop()
            self._keep_painted(wait=wait)
        elif self._undo_rest.isActive():
            self._undo_rest.stop()
            self._keep_undone(wait=wait)

    def measure(self, done: Any) -> None:
        """Call ``done`` with the share of the radiograph that is marked."""
        loaded, area, folder = self._session.loaded, self._area, self._session.folder
        if loaded is None or area == Area():
            done(0.0)
            return
        shape = loaded.shape
        in_background(lambda: float(marked(area, shape, folder).mean()), done, self.told.emit)

    def _keep_undone(self, *, wait: bool = False) -> None:
        layers = drawings(self._viewer, self.PAINTED)
        if layers and _sum(layers[0].data) != self._painted:
            self._keep_painted(wait=wait)

    def _keep_outlines(self) -> None:
        layers = drawings(self._viewer, self.OUTLINES)
        if layers:
            self._edit(self._area.model_copy(update={"polygons": outlines_of(layers[0])}))

    def _keep_painted(self, *, wait: bool = False) -> None:
        layers = drawings(self._viewer, self.PAINTED)
        if not layers:  # deleted: what was stored last is shown anew
            self._kept()
            return
        data = np.array(layers[0].data, np.uint8)
        self._painted = _sum(data)
        self._request += 1
        if self._painted == 0:
            self._kept()
            self._edit(self._area.model_copy(update={"file": None}))
            return
        store = partial(self._session.store_labels, self.FILE, data)
        stored = partial(self._stored, self._request)
        not_stored = partial(self._not_stored, self._request)
        self._storing = True
        if not wait:
            in_background(store, stored, not_stored)
            return
        try:
            stored(store())
        except XraysepError as error:
            not_stored(str(error))

    def _not_stored(self, request: int, problem: str) -> None:
        """Say so; it is tried again with the next stroke, and before anything heeds it."""
        if request == self._request:
            self._session.unkept[self.FILE] = problem
            self.told.emit(problem)

    def _kept(self) -> None:
        self._storing = False
        self._session.unkept.pop(self.FILE, None)

    def _stored(self, request: int, file: FileRef) -> None:
        if request == self._request:
            self._kept()
            self._edit(self._area.model_copy(update={"file": file}))

    def _edit(self, area: Area) -> None:
        self._area = area
        self.put(area)
        self.changed.emit()

    def _read(self) -> None:
        loaded, file = self._session.loaded, self._area.file
        if loaded is None or file is None:
            return
        self._request += 1
        in_background(
            partial(labels, file, loaded.shape, self._session.folder),
            partial(self._show_read, self._request),
            self.told.emit,
        )

    def _show_read(self, request: int, pixels: NDArray[Any]) -> None:
        if request == self._request:
            self.painted(pixels if len(self.COLOURS) > 1 else pixels != 0)
            self.changed.emit()


def _sum(labels: Any) -> int:
    """Return a number that nearly any stroke changes."""
    return int(np.sum(labels, dtype=np.int64))
