"""Several methods on one painting, side by side: a run folder each, one table, one picture."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from napari_xraysep.errors import InputError, XraysepError
from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.comparison import Comparison, MethodRow, as_csv
from napari_xraysep.evaluation.comparison_page import comparison_page
from napari_xraysep.evaluation.contact_sheet import contact_sheet, small
from napari_xraysep.evaluation.summary import numbers
from napari_xraysep.io.results import RECORD
from napari_xraysep.io.staging import check_output, staged_folder
from napari_xraysep.painting import Floats, Mixture, Painting
from napari_xraysep.region import Region
from napari_xraysep.separation import Event, Finished, Method, RunOptions, Settings, get_method
from napari_xraysep.separation.method import Preset
from napari_xraysep.separation.options import Device
from napari_xraysep.workflows.measure import read_truths
from napari_xraysep.workflows.memory import PeakMemory
from napari_xraysep.workflows.ranking import Ranking, Trial, rank
from napari_xraysep.workflows.run_folder import RunFolder
from napari_xraysep.workflows.separating import separate

TABLE_CSV, TABLE_JSON, TABLE_HTML = "table.csv", "table.json", "table.html"
CONTACT_SHEET = "contact-sheet.png"
FILES = (TABLE_CSV, TABLE_JSON, TABLE_HTML, CONTACT_SHEET)


@dataclass(frozen=True)
class Turn:
    """Something that a method says while it is its turn."""

    method: str
    event: Event


Said: TypeAlias = Turn | MethodRow | Trial | Comparison


@dataclass(frozen=True)
class _Entrant:
    """A method that is ready to run; nothing has happened yet."""

    method: Method
    settings: Settings
    events: Iterator[Event]
    folder: RunFolder


def compare(
    painting: Painting,
    methods: Sequence[str],
    out: Path,
    *,
    changes: Mapping[str, str] | None = None,
    options: RunOptions | None = None,
    truths: tuple[Path, Path] | None = None,
    warm_from: Path | None = None,
    ranked: bool = False,
    cancel: threading.Event | None = None,
) -> Iterator[Said]:
    """Run methods one after the other on one painting, with one seed and one allocation.

    Everything that can be checked is checked before this returns; the work happens as the
    iterator is consumed. Each method's run goes to ``out/METHOD``; the table and the contact sheet
    are written when all have ended. A method that fails is a row that says so.

    Parameters
    ----------
    methods
        Names, in the order of the table.
    changes
        Settings to change: ``KEY`` for every method that has it, ``METHOD.KEY`` for one.
    options
        As for one separation, save that ``allocation`` None means ``even`` for all: methods
        can be compared at equal allocation only. Methods without torch run on the CPU always.
    truths
        Images of the two true layers, on the radiograph's grid or the region's.
    warm_from
        Folder of a finished double-sided run, for the methods that take a warm start.
    ranked
        Also say which of the methods to trust most (`ranking.rank`), which takes as long again for
        each method that is no baseline.
    cancel
        Set it to stop: the running method's result is partial, those after it do not run.

    Returns
    -------
    iterator
        `Turn` while a method runs, its `MethodRow` when it has ended, `Trial` while they are
        ranked, and at last the `Comparison`; no such where it was cancelled before there was
        anything to write.

    Raises
    ------
    InputError
        As `separate`, for any of the methods; a setting that no method has; a truth that does
        not fit; an output folder that holds results; there is nothing to rank.
    """
    options = options or RunOptions()
    stated = options.allocation is not None
    options = replace(options, allocation=options.allocation or "even")
    cancel = cancel or threading.Event()
    if not methods:
        raise InputError("--methods", "it names none", "give names with commas between them")
    for name in methods:
        if list(methods).count(name) > 1:
            raise InputError("--methods", f"{name} is given twice", "give it once")
    chosen = [get_method(name) for name in methods]
    settings = settings_for_each(chosen, options.preset, changes or {})
    if warm_from is not None and not any(method.warm_start for method in chosen):
        raise InputError("--warm-start", "none of the methods takes one", "leave it out")
    if ranked and (len(chosen) < 2 or all(method.baseline for method in chosen)):
        raise InputError(
            "--remix",
            "it ranks two methods or more, one at least no baseline",
            "compare more methods, or leave it out",
        )
    check_output(out, (*FILES, RECORD))
    entrants = []
    for method in chosen:
        device = options.device if method.uses_torch else "cpu"
        warm = warm_from if method.warm_start else None
        events = separate(
            painting,
            method.name,
            settings[method.name],
            replace(options, device=device),
            cancel,
            warm,
        )
        folder = RunFolder(out / method.name, painting)
        entrants.append(_Entrant(method, settings[method.name], events, folder))
    mixture = painting.block(options.region)
    known = read_truths(truths, painting, options.region)
    comparison = Comparison(
        simulated=painting.simulated,
        kind=painting.kind,
        layers=painting.layer_names,
        inputs=tuple(one.path for one in painting.inputs if one.path is not None),
        region=None if options.region is None else str(options.region),
        truths=None if truths is None else (str(truths[0]), str(truths[1])),
        allocation=str(options.allocation),
        allocation_stated=stated,
        complete=False,
        rows=(),
    )
    return _run(painting, mixture, known, entrants, comparison, options, out, cancel, ranked)


def settings_for_each(
    methods: Sequence[Method], preset: Preset, changes: Mapping[str, str]
) -> dict[str, Settings]:
    """Give each method the changes that are meant for it.

    Raises
    ------
    InputError
        A change is meant for none, or its value is out of bounds.
    """
    by_name = {method.name: method for method in methods}
    meant: dict[str, dict[str, str]] = {name: {} for name in by_name}
    # what is meant for one method goes before what is meant for all
    for key in sorted(changes, key=lambda key: "." in key):
        name, dot, field = key.partition(".")
        if dot and name not in by_name:
            raise InputError(
                f"--set {key}", f"{name} is not among the methods", "choose one that is compared"
            )
        having = [name] if dot else [n for n in by_name if key in by_name[n].settings.model_fields]
        if not having:
            raise InputError(
                f"--set {key}", "none of the methods has such a setting", "see: xraysep methods"
            )
        for one in having:
            meant[one][field or key] = changes[key]
    settings: dict[str, Settings] = {}
    for name, method in by_name.items():
        try:
            settings[name] = method.settings_for(preset, meant[name])
        except InputError as error:
            key, cure = error.subject, error.cure
            with_it = [one for one in methods if key in one.settings.model_fields]
            if key in changes and f"{name}.{key}" not in changes and len(with_it) > 1:
                cure += f", or write METHOD.{key}=… for one method alone"
            subject = key if key == name else f"{name}.{key}"
            raise InputError(subject, error.problem, cure) from None
    return settings


def _run(
    painting: Painting,
    mixture: Mixture,
    truths: tuple[Floats, Floats] | None,
    entrants: Sequence[_Entrant],
    comparison: Comparison,
    options: RunOptions,
    out: Path,
    cancel: threading.Event,
    ranked: bool,
) -> Iterator[Said]:
    rows: list[MethodRow] = []
    pictures: dict[str, dict[str, Floats]] = {}
    for entrant in entrants:
        name = entrant.method.name
        row = MethodRow(
            method=name,
            title=entrant.method.title,
            baseline=entrant.method.baseline,
            complete=False,
            preset=options.preset,
            allocation=comparison.allocation,
            seed=options.seed,
            settings=entrant.settings.model_dump(mode="json"),
        )
        if cancel.is_set():
            row = row.model_copy(update={"problem": "it was not begun before the stop"})
        else:
            try:
                finished: Finished | None = None
                with PeakMemory() as peak:
                    for event in entrant.events:
                        entrant.folder.note(event)
                        yield Turn(name, event)
                        if isinstance(event, Finished):
                            finished = event
                assert finished is not None, "a separation ends with Finished or raises"
                row = row.model_copy(update=_facts(finished, peak))
                if finished.layers:
                    entrant.folder.write(finished)
                    first, second = (finished.layers[layer] for layer in comparison.layers)
                    metrics = numbers(evaluate((first, second), mixture, truths))
                    row = row.model_copy(update={"metrics": metrics})
                    pictures[name] = {key: small(im) for key, im in finished.layers.items()}
            except XraysepError as error:
                row = row.model_copy(update={"complete": False, "problem": str(error)})
        rows.append(row)
        yield row
    if cancel.is_set() and not pictures:
        return
    comparison = comparison.model_copy(
        update={"rows": tuple(rows), "complete": all(row.complete for row in rows)}
    )
    if ranked:
        for said in _ranked(comparison, painting, out, options.device, cancel):
            if isinstance(said, Trial):
                yield said
            else:
                comparison = said
    sheet = contact_sheet(comparison, pictures, mixture, truths, painting.pixel_size_mm)
    with staged_folder(out) as stage:
        (stage / TABLE_CSV).write_bytes(as_csv(comparison.rows).encode())
        (stage / TABLE_JSON).write_text(comparison.model_dump_json(indent=2) + "\n", "utf-8")
        (stage / TABLE_HTML).write_text(comparison_page(comparison, sheet), "utf-8")
        (stage / CONTACT_SHEET).write_bytes(sheet)
    yield comparison


def _ranked(
    comparison: Comparison,
    painting: Painting,
    out: Path,
    device: Device,
    cancel: threading.Event,
) -> Iterator[Trial | Comparison]:
    """Rank the methods whose runs are complete; at last the comparison, with why not if so."""
    why = "it was stopped before"
    folders = {row.method: out / row.method for row in comparison.rows if row.complete}
    try:
        if not cancel.is_set():
            for said in rank(folders, painting, cancel, device):
                if isinstance(said, Ranking):
                    yield _with_ranking(comparison, said, painting.shape)
                    return
                yield said
    except InputError as error:
        why = str(error)
    yield comparison.model_copy(update={"not_ranked": why})


def _with_ranking(comparison: Comparison, ranking: Ranking, shape: tuple[int, int]) -> Comparison:
    """Put the errors of the remix test into the rows, and the order beside them."""
    rows, worst = [], ranking.worst()
    for row in comparison.rows:
        remix = ranking.errors.get(row.method, {})
        error = {"remix": worst[row.method]} if row.method in worst else {}
        update = {
            "metrics": row.metrics | error,
            "remix": dict(remix),
            "remix_problem": ranking.problems.get(row.method, ""),
        }
        rows.append(row.model_copy(update=update))
    whole = Region(0, shape[0], 0, shape[1])
    whole = whole if comparison.region is None else Region.parse(comparison.region)
    over = None if ranking.part == whole else str(ranking.part)
    return comparison.model_copy(
        update={"rows": tuple(rows), "ranking": ranking.order, "ranked_over": over}
    )


def _facts(finished: Finished, peak: PeakMemory) -> dict[str, object]:
    """Return what a row says of a run that has ended."""
    record = finished.record
    return {
        "complete": finished.complete,
        "problem": "" if finished.complete else "it was stopped before its end",
        "device": record.device,
        "warm_start": record.warm_start,
        "seconds": record.seconds,
        "peak_memory_mb": peak.megabytes,
        "peak_gpu_memory_mb": peak.gpu_megabytes if record.device == "cuda" else None,
        "findings": dict(record.findings),
    }
