"""``xraysep separate``: the main job, from files to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from napari_xraysep.cli import say
from napari_xraysep.errors import InputError

CANCELLED = 130


def separate(
    xray: Annotated[Path, typer.Option(help="The mixed radiograph, grey.")],
    rgb_front: Annotated[Path, typer.Option(help="Photograph of the front, or of the surface.")],
    out: Annotated[Path, typer.Option(help="Folder to write; must not hold a result yet.")],
    rgb_back: Annotated[
        Path | None,
        typer.Option(help="Photograph of the back; without it a concealed design is sought."),
    ] = None,
    mirror_back: Annotated[
        bool,
        typer.Option("--mirror-back", help="Flip the back left to right: taken from behind."),
    ] = False,
    mask: Annotated[Path | None, typer.Option(help="Image; non-zero = left out.")] = None,
    prior_mask: Annotated[
        Path | None, typer.Option(help="Image; non-zero = where the concealed design lies.")
    ] = None,
    polarity: Annotated[
        Literal["white-absorbs", "black-absorbs"] | None,
        typer.Option(help="Which end of the radiograph's grey scale absorbs; assumed white."),
    ] = None,
    response: Annotated[
        Literal["as-is", "linear", "film-density", "log"] | None,
        typer.Option(help="What its grey values measure; assumed as-is."),
    ] = None,
    pixel_size: Annotated[
        float | None, typer.Option(metavar="MM", help="Millimetres a pixel; else the file's.")
    ] = None,
    roi: Annotated[
        str | None,
        typer.Option(metavar="Y0:Y1,X0:X1", help="Separate only these rows and columns."),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="NAME", help="See: xraysep methods.")
    ] = "regression",
    preset: Annotated[
        Literal["fast", "paper"], typer.Option(help="The method's settings to start from.")
    ] = "fast",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated."),
    ] = None,
    allocation: Annotated[
        Literal["none", "even", "variance"] | None,
        typer.Option(help="How what the model leaves is shared out; else the method's way."),
    ] = None,
    warm_start: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of a double-sided run for the method to learn from first; else it learns "
            "from this painting's surface and its mirror image.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes a run repeatable on one device.")] = 0,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="auto takes the GPU if there is one.")
    ] = "auto",
    as_json: say.Json = False,
) -> None:
    """Separate a mixed radiograph into two layers.

    The result is a hypothetical separation.
    """
    from napari_xraysep.cli.progress import cancel_on_interrupt, watch
    from napari_xraysep.io.results import run_file_names
    from napari_xraysep.painting import Region, Sources
    from napari_xraysep.separation import RunOptions
    from napari_xraysep.workflows.run_folder import RunFolder
    from napari_xraysep.workflows.separating import separate as run

    changes = parse_settings(settings or [])
    options = RunOptions(
        seed=seed,
        device=device,
        preset=preset,
        allocation=allocation,
        region=None if roi is None else Region.parse(roi),
    )
    painting = Sources(
        xray=xray,
        front=rgb_front,
        back=rgb_back,
        mirror_back=mirror_back,
        mask=mask,
        prior_mask=prior_mask,
        polarity=polarity,
        response=response,
        pixel_size_mm=pixel_size,
    ).align()
    folder = RunFolder(out, painting)
    with cancel_on_interrupt() as cancel:
        events = run(painting, method, changes, options, cancel, warm_start)
        say.notes_on(painting)
        finished = watch(events, folder.note)
        record = finished.record
        if not finished.layers:
            say.note("stopped before there was anything to write")
            raise typer.Exit(CANCELLED)
        folder.write(finished)
    names = [name for name in run_file_names(painting.kind) if (out / name).exists()]
    data = {
        "out": str(out),
        "files": names,
        "complete": finished.complete,
        "statement": record.statement,
        "warning": record.warning,
        "record": record.model_dump(mode="json"),
    }
    partial = "" if finished.complete else ", partial: stopped before its end"
    text = [
        f"{record.statement.capitalize()} ({record.method}, {record.preset}, {record.device}, "
        f"{record.seconds:.1f} s{partial}) written to {out}",
        "  " + "  ".join(names),
        record.warning,
        f"Uncertainty: {record.uncertainty}.",
    ]
    say.result(as_json, data, text)
    if not finished.complete:
        raise typer.Exit(CANCELLED)


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """Read ``KEY=VALUE`` pairs; the method's settings turn the values into their types.

    Raises
    ------
    InputError
        A pair has no key or no ``=``, or a key comes twice.
    """
    settings: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError("--set", f"'{pair}' is not KEY=VALUE", "write for example epochs=100")
        if key in settings:
            raise InputError("--set", f"'{key}' is given twice", "give it once")
        settings[key] = value.strip()
    return settings
