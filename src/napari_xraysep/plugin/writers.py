"""Writer for napari: one layer as a float TIFF that says what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_xraysep.errors import InputError
from napari_xraysep.io.results import write_image
from napari_xraysep.plugin.panes import KEY, LEFT_OVER, RESULTS
from napari_xraysep.records import HYPOTHETICAL


def write_layer(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a result layer with the words *hypothetical separation* in its description.

    Raises
    ------
    InputError
        The layer is not a result of a separation.
    """
    name = str(meta.get("name", "layer"))
    if meta.get("metadata", {}).get(KEY, {}).get("pane") not in (*RESULTS, *LEFT_OVER):
        raise InputError(
            name, f"it is not a {HYPOTHETICAL}", "save it with napari's own TIFF writer"
        )
    write_image(Path(path), np.asarray(data, np.float32), name)
    return [path]
