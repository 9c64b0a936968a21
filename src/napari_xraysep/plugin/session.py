"""What the dock widgets of one napari window share: the painting that was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_xraysep.plugin.loading import Loaded


class Session:
    """The painting loaded in one window.

    Attributes
    ----------
    changed
        Emitted when another painting was loaded.
    running
        A separation of it is under way, so that no other is to be loaded.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._loaded: Loaded | None = None
        self.running = False

    @property
    def loaded(self) -> Loaded | None:
        """What *Load painting* has read, or None."""
        return self._loaded

    @loaded.setter
    def loaded(self, loaded: Loaded | None) -> None:
        self._loaded = loaded
        self.changed.emit()


_SESSIONS: WeakKeyDictionary[Viewer, Session] = WeakKeyDictionary()


def session_of(viewer: Viewer) -> Session:
    """Return the session of a window, the same for all its dock widgets."""
    return _SESSIONS.setdefault(viewer, Session())


def plain_viewer(viewer: Viewer) -> Viewer:
    """Take napari's proxy off a viewer, so that layers can be compared by identity."""
    unwrapped: Viewer = getattr(viewer, "__wrapped__", viewer)
    return unwrapped
