"""``xraysep demo``: separate the samples offline and say where the pictures are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_xraysep.cli import say


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; else xraysep-demo, numbered if taken.")
    ] = None,
    as_json: say.Json = False,
) -> None:
    """Separate the samples offline, with pictures."""
    from napari_xraysep.workflows.demo import demo as run

    text, runs = [], []
    for one in run(out):
        runs.append(
            {
                "sample": one.sample,
                "out": str(one.folder),
                "picture": str(one.picture),
                "seconds": one.seconds,
                "gain": one.gain,
                "baselines": one.baselines,
            }
        )
        text += [
            f"{one.sample} (simulated), hypothetical separation in {one.seconds:.1f} s",
            f"  picture   {one.picture}",
            f"  gain      {one.gain:.2f} over half of the radiograph; "
            + ", ".join(f"{name} {value:.2f}" for name, value in one.baselines.items()),
        ]
    text += [
        "",
        "The true layers of these samples are known, since they were simulated: gain says how many",
        "times closer to them the result is than half of the radiograph. Of a real painting they",
        "are not known.",
    ]
    say.result(as_json, {"runs": runs}, text)
