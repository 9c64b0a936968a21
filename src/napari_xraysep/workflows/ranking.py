"""Which of several methods to trust most with one painting, by the remix test of all on all.

Numbers of the layers themselves do not compare methods: what one leaves unexplained, or has as
edges, is of its own making. The remix test of a method on its own layers does not either: a stiff
model finds its own layers again, however wrong they are. So each method separates the remixes of
what all of them found, and counts by the one with which it does worst.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.evaluation.metrics import EMPTY_BELOW, energy_ratio
from napari_xraysep.io.results import open_layer, read_record
from napari_xraysep.painting import Painting
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region
from napari_xraysep.separation import get_method
from napari_xraysep.separation.events import Event, Finished
from napari_xraysep.workflows.judging import middle_part
from napari_xraysep.workflows.measure import NOT_MEASURED
from napari_xraysep.workflows.picking import best_first
from napari_xraysep.workflows.remix import as_recorded, found_again, remixed


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
        again ÷ that of halving; infinite where the remix could not be separated.
    order
        All runs, the one to trust most first.
    part
        Where on the radiograph's grid they were tried.
    """

    errors: Mapping[str, Mapping[str, float]]
    order: tuple[str, ...]
    part: Region

    def worst(self, name: str) -> float:
        """Return the error that a run counts by."""
        return max(self.errors[name].values())


def rank(
    folders: Mapping[str, Path],
    painting: Painting,
    cancel: threading.Event | None = None,
) -> Iterator[Trial | Ranking]:
    """Try the methods of finished runs on remixes of what each of them found.

    Of a large painting the middle is tried (`judging.middle`). Baselines take part, but their
    layers, and empty ones, make no remix: what separates nothing says nothing of who separates
    well. For n runs, m of them by other methods, that takes as long as running each m times.

    Parameters
    ----------
    folders
        Of finished runs of one part of one painting, by what they are to be called.
    painting
        What they separated.
    cancel
        Set it to stop: there is no ranking then.

    Returns
    -------
    iterator
        `Trial` while a remix is separated, and at last the `Ranking`.

    Raises
    ------
    InputError
        There are fewer than two runs, all are by baselines or have an empty layer, or they are not
        of one part of the painting, or not of one mask, registration, polarity or response; a
        method is not installed, or the mask leaves nothing to remix.
    """
    cancel = cancel or threading.Event()
    records = {name: read_record(folder) for name, folder in folders.items()}
    baselines = [name for name, record in records.items() if get_method(record.method).baseline]
    if len(records) < 2 or len(baselines) == len(records):
        raise InputError(
            "remix test",
            "it compares two runs or more, one at least by a method that is no baseline",
            "add a run, by regression for example",
        )
    regions = {record.region for record in records.values()}
    if len(regions) > 1:
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
    region = regions.pop()
    part, at = middle_part(painting, None if region is None else Region.parse(region))
    pairs = {}
    for name, record in records.items():
        first, second = (open_layer(folders[name], one, record)[at] for one in record.layers[:2])
        pairs[name] = np.asarray(first), np.asarray(second)
    valid = painting.block(part).valid
    empty = {name: energy_ratio(pair, valid) < EMPTY_BELOW for name, pair in pairs.items()}
    makers = [name for name in records if name not in baselines and not empty[name]]
    if not makers:
        raise InputError("remix test", "all runs have an empty layer", "add a run that separates")
    tests = {maker: remixed(pairs[maker], painting, part) for maker in makers}
    begin = {
        name: as_recorded(record, part, cancel, folders[name].absolute().parent)
        for name, record in records.items()
    }

    def trials() -> Iterator[Trial | Ranking]:
        errors: dict[str, dict[str, float]] = {name: {} for name in records}
        number, total = 0, len(records) * len(makers)
        for maker, again in tests.items():
            for name in records:
                number += 1
                try:
                    for event in begin[name](again):
                        yield Trial(name, maker, number, total, event)
                        if not isinstance(event, Finished):
                            continue
                        if not event.complete:
                            return
                        errors[name][maker] = found_again(event, pairs[maker], again)
                except SeparationError:
                    errors[name][maker] = math.inf
        judged = {
            name: {"empty": empty[name], "remix": max(errors[name].values())} for name in records
        }
        yield Ranking(errors, tuple(best_first(judged)), part)

    return trials()


def _seen(record: RunRecord) -> tuple[object, ...]:
    """Return what a run was made of, but for what only guided it."""
    inputs = frozenset(
        (one.role, one.sha256, one.mirrored, one.outlines)
        for one in record.inputs
        if one.role not in NOT_MEASURED
    )
    return inputs, record.polarity.value, record.response.value, repr(record.transforms)
