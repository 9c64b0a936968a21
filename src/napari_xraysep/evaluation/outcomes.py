"""How each of many runs ended, good, with an empty layer or bleeding, and the shares of these."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from napari_xraysep.evaluation.metrics import BLEED_ABOVE, EMPTY_BELOW, LEAKAGE_ABOVE
from napari_xraysep.records import HYPOTHETICAL, RECOMBINATION_WARNING, Kind, Record

Outcome = Literal["good", "empty", "bleed", "failed"]
JUDGED: tuple[Outcome, ...] = ("good", "empty", "bleed")
"""The outcomes of runs that ended, whose shares add up to 1."""


def outcome(metrics: Mapping[str, float]) -> Outcome:
    """Judge a run that ended by its metrics, see `rule`."""
    if metrics["empty"]:
        return "empty"
    if "bleed" in metrics:
        return "bleed" if metrics["bleed"] else "good"
    return "bleed" if strongest_leakage(metrics) > LEAKAGE_ABOVE else "good"


def rule(with_truth: bool) -> str:
    """Say how runs are judged."""
    empty = f"empty: one layer's energy without the mean is below {EMPTY_BELOW:g} of the other's; "
    if with_truth:
        return (
            empty + "bleed: otherwise, the other true layer's detail stands in a layer with a "
            f"weight beyond ±{BLEED_ABOVE:g}; good: neither, which may still be far from the truth"
        )
    return (
        empty + "bleed: otherwise, a layer's detail follows the photograph of the other painting "
        f"with a partial correlation (leakage) above {LEAKAGE_ABOVE:g}; good: neither. A leakage "
        "below 0 is usual in good separations and does not count. Judged without the true layers: "
        "a hint, no measurement, that misses ghosts with light and dark exchanged"
    )


def strongest_leakage(metrics: Mapping[str, float]) -> float:
    """Return the larger of the layers' leakages, 0 for a negative one, NaN where none is defined.

    A negative one tells nothing, see `LEAKAGE_ABOVE`.
    """
    found = (max(value, 0.0) for name, value in metrics.items() if name.startswith("leakage_"))
    return max(found, default=math.nan)


def error(metrics: Mapping[str, float]) -> float:
    """Return what a sweep's pictures show: the lower the better.

    With the true layers, the mean over both of the MSE, means removed; else the stronger
    leakage, 0 where none is above it.
    """
    if "mse_dc_free_1" in metrics:
        return (metrics["mse_dc_free_1"] + metrics["mse_dc_free_2"]) / 2
    return strongest_leakage(metrics)


class Axis(Record):
    """A setting and the values it takes in turn."""

    name: str
    title: str
    values: tuple[int | float, ...]


class SweepRun(Record):
    """One run; a row of ``sweep.csv``."""

    settings: dict[str, int | float] = Field(description="the values of the swept settings")
    seed: int
    outcome: Outcome
    problem: str = Field(default="", description="why it failed")
    seconds: float | None = None
    metrics: dict[str, float] = Field(
        default={}, description="those of `evaluate` that are numbers"
    )


class Cell(Record):
    """All runs with the same settings.

    Shares and means are over the runs that ended; failed ones are counted apart.
    """

    settings: dict[str, int | float]
    ended: int
    failed: int
    shares: dict[str, float] = Field(description="of good, empty and bleed; empty where none ended")
    error: float | None = Field(description="mean of `error`")
    seconds: float | None
    means: dict[str, float] = Field(description="mean of each metric over the runs that have it")
    problems: tuple[str, ...] = ()


class Sweep(Record):
    """The whole sweep; ``sweep.json``."""

    statement: str = HYPOTHETICAL
    warning: str = RECOMBINATION_WARNING
    simulated: bool
    kind: Kind
    inputs: tuple[str, ...] = Field(description="the painting's files, as given")
    region: str | None
    truths: tuple[str, str] | None
    method: str
    method_title: str
    preset: str
    allocation: str
    settings: dict[str, str] = Field(description="other settings that were changed")
    over: tuple[Axis, ...]
    seeds: tuple[int, ...]
    rule: str
    error: str = Field(description="what the error in the cells is")
    planned: int = Field(description="runs")
    complete: bool
    cells: tuple[Cell, ...] = ()


def about_error(with_truth: bool) -> str:
    """Say what `error` returns."""
    if with_truth:
        return "MSE, means removed, mean of both layers"
    return "leakage, the stronger one; 0 where none is above 0"


def cell(settings: Mapping[str, float], runs: Sequence[SweepRun]) -> Cell:
    """Sum up runs with the same settings."""
    ended = [run for run in runs if run.outcome != "failed"]
    names = dict.fromkeys(name for run in ended for name in run.metrics)
    means = {name: mean([run.metrics.get(name) for run in ended]) for name in names}
    failed = [run for run in runs if run.outcome == "failed"]
    return Cell(
        settings=dict(settings),
        ended=len(ended),
        failed=len(failed),
        shares={
            kind: sum(run.outcome == kind for run in ended) / len(ended) for kind in JUDGED if ended
        },
        error=mean([error(run.metrics) for run in ended]),
        seconds=mean([run.seconds for run in ended]),
        means={name: value for name, value in means.items() if value is not None},
        problems=tuple(dict.fromkeys(run.problem for run in failed)),
    )


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are numbers; None where there is none."""
    numbers = [value for value in values if value is not None and not math.isnan(value)]
    return math.fsum(numbers) / len(numbers) if numbers else None
