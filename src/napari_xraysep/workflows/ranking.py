"""Which of several methods to trust most with one painting, by the remix test of all on all.

Numbers of the layers themselves do not compare methods: what one leaves unexplained, or has as
edges, is of its own making. The remix test of a method on its own layers does not either: a stiff
model finds its own layers again, however wrong they are. So each method separates the remixes of
what all of them found, and counts by the one with which it does worst.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.evaluation.metrics import EMPTY_BELOW, energy_ratio
from napari_xraysep.io.results import open_layer, read_record
from napari_xraysep.painting import Floats, Painting
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region
from napari_xraysep.separation import get_method
from napari_xraysep.separation.events import Event, Finished
from napari_xraysep.separation.method import Method
from napari_xraysep.separation.options import Device
from napari_xraysep.workflows.judging import middle_part
from napari_xraysep.workflows.measure import NOT_MEASURED
from napari_xraysep.workflows.picking import best_first
from napari_xraysep.workflows.remix import as_recorded, found_again, remixed, remixed_valid


@dataclass(frozen=True)
class Trial:
    """Something that is said while one of the ``total`` remixes is separated.

    Attributes
    ----------
    name, maker
        The run whose method is at work, and the one whose layers were remixed.
    number
        From 1.
    """

    name: str
    maker: str
    number: int
    total: int
    event: Event


@dataclass(frozen=True)
class Ranking:
    """What came of it.

    Attributes
    ----------
    errors
        For each run, by the run whose layers were remixed, the mean squared error of finding them
        again ÷ that of halving.
    order
        The runs, the one to trust most first, but for those with problems.
    problems
        Why a run's method could not separate a remix, by run.
    baselines
        The runs that are by baselines.
    part
        Where on the radiograph's grid they were tried.
    """

    errors: Mapping[str, Mapping[str, float]]
    order: tuple[str, ...]
    problems: Mapping[str, str]
    baselines: tuple[str, ...]
    part: Region

    def worst(self) -> dict[str, float]:
        """Return the error that each run counts by, the one to trust most first."""
        return {name: max(self.errors[name].values()) for name in self.order}


def rank(
    folders: Mapping[str, Path],
    painting: Painting,
    cancel: threading.Event | None = None,
    device: Device = "auto",
) -> Iterator[Trial | Ranking]:
    """Try the methods of finished runs on remixes of what each of them found.

    Of a large painting the middle is tried (`judging.middle`). Baselines take part, but their
    layers, and empty ones, make no remix: what separates nothing says nothing of who separates
    well. Each method is run once, however many restarts a run had. For n runs, m of them by other
    methods, that takes as long as running each m times.

    Parameters
    ----------
    folders
        Of complete runs of one part of one painting, by what they are to be called.
    painting
        What they separated.
    cancel
        Set it to stop: there is no ranking then.
    device
        For the methods that use torch.

    Returns
    -------
    iterator
        `Trial` while a remix is separated, and at last the `Ranking`.

    Raises
    ------
    InputError
        There are fewer than two runs, all are by baselines or have an empty layer; one is partial,
        or damaged; they are not of one part of the painting, or not of one mask, registration,
        polarity or response; a method is not installed, or the mask leaves nothing to remix.
    """
    cancel = cancel or threading.Event()
    records = {name: read_record(folder) for name, folder in folders.items()}
    methods = {name: get_method(record.method) for name, record in records.items()}
    _check(records, methods)
    region = next(iter(records.values())).region
    part, at = middle_part(painting, None if region is None else Region.parse(region))
    valid = painting.block(part).valid
    remixed_valid(valid)
    pairs = {
        name: _pair(folders[name], record, at, valid.shape) for name, record in records.items()
    }
    empty = {name: energy_ratio(pair, valid) < EMPTY_BELOW for name, pair in pairs.items()}
    makers = [name for name in records if not methods[name].baseline and not empty[name]]
    if not makers:
        raise InputError("remix test", "all runs have an empty layer", "add a run that separates")
    begin = {
        name: as_recorded(
            record,
            part,
            cancel,
            folders[name].absolute().parent,
            device if methods[name].uses_torch else "cpu",
        )
        for name, record in records.items()
    }

    def trials() -> Iterator[Trial | Ranking]:
        errors: dict[str, dict[str, float]] = {name: {} for name in records}
        problems: dict[str, str] = {}
        number, total = 0, len(records) * len(makers)
        for maker in makers:
            again = remixed(pairs[maker], painting, part)
            for name in records:
                number += 1
                if cancel.is_set():
                    return
                try:
                    for event in begin[name](again):
                        yield Trial(name, maker, number, total, event)
                        if not isinstance(event, Finished):
                            continue
                        if not event.complete:
                            return
                        errors[name][maker] = found_again(event, pairs[maker], again)
                except (InputError, SeparationError) as error:
                    problems[name] = str(error)
        judged = {
            name: {"empty": empty[name], "remix": max(found.values())}
            for name, found in errors.items()
            if name not in problems
        }
        baselines = tuple(name for name in records if methods[name].baseline)
        yield Ranking(errors, tuple(best_first(judged)), problems, baselines, part)

    return trials()


def _check(records: Mapping[str, RunRecord], methods: Mapping[str, Method]) -> None:
    """Raise `InputError` where runs cannot be compared."""
    if len(records) < 2 or all(method.baseline for method in methods.values()):
        raise InputError(
            "remix test",
            "it compares two runs or more, one at least by a method that is no baseline",
            "take one by regression, for example",
        )
    for name, record in records.items():
        if not record.complete:
            raise InputError(
                "remix test", f"{name} was stopped before its end", "take complete runs"
            )
    if len({record.region for record in records.values()}) > 1:
        raise InputError(
            "remix test",
            "the runs are of different parts of the painting",
            "take runs of the same part",
        )
    if len({_seen(record) for record in records.values()}) > 1:
        raise InputError(
            "remix test",
            "the runs saw the painting differently: with another mask, registration, polarity or "
            "response",
            "take runs that were made with the same",
        )


def _pair(
    folder: Path, record: RunRecord, at: tuple[slice, slice], shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Read a part of a run's two layers into memory; the files may change meanwhile."""
    first, second = (np.array(open_layer(folder, one, record)[at]) for one in record.layers[:2])
    for name, layer in zip(record.layers, (first, second), strict=False):
        if layer.shape != shape or not np.isfinite(layer).all():
            raise InputError(
                folder / f"{name}.tif",
                "it is not of this painting, or holds NaN or infinite values",
                "copy the run's folder again",
            )
    return first, second


def _seen(record: RunRecord) -> tuple[object, ...]:
    """Return what a run was made of, but for what only guided it."""
    inputs = frozenset(
        (one.role, one.sha256, one.mirrored, one.outlines)
        for one in record.inputs
        if one.role not in NOT_MEASURED
    )
    return inputs, record.polarity.value, record.response.value, repr(record.transforms)
