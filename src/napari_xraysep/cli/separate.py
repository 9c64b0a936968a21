"""``xraysep separate``: the main job, from files to a run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from napari_xraysep.cli import options, say

if TYPE_CHECKING:
    from napari_xraysep.painting import Floats, Painting
    from napari_xraysep.records import RunRecord
    from napari_xraysep.region import Region

REVERSED_BELOW = -0.5
"""Copy score of a layer whose polarity is to be doubted: light paint usually absorbs more."""


@options.expanded
def separate(
    given: options.Given,
    method: options.Method = "regression",
    preset: options.Preset = "fast",
    settings: options.Changes = None,
    allocation: options.Allocation = None,
    warm_start: options.WarmStart = None,
    restarts: options.Restarts = 1,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    as_json: say.Json = False,
) -> None:
    """Separate a mixed radiograph into two layers.

    The result is a hypothetical separation.
    """
    from napari_xraysep.cli.progress import cancel_on_interrupt, watch
    from napari_xraysep.io.results import run_file_names
    from napari_xraysep.separation import RunOptions
    from napari_xraysep.workflows.run_folder import RunFolder
    from napari_xraysep.workflows.separating import separate as run

    changes = options.parse_settings(settings)
    run_options = RunOptions(
        seed=seed,
        device=device,
        preset=preset,
        allocation=allocation,
        region=given.part(),
        learn_on=given.learnt_part(),
        restarts=restarts,
    )
    painting = given.painting()
    folder = RunFolder(given.out, painting)
    with cancel_on_interrupt() as cancel:
        events = run(painting, method, changes, run_options, cancel, warm_start)
        say.notes_on(painting)
        finished = watch(events, folder.note)
        record = finished.record
        if not finished.layers:
            say.note("stopped before there was anything to write")
            raise typer.Exit(options.CANCELLED)
        folder.write(finished)
    for name, score in _reversed(painting, finished.layers, run_options.region):
        say.note(
            f"{name}.tif: light and dark are the other way round than in its photograph (copy "
            f"score {score:.2f}): check --polarity"
        )
    names = [name for name in run_file_names(painting.kind) if (given.out / name).exists()]
    data = {
        "out": str(given.out),
        "files": names,
        "complete": finished.complete,
        "statement": record.statement,
        "warning": record.warning,
        "record": record.model_dump(mode="json"),
    }
    partial = "" if finished.complete else ", partial: stopped before its end"
    text = [
        f"{record.statement.capitalize()} ({record.method}, {record.preset}, {record.device}, "
        f"{record.seconds:.1f} s{partial}) written to {given.out}",
        "  " + "  ".join(names),
        *(f"  {name}: {value:.2g}" for name, value in record.findings.items()),
        *(f"  {said}" for said in _restarts(record)),
        record.warning,
        f"Uncertainty: {record.uncertainty}.",
    ]
    say.result(as_json, data, text)
    if not finished.complete:
        raise typer.Exit(options.CANCELLED)


def _reversed(
    painting: Painting, layers: Mapping[str, Floats], region: Region | None
) -> Iterator[tuple[str, float]]:
    """Return layers that look like their photographs' negatives, and their copy scores.

    Of a large painting the part is looked at that judging looks at. A concealed layer has no
    photograph.
    """
    from napari_xraysep.domain import luma
    from napari_xraysep.evaluation.metrics import copy_score
    from napari_xraysep.workflows.judging import middle_part

    part, at = middle_part(painting, region)
    mixture = painting.block(part)
    for name, photograph in zip(painting.layer_names, (mixture.front, mixture.back), strict=True):
        if photograph is not None:
            score = copy_score(layers[name][at], luma(photograph), mixture.valid)
            if score < REVERSED_BELOW:
                yield name, score


def _restarts(record: RunRecord) -> Iterator[str]:
    """Say of each restart what it is for; where others are resampled the first is the result."""
    resampled = any(one.resampled for one in record.restarts)
    for number, one in enumerate(record.restarts, 1):
        said = f"left out: {one.why}"
        if one.kept and resampled:
            said = "the result" if one.picked else "for the uncertainty only"
        elif one.kept:
            said = "kept, picked as the best" if one.picked else "kept"
        yield f"restart {number}, seed {one.seed}: {said}"
