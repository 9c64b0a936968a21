"""The layers of the viewer that can be compared, and what they are to one another; without Qt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_xraysep.domain import sample_bits
from napari_xraysep.plugin.panes import KEY, LEFT_OVER, RESULTS, SAMPLED, contrast_of

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer


def comparable(viewer: Viewer) -> list[Image]:
    """Return the image layers that the user can choose, the topmost first."""
    from napari.layers import Image

    return [
        layer
        for layer in reversed(viewer.layers)
        if isinstance(layer, Image) and layer.ndim == 2 and "overlay" not in _ours(layer)
    ]


def pane_of(layer: Layer) -> str:
    """Return what one of our layers shows; "" for another's."""
    name: str = _ours(layer).get("pane", "")
    return name


def run_of(layer: Layer) -> str:
    """Return what the run is called that a layer came from; "" for a picture."""
    name: str = _ours(layer).get("run", "")
    return name


def run_layers(viewer: Viewer, run: str) -> dict[str, Image]:
    """Return the layers of one run by what they show."""
    return {pane_of(layer): layer for layer in comparable(viewer) if run and run_of(layer) == run}


def runs_of(viewer: Viewer) -> list[str]:
    """Return the runs whose two layers are in the viewer, the newest first."""
    found = dict.fromkeys(run_of(layer) for layer in reversed(comparable(viewer)))
    return [run for run in reversed(found) if len(separated(run_layers(viewer, run))) == 2]


def separated(layers: dict[str, Image]) -> list[Image]:
    """Return the two layers that a run separated, the first side first."""
    return [layers[name] for name in RESULTS if name in layers]


def run_in_view(viewer: Viewer, *shown: Layer | None) -> str:
    """Return the run that the first of some layers came from, else the newest; "" for none."""
    runs = [run_of(layer) for layer in shown if layer is not None]
    return next(filter(None, [*runs, *runs_of(viewer)]), "")


def label_of(layer: Layer) -> str:
    """Say what a layer is, in lines: in short, its run, and the words that it must carry."""
    return "\n".join(filter(None, _said(layer)))


def in_one_line(layer: Layer) -> str:
    """Say the same in one line."""
    words = _said(layer)[2]
    return f"{in_short(layer)}: {words}" if words else in_short(layer)


def in_short(layer: Layer) -> str:
    """Say what a layer is and its run alone."""
    short, run, _ = _said(layer)
    return f"{short} · {run}" if run else short


def _said(layer: Layer) -> tuple[str, str, str]:
    run = run_of(layer)
    name = re.sub(r" \[\d+\]$", "", layer.name) if run else layer.name  # napari's own number
    short, _, words = name.partition(": ")
    return short, run, words


def default_pair(viewer: Viewer) -> tuple[Image | None, Image | None]:
    """Guess what is to be compared: the newest run's first layer and the radiograph."""
    layers = comparable(viewer)
    results = separated(run_layers(viewer, run_in_view(viewer)))
    pictures = [layer for layer in layers if pane_of(layer) == "radiograph"]
    pair = [*results[:1], *pictures[:1], *results[1:], *layers]
    found = list(dict.fromkeys(pair))[:2]
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def has_grey_contrast(layer: Image) -> bool:
    """Whether a layer belongs into the one contrast: grey, and not on a scale of its own."""
    return not layer.rgb and pane_of(layer) not in LEFT_OVER and "overlay" not in _ours(layer)


def common_contrast(viewer: Viewer) -> tuple[float, float]:
    """Return the radiograph's contrast; where there is none in the viewer, a layer's."""
    greys = [layer for layer in comparable(viewer) if has_grey_contrast(layer)]
    radiographs = [layer for layer in greys if pane_of(layer) == "radiograph"]
    for layer in radiographs or greys:
        low, high = layer.contrast_limits
        return low / units(layer), high / units(layer)
    return 0.0, 1.0


def set_contrast(layer: Image, contrast: tuple[float, float]) -> None:
    """Show a layer in a contrast of the working domain; integers are taken as files' are."""
    limits = tuple(limit * units(layer) for limit in contrast)
    if tuple(layer.contrast_limits) != limits:
        low, high = layer.contrast_limits_range
        layer.contrast_limits_range = min(low, limits[0]), max(high, limits[1])
        layer.contrast_limits = limits


def own_contrast(layer: Image) -> tuple[float, float]:
    """Return the contrast that suits a layer by itself, from some of its pixels."""
    pixels = pixels_of(layer)
    step = -(-max(pixels.shape) // SAMPLED)
    low, high = contrast_of(np.asarray(pixels[::step, ::step]))
    return low / units(layer), high / units(layer)


def pixels_of(layer: Image) -> Any:
    """Return a layer's array, (H, W) or (H, W, 3), at full resolution; may be lazy."""
    return layer.data[0] if layer.multiscale else layer.data


def units(layer: Image) -> float:
    """Return how much of a layer's grey values is 1 in the working domain."""
    bits = sample_bits(np.dtype(pixels_of(layer).dtype))
    return 1.0 if bits is None else float(2**bits - 1)


def _ours(layer: Layer) -> dict[str, Any]:
    ours: dict[str, Any] = layer.metadata.get(KEY, {})
    return ours
