"""The result layers of one run: made once, then given new data epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.painting import Painting
from napari_xraysep.plugin.panes import NOT_KNOWN, add_pane, error_scale, side_by_side
from napari_xraysep.records import HYPOTHETICAL
from napari_xraysep.region import Region

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.utils import Colormap
    from napari.viewer import Viewer

ERRORS = ("residual", "unexplained")
NUMBERS = count(1)
"""Of the runs of this session."""


class ResultLayers:
    """Keeps the layers of one run up to date; only the GUI thread may use it.

    A layer that the user deletes stays deleted, one that is renamed keeps its new name.

    Parameters
    ----------
    contrast
        Grey range of the radiograph, the same for every layer.
    simulated
        The radiograph was simulated, and the names say so.
    hidden
        Names of results that start hidden.
    origin
        Row and column of the radiograph where the results begin.
    run
        What the run is called; none is called as another.
    left_out
        (h, w) bool, True where the mask leaves pixels of the finished results out; None: nowhere.

    Attributes
    ----------
    run
        The same.
    """

    def __init__(
        self,
        viewer: Viewer,
        contrast: tuple[float, float],
        *,
        simulated: bool,
        hidden: tuple[str, ...] = (),
        origin: tuple[int, int] = (0, 0),
        run: str,
        left_out: NDArray[np.bool_] | None = None,
    ) -> None:
        self._viewer = viewer
        self._left_out = left_out
        self._contrast = contrast
        self._simulated = simulated
        self._hidden = hidden
        self._origin = origin
        self.run = run
        self._layers: dict[str, Image] = {}

    def show(self, layers: Mapping[str, Floats], pixel_step: int = 1) -> None:
        """Show all results at once; see `set`."""
        for name in names_upwards(layers):
            self.set(name, layers[name], pixel_step)

    def set(self, name: str, data: Floats, pixel_step: int = 1) -> None:
        """Show new data of one result.

        Parameters
        ----------
        data
            (h, w) float32 in the working domain; kept, so it must not change later. What is left
            out of it is shown as not known.
        pixel_step
            Pixels of the radiograph between two pixels of ``data``.
        """
        if self._left_out is not None and self._left_out.shape == data.shape:
            data = np.where(self._left_out, np.float32(np.nan), data)
        layer = self._layers.get(name)
        if layer is None:
            self._layers[name] = self._make(name, data, pixel_step)
            if name not in self._hidden:
                side_by_side(self._viewer)
        elif layer in self._viewer.layers:
            if layer.data.shape != data.shape:
                self._place(layer, pixel_step)
            layer.data = data

    def _make(self, name: str, data: Floats, pixel_step: int) -> Image:
        layer = add_pane(
            self._viewer,
            data,
            result_name(name, self._contrast, simulated=self._simulated),
            name,
            contrast=limits_of(name, self._contrast),
            visible=name not in self._hidden,
            run=self.run,
        )
        if self._left_out is not None:
            layer.colormap = greys_or_not_known()
        self._place(layer, pixel_step)
        return layer

    def _place(self, layer: Image, pixel_step: int) -> None:
        """Lay a shrunk image over the radiograph: its pixels are blocks of the full one."""
        layer.scale = (pixel_step, pixel_step)
        layer.translate = tuple(at + (pixel_step - 1) / 2 for at in self._origin)


def greys_or_not_known() -> Colormap:
    """Return black to white, and the colour of what is not known for pixels without a value."""
    from napari.utils import Colormap

    return Colormap([(0, 0, 0, 1), (1, 1, 1, 1)], name="grey, not known", nan_color=NOT_KNOWN)


def left_out_of(painting: Painting, region: Region | None) -> NDArray[np.bool_] | None:
    """Return where the mask leaves pixels of the painting, or of a region, out; None: nowhere."""
    if painting.mask is None:
        return None
    found = np.asarray(painting.mask[np.s_[:] if region is None else region.slices]) != 0
    return found if found.any() else None


def new_run(title: str) -> str:
    """Return what a run that begins now is called, by the title of its method."""
    return f"{title}, run {next(NUMBERS)}"


def origin_of(region: str | None) -> tuple[int, int]:
    """Return where the results of a run begin: row and column of its region's first pixel."""
    if region is None:
        return 0, 0
    y0, _, x0, _ = Region.parse(region)
    return y0, x0


def limits_of(name: str, contrast: tuple[float, float]) -> tuple[float, float]:
    """Return the grey range of a result: the radiograph's, or the fixed scale of errors."""
    scale = error_scale(contrast)
    if name == "uncertainty":
        return 0.0, scale
    return (-scale, scale) if name in ERRORS else contrast


def result_name(name: str, contrast: tuple[float, float], *, simulated: bool) -> str:
    """Return what a result is called in the viewer; errors state their scale."""
    signs = {**dict.fromkeys(ERRORS, "±"), "uncertainty": "0 to "}
    stated = f" {signs[name]}{error_scale(contrast):g}" if name in signs else ""
    return f"{name}{stated}: {HYPOTHETICAL}" + (", simulated" if simulated else "")


def names_upwards(layers: Mapping[str, Floats]) -> list[str]:
    """Order results from the bottom of the layer list up: errors below, the first layer on top."""
    return sorted(layers, key=lambda name: (name not in ERRORS, list(layers)[::-1].index(name)))
