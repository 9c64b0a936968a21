"""What the dock widgets of one napari window share: the painting and its project."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, finalize

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_xraysep.errors import InputError
from napari_xraysep.io.labels import copied, write_labels
from napari_xraysep.project import Area, FileRef, PriorDrawing, Project, relative
from napari_xraysep.workflows.project import digest, drawings_of, folder_beside, moved, read_project

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_xraysep.plugin.autosave import Autosave
    from napari_xraysep.plugin.live_run import LiveRun
    from napari_xraysep.plugin.loading import Loaded
    from napari_xraysep.plugin.stored_run import Opened
    from napari_xraysep.transforms import Side

WORK = (
    "transforms",
    "front_landmarks",
    "back_landmarks",
    "plates",
    "mask",
    "prior",
    "regions",
    "notes",
)
"""Parts of a project that are the user's doing; runs are stored by themselves."""
REMIX = "remix test"
"""Among those who keep a session `busy`."""
UNTOUCHED = (None, (), "", Area(), PriorDrawing())


class Session:
    """The painting loaded in one window, and the project that keeps what is done on it.

    Attributes
    ----------
    changed
        Emitted when another painting was loaded, a project was opened, or the photographs were
        brought onto the radiograph anew.
    edited
        Emitted with the name of the project's part that was replaced.
    settling
        Emitted before the project is used or left: what is being drawn is to be kept now.
    told
        Emitted with a sentence when the project cannot be saved, once, and with "" when it can
        be again.
    ran
        Emitted when a separation has begun or ended; see `running` and `live`.
    found
        Emitted when `unused` has changed.
    busy
        Who puts the painting together anew just now, or tries methods on it, so that no separation
        is to start.
    unkept
        What keeps drawings from being stored, a sentence for each, so that nothing may start that
        would heed them.
    project
        What is done on the painting; None while none is loaded.
    project_file
        Where it is kept; None where it has no file yet (samples, layers without a file).
    opened
        The stored run that came with a project that was opened, or None.
    """

    changed = Signal()
    edited = Signal(str)
    settling = Signal()
    told = Signal(str)
    ran = Signal()
    found = Signal()

    def __init__(self) -> None:
        self._loaded: Loaded | None = None
        self._running = False
        self._live: LiveRun | None = None
        self._unused: tuple[Side, ...] = ()
        self.busy: set[str] = set()
        self.unkept: dict[str, str] = {}
        self.project: Project | None = None
        self.project_file: Path | None = None
        self.opened: Opened | None = None
        self._passing: Path | None = None
        self._seen: dict[Path, str | None] = {}  # see Autosave
        self._unwritten: set[Path] = set()  # drawings stored here, in no project written so far
        self._autosave: Autosave | None = None

    @property
    def loaded(self) -> Loaded | None:
        """What *Load painting* has read, or None."""
        return self._loaded

    @loaded.setter
    def loaded(self, loaded: Loaded | None) -> None:
        """Show the same painting put together anew; see `begin` for another one."""
        if loaded is None:
            self.begin(None, None, None)
            return
        self._loaded = loaded
        if self.project is None:
            self.project = Project()
        self.changed.emit()

    @property
    def running(self) -> bool:
        """Whether a separation of it is under way, so that no other is to be loaded."""
        return self._running

    @running.setter
    def running(self, running: bool) -> None:
        changed, self._running = running != self._running, running
        if changed:
            self.ran.emit()

    @property
    def live(self) -> LiveRun | None:
        """The run that goes on, or has ended and is not stored; None: there is none."""
        return self._live

    @live.setter
    def live(self, live: LiveRun | None) -> None:
        changed, self._live = live is not self._live, live
        if changed:
            self.ran.emit()

    @property
    def unused(self) -> tuple[Side, ...]:
        """Photographs for which *Register* has found a registration that is not in use."""
        return self._unused

    @unused.setter
    def unused(self, unused: tuple[Side, ...]) -> None:
        changed, self._unused = unused != self._unused, unused
        if changed:
            self.found.emit()

    @property
    def unfiled(self) -> bool:
        """Whether something was done on the painting that no file keeps."""
        if self.project_file is not None:
            return False
        return any(getattr(self.project, part, None) not in UNTOUCHED for part in WORK)

    @property
    def folder(self) -> Path:
        """Where the project's relative paths start: its file's folder, until then a passing one."""
        if self.project_file is not None:
            return self.project_file.parent
        if self._passing is None:
            self._passing = Path(mkdtemp(prefix="napari-xraysep-"))
            finalize(self, rmtree, self._passing, ignore_errors=True)
        return self._passing

    def begin(
        self,
        loaded: Loaded | None,
        project: Project | None,
        project_file: Path | None,
        opened: Opened | None = None,
        seen: str | None = None,
    ) -> None:
        """Take another painting with its project, or none.

        Parameters
        ----------
        project
            Its paths start at the folder of ``project_file``, or are whole where it has none.
        seen
            The `digest` of ``project_file`` where the project was read from it.
        """
        self.settle()
        self.tidy()
        self.unkept.clear()
        before, before_in = self.project, self.project_file
        self._loaded, self.opened, self._live = loaded, opened, None
        self.project = project or (None if loaded is None else Project())
        self.project_file = project_file
        if project_file is not None:
            if seen is not None:
                self._seen[project_file] = seen
            elif project_file == before_in and project_file.exists() and project != before:
                self._save()  # a file is made when something is drawn or registered
        self.changed.emit()

    def edit(self, **parts: Any) -> None:
        """Replace parts of the project and have it saved; only on the GUI thread.

        Parameters
        ----------
        parts
            Fields of `Project`.
        """
        before = self.project or Project()
        self.project = before.model_copy(update=parts)
        self._save()
        for name, value in parts.items():
            if value != getattr(before, name):
                self.edited.emit(name)

    def keep_in(self, project_file: Path, **parts: Any) -> None:
        """Keep the project in another file from now on; drawings are copied beside it.

        Parameters
        ----------
        parts
            Fields to replace, as that file writes them.

        Raises
        ------
        InputError
            A drawing cannot be copied there.
        """
        self.settle()
        project = self.project or Project()
        old, new = self.folder, folder_beside(project_file)
        own = self._drawings_folder
        drawn = [ref.at(old) for ref in drawings_of(project)]
        copies = {path: copied(path, new) for path in drawn if path.parent == own}
        project = moved(project, old, project_file.parent, copies)
        self.project, self.project_file = project.model_copy(update=parts), project_file
        self._seen[project_file] = digest(project_file)  # the user has said that it may go
        self._save()

    def store_labels(self, name: str, labels: NDArray[Any]) -> FileRef:
        """Store what was painted, (H, W) of at most 255 labels; slow for large ones.

        May be called on another thread. The file becomes part of the project by `edit`.

        Raises
        ------
        InputError
            It cannot be written.
        """
        folder, drawings = self.folder, self._drawings_folder
        there = set(drawings.glob("*"))
        path, sha256 = write_labels(drawings, name, labels.astype(np.uint8))
        if path not in there:
            self._unwritten.add(path)
        return FileRef(path=relative(path, folder), sha256=sha256)

    def settle(self) -> None:
        """Have all docks keep what is being drawn, and write the project."""
        self.settling.emit()
        self.flush()

    def tidy(self) -> None:
        """Remove drawings that were drawn over before any project or run held them.

        No other file is ever removed: stored runs and copies of the project need theirs.
        """
        file, project, own = self.project_file, self.project, self._drawings_folder
        if file is None or project is None or project.runs or self.running:
            return
        with suppress(InputError, OSError):
            if read_project(file) == project:  # else another window, or a full disk, has its own
                for path in [path for path in self._unwritten if path.parent == own]:
                    path.unlink()
                    self._unwritten.discard(path)

    def flush(self) -> None:
        """Write the project at once where a change still waits."""
        if self._autosave is not None:
            self._autosave.flush()

    @property
    def _drawings_folder(self) -> Path:
        """Where drawings are stored: a folder beside the project file."""
        return self.folder if self.project_file is None else folder_beside(self.project_file)

    def _save(self) -> None:
        if self.project_file is None or self.project is None:
            return
        if self._autosave is None:
            from napari_xraysep.plugin.autosave import Autosave

            self._autosave = Autosave(self.told.emit, self._written, self._seen)
        self._autosave.note(self.project_file, self.project)

    def _written(self, file: Path, project: Project) -> None:
        """Keep for good what a project file holds; called on the thread that wrote it."""
        self._unwritten.difference_update(ref.at(file.parent) for ref in drawings_of(project))


_SESSIONS: WeakKeyDictionary[Viewer, Session] = WeakKeyDictionary()


def session_of(viewer: Viewer) -> Session:
    """Return the session of a window, the same for all its dock widgets."""
    return _SESSIONS.setdefault(viewer, Session())


def plain_viewer(viewer: Viewer) -> Viewer:
    """Take napari's proxy off a viewer, so that layers can be compared by identity."""
    unwrapped: Viewer = getattr(viewer, "__wrapped__", viewer)
    return unwrapped
