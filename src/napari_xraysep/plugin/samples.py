"""File > Open Sample: simulated radiographs with their photographs."""

from __future__ import annotations

from typing import Any, Literal

from napari_xraysep.domain import to_unit
from napari_xraysep.io.reading import read_photograph, read_radiograph
from napari_xraysep.plugin.panes import KEY, contrast_of
from napari_xraysep.simulation.samples import sample_folder

LayerData = tuple[Any, dict[str, Any], str]


def double_sided() -> list[LayerData]:
    """Return the layers of the double-sided sample."""
    return _layers("double-sided")


def concealed() -> list[LayerData]:
    """Return the layers of the sample with a concealed design."""
    return _layers("concealed")


def _layers(name: Literal["double-sided", "concealed"]) -> list[LayerData]:
    """Read a sample's files; each layer says which image of the painting it is."""
    folder = sample_folder(name)
    layers: list[LayerData] = []
    for role, file in (("back", "back.tif"), ("front", "front.tif"), ("radiograph", "xray.tif")):
        path = folder / file
        if not path.exists():
            continue
        ours = {"role": role, "path": str(path), "simulated": True, "sample": True}
        shown: dict[str, Any] = {"name": f"sample {role}, simulated"}
        if role == "radiograph":
            image = read_radiograph(path)
            shown["contrast_limits"] = contrast_of(to_unit(image.pixels, image.bits))
            pixels: Any = to_unit(image.pixels, image.bits)
        else:
            pixels = read_photograph(path).pixels
            shown["rgb"] = True
        layers.append((pixels, {**shown, "metadata": {KEY: ours}}, "image"))
    return layers
