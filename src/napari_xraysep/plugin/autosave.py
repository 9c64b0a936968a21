"""The project file is written by itself, a moment after the last change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QObject, QTimer

from napari_xraysep.errors import InputError, XraysepError
from napari_xraysep.plugin.background import in_background
from napari_xraysep.project import Project
from napari_xraysep.workflows.project import digest, write_project

SAVE_MS = 700
"""Changes within this time are written together."""
RETRY_MS = 30_000
"""After a failure it is tried again, so that a disk with space again gets the last change."""


class Autosave(QObject):
    """Writes the newest project on another thread; one writing at a time.

    Parameters
    ----------
    told
        Called with a sentence when writing fails, once until it succeeds, and then with "".
    wrote
        Called with each project that was written and its file, on the thread that did it.
    seen
        The `digest` of each project file as it was last read or written here. One that holds
        something else now is another window's, and is left as it is.
    """

    def __init__(
        self,
        told: Callable[[str], None],
        wrote: Callable[[Path, Project], None],
        seen: dict[Path, str | None],
    ) -> None:
        super().__init__()
        self._told = told
        self._wrote = wrote
        self._seen = seen
        self._waiting: tuple[Path, Project] | None = None
        self._lock = threading.Lock()  # held for a moment: the window never waits for a disk
        self._writing = threading.Lock()
        self._failed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)

    def note(self, path: Path, project: Project) -> None:
        """Write this project soon."""
        with self._lock:
            self._waiting = (path, project)
        self._timer.start(SAVE_MS)

    def flush(self) -> None:
        """Write at once what still waits; the window is going away, or another painting comes."""
        self._timer.stop()
        try:
            self._write()
        except XraysepError as error:
            self._problem(str(error))
        else:
            self._written(None)

    def _start(self) -> None:
        in_background(self._write, self._written, self._problem)

    def _write(self) -> None:
        """Write what waits; what could not be written waits on."""
        with self._writing:
            with self._lock:
                waiting, self._waiting = self._waiting, None
            if waiting is None:
                return
            path, project = waiting
            try:
                if digest(path) not in (None, self._seen.get(path)):
                    raise InputError(
                        path,
                        "another window has changed it, so what you do here is not saved",
                        "save the project under another name",
                    )
                write_project(path, project)
            except XraysepError:
                with self._lock:
                    self._waiting = self._waiting or waiting
                raise
            self._seen[path] = digest(path)
            self._wrote(path, project)

    def _written(self, _nothing: object) -> None:
        if self._failed:
            self._told("")
        self._failed = False

    def _problem(self, problem: str) -> None:
        if not self._failed:
            self._told(problem)
        self._failed = True
        self._timer.start(RETRY_MS)
