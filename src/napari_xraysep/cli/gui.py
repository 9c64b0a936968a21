"""``xraysep gui``: napari with the docks open."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from napari_xraysep.errors import InputError

QT_BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")


def gui(
    opened: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN_OR_PROJECT]", help="Folder of a run, or a project file."),
    ] = None,
) -> None:
    """Open napari with the docks open."""
    install = 'pip install "napari-xraysep[all]"'
    if find_spec("napari") is None:
        raise InputError("gui", "napari is not installed", install)
    if not any(find_spec(binding) for binding in QT_BINDINGS):
        raise InputError("gui", "napari's windows need a Qt binding and there is none", install)
    if opened is not None and not opened.exists():
        raise InputError(
            opened, "there is no such folder or file", "give the folder of a run or a project file"
        )
    if opened is not None and opened.is_file():
        from napari_xraysep.workflows.project import read_project

        read_project(opened)
    # A process of its own: the command line knows neither napari nor Qt.
    command = [sys.executable, "-m", "napari_xraysep.plugin", *([str(opened)] if opened else [])]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
