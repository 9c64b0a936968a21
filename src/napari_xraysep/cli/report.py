"""``xraysep report``: a run as one page to read, print and file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_xraysep.cli import say


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run.")],
    operator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who did the work.", show_default="as last time"),
    ] = None,
    notes: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="What is to be added to it.", show_default="as last time"
        ),
    ] = None,
    as_json: say.Json = False,
) -> None:
    """Write a run's report, one HTML page with everything in it."""
    from napari_xraysep.evaluation.figures import heading
    from napari_xraysep.io.results import read_record
    from napari_xraysep.workflows.report import write_report

    path = write_report(folder, operator, notes)
    record = read_record(folder)
    data = {
        "report": str(path),
        **say.about(record),
    }
    text = [
        f"{heading(record)}: report written to {path}",
        record.warning,
        f"Uncertainty: {record.uncertainty}.",
    ]
    say.result(as_json, data, text)
