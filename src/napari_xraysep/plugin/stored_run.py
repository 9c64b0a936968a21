"""A stored run brought back into the viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_xraysep.domain import Floats
from napari_xraysep.painting import Painting
from napari_xraysep.plugin.panes import add_pane, contrast_of, hide_results, pictures_of
from napari_xraysep.plugin.result_layers import ERRORS, ResultLayers
from napari_xraysep.plugin.run_model import curves_of
from napari_xraysep.records import InputRecord, RunRecord

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_xraysep.io.results import StoredRun

STAMPS = ("stage", "restart", "step", "epoch")


def mixture_of(layers: Mapping[str, Floats]) -> Floats:
    """Add layers and residual up to the radiograph, (H, W) in the working domain."""
    return sum(image for name, image in layers.items() if name != "unexplained")


def hidden_errors(allocation: str) -> tuple[str, ...]:
    """Say which image of what is left over to hide: a residual that was shared out is no news."""
    return ("unexplained",) if allocation == "none" else ("residual",)


def show_stored(viewer: Viewer, stored: StoredRun, folder: Path, *, keep_pictures: bool) -> None:
    """Show the layers of a stored run, and the radiograph that they add up to.

    Parameters
    ----------
    keep_pictures
        The painting loaded is the run's own: its images stay in view.
    """
    record = stored.record
    shown = {n: image for n, image in stored.layers.items() if n in (*record.layers, *ERRORS)}
    xray = mixture_of(shown)
    hide_results(viewer)
    simulated = ", simulated" if record.simulated else ""
    contrast = contrast_of(xray)
    if not keep_pictures:
        for layer in pictures_of(viewer):
            layer.visible = False
        name = f"radiograph of {folder.name}{simulated}"
        add_pane(viewer, xray, name, "radiograph", contrast=contrast)
    results = ResultLayers(
        viewer,
        contrast,
        simulated=record.simulated,
        hidden=hidden_errors(record.allocation),
    )
    results.show(shown)


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
    return (
        f"{record.method_title}, preset {record.preset}, seed {record.seed}, {record.device}, "
        f"{record.started[:10]}.{state}"
    )


def same_radiograph(record: RunRecord, painting: Painting) -> bool:
    """Whether a run was made from the very file that is loaded."""

    def digest(inputs: Sequence[InputRecord]) -> str | None:
        return next((given.sha256 for given in inputs if given.role == "radiograph"), None)

    return digest(record.inputs) is not None and digest(record.inputs) == digest(painting.inputs)
