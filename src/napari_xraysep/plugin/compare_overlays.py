"""What is left over, laid over a picture in colours that one can see through; without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_xraysep.plugin.compare_layers import pixels_of, run_layers
from napari_xraysep.plugin.compare_model import LeftOver
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.records import HYPOTHETICAL

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.utils import Colormap
    from napari.viewer import Viewer

NOT_ESTIMATED = "not estimated"
BELOW, ABOVE, DOUBT = (0.13, 0.4, 0.92), (0.9, 0.2, 0.1), (1.0, 0.72, 0.0)
"""Blue, red, amber: told apart by those who do not tell red from green."""
NEITHER = "#606060"
"""Where one of two images is not known: a grey, since red says that A is brighter."""
OPAQUE = 0.85
LEGENDS = {
    "unexplained": "Unexplained: <span style='color:#e6503c'>■</span> the radiograph is brighter "
    "than the model can say, <span style='color:#5088f0'>■</span> darker; full colour at ±{:g}.",
    "uncertainty": "Uncertainty: <span style='color:#ffb800'>■</span> the deeper, the less is "
    "known; full colour at {:g}.",
}


def signed_colours() -> Colormap:
    """Return blue for less, white for nothing, red for more."""
    from napari.utils import Colormap

    white = (1.0, 1.0, 1.0)
    colours = [(*c, 1.0) for c in (BELOW, white, ABOVE)]
    return Colormap(colours, name="blue, white 0, red", nan_color=NEITHER)


def see_through(left_over: LeftOver) -> Colormap:
    """Return colours that fade to nothing where there is nothing."""
    from napari.utils import Colormap

    if left_over == "uncertainty":
        return Colormap([(*DOUBT, 0.0), (*DOUBT, OPAQUE)], name="nothing, amber")
    colours = [(*BELOW, OPAQUE), (*BELOW, 0.0), (*ABOVE, 0.0), (*ABOVE, OPAQUE)]
    return Colormap(colours, controls=(0.0, 0.5, 0.5, 1.0), name="blue, nothing, red")


def overlay_layer(viewer: Viewer, run: str, left_over: LeftOver, scale: float) -> Image | None:
    """Return a layer that shows what a run left over; None where the run has no such image.

    The array is the run's own, not a copy.

    Parameters
    ----------
    scale
        Where the colour is full.
    """
    from napari.layers import Image

    source = run_layers(viewer, run).get(left_over)
    if source is None:
        return None
    layer = Image(
        pixels_of(source),
        metadata={KEY: {"overlay": left_over, "simulated": "simulated" in source.name}},
        colormap=see_through(left_over),
        scale=source.scale,
        translate=source.translate,
    )
    rescale(layer, left_over, scale)
    return layer


def rescale(layer: Image, left_over: LeftOver, scale: float) -> None:
    """Show an overlay on another scale, and state it."""
    low = 0.0 if left_over == "uncertainty" else -scale
    layer.contrast_limits_range = low, scale
    layer.contrast_limits = low, scale
    sign = "0 to " if left_over == "uncertainty" else "±"
    simulated = ", simulated" if layer.metadata[KEY]["simulated"] else ""
    layer.name = f"{left_over} in colours, {sign}{scale:g}: {HYPOTHETICAL}{simulated}"
