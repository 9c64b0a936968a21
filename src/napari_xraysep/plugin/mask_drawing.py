"""What is left out, drawn in the viewer or loaded from a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import check_grid
from napari_xraysep.errors import InputError
from napari_xraysep.plugin.area_drawing import AreaDrawing
from napari_xraysep.plugin.background import in_background, while_loaded
from napari_xraysep.plugin.drawing_view import drawings
from napari_xraysep.project import Area, FileRef, Project, relative


class MaskDrawing(AreaDrawing):
    """Keeps the mask of the project."""

    OUTLINES, PAINTED = "leave out: outlines", "leave out: painted"
    COLOURS = {1: "#ff3030"}  # noqa: RUF012 -- never changed
    FILE = "leave-out"

    def area_of(self, project: Project) -> Area:
        """Return the mask of the project."""
        return project.mask or Area()

    def put(self, area: Area) -> None:
        """Replace the mask of the project."""
        self._session.edit(mask=area)

    def load(self, path: Path) -> None:
        """Add what an image file marks."""
        loaded, folder = self._session.loaded, self._session.folder
        if loaded is not None:
            work = partial(_mask_from, path, folder, loaded.shape)
            in_background(work, while_loaded(self._session, self._add_file), self.told.emit)

    def _add_file(self, read: tuple[FileRef, NDArray[np.bool_]]) -> None:
        file, pixels = read
        layers = drawings(self._viewer, self.PAINTED)
        if layers and np.any(layers[0].data):
            layers[0].data = (pixels | (np.asarray(layers[0].data) != 0)).astype(np.uint8)
            self._keep_painted()
            return
        for layer in layers:
            self._viewer.layers.remove(layer)
        self._edit(self._area.model_copy(update={"file": file}))
        self.painted(pixels.astype(np.uint8))


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
    check_grid(path, pixels, shape)
    if pixels.all() or not pixels.any():
        what = "it leaves out every pixel" if pixels.all() else "it marks no pixel"
        raise InputError(path, what, "give an image that is zero where nothing is left out")
    return FileRef(path=relative(path.absolute(), folder), sha256=image.sha256), pixels
