"""``xraysep export``: a run's results for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_xraysep.cli import say


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write, new or empty.")],
    as_json: say.Json = False,
) -> None:
    """Write a run's layers as 16-bit TIFF, with figures.

    Grey values are in the radiograph's own response, resolution and XMP are the radiograph's.
    Every file is labelled as a hypothetical separation.
    """
    from napari_xraysep.evaluation.figures import heading
    from napari_xraysep.io.results import read_record
    from napari_xraysep.workflows.export import export as run

    notes: list[str] = []
    files = run(folder, out, notes.append)
    record = read_record(folder)
    for one in notes:
        say.note(one)
    data = {
        "run": str(folder),
        "out": str(out),
        "files": [file.name for file in files],
        "notes": notes,
        **say.about(record),
    }
    text = [
        f"{heading(record)}: by {record.method}, exported to {out}",
        *(f"  {file.name}" for file in files),
        f"README.txt says what each is. {record.warning}",
        f"Uncertainty: {record.uncertainty}.",
    ]
    say.result(as_json, data, text)
