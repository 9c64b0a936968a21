"""Readers for napari: stored runs, projects, and radiographs that napari does not open itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari_xraysep.domain import to_unit
from napari_xraysep.io.reading import read_radiograph
from napari_xraysep.io.results import read_run, sum_of
from napari_xraysep.plugin.panes import KEY, contrast_of
from napari_xraysep.plugin.result_layers import limits_of, names_upwards, origin_of, result_name
from napari_xraysep.plugin.stored_run import hidden_errors, kept_of, title_of

LayerData = tuple[Any, dict[str, Any], str]
PEEKED, FORMAT = 2000, b"napari-xraysep project"
"""Bytes of a JSON file that are looked at, and what tells that it is a project."""
Reader = Callable[[str | Sequence[str]], list[LayerData]]
ProjectReader = Callable[[str | Sequence[str]], list[tuple[None]]]


def run_reader(path: str | Sequence[str]) -> Reader | None:
    """Return a reader where the path is a run's folder or its ``run.json``."""
    if not isinstance(path, str):
        return None
    folder = _folder(path)
    return read_run_layers if (folder / "run.json").is_file() else None


def read_run_layers(path: str | Sequence[str]) -> list[LayerData]:
    """Read a stored run's layers, the first on top; see `stored_run` for the dock's way."""
    import napari

    folder = _folder(str(path))
    stored = read_run(folder)
    record = stored.record
    viewer = napari.current_viewer()
    run = title_of(() if viewer is None else viewer.layers, record, folder)
    contrast = contrast_of(sum_of(stored.layers))
    hidden = hidden_errors(record.allocation)
    return [
        (
            stored.layers[name],
            {
                "name": result_name(name, contrast, simulated=record.simulated),
                "contrast_limits": limits_of(name, contrast),
                "visible": name not in hidden,
                "translate": origin_of(record.region),
                "metadata": {KEY: {"pane": name, "run": run, **kept_of(record, folder)}},
            },
            "image",
        )
        for name in names_upwards(stored.layers)
    ]


def project_reader(path: str | Sequence[str]) -> ProjectReader | None:
    """Return a reader where the path is a project file of ours."""
    if not isinstance(path, str):
        return None
    with suppress(OSError), Path(path).open("rb") as file:
        if FORMAT in file.read(PEEKED):
            return open_project
    return None


def open_project(path: str | Sequence[str]) -> list[tuple[None]]:
    """Have *Load painting* open the project; it makes the layers once it has read the images."""
    import napari

    viewer = napari.current_viewer()
    if viewer is not None:
        _, load = viewer.window.add_plugin_dock_widget("napari-xraysep", "Load painting")
        load.open_project(Path(str(path)))
    return [(None,)]


def radiograph_reader(path: str | Sequence[str]) -> Reader | None:
    """Return a reader for one DICOM or JPEG 2000 file."""
    return read_radiograph_layer if isinstance(path, str) else None


def read_radiograph_layer(path: str | Sequence[str]) -> list[LayerData]:
    """Read a radiograph as 0..1 grey."""
    file = read_radiograph(Path(str(path)))
    grey = to_unit(file.pixels, file.bits)
    simulated = ", simulated" if file.simulated else ""
    shown = {"name": Path(str(path)).stem + simulated, "contrast_limits": contrast_of(grey)}
    return [(grey, shown, "image")]


def _folder(path: str) -> Path:
    return Path(path).parent if Path(path).name == "run.json" else Path(path)
