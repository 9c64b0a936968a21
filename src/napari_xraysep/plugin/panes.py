"""Layers of the viewer: the painting's images and the results, in one contrast."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer

    from napari_xraysep.plugin.loading import Loaded

KEY = "napari-xraysep"
"""Where our layers keep what they are, in ``layer.metadata``."""

EARLIER = "earlier"
"""Marks results that another painting or run has taken the place of."""

NOT_KNOWN = "#b02020"
"""The colour of results where the mask leaves pixels out: a red, as the mask is drawn in."""

FONT_SIZE = 7
RESULTS = {"front": "first", "surface": "first", "back": "second", "concealed": "second"}
PANES = 6
PICTURES = ("radiograph", "front photograph", "back photograph")
LEFT_OVER = ("unexplained", "residual", "uncertainty")
IN_THREES = (*PICTURES, *LEFT_OVER, "first", "second")
ORDER: dict[tuple[int, bool], tuple[str, ...]] = {
    (2, False): (*PICTURES, "first", "second", *LEFT_OVER),
    (2, True): (*PICTURES[1:], "first", "second", "radiograph", *LEFT_OVER),
    (3, False): IN_THREES,
    (3, True): IN_THREES,
}
"""Panes in reading order, by columns and whether there are two photographs: each layer stands
below its photograph."""

SAMPLED = 512
"""Contrast is measured on at most about this many rows and columns."""


def contrast_of(xray: NDArray[Any]) -> tuple[float, float]:
    """Return the grey range for the radiograph and for every layer made from it.

    It starts at zero or below, so that a layer that absorbs nothing is black, and ends where
    0.1 % of the radiograph is brighter.
    """
    step = -(-max(xray.shape[:2]) // SAMPLED)
    low, high = np.nanpercentile(xray[::step, ::step], (0.1, 99.9))
    low = min(0.0, float(low))
    return low, float(high) if high > low else low + 1.0


def error_scale(contrast: tuple[float, float]) -> float:
    """Return the stated half-range of what is left over: a quarter of the contrast, rounded."""
    return float(f"{(contrast[1] - contrast[0]) / 4:.1g}")


def add_pane(
    viewer: Viewer,
    data: NDArray[Any],
    name: str,
    pane: str,
    *,
    contrast: tuple[float, float] | None = None,
    rgb: bool = False,
    scale: tuple[float, float] = (1.0, 1.0),
    translate: tuple[float, float] = (0.0, 0.0),
    visible: bool = True,
    run: str = "",
) -> Image:
    """Add one image layer with its name written on it.

    Parameters
    ----------
    pane
        What it is: a name in `ORDER`, or of a result.
    run
        What the run is called that it came from; "" for a picture.
    """
    from napari.layers import Image

    layer = Image(
        data,
        name=name,
        metadata={KEY: {"pane": pane, "run": run}},
        contrast_limits=contrast,
        rgb=rgb,
        scale=scale,
        translate=translate,
        visible=visible,
    )
    layer.name_overlay.font_size = FONT_SIZE
    layer.name_overlay.visible = True
    panes = panes_of(viewer)
    place = _places([*panes, layer], viewer)
    above = [pane for pane in panes if place[_rank(pane)] > place[_rank(layer)]]
    at = viewer.layers.index(above[0]) if above else len(viewer.layers)
    viewer.layers.insert(at, layer)
    return layer


def panes_of(viewer: Viewer) -> list[Layer]:
    """Return our layers, from the bottom up."""
    return [layer for layer in viewer.layers if "pane" in layer.metadata.get(KEY, {})]


def pictures_of(viewer: Viewer) -> list[Layer]:
    """Return the layers that show the loaded painting's images."""
    return [layer for layer in panes_of(viewer) if _rank(layer) in PICTURES]


def hide_results(viewer: Viewer) -> None:
    """Hide the results of earlier runs, so that two runs are not taken for one."""
    for layer in panes_of(viewer):
        if _rank(layer) not in PICTURES:
            layer.visible = False
            layer.metadata[KEY][EARLIER] = True


def show_all(viewer: Viewer, layers: Iterable[Layer]) -> None:
    """Show hidden layers, side by side.

    The grid is off meanwhile: napari 0.9 would give it panes that are not moved with the others.
    """
    viewer.canvas.grid.enabled = False
    for layer in layers:
        layer.visible = True
    side_by_side(viewer)


def shows_results(viewer: Viewer) -> bool:
    """Whether there are results of the loaded painting, or of the run that was opened last."""
    results = (layer for layer in panes_of(viewer) if _rank(layer) not in PICTURES)
    return any(EARLIER not in layer.metadata[KEY] for layer in results)


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
    """Show the visible layers in a grid, panned and zoomed together."""
    panes = panes_of(viewer)
    place = _places(panes, viewer)
    if [place[_rank(pane)] for pane in panes] != sorted(place[_rank(pane)] for pane in panes):
        for pane in sorted(panes, key=lambda pane: place[_rank(pane)]):  # the window was resized
            viewer.layers.move(viewer.layers.index(pane), len(viewer.layers))
    if panes:
        viewer.canvas.grid.shape = (-1, _columns(viewer, panes[0].data.shape[:2]))
    viewer.canvas.grid.enabled = True
    viewer.reset_view()


def _columns(viewer: Viewer, image: tuple[int, int]) -> int:
    """Choose two or three panes a row, whichever draws images (height, width) larger."""
    height, width = viewer.canvas.size

    def zoom(columns: int) -> float:
        return min(width / columns / image[1], height / -(-PANES // columns) / image[0])

    return max((2, 3), key=zoom)


def _places(panes: list[Layer], viewer: Viewer) -> dict[str, int]:
    """Return every pane's place in reading order."""
    two_photographs = any(_rank(pane) == "back photograph" for pane in panes)
    columns = _columns(viewer, panes[0].data.shape[:2]) if panes else 3
    return {pane: place for place, pane in enumerate(ORDER[columns, two_photographs])}


def _rank(layer: Layer) -> str:
    name: str = layer.metadata[KEY]["pane"]
    return RESULTS.get(name, name)
