"""What is said of stored runs without their true layers: rows and columns; without Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import TypeAlias

from napari_xraysep.evaluation.summary import BETTER, MEANINGS, TITLES, layer_of
from napari_xraysep.io.results import read_record
from napari_xraysep.plugin.run_names import names_of
from napari_xraysep.project import NamedRegion, StoredRunRef
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region
from napari_xraysep.separation.events import Finished, Progress, Started
from napari_xraysep.separation.method import get_method, installed_methods
from napari_xraysep.workflows.measure import Measured, reread
from napari_xraysep.workflows.ranking import Ranking, Trial, rank

KINDS = (
    "residual_rms",
    "unexplained_rms",
    "exclusion",
    "cancellation",
    "leakage",
    "copy",
    "energy_ratio",
    "remix",
)
"""The numbers that are shown, in this order."""
BASELINES = ("grey", "half")
"""Those that stand beside the runs."""
MOST = 5
"""Runs that are ticked to begin with."""

Row: TypeAlias = tuple[str, str]
"""The kind of a number, and the name of the layer that it is of, "" for both."""
REMIX: Row = ("remix", "")
Key: TypeAlias = tuple[Path, str]
"""What no two stored runs share: another may be written into a folder later."""


@dataclass(frozen=True)
class Listed:
    """A stored run.

    Attributes
    ----------
    folder
        Where it lies.
    head
        Its name in two short lines.
    """

    run: StoredRunRef
    name: str
    folder: Path
    head: str

    @property
    def key(self) -> Key:
        """What no other run has."""
        return self.folder, self.run.started


@dataclass(frozen=True)
class Column:
    """A run, or a baseline.

    Attributes
    ----------
    head
        In two short lines.
    about
        The whole of it.
    notes
        Sentences on single numbers.
    """

    head: str
    about: str
    values: Mapping[Row, float]
    notes: Mapping[Row, str] = field(default_factory=dict)


def listed(
    runs: Sequence[StoredRunRef], regions: Sequence[NamedRegion], folder: Path
) -> list[Listed]:
    """List the runs of a project in a folder, the newest first."""
    today = max((run.started[:10] for run in runs), default="")
    found = []
    for run, name in reversed(names_of(runs, regions).items()):
        head = f"{run.method}\n{_when(run, name, today)}"
        found.append(Listed(run, name, Path(normpath(folder / run.folder)), head))
    return found


def ticked_first(runs: Sequence[Listed]) -> set[Key]:
    """Return those to begin with: of the same region as the newest, and not too many."""
    alike = [one.key for one in runs if one.run.region == runs[0].run.region]
    return set(alike[:MOST])


def _when(run: StoredRunRef, name: str, today: str) -> str:
    """Return what tells a run from others of its method: time or date, else its folder."""
    if name.endswith(f"· {run.folder}"):
        return Path(run.folder).name
    return run.started[11:16] if run.started.startswith(today) else run.started[:10]


def columns(
    runs: Sequence[Listed],
    found: Mapping[Key, Measured],
    tried: Mapping[Key, Mapping[str, float]],
) -> list[Column]:
    """Return runs, and beside them the baselines that they are to be compared with.

    Parameters
    ----------
    runs
        Those wanted.
    found
        What was measured so far.
    tried
        What came of the remix test, by the run whose layers were remixed.
    """
    made = [_of_run(one, found.get(one.key), tried.get(one.key, {})) for one in runs]
    for name in BASELINES:
        groups: dict[str, list[Listed]] = {}
        for one in runs:
            if one.key in found:
                groups.setdefault(repr(found[one.key].baselines[name]), []).append(one)
        for group in groups.values():
            measured = found[group[0].key]
            # allocations and regions have baselines of their own
            which = "baseline" if len(groups) == 1 else measured.record.allocation
            about = (
                f"Baseline, to be compared with {', '.join(one.name for one in group)}. "
                f"{get_method(name).summary} What it leaves of the radiograph is shared out as "
                "there."
            )
            values = _by_row(measured.baselines[name], measured.record)
            made.append(Column(f"{name}\n{which}", about, values))
    return made


def _of_run(one: Listed, measured: Measured | None, errors: Mapping[str, float]) -> Column:
    about, values = f"{one.name}\n{one.folder}", {}
    if measured is not None:
        values = _by_row(measured.metrics, measured.record)
        about += "" if measured.record.complete else "\npartial: stopped before its end"
    if not errors:
        return Column(one.head, about, values)
    each = [f"On the layers of {maker}: {error:.3g}" for maker, error in errors.items()]
    values[REMIX] = max(errors.values())
    return Column(one.head, about, values, {REMIX: "\n".join(["The worst of these:", *each])})


def _by_row(metrics: Mapping[str, float], record: RunRecord) -> dict[Row, float]:
    found = {}
    for name, value in metrics.items():
        kind, layer = layer_of(name)
        if kind in KINDS:
            found[kind, "" if layer is None else record.layers[layer - 1]] = value
    return found


def rows_of(shown: Iterable[Column]) -> list[Row]:
    """Return all rows that columns have, in their order."""
    rows = dict.fromkeys(row for column in shown for row in column.values)
    return sorted(rows, key=lambda row: KINDS.index(row[0]))


def title(row: Row) -> str:
    """Head a row, with an arrow to what is better."""
    kind, layer = row
    return " ".join(filter(None, (TITLES[kind], layer, BETTER[kind])))


def meaning(row: Row) -> str:
    """Say what a bad value in a row means."""
    return f"{title(row)}: {MEANINGS[row[0]]}"


def at_least(measured: Sequence[Measured]) -> tuple[int, float]:
    """Return how many separations the remix test of runs takes, and for how many seconds.

    As long as the runs themselves took, once for each by no baseline and without an empty layer;
    less where only a part of a large painting is tried, and where a run was several restarts.
    """
    methods = installed_methods()
    makers = [
        one
        for one in measured
        if not one.metrics["empty"]
        and (one.record.method not in methods or not methods[one.record.method].baseline)
    ]
    return len(makers) * len(measured), len(makers) * sum(map(_seconds, measured))


def _seconds(measured: Measured) -> float:
    record, part = measured.record, measured.part
    share = 1.0 if part is None else _area(part) / (record.height * record.width)
    return record.seconds * share / max(1, len(record.restarts))


def _area(part: Region) -> int:
    return (part.y1 - part.y0) * (part.x1 - part.x0)


def remix_test(
    folders: Mapping[str, Path],
    cancel: threading.Event,
    watch: Callable[[str, float], None],
) -> Ranking | None:
    """Read the painting of some runs again and rank their methods on it; slow.

    Parameters
    ----------
    folders
        Of the runs, by what they are called.
    watch
        Told what is done just now, and how much of all is done, 0..1.

    Returns
    -------
    Ranking or None
        None where it was stopped.

    Raises
    ------
    InputError
        As `rank`.
    """
    watch("reading the painting again", 0)
    records = {name: read_record(folder) for name, folder in folders.items()}
    first, record = next(iter(records.items()))
    painting = reread(record, folders[first].absolute().parent)
    if cancel.is_set():
        return None
    step, steps = 0, 1
    for said in rank(folders, painting, cancel):
        if not isinstance(said, Trial):
            return said
        if isinstance(said.event, Started):
            step, steps = 0, max(1, said.event.total_steps)
        elif isinstance(said.event, Progress):
            step = said.event.step
        elif isinstance(said.event, Finished):
            step = steps
        doing = f"{said.number} of {said.total}: {said.name} on the layers of {said.maker}"
        watch(doing, (said.number - 1 + min(1.0, step / steps)) / said.total)
    return None
