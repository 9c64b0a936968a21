"""Asks before the dock or the whole window is closed, where something would be lost."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


class CloseGuard(QObject):
    """Watches the dock and the window that a widget lies in.

    Parameters
    ----------
    may_close
        Called before closing; True lets it happen.
    closed
        Called when it happens.

    Attributes
    ----------
    too_late
        The window is closed by the program: its canvas is gone already.
    """

    def __init__(
        self, widget: QWidget, may_close: Callable[[], bool], closed: Callable[[], None]
    ) -> None:
        super().__init__(widget)
        self._widget = widget
        self._may_close = may_close
        self._closed = closed
        self._dock: QDockWidget | None = None
        self._window: QMainWindow | None = None
        self.too_late = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: D102
        if event is None:
            return False
        placed = event.type() in (QEvent.Type.ParentChange, QEvent.Type.Show)
        if placed and watched in (self._widget, self._dock):
            self._watch()
        elif watched is self._window and event.type() == QEvent.Type.Close:
            self.too_late = self._closing_by_program()
            if not self.too_late and not self._may_close():
                event.ignore()
                return True
            self._let_go()
        return False

    def _let_go(self) -> None:
        """Say that it is closing, and watch no longer."""
        for watched in (self._widget, self._dock, self._window):
            if watched is not None:
                watched.removeEventFilter(self)
        self._dock = self._window = None
        self._closed()

    def _watch(self) -> None:
        """Find the dock and the window, once the widget has been put into them."""
        place = self._widget.parent()
        while place is not None:
            if isinstance(place, QDockWidget) and place is not self._dock:
                self._guard_dock(place)
            if isinstance(place, QMainWindow) and place is not self._window:
                self._window = place
                place.installEventFilter(self)
            place = place.parent()

    def _guard_dock(self, dock: QDockWidget) -> None:
        """Ask first when the dock's close button is pressed.

        napari's button calls ``destroyOnClose`` on the dock, and no event can stop that.
        """
        self._dock = dock
        dock.installEventFilter(self)
        destroy = getattr(dock, "destroyOnClose", None)
        if destroy is None:
            return

        def ask_then_destroy() -> None:
            if self._may_close():
                self._let_go()
                destroy()

        dock.destroyOnClose = ask_then_destroy

    def _closing_by_program(self) -> bool:
        """Whether ``viewer.close()`` was called: napari then closes the canvas first, for good."""
        canvas = getattr(self._window, "_qt_viewer", None)
        return canvas is not None and canvas.isHidden()
