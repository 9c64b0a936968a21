"""A stored run brought back into the viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_xraysep.domain import Floats
from napari_xraysep.io.results import StoredRun, read_run, sum_of
from napari_xraysep.plugin.panes import KEY, add_pane, contrast_of, hide_results, pictures_of
from napari_xraysep.plugin.result_layers import ResultLayers, origin_of
from napari_xraysep.plugin.run_model import curves_of
from napari_xraysep.records import RunRecord

if TYPE_CHECKING:
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
    hidden = hidden_errors(record.allocation)
    results = ResultLayers(
        viewer,
        contrast,
        simulated=record.simulated,
        hidden=hidden,
        origin=origin,
        run=run_title(opened),
    )
    results.show(opened.stored.layers)


def add_hidden(viewer: Viewer, opened: Opened) -> None:
    """Add the layers of a stored run without showing them, nor hiding what is shown."""
    record, layers = opened.stored.record, opened.stored.layers
    results = ResultLayers(
        viewer,
        contrast_of(opened.xray),
        simulated=record.simulated,
        hidden=tuple(layers),
        origin=origin_of(record.region),
        run=run_title(opened),
    )
    results.show(layers)


def run_title(opened: Opened) -> str:
    """Say in a few words which run it is."""
    return title_of(opened.stored.record, opened.name)


def title_of(record: RunRecord, folder: str) -> str:
    """Say in a few words which run lies in the folder of that name."""
    return f"{record.method_title}, {folder}"


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
