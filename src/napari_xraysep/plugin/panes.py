"""Layers of the viewer: the painting's images and the results, in one contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer

    from napari_xraysep.plugin.loading import Loaded

KEY = "napari-xraysep"
"""Where our layers keep what they are, in ``layer.metadata``."""

FONT_SIZE = 8
RESULTS = {"front": "first", "surface": "first", "back": "second", "concealed": "second"}
ORDER: dict[int, tuple[str, ...]] = {
    1: ("radiograph", "front photograph", "first", "second", "unexplained", "residual"),
    2: (
        "front photograph",
        "back photograph",
        "first",
        "second",
        "radiograph",
        "unexplained",
        "residual",
    ),
    3: (
        "radiograph",
        "front photograph",
        "back photograph",
        "unexplained",
        "residual",
        "first",
        "second",
    ),
}
"""Panes in reading order: in two columns (for one photograph and for two), and in three."""

SAMPLED = 512
"""Contrast is measured on at most about this many rows and columns."""


def contrast_of(xray: NDArray[Any]) -> tuple[float, float]:
    """Return the grey range for the radiograph and for every layer made from it.

    It starts at zero or below, so that a layer that absorbs nothing is black, and ends where
    0.1 % of the radiograph is brighter.
    """
    step = -(-max(xray.shape[:2]) // SAMPLED)
    low, high = np.percentile(xray[::step, ::step], (0.1, 99.9))
    low = min(0.0, float(low))
    return low, float(high) if high > low else low + 1.0


def error_scale(contrast: tuple[float, float]) -> float:
    """Return the stated half-range of what is left over: a tenth of the contrast, rounded."""
    tenth = (contrast[1] - contrast[0]) / 10
    return float(f"{tenth:.1g}")


def add_pane(
    viewer: Viewer,
    data: NDArray[Any],
    name: str,
    pane: str,
    *,
    contrast: tuple[float, float] | None = None,
    rgb: bool = False,
    scale: tuple[float, float] = (1.0, 1.0),
    visible: bool = True,
) -> Image:
    """Add one image layer with its name written on it.

    Parameters
    ----------
    pane
        What it is: a name in `ORDER`, or of a result.
    """
    layer: Image = viewer.add_image(
        data,
        name=name,
        metadata={KEY: {"pane": pane}},
        contrast_limits=contrast,
        rgb=rgb,
        scale=scale,
        visible=visible,
    )
    layer.name_overlay.font_size = FONT_SIZE
    layer.name_overlay.visible = True
    return layer


def pictures_of(viewer: Viewer) -> list[Layer]:
    """Return the layers that show the loaded painting's images."""
    return [layer for layer in viewer.layers if _ours(layer).get("pane") in ORDER[3][:3]]


def hide_results(viewer: Viewer) -> None:
    """Hide the results of earlier runs, so that two runs are not taken for one."""
    pictures = pictures_of(viewer)
    for layer in viewer.layers:
        if "pane" in _ours(layer) and layer not in pictures:
            layer.visible = False


def show_pictures(viewer: Viewer, loaded: Loaded) -> None:
    """Show a painting's images, in place of those of the painting before."""
    for layer in pictures_of(viewer):
        viewer.layers.remove(layer)
    hide_results(viewer)
    contrast = contrast_of(loaded.pictures[0].pixels)
    for picture in loaded.pictures:
        grey = picture.role == "radiograph"
        add_pane(
            viewer,
            picture.pixels,
            picture.name,
            "radiograph" if grey else f"{picture.role} photograph",
            contrast=contrast if grey else None,
            rgb=not grey,
            scale=picture.scale,
        )
    side_by_side(viewer)


def side_by_side(viewer: Viewer) -> None:
    """Show our visible layers in a grid, panned and zoomed together, each layer by its photograph.

    Two or three panes a row, whichever draws the images larger.
    """
    panes = [layer for layer in viewer.layers if KEY in layer.metadata and "pane" in _ours(layer)]
    shown = [layer for layer in panes if layer.visible]
    if not shown:
        return
    columns = _columns(shown[0].data.shape[:2], viewer.canvas.size, max(len(shown), 5))
    two_photographs = any(_ours(layer)["pane"] == "back photograph" for layer in shown)
    order = ORDER[columns if two_photographs or columns == 3 else 1]
    for layer in sorted(panes, key=lambda pane: order.index(_rank(pane))):
        viewer.layers.move(viewer.layers.index(layer), len(viewer.layers))
    viewer.canvas.grid.shape = (-1, columns)
    viewer.canvas.grid.enabled = True
    viewer.reset_view()


def _columns(image: tuple[int, int], canvas: tuple[int, int], panes: int) -> int:
    """Choose the number of columns that draws ``panes`` images (height, width) larger."""

    def zoom(columns: int) -> float:
        rows = -(-panes // columns)
        return min(canvas[1] / columns / image[1], canvas[0] / rows / image[0])

    return max((2, 3), key=zoom)


def _ours(layer: Layer) -> dict[str, Any]:
    ours: dict[str, Any] = layer.metadata.get(KEY, {})
    return ours


def _rank(layer: Layer) -> str:
    name: str = _ours(layer)["pane"]
    return RESULTS.get(name, name)
