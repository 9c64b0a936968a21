"""One method on one painting over a plane of settings and over many seeds."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import product
from pathlib import Path
from typing import TypeAlias

import numpy as np

from napari_xraysep.errors import InputError, XraysepError
from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.heat_maps import error_png, shares_png
from napari_xraysep.evaluation.outcomes import (
    Axis,
    Sweep,
    SweepRun,
    about_error,
    cell,
    outcome,
    rule,
)
from napari_xraysep.evaluation.summary import numbers
from napari_xraysep.io.results import RECORD
from napari_xraysep.io.staging import check_output, staged_folder
from napari_xraysep.painting import Painting
from napari_xraysep.separation import Event, Finished, RunOptions, Settings, get_method
from napari_xraysep.workflows.measure import read_truths
from napari_xraysep.workflows.separating import separate
from napari_xraysep.workflows.warm_start import finished_run

RUNS, CELLS, ERROR, SHARES = "sweep.csv", "sweep.json", "error.png", "shares.png"
FILES = (RUNS, CELLS, ERROR, SHARES)
MOST_AXES = 2
SWEPT = "setting.{}"
"""Column of a swept setting; a metric may have the very name of the setting."""


@dataclass(frozen=True)
class Turn:
    """Something that the ``number``-th run says, the first being 1."""

    number: int
    settings: Mapping[str, float]
    seed: int
    event: Event


Said: TypeAlias = Turn | SweepRun | Sweep
_Cell: TypeAlias = tuple[dict[str, float], Settings]
"""What the swept settings are in a cell, and all settings there."""


def parse_over(text: str) -> tuple[str, list[str]]:
    """Read ``KEY=A:B:STEP`` into the setting's name and its values, both ends among them.

    Decimal arithmetic: 0:1:0.1 has eleven values, the last of them 1.

    Raises
    ------
    InputError
        It has another form, the step leads away from B or does not lead to it.
    """
    name, _, values = text.partition("=")
    try:
        start, end, step = (Decimal(part.strip()) for part in values.split(":"))
        finite = all(number.is_finite() for number in (start, end, step))
    except (InvalidOperation, ValueError):
        finite = False
    if not name.strip() or not finite:
        raise InputError(
            "--over", f"'{text}' is not KEY=A:B:STEP", "write for example lambda_3=0:2:0.5"
        )
    if step == 0 or (end - start) / step < 0 or (end - start) % step != 0:
        raise InputError(
            f"--over {name}",
            f"steps of {step} do not lead from {start} to {end}",
            "change one of the three",
        )
    count = int((end - start) / step) + 1
    return name.strip(), [str(start + step * number) for number in range(count)]


def sweep(
    painting: Painting,
    method: str,
    out: Path,
    over: Sequence[str] = (),
    restarts: int = 1,
    *,
    changes: Mapping[str, str] | None = None,
    options: RunOptions | None = None,
    truths: tuple[Path, Path] | None = None,
    warm_from: Path | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Said]:
    """Run a method at each combination of settings and with each seed.

    Everything that can be checked is checked before this returns; the work happens as the
    iterator is consumed. Each run's row is in ``sweep.csv`` as soon as it has ended, so that a
    sweep that is killed keeps what it has done; means, shares and pictures are written at the end.

    Parameters
    ----------
    out
        Folder to write.
    over
        At most two of ``KEY=A:B:STEP``; their product is swept, the first in the outer loop.
    restarts
        Runs a cell, with seeds that count up from the options'.
    changes, options
        As for one separation.
    truths
        Images of the two true layers, on the radiograph's grid or the region's.
    warm_from
        Folder of a finished double-sided run, for a method that takes a warm start.
    cancel
        Set it to stop: the run that is going on is dropped, those that have ended are kept.

    Returns
    -------
    iterator
        The `Sweep` as planned, without cells; `Turn` while a run goes on, its `SweepRun` when it
        has ended or failed; and at last the `Sweep` again, unless it was cancelled before a run
        had ended.

    Raises
    ------
    InputError
        As `separate`; nothing or too much varies, a value is not allowed, a truth does not fit,
        the folder holds results.
    """
    options, cancel = options or RunOptions(), cancel or threading.Event()
    planned, cells = _plan(painting, method, out, over, restarts, changes or {}, options, truths)
    # made and dropped: it checks painting, device, region and warm start against the method
    separate(painting, method, cells[0][1], options, cancel, warm_from)
    warm_start = None if warm_from is None else finished_run(warm_from)
    mixture = painting.block(options.region)
    known = read_truths(truths, painting, options.region)
    half = mixture.xray / np.float32(2)
    names = list(evaluate((half, half), mixture, known))
    columns = [SWEPT.format(axis.name) for axis in planned.over]
    columns += ["seed", "outcome", "problem", "seconds", *names]

    def one(number: int, at: dict[str, float], settings: Settings, seed: int) -> Iterator[Said]:
        seeded = replace(options, seed=seed)
        try:
            for event in separate(painting, method, settings, seeded, cancel, warm_start):
                yield Turn(number, at, seed, event)
                if isinstance(event, Finished) and event.complete:
                    first, second, *_ = event.layers.values()
                    metrics = numbers(evaluate((first, second), mixture, known))
                    yield SweepRun(
                        settings=at,
                        seed=seed,
                        outcome=outcome(metrics),
                        seconds=event.record.seconds,
                        metrics=metrics,
                    )
        except XraysepError as error:
            yield SweepRun(settings=at, seed=seed, outcome="failed", problem=str(error))

    def all_runs() -> Iterator[Said]:
        yield planned
        runs: list[SweepRun] = []
        for number, ((at, settings), seed) in enumerate(product(cells, planned.seeds), 1):
            if cancel.is_set():
                break
            for said in one(number, at, settings, seed):
                if isinstance(said, SweepRun):
                    _append(out / RUNS, columns, said)
                    runs.append(said)
                yield said
        if runs:
            yield _write(out, planned, runs)

    return all_runs()


def _plan(
    painting: Painting,
    method: str,
    out: Path,
    over: Sequence[str],
    restarts: int,
    changes: Mapping[str, str],
    options: RunOptions,
    truths: tuple[Path, Path] | None,
) -> tuple[Sweep, list[_Cell]]:
    """Check the values of a sweep and its folder; return what is known beforehand."""
    chosen = get_method(method)
    if restarts < 1:
        raise InputError("--restarts", f"{restarts} is too few", "give at least 1")
    if len(over) > MOST_AXES:
        raise InputError("--over", f"{len(over)} settings are too many", "give one or two")
    if not over and restarts == 1:
        raise InputError("--over", "nothing varies", "give --over, or --restarts above 1")
    swept = [parse_over(text) for text in over]
    names, known = [name for name, _ in swept], chosen.settings.model_fields
    for name in names:
        if name not in known:
            cure = "choose among " + ", ".join(known) if known else "choose another method"
            raise InputError(f"--over {name}", f"{method} has no such setting", cure)
        if name in changes or names.count(name) > 1:
            raise InputError(f"--over {name}", "it is set twice", "set it once")
    cells: list[_Cell] = []
    for values in product(*(values for _, values in swept)):
        at = dict(zip(names, values, strict=True))
        try:
            settings = chosen.settings_for(options.preset, {**changes, **at})
        except InputError as error:
            if error.subject not in (*at, method):
                raise  # one of the settings that are the same in all runs
            wrong = [error.subject] if error.subject in at else list(at)
            where = ", ".join(f"{name}={at[name]}" for name in wrong)
            subject = f"--over {where}" if at else method
            raise InputError(subject, error.problem, error.cure) from None
        cells.append(({name: _number(getattr(settings, name)) for name in names}, settings))
    check_output(out, (*FILES, RECORD))
    planned = Sweep(
        simulated=painting.simulated,
        kind=painting.kind,
        inputs=tuple(one.path for one in painting.inputs if one.path is not None),
        region=None if options.region is None else str(options.region),
        truths=None if truths is None else (str(truths[0]), str(truths[1])),
        method=method,
        method_title=chosen.title,
        preset=options.preset,
        allocation=options.allocation or chosen.allocation.get(options.preset, "even"),
        settings=dict(changes),
        over=tuple(
            Axis(
                name=name,
                title=known[name].title or name,
                values=tuple(dict.fromkeys(at[name] for at, _ in cells)),
            )
            for name in names
        ),
        seeds=tuple(options.seed + number for number in range(restarts)),
        rule=rule(truths is not None),
        error=about_error(truths is not None),
        planned=len(cells) * restarts,
        complete=False,
    )
    return planned, cells


def _number(value: bool | int | float) -> float:
    return int(value) if isinstance(value, bool) else value


def _append(path: Path, columns: Sequence[str], run: SweepRun) -> None:
    """Add a run's row, under a head where it is the first.

    It is written in its place and not staged, so that what has ended survives whatever comes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    at = {SWEPT.format(name): value for name, value in run.settings.items()}
    row = {"seed": run.seed, "outcome": run.outcome, "problem": run.problem, "seconds": run.seconds}
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(at | row | run.metrics)


def _write(out: Path, planned: Sweep, runs: Sequence[SweepRun]) -> Sweep:
    """Sum up the runs cell by cell, draw and write."""
    by_cell: dict[tuple[float, ...], list[SweepRun]] = {}
    for run in runs:
        by_cell.setdefault(tuple(run.settings.values()), []).append(run)
    ended = [run for run in runs if run.outcome != "failed"]
    result = planned.model_copy(
        update={
            "complete": len(ended) == planned.planned,
            "cells": tuple(cell(its[0].settings, its) for its in by_cell.values()),
        }
    )
    with staged_folder(out) as stage:
        (stage / CELLS).write_text(result.model_dump_json(indent=2) + "\n", "utf-8")
        (stage / ERROR).write_bytes(error_png(result, runs))
        (stage / SHARES).write_bytes(shares_png(result))
    return result
