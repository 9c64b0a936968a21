"""Running a separation several times, from other seeds or on other pixels of the painting.

A deterministic method would do the same from any seed. Its first run learns from everything, every
further one from half of the painting: of two neighbouring blocks, one. For whatever is estimated
from many independent places, estimates from halves scatter as much as the one from all errs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.painting import Floats, Mixture, Painting
from napari_xraysep.records import RestartRecord, RunRecord
from napari_xraysep.separation import engine
from napari_xraysep.separation.events import Event, Finished, Preview, Progress, Started
from napari_xraysep.separation.method import DEFAULT_METHOD, Allocation, Method
from napari_xraysep.separation.options import RunOptions
from napari_xraysep.workflows.combining import NoRoom, Restart, averaged, uncertainty
from napari_xraysep.workflows.judging import apart, middle_part
from napari_xraysep.workflows.picking import left_out, pick

Begin: TypeAlias = Callable[[RunOptions, NDArray[np.bool_] | None], Iterator[Event]]
"""Starts one run: its options, and the pixels to learn from, None for all."""

Reference: TypeAlias = tuple[tuple[slice, slice], tuple[Floats, Floats]]
"""Where in the layers, and what another method makes of it."""

BLOCKS = 8
"""Blocks along the longer side of what a deterministic method learns from."""

EXPECTED = "expected standard deviation of a layer"
"""What the uncertainty is."""

STOPPED = "stopped before its end"
NO_MEMORY = "there was not enough memory to combine the restarts"


def separate_repeatedly(
    begin: Begin,
    painting: Painting,
    method: Method,
    options: RunOptions,
    cancel: threading.Event,
) -> Iterator[Event]:
    """Run ``options.restarts`` times and make one result of what came out.

    Parameters
    ----------
    begin
        Called for each restart with its own options; for the first before this returns, so that
        whatever can be checked is.
    cancel
        Set it to stop: the restarts that have ended until then make the partial result, or where
        none has, the last preview of the one that was stopped.

    Returns
    -------
    iterator of Event
        As of a single run; steps are counted over all restarts.

    Raises
    ------
    InputError
        As ``begin``; no restarts at all, or all of them would be the same.
    SeparationError
        While iterating: no restart could go on. Where only some could not, the record says so.
    """
    options.check(painting.shape)
    if not method.restartable:
        raise InputError(
            "--restarts",
            f"{method.name} leaves nothing to chance and learns from no pixels, so that all "
            "restarts would be the same",
            "leave it out, or choose another method",
        )
    first = begin(replace(options, restarts=1), None)

    def events() -> Iterator[Event]:
        with TemporaryDirectory(prefix="xraysep-") as folder:
            yield from _events(first, begin, painting, method, options, cancel, Path(folder))

    return events()


def half_of_blocks(valid: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Draw one of every two neighbouring blocks that hold something to learn from.

    Parameters
    ----------
    valid
        (H, W) bool, True where something may be learnt.

    Returns
    -------
    (H, W) bool, True where ``valid`` is, in the blocks drawn
    """
    rows, columns = np.flatnonzero(valid.any(1)), np.flatnonzero(valid.any(0))
    ends = int(rows[-1]) + 1, int(columns[-1]) + 1
    side = -(-max(ends[0] - int(rows[0]), ends[1] - int(columns[0])) // BLOCKS)
    held = [
        np.s_[top : top + side, left : left + side]
        for top in range(int(rows[0]), ends[0], side)
        for left in range(int(columns[0]), ends[1], side)
        if valid[top : top + side, left : left + side].any()
    ]
    rng = np.random.default_rng(seed)
    drawn = np.zeros_like(valid)
    for start in range(0, len(held), 2):
        pair = held[start : start + 2]
        block = pair[rng.integers(len(pair))]
        drawn[block] = valid[block]
    return drawn


def _learnt_from(painting: Painting, options: RunOptions, seed: int) -> NDArray[np.bool_]:
    """Return half of what a run with these options would learn from, on the radiograph's grid."""
    within = options.learn_on or options.shown(painting.shape)
    valid = np.zeros(painting.shape, bool)
    valid[within.slices] = painting.block(within).valid
    return half_of_blocks(valid, seed)


def _events(
    first: Iterator[Event],
    begin: Begin,
    painting: Painting,
    method: Method,
    options: RunOptions,
    cancel: threading.Event,
    folder: Path,
) -> Iterator[Event]:
    """Run all restarts; see `separate_repeatedly`."""
    mixture = painting.block(options.region)
    ended: dict[int, Restart] = {}
    why: dict[int, str] = {}
    problem: SeparationError | None = None
    steps = 0
    for number in range(options.restarts):
        if cancel.is_set() and ended:
            break
        seed = options.seed + number
        run = first
        if number > 0:
            half = _learnt_from(painting, options, seed) if method.deterministic else None
            run = begin(replace(options, seed=seed, restarts=1), half)
        try:
            for event in run:
                if isinstance(event, Started):
                    if not steps:
                        steps = event.total_steps
                        yield replace(event, total_steps=steps * options.restarts)
                elif isinstance(event, Progress):
                    yield replace(event, restart=number, step=number * steps + event.step)
                elif isinstance(event, Preview):
                    yield replace(event, restart=number)
                elif event.complete:
                    ended[number] = Restart.stored(folder / str(number), event, mixture)
                elif ended:
                    why[number] = STOPPED
                else:
                    note = f"stopped in restart {number + 1} of {options.restarts}"
                    yield replace(event, record=_noting(event.record, note))
                    return
        except SeparationError as error:
            problem, why[number] = error, str(error)
            if method.deterministic and number == 0:
                raise
            if isinstance(error, NoRoom):
                why |= dict.fromkeys(range(number, options.restarts), str(error))
                break
    if not ended:
        assert problem is not None
        raise problem
    reference = None
    if len(ended) > 1 and not method.deterministic:
        reference = by_regression(painting, options, cancel)
    yield _finished(ended, why, mixture, options, method.deterministic, reference)


def by_regression(
    painting: Painting, options: RunOptions, cancel: threading.Event
) -> Reference | None:
    """Separate a part of the painting in another way than the restarts, to judge these by.

    Returns
    -------
    The part (`judging.middle_part`) as an index into the restarts' layers, and its two layers; None
    where the regression was stopped or cannot separate it.
    """
    part, at = middle_part(painting, options.region)
    allocation: Allocation = "none" if options.allocation == "none" else "variance"
    its_own = RunOptions(region=part, device="cpu", allocation=allocation)
    try:
        *_, last = engine.separate(painting, DEFAULT_METHOD, options=its_own, cancel=cancel)
    except (InputError, SeparationError):
        return None
    if not isinstance(last, Finished) or not last.complete:
        return None
    first, second = painting.layer_names
    return at, (last.layers[first], last.layers[second])


def _finished(
    ended: Mapping[int, Restart],
    why: Mapping[int, str],
    mixture: Mixture,
    options: RunOptions,
    resampled: bool,
    reference: Reference | None,
) -> Finished:
    """Make one result of the restarts that have ended, and say what became of each.

    Parameters
    ----------
    ended
        At least one, by number; the first among them where the others were ``resampled``.
    why
        Why the others did not end, or were not kept, by number.
    reference
        What the regression makes of a part.
    """
    judged = {number: dict(restart.judgement) for number, restart in ended.items()}
    distances = {"apart": apart((one.pair() for one in ended.values()), mixture.valid)}
    if reference is not None:
        at, found = reference
        parts = ((first[at], second[at]) for first, second in (r.pair() for r in ended.values()))
        distances["from_regression"] = apart(parts, mixture.valid[at], found)
    for name, values in distances.items():
        for numbers, value in zip(judged.values(), values, strict=True):
            numbers[name] = value
    complete = len(ended) + len(why) == options.restarts and STOPPED not in why.values()
    picked = 0 if resampled else pick(judged)
    if not resampled:
        why = {**why, **left_out(judged)}
    kept = [restart for number, restart in ended.items() if number not in why]
    notes = [] if complete else [f"stopped after {len(ended)} of {options.restarts} restarts"]
    if reference is not None:
        notes.append(
            "a regression of the painting, or of the middle of a large one, was run to judge the "
            "restarts by; no part of it is in the result"
        )
    said = "not estimated"
    try:
        layers = averaged(kept[:1] if resampled else kept, mixture)
        if len(kept) > 1:
            layers["uncertainty"] = uncertainty(kept, layers, mixture)
    except MemoryError:
        notes.append(f"{NO_MEMORY}, so that one of them alone is the result")
        why = {**dict.fromkeys(ended.keys() - {picked}, NO_MEMORY), **why}
        kept = [ended[picked]]
        layers = averaged(kept, mixture)
    if len(kept) > 1:
        count = len(kept) - resampled
        runs = "1 restart" if count == 1 else f"{count} restarts"
        these = f"{runs} on halves of the painting" if resampled else runs
        said = f"{EXPECTED}, from the spread of {these} and what was left unexplained"
    elif complete:
        notes.append("only one restart was kept, so that the uncertainty could not be estimated")
    restarts = tuple(
        RestartRecord(
            seed=options.seed + number,
            resampled=resampled and number > 0,
            judgement=judged.get(number, {}),
            picked=number == picked,
            kept=number not in why,
            why=why.get(number, ""),
        )
        for number in sorted({*ended, *why})
    )
    changes = {
        "seed": options.seed,
        "layers": tuple(layers),
        "uncertainty": said,
        "restarts": restarts,
        "complete": complete,
        "started": next(iter(ended.values())).record.started,
        "seconds": round(sum(one.record.seconds for one in ended.values()), 3),
    }
    record = ended[picked].record.model_copy(update=changes)
    return Finished(layers, _noting(record, *notes), complete)


def _noting(record: RunRecord, *notes: str) -> RunRecord:
    return record.model_copy(update={"notes": (*record.notes, *notes)})
