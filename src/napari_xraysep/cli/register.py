"""``xraysep register``: photographs of any size and position brought onto the radiograph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_xraysep.cli import options, say
from napari_xraysep.errors import InputError, RegistrationError

if TYPE_CHECKING:
    from napari_xraysep.io.registration import QualityReport
    from napari_xraysep.records import Landmark
    from napari_xraysep.registration.watching import Watch
    from napari_xraysep.transforms import Orientation, PlateOutline, Side
    from napari_xraysep.workflows.pictures import Pictures


@options.expanded
def register(
    files: options.Files,
    landmarks: Annotated[
        Path | None,
        typer.Option(
            metavar="P.csv", help="Pairs of points; a side that has any is registered by them."
        ),
    ] = None,
    orientation_front: Annotated[
        str | None, typer.Option(metavar="NAME", help="How the front lies; else it is searched.")
    ] = None,
    orientation_back: Annotated[
        str | None, typer.Option(metavar="NAME", help="How the back lies; else it is searched.")
    ] = None,
    plates: Annotated[
        Path | None,
        typer.Option(
            metavar="PROJECT.json",
            help="Project file in which the films of the radiograph are outlined; each is "
            "registered by itself.",
        ),
    ] = None,
    as_json: say.Json = False,
) -> None:
    """Bring photographs onto the radiograph's grid, each side by itself."""
    from napari_xraysep.io.registration import check_registration_folder
    from napari_xraysep.workflows.pictures import read_pictures
    from napari_xraysep.workflows.registering import expected, register_pictures
    from napari_xraysep.workflows.registration_folder import write_folder

    check_registration_folder(files.out)
    orientations = _orientations({"front": orientation_front, "back": orientation_back})
    outlines = () if plates is None else _outlines(plates)
    sources = files.sources()
    pictures = read_pictures(sources)
    if orientation_back is not None and "back" not in pictures.photographs:
        raise InputError("--orientation-back", "there is no back", "give the back's photograph too")
    pairs = {} if landmarks is None else _pairs(landmarks, pictures)
    for side in pairs:
        if side in orientations:
            raise InputError(
                f"--orientation-{side}", f"the {side} has landmarks", "leave one of the two out"
            )
    if outlines and len(pairs) == len(pictures.photographs):
        raise InputError("--plates", "landmarks place all photographs", "leave one of the two out")
    for text in pictures.notes:
        say.note(text)
    with _drawn() as watch:
        found = register_pictures(
            pictures,
            prefer=expected(sources),
            orientations=orientations,
            landmarks=pairs,
            plates=outlines,
            watch=watch,
        )
        report, written = write_folder(files.out, pictures, found, watch)
    data = {"out": str(files.out), "files": [path.name for path in written]}
    say.result(as_json, data | report.model_dump(mode="json"), _text(files.out, report, written))
    failed = {side: one for side, one in report.sides.items() if not one.ok}
    if failed:
        raise RegistrationError(
            ", ".join(str(one.photograph) for one in failed.values()),
            f"registration failed ({'; '.join(one.reason for one in failed.values())})",
            f"look at {files.out / 'overlay.png'} and give --landmarks",
        )


def _orientations(named: Mapping[Side, str | None]) -> dict[Side, Orientation]:
    """Check the names of orientations."""
    from napari_xraysep.transforms import ORIENTATIONS

    known = {str(name): name for name in ORIENTATIONS}
    for side, name in named.items():
        if name is not None and name not in known:
            raise InputError(
                f"--orientation-{side}",
                f"there is no orientation '{name}'",
                "give one of: " + " | ".join(known),
            )
    return {side: known[name] for side, name in named.items() if name is not None}


def _outlines(path: Path) -> tuple[PlateOutline, ...]:
    """Read the outlines of films from a project file."""
    from napari_xraysep.workflows.project import read_project

    outlines = read_project(path).plates
    if not outlines:
        raise InputError(path, "no film is outlined in it", "leave --plates out")
    return outlines


def _pairs(path: Path, pictures: Pictures) -> dict[Side, tuple[Landmark, ...]]:
    """Read landmarks; say which points have no partner."""
    from napari_xraysep.io import landmarks

    shapes = landmarks.Pictures(
        pictures.xray.shape,
        {side: file.pixels.shape[:2] for side, file in pictures.photographs.items()},
    )
    onto = pictures.radiograph.path.name
    table = landmarks.read_landmarks(path, shapes, radiograph_name=onto)
    for name in table.left_out:
        say.note(f"{path}: {name} has no partner and is left out")
    return table.sides


@contextmanager
def _drawn() -> Iterator[Watch]:
    """Lend a watch that is drawn as a bar on stderr."""
    from napari_xraysep.cli.progress import bars

    with bars() as drawn:
        task = drawn.add_task("starting", total=1.0, losses="")

        def watch(stage: str, fraction: float) -> None:
            drawn.update(task, description=stage, completed=fraction)

        yield watch


def _text(out: Path, report: QualityReport, written: list[Path]) -> list[str]:
    simulated = " (simulated)" if report.simulated else ""
    lines = [f"Registration to {report.radiograph}{simulated} written to {out}"]
    lines.append("  " + "  ".join(path.name for path in written))
    for side, one in report.sides.items():
        lines.append(f"  {side}: {one.finding} ({one.seconds:.1f} s)")
    if any(one.ok for one in report.sides.values()):
        lines.append(
            f"To separate: give the original photographs and --transforms {out / 'transforms.json'}"
        )
    return lines
