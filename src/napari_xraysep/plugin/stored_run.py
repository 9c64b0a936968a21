"""A stored run brought back into the viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_xraysep.domain import Floats
from napari_xraysep.io.results import StoredRun, read_run, sum_of
from napari_xraysep.plugin.panes import (
    KEY,
    add_pane,
    contrast_of,
    hide_results,
    panes_of,
    pictures_of,
)
from napari_xraysep.plugin.result_layers import ResultLayers, origin_of
from napari_xraysep.plugin.run_model import curves_of
from napari_xraysep.records import RunRecord

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_xraysep.plugin.loading import Loaded

STAMPS = ("stage", "restart", "step", "epoch")


def hidden_errors(allocation: str) -> tuple[str, ...]:
    """Say which image of what is left over to hide: a residual that was shared out is no news."""
    return ("unexplained",) if allocation == "none" else ("residual",)


@dataclass(frozen=True)
class Opened:
    """A stored run, with the radiograph that its layers add up to."""

    folder: Path
    stored: StoredRun
    xray: Floats

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name


def read_opened(folder: Path) -> Opened:
    """Read a run's folder.

    Raises
    ------
    InputError
        It holds no run, or a damaged one.
    """
    stored = read_run(folder)
    return Opened(folder, stored, sum_of(stored.layers))


def show_opened(viewer: Viewer, opened: Opened, *, keep_pictures: bool) -> None:
    """Show the layers of a stored run, and the radiograph that they add up to.

    Parameters
    ----------
    keep_pictures
        The painting loaded is the run's own: its images stay in view.
    """
    record = opened.stored.record
    hide_results(viewer)
    contrast, origin = contrast_of(opened.xray), origin_of(record.region)
    if keep_pictures:  # a region is shown in the contrast of the whole
        for layer in pictures_of(viewer):
            if layer.metadata[KEY]["pane"] == "radiograph":
                contrast = layer.contrast_limits[0], layer.contrast_limits[1]
    else:
        for layer in pictures_of(viewer):
            layer.visible = False
        name = f"radiograph of {opened.name}" + (", simulated" if record.simulated else "")
        add_pane(viewer, opened.xray, name, "radiograph", contrast=contrast, translate=origin)
    _show(viewer, opened, contrast, hidden_errors(record.allocation))


def add_hidden(viewer: Viewer, opened: Opened) -> None:
    """Add the layers of a stored run without showing them, nor hiding what is shown."""
    _show(viewer, opened, contrast_of(opened.xray), tuple(opened.stored.layers))


def _show(
    viewer: Viewer, opened: Opened, contrast: tuple[float, float], hidden: tuple[str, ...]
) -> None:
    """Add a run's layers, and note with them where it lies and how large its pixels are."""
    record = opened.stored.record
    run = title_of(viewer.layers, record, opened.folder)
    results = ResultLayers(
        viewer,
        contrast,
        simulated=record.simulated,
        hidden=hidden,
        origin=origin_of(record.region),
        run=run,
    )
    results.show(opened.stored.layers)
    for layer in panes_of(viewer):
        if layer.metadata[KEY]["run"] == run:
            layer.metadata[KEY] |= kept_of(record, opened.folder)


def kept_of(record: RunRecord, folder: Path) -> dict[str, Any]:
    """Return what layers keep of the stored run that they came from."""
    return {"folder": str(folder.resolve()), "pixel_size_mm": record.pixel_size_mm.value}


def title_of(layers: Iterable[Layer], record: RunRecord, folder: Path) -> str:
    """Say in a few words which run lies in a folder, so that no other run is called that.

    Parameters
    ----------
    layers
        Of the viewer: runs that are there keep their titles.
    """
    at = folder.resolve()
    ours = [layer.metadata.get(KEY, {}) for layer in layers]
    where = {one["run"]: one.get("folder") for one in ours if one.get("run")}
    known = [run for run, place in where.items() if place == str(at)]
    names = (at.name, f"{at.parent.name}/{at.name}", str(at))
    free = (f"{record.method_title}, {name}" for name in names)
    return next(title for title in (*known, *free) if where.get(title, str(at)) == str(at))


def stored_curves(
    losses: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[list[int], list[float]]]:
    """Turn the rows of ``losses.csv`` back into curves."""
    return curves_of(
        (
            row["step"],
            {name: value for name, value in row.items() if name not in STAMPS},
        )
        for row in losses
    )


def describe(record: RunRecord) -> str:
    """Say in a sentence what a stored run is."""
    state = "" if record.complete else " Incomplete: it was stopped."
    if record.region is not None:
        state = f" Of rows and columns {record.region}.{state}"
    if record.learn_on is not None:
        state = f" Learnt from rows and columns {record.learn_on}.{state}"
    return (
        f"{record.method_title}, preset {record.preset}, seed {record.seed}, {record.device}, "
        f"{record.started[:10]}.{state}"
    )


def same_radiograph(record: RunRecord, loaded: Loaded) -> bool:
    """Whether a run was made from the very radiograph that is loaded, and of the same kind."""
    own = next((given.sha256 for given in record.inputs if given.role == "radiograph"), None)
    kind = "double-sided" if "back" in loaded.images else "concealed"
    known = loaded.images["radiograph"].record.sha256
    return own is not None and own == known and record.kind == kind
