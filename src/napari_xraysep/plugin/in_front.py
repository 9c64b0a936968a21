"""Whether a dock is seen, or lies behind another of its tabs."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QDockWidget, QWidget


class InFront(QObject):
    """Watches the dock that a widget lies in.

    A widget behind another tab gets no hide event from Qt; its dock knows.

    Attributes
    ----------
    changed
        Emitted with True when the widget comes to the front, and with False when another dock does
        or it is hidden.
    """

    changed = Signal(bool)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._dock: QDockWidget | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: D102
        if event is not None and event.type() in (QEvent.Type.ParentChange, QEvent.Type.Show):
            self._watch()
        return False

    def _watch(self) -> None:
        """Find the dock, once the widget has been put into it."""
        place = self._widget.parent()
        while place is not None and not isinstance(place, QDockWidget):
            place = place.parent()
        if place is not None and place is not self._dock:
            self._dock = place
            place.visibilityChanged.connect(self.changed)
