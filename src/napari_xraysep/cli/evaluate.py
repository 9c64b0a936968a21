"""``xraysep evaluate``: how good a separation is, beside what is reached without effort."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from napari_xraysep.cli import options, say


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run.")],
    truth_1: options.Truth1 = None,
    truth_2: options.Truth2 = None,
    remix: Annotated[
        bool,
        typer.Option(
            "--remix",
            help="Also flip the second layer, add it to the first and separate that again by the "
            "same method: takes as long as one run.",
        ),
    ] = False,
    as_json: say.Json = False,
) -> None:
    """Measure a run, and the baselines beside it."""
    from napari_xraysep.evaluation import meaning
    from napari_xraysep.evaluation.summary import layer_of, measured_over
    from napari_xraysep.workflows.measure import measure

    measured = measure(folder, options.both_truths(truth_1, truth_2))
    record, baselines = measured.record, measured.baselines
    metrics = {**measured.metrics, **(_remix(folder) if remix else {})}
    data = {
        "run": str(folder),
        "statement": record.statement,
        "warning": record.warning,
        "simulated": record.simulated,
        "layers": record.layers[:2],
        "measured_over": None if measured.part is None else str(measured.part),
        "metrics": metrics,
        "baselines": baselines,
        "meanings": {name: meaning(name) for name in metrics},
    }
    all_of_it = " The remix error alone is of all that was separated." if remix else ""
    text = [
        f"{record.statement.capitalize()} by {record.method}, allocation {record.allocation}"
        + (", of a simulated radiograph" if record.simulated else "")
        + ("" if record.complete else ", partial: stopped before its end"),
        "Metrics ending in _1 are of the "
        f"{record.layers[0]}, in _2 of the {record.layers[1]}; only pixels not masked count.",
        *([] if measured.part is None else [measured_over(measured.part) + all_of_it]),
        "",
        *_table({"this run": metrics, **baselines}),
        "",
        "What a bad value of this run would mean:",
        *_sentences({layer_of(name)[0]: name for name in metrics}),
        "",
        record.warning,
    ]
    say.result(as_json, data, text)


def _remix(folder: Path) -> dict[str, float]:
    """Run the remix test and show how far it is."""
    from napari_xraysep.cli.progress import bars, cancel_on_interrupt, follow
    from napari_xraysep.evaluation.summary import numbers
    from napari_xraysep.workflows.remix import remix_run

    with cancel_on_interrupt() as cancel, bars() as drawn:
        task = drawn.add_task("remix", total=None, losses="")
        error = remix_run(folder, cancel, lambda event: follow(drawn, task, event))
    if cancel.is_set():
        raise typer.Exit(options.CANCELLED)
    return numbers({"remix": error})


def _table(columns: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Set metrics in rows and the run and its baselines in columns."""
    rows = [f"{'':<16}" + "".join(f"{title:>16}" for title in columns)]
    for name in columns["this run"]:
        found = (values.get(name) for values in columns.values())
        values = (f"{'–':>16}" if value is None else f"{value:>16.4g}" for value in found)
        rows.append(f"{name:<16}" + "".join(values))
    return rows


def _sentences(names: Mapping[str, str]) -> list[str]:
    from napari_xraysep.evaluation import meaning

    lines: list[str] = []
    for title, name in names.items():
        lines += textwrap.wrap(
            f"{title:<16}{meaning(name)}", 98, subsequent_indent=" " * 16, drop_whitespace=True
        )
    return lines
