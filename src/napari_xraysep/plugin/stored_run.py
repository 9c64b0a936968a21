"""A stored run brought back into the viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.areas import marked
from napari_xraysep.domain import Floats
from napari_xraysep.errors import InputError
from napari_xraysep.io.results import StoredRun, read_run, sum_of
from napari_xraysep.plugin.panes import (
    EARLIER,
    KEY,
    LEFT_OVER,
    add_pane,
    contrast_of,
    hide_results,
    panes_of,
    pictures_of,
    show_all,
)
from napari_xraysep.plugin.result_layers import ResultLayers, origin_of
from napari_xraysep.plugin.run_model import curves_of
from napari_xraysep.project import Area, FileRef
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_xraysep.plugin.live_run import Going
    from napari_xraysep.plugin.loading import Loaded

STAMPS = ("stage", "restart", "step", "epoch")


def hidden_errors(allocation: str) -> tuple[str, ...]:
    """Say which image of what is left over to hide: a residual that was shared out is no news."""
    return ("unexplained",) if allocation == "none" else ("residual",)


@dataclass(frozen=True)
class Opened:
    """A stored run, with the radiograph that its layers add up to.

    Attributes
    ----------
    left_out
        (h, w) bool, True where its mask left pixels out; None: nowhere, or not known any more.
    """

    folder: Path
    stored: StoredRun
    xray: Floats
    left_out: NDArray[np.bool_] | None = None

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
    return Opened(folder, stored, sum_of(stored.layers), _left_out(stored.record, folder))


def _left_out(record: RunRecord, folder: Path) -> NDArray[np.bool_] | None:
    """Read the mask of a run again; None where it had none, or where its file has gone."""
    from napari_xraysep.workflows.measure import find_input

    mask = next((one for one in record.inputs if one.role == "mask"), None)
    if mask is None:
        return None
    area = Area(polygons=mask.outlines)
    if mask.path is not None and mask.sha256 is not None:
        path = find_input(mask.path, folder.absolute().parent) or Path(mask.path)
        area = Area(
            polygons=mask.outlines, file=FileRef(path=str(path.absolute()), sha256=mask.sha256)
        )
    with suppress(InputError):
        found = marked(area, (mask.height, mask.width))
        found = found if record.region is None else found[Region.parse(record.region).slices]
        return found if found.any() else None
    return None


def show_opened(viewer: Viewer, opened: Opened, *, keep_pictures: bool) -> None:
    """Show the layers of a stored run, and the radiograph that they add up to.

    Those that are in the viewer already are shown again, and not made a second time.

    Parameters
    ----------
    keep_pictures
        The painting loaded is the run's own: its images stay in view.
    """
    record = opened.stored.record
    hide_results(viewer)
    run = title_of(viewer.layers, record, opened.folder)
    contrast = shown_contrast(viewer, run, opened.xray, of_picture=keep_pictures)
    if not keep_pictures:
        for layer in pictures_of(viewer):
            layer.visible = False
        name = f"radiograph of {opened.name}" + (", simulated" if record.simulated else "")
        origin = origin_of(record.region)
        add_pane(viewer, opened.xray, name, "radiograph", contrast=contrast, translate=origin)
    hidden = hidden_errors(record.allocation)
    _add_missing(viewer, opened, run, contrast, hidden)
    ours = _layers_of(viewer, run)
    for layer in ours.values():
        layer.metadata[KEY].pop(EARLIER, None)
    show_all(viewer, [layer for name, layer in ours.items() if name not in hidden])


def add_hidden(viewer: Viewer, opened: Opened) -> bool:
    """Add the layers of a stored run without showing them, nor hiding what is shown.

    Returns
    -------
    added
        False: all of them were in the viewer already.
    """
    run = title_of(viewer.layers, opened.stored.record, opened.folder)
    contrast = shown_contrast(viewer, run, opened.xray, of_picture=False)
    return _add_missing(viewer, opened, run, contrast, tuple(opened.stored.layers))


def _add_missing(
    viewer: Viewer,
    opened: Opened,
    run: str,
    contrast: tuple[float, float],
    hidden: tuple[str, ...],
) -> bool:
    """Add those of a run's layers that are not in the viewer; False where all were."""
    record, there = opened.stored.record, _layers_of(viewer, run)
    missing = {name: one for name, one in opened.stored.layers.items() if name not in there}
    results = ResultLayers(
        viewer,
        contrast,
        simulated=record.simulated,
        hidden=hidden,
        origin=origin_of(record.region),
        run=run,
        left_out=opened.left_out,
    )
    results.show(missing)
    note_run(viewer, run, record, opened.folder)
    return bool(missing)


def _layers_of(viewer: Viewer, run: str) -> dict[str, Layer]:
    """Return the layers of one run by what they show."""
    ours = [layer for layer in panes_of(viewer) if layer.metadata[KEY]["run"] == run]
    return {layer.metadata[KEY]["pane"]: layer for layer in ours}


def shown_contrast(
    viewer: Viewer, run: str, xray: Floats, *, of_picture: bool
) -> tuple[float, float]:
    """Return the contrast in which a run is shown already, or that of its radiograph.

    Parameters
    ----------
    of_picture
        The radiograph in the viewer is the run's own: a region is shown in the contrast of the
        whole.
    """
    for layer in panes_of(viewer):
        kept = layer.metadata[KEY]
        of_run = kept["run"] == run and kept["pane"] not in LEFT_OVER
        if of_run or (of_picture and kept["pane"] == "radiograph"):
            return layer.contrast_limits[0], layer.contrast_limits[1]
    return contrast_of(xray)


def note_run(viewer: Viewer, run: str, record: RunRecord, folder: Path | None) -> None:
    """Note with a run's layers where it is stored, if it is, and how large its pixels are."""
    for layer in _layers_of(viewer, run).values():
        layer.metadata[KEY] |= kept_of(record, folder)


def kept_of(record: RunRecord, folder: Path | None) -> dict[str, Any]:
    """Return what layers keep of the run that they came from."""
    kept: dict[str, Any] = {"pixel_size_mm": record.pixel_size_mm.value}
    return kept if folder is None else {**kept, "stored": _place(record, folder)}


def _place(record: RunRecord, folder: Path) -> tuple[str, str]:
    """Return what no two stored runs share: another may have been written into a folder since."""
    return str(folder.resolve()), record.started


def title_of(layers: Iterable[Layer], record: RunRecord, folder: Path) -> str:
    """Say in a few words which run lies in a folder, so that no other run is called that.

    Parameters
    ----------
    layers
        Of the viewer: runs that are there keep their titles.
    """
    at, own = folder.resolve(), _place(record, folder)
    ours = [layer.metadata.get(KEY, {}) for layer in layers]
    where = {one["run"]: one.get("stored") for one in ours if one.get("run")}
    known = [run for run, place in where.items() if place == own]
    names = (at.name, f"{at.parent.name}/{at.name}", str(at), f"{at}, {record.started}")
    free = (f"{record.method_title}, {name}" for name in names)
    return next(title for title in (*known, *free) if where.get(title, own) == own)


def stored_curves(
    losses: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[list[float], list[float]]]:
    """Turn the rows of ``losses.csv`` back into curves."""
    firsts: dict[int, int] = {}
    for row in losses:
        firsts.setdefault(row["restart"], row["step"])
    rows = (
        (row["restart"], row["step"], {name: row[name] for name in row if name not in STAMPS})
        for row in losses
    )
    return curves_of(rows, firsts)


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


def same_radiograph(record: RunRecord | Going, loaded: Loaded) -> bool:
    """Whether a run was made from the very radiograph that is loaded, and of the same kind."""
    own = next((given.sha256 for given in record.inputs if given.role == "radiograph"), None)
    kind = "double-sided" if "back" in loaded.images else "concealed"
    known = loaded.images["radiograph"].record.sha256
    return own is not None and own == known and record.kind == kind
