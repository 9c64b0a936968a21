"""Several methods on one painting: what is written down of each, as rows of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

from pydantic import Field

from napari_xraysep.evaluation.summary import measured_over
from napari_xraysep.records import HYPOTHETICAL, RECOMBINATION_WARNING, Kind, Record
from napari_xraysep.region import Region

ABOUT_MEMORY = (
    "Peak memory is the highest resident memory of the whole process while the method ran, looked "
    "at fifty times a second, above what the process held just before. Libraries that an earlier "
    "method loaded are not counted again, so the first that needs them looks larger. Peak GPU "
    "memory is the most that torch had allocated on the GPU at once."
)

CLOSE = 1.35
"""Remix errors that differ by less than this factor do not tell which method is better: chosen on
simulated paintings such that the best is mostly among those that are not told apart."""

PERFECT = 0.002
"""Remix errors up to this are all the same."""

NONE = 0.9
"""Remix errors from this on are no better than halving."""


DESCRIBING = ("method", "complete", "problem", "preset", "allocation", "seed", "device")
COSTS = ("seconds", "peak_memory_mb", "peak_gpu_memory_mb")


class MethodRow(Record):
    """How one method did."""

    method: str
    title: str
    baseline: bool = Field(description="there to be compared with rather than used")
    complete: bool
    problem: str = Field(default="", description="why it is not complete")
    preset: str
    allocation: str
    seed: int
    device: str = ""
    settings: dict[str, Any]
    warm_start: str | None = None
    seconds: float | None = None
    peak_memory_mb: float | None = Field(default=None, description="MB = 10^6 bytes")
    peak_gpu_memory_mb: float | None = None
    metrics: dict[str, float] = Field(
        default={}, description="those of `evaluate` that are numbers"
    )
    remix: dict[str, float] = Field(
        default={},
        description="error of finding the layers of each method again, by the method that had "
        "found them, ÷ that of halving; none where that could not be separated",
    )
    remix_problem: str = Field(default="", description="why it could not separate a remix")
    findings: dict[str, float] = Field(default={}, description="what the method measured itself")


class Comparison(Record):
    """The whole table; ``table.json``."""

    statement: str = HYPOTHETICAL
    warning: str = RECOMBINATION_WARNING
    simulated: bool
    kind: Kind
    layers: tuple[str, str]
    inputs: tuple[str, ...] = Field(description="the painting's files, as given")
    region: str | None
    truths: tuple[str, str] | None
    allocation: str
    allocation_stated: bool = Field(description="False: even, so that the methods are comparable")
    complete: bool
    ranking: tuple[str, ...] = Field(
        default=(), description="methods by the remix test, the one to trust most first"
    )
    ranked_over: str | None = Field(
        default=None, description="the part that the remix test is of; none: all"
    )
    not_ranked: str = Field(default="", description="why the remix test could not be run")
    about_memory: str = ABOUT_MEMORY
    rows: tuple[MethodRow, ...]

    def metric_names(self) -> list[str]:
        """Names of all metrics in the rows, in the order of `evaluate`."""
        return list(dict.fromkeys(name for row in self.rows for name in row.metrics))

    def makers(self) -> list[str]:
        """Names of the methods whose layers were remixed."""
        return list(dict.fromkeys(name for row in self.rows for name in row.remix))


def heading(comparison: Comparison) -> str:
    """Say what kind of results these are."""
    text = comparison.statement[:1].upper() + comparison.statement[1:] + "s"
    if comparison.simulated:
        text += " of a simulated radiograph"
    if not comparison.complete:
        text += ", partial: not every method ran to its end"
    return text


def how_allocated(comparison: Comparison) -> str:
    """Say how the residual was shared out, and why."""
    text = "What each method left of the radiograph was shared out the same way: "
    text += f"{comparison.allocation}"
    if comparison.allocation_stated:
        return text + " (as chosen)."
    return text + " (since methods can be compared at equal allocation only)."


def how_ranked(comparison: Comparison) -> str:
    """Say which method to trust most; "" where that was not asked for."""
    if comparison.not_ranked:
        return f"The methods were not ranked: {comparison.not_ranked}."
    rows = {row.method: row for row in comparison.rows}
    errors = {name: rows[name].metrics["remix"] for name in comparison.ranking}
    problems = {name: row.remix_problem for name, row in rows.items() if row.remix_problem}
    if not errors and not problems:
        return ""
    text = in_order_of_trust(errors, [row.method for row in comparison.rows if row.baseline])
    text += unranked(problems)
    if comparison.ranked_over is not None:
        text += " " + measured_over(Region.parse(comparison.ranked_over))
    return text


def in_order_of_trust(errors: Mapping[str, float], baselines: Collection[str]) -> str:
    """Say what the remix test found, and why that is no proof.

    Parameters
    ----------
    errors
        The worst remix error of methods or runs, the one to trust most first.
    baselines
        Which of them are by baselines.
    """
    explained = (
        "Each separated radiographs that were made of the layers which each of them but the "
        "baselines had found here; it counts by the worst of its errors (remix: 0 is perfect, 1 no "
        "better than halving). What all methods get wrong this cannot show."
    )
    if not errors or next(iter(errors.values())) >= NONE:
        return (
            "By the remix test none of them is to be trusted with this painting: none found known "
            f"layers again much better than halving does. {explained}"
        )
    best = not_told_apart(errors)
    others = [name for name in errors if name not in best]
    if best[0] in baselines:
        text = f"By the remix test no method did better than the baseline {best[0]}"
        others = [name for name in errors if name != best[0]]
    elif len(best) > 1:
        text = (
            f"By the remix test {', '.join(best[:-1])} and {best[-1]} are to be trusted most with "
            "this painting; their errors are too close to tell which of them more"
        )
    else:
        text = f"By the remix test {best[0]} is to be trusted most with this painting"
    if others:
        text += f"{';' if len(best) > 1 else ','} then {', '.join(others)}"
    return f"{text}. {explained}"


def unranked(problems: Mapping[str, str]) -> str:
    """Say which methods could not separate a remix, and why; begins with a space."""
    return "".join(f" Not ranked: {name} ({problem})." for name, problem in problems.items())


def not_told_apart(errors: Mapping[str, float]) -> list[str]:
    """Return the first and those after it whose errors are at most `CLOSE` times as large.

    Ones with an empty layer, which come last however small their errors, are not among them.
    """
    least = next(iter(errors.values()))
    most = max(CLOSE * least, PERFECT)
    return list(takewhile(lambda name: least <= errors[name] <= most, errors))


def as_csv(rows: Sequence[MethodRow]) -> str:
    """Return the table with one row a method; a cell is empty where there is no number."""
    metrics = dict.fromkeys(name for row in rows for name in row.metrics)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, [*DESCRIBING, *COSTS, *metrics])
    writer.writeheader()
    for row in rows:
        writer.writerow({n: getattr(row, n) for n in (*DESCRIBING, *COSTS)} | row.metrics)
    return file.getvalue()
