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
    run: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="Folder of a run to open.")
    ] = None,
) -> None:
    """Open napari with the docks open."""
    install = 'pip install "napari-xraysep[all]"'
    if find_spec("napari") is None:
        raise InputError("gui", "napari is not installed", install)
    if not any(find_spec(binding) for binding in QT_BINDINGS):
        raise InputError("gui", "napari's windows need a Qt binding and there is none", install)
    if run is not None and not run.is_dir():
        raise InputError(run, "there is no such folder", "give the folder of a run")
    # A process of its own: the command line knows neither napari nor Qt.
    command = [sys.executable, "-m", "napari_xraysep.plugin", *([str(run)] if run else [])]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
