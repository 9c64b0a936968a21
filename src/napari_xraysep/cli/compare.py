"""``xraysep compare``: several methods on one painting, as a table and a contact sheet."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from napari_xraysep.cli import options, say

if TYPE_CHECKING:
    from napari_xraysep.evaluation.comparison import Comparison, MethodRow

WITH_TRUTH = ("gain", "ssim", "own", "leak", "remix")
WITHOUT_TRUTH = ("residual_rms", "exclusion", "cancellation", "leakage", "copy", "remix")
"""The metrics that the terminal shows; the files have all of them."""
REMIX = "--remix"


@options.expanded
def compare(
    given: options.Given,
    methods: Annotated[
        str, typer.Option(metavar="A,B,C", help="Which methods; see: xraysep methods.")
    ],
    truth_1: options.Truth1 = None,
    truth_2: options.Truth2 = None,
    preset: options.Preset = "fast",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting of every method that has it, or METHOD.KEY=VALUE of one; may "
            "be repeated.",
        ),
    ] = None,
    allocation: Annotated[
        Literal["none", "even", "variance"] | None,
        typer.Option(help="How what each method leaves is shared out; else even for all."),
    ] = None,
    warm_start: options.WarmStart = None,
    remix: Annotated[
        bool,
        typer.Option(
            REMIX,
            help="Also rank the methods: each separates radiographs made of the layers that each "
            "of them but the baselines found. For each of these it takes as long again.",
        ),
    ] = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    as_json: say.Json = False,
) -> None:
    """Run several methods on one painting and write a table.

    Each is a hypothetical separation, in a folder of its own below --out.
    """
    from napari_xraysep.cli.progress import bars, cancel_on_interrupt, follow, follow_trial
    from napari_xraysep.evaluation.comparison import Comparison
    from napari_xraysep.separation import RunOptions
    from napari_xraysep.workflows.compare import FILES, Turn
    from napari_xraysep.workflows.compare import compare as run
    from napari_xraysep.workflows.ranking import Trial

    names = [name.strip() for name in methods.split(",") if name.strip()]
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
    comparison: Comparison | None = None
    with cancel_on_interrupt("the table") as cancel:
        saying = run(
            painting,
            names,
            given.out,
            changes=changes,
            options=run_options,
            truths=truths,
            warm_from=warm_start,
            ranked=remix,
            cancel=cancel,
        )
        say.notes_on(painting)
        with bars() as drawn:
            tasks = {
                name: drawn.add_task(f"{name}: waiting", total=None, start=False, losses="")
                for name in names
            }
            for said in saying:
                if isinstance(said, Turn):
                    drawn.start_task(tasks[said.method])
                    follow(drawn, tasks[said.method], said.event, f"{said.method}: ")
                elif isinstance(said, Trial):
                    if REMIX not in tasks:
                        tasks[REMIX] = drawn.add_task("", total=None, losses="")
                    follow_trial(drawn, tasks[REMIX], said)
                elif isinstance(said, Comparison):
                    comparison = said
                elif not said.complete:
                    drawn.update(tasks[said.method], description=f"{said.method}: not complete")
        stopped = cancel.is_set()
    if comparison is None:
        say.note("stopped before there was anything to write")
        raise typer.Exit(options.CANCELLED)
    data = {"out": str(given.out), "files": list(FILES), **comparison.model_dump(mode="json")}
    say.result(as_json, data, _text(comparison, given))
    if stopped:
        raise typer.Exit(options.CANCELLED)
    if not comparison.complete:
        raise typer.Exit(options.FAILED)


def _text(comparison: Comparison, given: options.Given) -> list[str]:
    from napari_xraysep.evaluation.comparison import heading, how_allocated, how_ranked
    from napari_xraysep.workflows.compare import TABLE_HTML

    layers = comparison.layers
    return [
        f"{heading(comparison)}, written to {given.out}; the whole table is {TABLE_HTML}.",
        *textwrap.wrap(how_allocated(comparison), 98),
        f"Metrics ending in _1 are of the {layers[0]}, in _2 of the {layers[1]}.",
        "",
        *_table(comparison),
        *(
            line
            for row in comparison.rows
            if not row.complete
            for line in ["", *textwrap.wrap(f"{row.method}: {row.problem}", 98)]
        ),
        "",
        *textwrap.wrap(how_ranked(comparison), 98),
        *([""] if how_ranked(comparison) else []),
        *textwrap.wrap(comparison.about_memory, 98),
        comparison.warning,
    ]


def _table(comparison: Comparison) -> list[str]:
    """Set methods in rows, and what matters most of each in columns."""
    from napari_xraysep.evaluation.summary import BETTER, layer_of

    shown = WITHOUT_TRUTH if comparison.truths is None else WITH_TRUTH
    metrics = [name for name in comparison.metric_names() if layer_of(name)[0] in shown]
    heads = [("method", ""), *((name, BETTER[layer_of(name)[0]]) for name in metrics)]
    heads += [("seconds", ""), ("peak MB", "")]
    rows = [_cells(row, metrics) for row in comparison.rows]
    lines = [[name for name, _ in heads], [better for _, better in heads], *rows]
    return say.aligned(lines, words=1)


def _cells(row: MethodRow, metrics: list[str]) -> list[str]:
    values = [row.metrics.get(name) for name in metrics]
    costs = [row.seconds, row.peak_memory_mb]
    return [
        row.method,
        *("–" if value is None else f"{value:.3g}" for value in values),
        *("–" if cost is None else f"{cost:.1f}" for cost in costs),
    ]
