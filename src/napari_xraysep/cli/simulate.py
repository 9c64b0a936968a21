"""``xraysep simulate``: a radiograph with known layers, from two photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from napari_xraysep.cli import say


def simulate(
    front: Annotated[Path, typer.Option(help="Photograph of the front.")],
    back: Annotated[
        Path,
        typer.Option(help="Photograph of the back from behind, or of the design to conceal."),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    kind: Annotated[
        Literal["double-sided", "concealed"], typer.Option(help="What is simulated.")
    ] = "double-sided",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")] = 0,
    as_json: say.Json = False,
) -> None:
    """Simulate a radiograph with known layers."""
    from napari_xraysep.io.results import check_output
    from napari_xraysep.simulation import simulate as simulate_radiograph
    from napari_xraysep.simulation.files import file_names, write_simulation

    check_output(out, file_names(kind))
    simulation = simulate_radiograph(front, back, kind, seed)
    written = write_simulation(simulation, out)
    data = {
        "out": str(out),
        "files": [path.name for path in written],
        "statement": simulation.record.statement,
        "record": simulation.record.model_dump(mode="json"),
    }
    text = [
        f"Simulated radiograph ({kind}, seed {seed}), {simulation.record.height} rows by "
        f"{simulation.record.width} columns, written to {out}",
        "  " + "  ".join(path.name for path in written),
    ]
    say.result(as_json, data, text)
