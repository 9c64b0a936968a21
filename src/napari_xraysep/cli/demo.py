"""``xraysep demo``: separate the samples offline and say where the pictures are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_xraysep.cli import say

MEANING = (
    "The true layers of these samples are known, since they were simulated: gain says how many",
    "times smaller the squared error of the result is than that of half of the radiograph. The",
    "true layers of a real painting are not known.",
)


def demo(
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; else xraysep-demo, numbered if taken.")
    ] = None,
    as_json: say.Json = False,
) -> None:
    """Separate the samples offline, with pictures."""
    from napari_xraysep.workflows.demo import demo as run

    runs = []
    say.note("separating two simulated samples; this takes seconds")
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
        if not as_json:
            baselines = (f"{name} {value:.2f}" for name, value in one.baselines.items())
            print(
                f"{one.sample} (simulated), hypothetical separation in {one.seconds:.1f} s\n"
                f"  picture   {one.picture}\n"
                f"  gain      {one.gain:.2f}; baselines: {', '.join(baselines)}",
                flush=True,
            )
    say.result(as_json, {"runs": runs}, ["", *MEANING])
