"""``xraysep sweep``: one method over a plane of settings and many seeds."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from napari_xraysep.cli import options, say

if TYPE_CHECKING:
    from napari_xraysep.evaluation.outcomes import Cell, Sweep

MOST_ROWS = 40


@options.expanded
def sweep(
    given: options.Given,
    method: options.Method = "regression",
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=A:B:STEP",
            help="A setting and the values it takes, both ends among them; once or twice.",
        ),
    ] = None,
    restarts: Annotated[
        int, typer.Option(metavar="N", help="Runs for each setting, with --seed and the next ones.")
    ] = 1,
    truth_1: options.Truth1 = None,
    truth_2: options.Truth2 = None,
    preset: options.Preset = "fast",
    settings: options.Changes = None,
    allocation: options.Allocation = None,
    warm_start: options.WarmStart = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    as_json: say.Json = False,
) -> None:
    """Run a method over one or two settings and several seeds.

    Says how often the result was good, had an empty layer, or bled. Each result is a hypothetical
    separation; only its numbers are kept.
    """
    from napari_xraysep.cli.progress import bars, cancel_on_interrupt, follow
    from napari_xraysep.evaluation.outcomes import Sweep
    from napari_xraysep.separation import RunOptions, Started
    from napari_xraysep.workflows.sweep import FILES, Turn
    from napari_xraysep.workflows.sweep import sweep as run

    changes = options.parse_settings(settings)
    run_options = RunOptions(
        seed=seed,
        device=device,
        preset=preset,
        allocation=allocation,
        region=given.part(),
        learn_on=given.learnt_part(),
    )
    truths = options.both_truths(truth_1, truth_2)
    painting = given.painting()
    with cancel_on_interrupt("means and pictures") as cancel:
        saying = run(
            painting,
            method,
            given.out,
            over or [],
            restarts,
            changes=changes,
            options=run_options,
            truths=truths,
            warm_from=warm_start,
            cancel=cancel,
        )
        say.notes_on(painting)
        planned = next(saying)
        assert isinstance(planned, Sweep), "a sweep says first what it is going to do"
        result: Sweep | None = None
        say.note(f"{planned.planned} runs: {_what_varies(planned)}")
        with bars() as drawn:
            whole = drawn.add_task("runs", total=planned.planned, losses="")
            current = drawn.add_task("starting", total=None, losses="")
            for said in saying:
                if isinstance(said, Turn):
                    if isinstance(said.event, Started):
                        drawn.reset(current)
                        at = ", ".join(f"{name} {x:g}" for name, x in said.settings.items())
                        drawn.update(
                            whole,
                            description=f"run {said.number} of {planned.planned}",
                            losses=f"{at}{', ' if at else ''}seed {said.seed}",
                        )
                    follow(drawn, current, said.event)
                elif isinstance(said, Sweep):
                    result = said
                else:
                    drawn.advance(whole)
        stopped = cancel.is_set()
    if result is None:
        say.note("stopped before a run had ended; nothing is written")
        raise typer.Exit(options.CANCELLED)
    data = {"out": str(given.out), "files": list(FILES), **result.model_dump(mode="json")}
    say.result(as_json, data, _text(result, given))
    if stopped:
        raise typer.Exit(options.CANCELLED)
    if not result.complete:
        raise typer.Exit(options.FAILED)


def _what_varies(planned: Sweep) -> str:
    parts = [f"{axis.name} at {len(axis.values)} values" for axis in planned.over]
    parts.append(f"{len(planned.seeds)} seed" + ("s" if len(planned.seeds) > 1 else ""))
    return " × ".join(parts)


def _text(result: Sweep, given: options.Given) -> list[str]:
    ended = sum(cell.ended for cell in result.cells)
    failed = sum(cell.failed for cell in result.cells)
    count = f"{ended} of {result.planned} runs of {result.method} ended"
    count += f" (allocation {result.allocation})"
    count += f", {failed} failed" if failed else ""
    simulated = " of a simulated radiograph" if result.simulated else ""
    problems = dict.fromkeys(problem for cell in result.cells for problem in cell.problems)
    return [
        f"{result.statement.capitalize()}s{simulated}: {count}; written to {given.out}",
        "",
        *_table(result),
        "",
        *(line for problem in problems for line in textwrap.wrap(f"failed: {problem}", 98)),
        f"Error: {result.error}; means are over the runs that ended.",
        *textwrap.wrap(f"{result.rule[:1].upper()}{result.rule[1:]}.", 98),
        result.warning,
    ]


def _table(result: Sweep) -> list[str]:
    """Set cells in rows."""
    from napari_xraysep.evaluation.outcomes import JUDGED

    names = [axis.name for axis in result.over]
    means = ["error", *(["gain"] if result.truths else []), "seconds"]
    lines = [[*names, *JUDGED, "failed", *means]]
    lines += [_cells(cell, result.truths is not None) for cell in result.cells[:MOST_ROWS]]
    text = say.aligned(lines)
    if len(result.cells) > MOST_ROWS:
        text.append(f"… and {len(result.cells) - MOST_ROWS} more in sweep.json")
    return text


def _cells(cell: Cell, with_gain: bool) -> list[str]:
    from napari_xraysep.evaluation.outcomes import JUDGED

    means = [cell.error, *([cell.means.get("gain")] if with_gain else []), cell.seconds]
    return [
        *(f"{value:g}" for value in cell.settings.values()),
        *(f"{cell.shares[kind]:.0%}" if cell.ended else "–" for kind in JUDGED),
        str(cell.failed),
        *("–" if mean is None else f"{mean:.3g}" for mean in means),
    ]
