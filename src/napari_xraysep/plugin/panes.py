"""Layers of the viewer: the painting's images and the results, in one contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.viewer import Viewer

    from napari_xraysep.plugin.loading import Loaded

KEY = "napari-xraysep"
"""Where our layers keep what they are, in ``layer.metadata``."""

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
    metadata: dict[str, Any],
    *,
    contrast: tuple[float, float] | None = None,
    rgb: bool = False,
    scale: tuple[float, float] = (1.0, 1.0),
    visible: bool = True,
) -> Image:
    """Add one image layer with its name written on it."""
    layer: Image = viewer.add_image(
        data,
        name=name,
        metadata={KEY: {"shown": True, **metadata}},
        contrast_limits=contrast,
        rgb=rgb,
        scale=scale,
        visible=visible,
    )
    layer.name_overlay.visible = True
    return layer


def show_pictures(viewer: Viewer, loaded: Loaded) -> None:
    """Show a painting's images, in place of those of the painting before."""
    for layer in list(viewer.layers):
        if layer.metadata.get(KEY, {}).get("picture"):
            viewer.layers.remove(layer)
        elif layer.metadata.get(KEY, {}).get("result"):
            layer.visible = False
    contrast = contrast_of(loaded.pictures[0].pixels)
    for picture in loaded.pictures:
        grey = picture.role == "radiograph"
        add_pane(
            viewer,
            picture.pixels,
            picture.name,
            {"picture": picture.role},
            contrast=contrast if grey else None,
            rgb=not grey,
            scale=picture.scale,
        )
    side_by_side(viewer)


def side_by_side(viewer: Viewer) -> None:
    """Show the visible layers in a grid, panned and zoomed together."""
    viewer.canvas.grid.enabled = True
    viewer.reset_view()
