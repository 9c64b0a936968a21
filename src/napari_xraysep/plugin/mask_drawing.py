"""What is left out, drawn in the viewer: outlines and a brush, kept in the project."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_xraysep.areas import labels, marked
from napari_xraysep.errors import InputError
from napari_xraysep.plugin.background import in_background
from napari_xraysep.plugin.drawing_view import DRAWING, drawings
from napari_xraysep.plugin.outlines import outlines_of
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.project import Area, FileRef, relative

if TYPE_CHECKING:
    from napari.layers import Labels, Shapes
    from napari.viewer import Viewer

    from napari_xraysep.plugin.session import Session

OUTLINES, PAINTED = "leave out: outlines", "leave out: painted"
COLOUR = "#ff3030"
WAIT_MS = 500
"""A drawing is kept when it has rested for so long."""


class MaskDrawing(QObject):
    """Keeps two layers and the mask of the project the same; makes a deleted layer anew.

    Attributes
    ----------
    changed
        The mask was drawn, loaded, cleared or brought back.
    told
        What went wrong, in a sentence.
    """

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
        self._outlines_rest, self._brush_rest = QTimer(self), QTimer(self)
        for timer, keep in (
            (self._outlines_rest, self._keep_outlines),
            (self._brush_rest, self._keep_painted),
        ):
            timer.setSingleShot(True)
            timer.setInterval(WAIT_MS)
            timer.timeout.connect(keep)

    def outlines(self) -> Shapes:
        """Return the layer for outlines, made where there is none."""
        from napari.layers import Shapes

        for layer in drawings(self._viewer, OUTLINES):
            if isinstance(layer, Shapes):
                return layer
        layer = Shapes(
            [np.array(corners) for corners in self._area.polygons] or None,
            shape_type="polygon",
            name=OUTLINES,
            metadata={KEY: {DRAWING: OUTLINES}},
            face_color=COLOUR,
            edge_color=COLOUR,
            opacity=0.4,
            visible=False,
            ndim=2,
        )
        layer.current_face_color = layer.current_edge_color = COLOUR
        self._viewer.add_layer(layer)
        layer.events.data.connect(lambda event: self._outlines_rest.start())
        return layer

    def painted(self, pixels: NDArray[np.bool_] | None = None) -> Labels | None:
        """Return the layer for the brush, made where there is none; None while it is read.

        Parameters
        ----------
        pixels
            (H, W) what it shows when it is made.
        """
        from napari.layers import Labels
        from napari.utils import DirectLabelColormap

        for layer in drawings(self._viewer, PAINTED):
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
            name=PAINTED,
            metadata={KEY: {DRAWING: PAINTED}},
            colormap=DirectLabelColormap(
                color_dict={None: "transparent", 0: "transparent", 1: COLOUR}
            ),
            opacity=0.4,
            visible=False,
        )
        layer.brush_size = max(3, max(loaded.shape) // 60)
        self._painted = int(np.count_nonzero(data))
        self._viewer.add_layer(layer)
        layer.events.paint.connect(lambda event: self._brush_rest.start())
        layer.events.set_data.connect(lambda event: self._after_undo(layer))
        return layer

    def take(self) -> None:
        """Show the mask of the project: it was opened, or changed by others."""
        loaded, project = self._session.loaded, self._session.project
        area = Area() if project is None or project.mask is None else project.mask
        radiograph = None if loaded is None else loaded.images["radiograph"]
        if radiograph is self._radiograph and area == self._area:
            return
        self._radiograph, self._area = radiograph, area
        self._request += 1
        self._outlines_rest.stop()
        self._brush_rest.stop()
        for name in (OUTLINES, PAINTED):
            for layer in drawings(self._viewer, name):
                self._viewer.layers.remove(layer)
        if area.polygons:
            self.outlines()
        if area.file is not None:
            self._read()
        self.changed.emit()

    def load(self, path: Path) -> None:
        """Add what an image file marks."""
        loaded, folder = self._session.loaded, self._session.folder
        if loaded is not None:
            work = partial(_mask_from, path, folder, loaded.shape)
            in_background(work, self._add_file, self.told.emit)

    def clear(self) -> None:
        """Leave nothing out any more."""
        self._session.edit(mask=Area())
        self.take()

    def keep_now(self) -> None:
        """Keep what is drawn without waiting for it to rest."""
        if self._outlines_rest.isActive():
            self._outlines_rest.stop()
            self._keep_outlines()
        if self._brush_rest.isActive():
            self._brush_rest.stop()
            self._keep_painted()

    def measure(self, done: Any) -> None:
        """Call ``done`` with the share of the radiograph that is left out."""
        loaded, area, folder = self._session.loaded, self._area, self._session.folder
        if loaded is None or area == Area():
            done(0.0)
            return
        shape = loaded.shape
        in_background(lambda: float(marked(area, shape, folder).mean()), done, self.told.emit)

    def _after_undo(self, layer: Labels) -> None:
        """Notice undo and redo, of which napari says nothing but that it drew anew."""
        if np.count_nonzero(layer.data) != self._painted:
            self._brush_rest.start()

    def _keep_outlines(self) -> None:
        layers = drawings(self._viewer, OUTLINES)
        if layers:
            self._edit(self._area.model_copy(update={"polygons": outlines_of(layers[0])}))

    def _keep_painted(self) -> None:
        layers = drawings(self._viewer, PAINTED)
        if not layers:
            return
        data = np.asarray(layers[0].data) != 0
        self._painted = int(np.count_nonzero(data))
        self._request += 1
        if self._painted == 0:
            self._edit(self._area.model_copy(update={"file": None}))
            return
        in_background(
            partial(self._session.store_labels, "leave-out", data),
            partial(self._stored, self._request),
            self.told.emit,
        )

    def _stored(self, request: int, file: FileRef) -> None:
        if request == self._request:
            self._edit(self._area.model_copy(update={"file": file}))

    def _edit(self, area: Area) -> None:
        self._area = area
        self._session.edit(mask=area)
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
            self.painted(pixels != 0)
            self.changed.emit()

    def _add_file(self, read: tuple[FileRef, NDArray[np.bool_]]) -> None:
        file, pixels = read
        layers = drawings(self._viewer, PAINTED)
        if layers and np.any(layers[0].data):
            layers[0].data = (pixels | (np.asarray(layers[0].data) != 0)).astype(np.uint8)
            self._keep_painted()
            return
        for layer in layers:
            self._viewer.layers.remove(layer)
        self._edit(self._area.model_copy(update={"file": file}))
        self.painted(pixels)


def _mask_from(
    path: Path, folder: Path, shape: tuple[int, int]
) -> tuple[FileRef, NDArray[np.bool_]]:
    """Read a mask that the user chose.

    Raises
    ------
    InputError
        It cannot be read, has another size, or marks nothing or everything.
    """
    from napari_xraysep.io.reading import read_mask

    image = read_mask(path)
    pixels = image.pixels != 0
    if pixels.shape != shape:
        raise InputError(
            path,
            f"it has {pixels.shape[0]} rows and {pixels.shape[1]} columns, the radiograph "
            f"{shape[0]} and {shape[1]}",
            "draw it on the radiograph",
        )
    if pixels.all() or not pixels.any():
        what = "it leaves out every pixel" if pixels.all() else "it marks no pixel"
        raise InputError(path, what, "give an image that is zero where nothing is left out")
    return FileRef(path=relative(path.absolute(), folder), sha256=image.sha256), pixels
