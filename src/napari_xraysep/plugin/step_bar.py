"""Two lines on top of every dock: how the steps stand, what is next, and where to read about it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_xraysep.plugin.docks import show_dock
from napari_xraysep.plugin.panes import shows_results
from napari_xraysep.plugin.session import Session, session_of
from napari_xraysep.plugin.steps import MARKS, NUMBERS, PAGES, State, Step, next_of, steps

if TYPE_CHECKING:
    from napari.viewer import Viewer

HELP = "Read about this step: opens a page that comes with the program."
HERE = """
QToolButton {padding: 1px 0px;}
QToolButton:checked {border-bottom: 2px solid palette(highlight); font-weight: bold;}
"""
NUMBER_WIDTH = 27


class StepBar(QWidget):
    """Shows the steps of the work on the window's painting.

    Parameters
    ----------
    dock
        The name of the dock that it lies in.
    """

    def __init__(self, viewer: Viewer, dock: str) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = session_of(viewer)
        self._dock = dock
        self._to: str | None = None
        self.numbers = {name: QToolButton() for name in NUMBERS}
        self.said, self.sentence = QElidingLabel(), QElidingLabel()
        self.next_button = QPushButton()
        self.next_button.setStyleSheet("QPushButton {text-align: left;}")
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(0)
        for name, button in self.numbers.items():
            button.setCheckable(True)
            button.setFixedWidth(NUMBER_WIDTH)
            button.setStyleSheet(HERE)
            button.clicked.connect(partial(self._show, name))
            first.addWidget(button)
        first.addSpacing(6)
        first.addWidget(self.said, 1)
        second.addWidget(self.sentence, 1)
        second.addWidget(self.next_button, 1)
        second.addWidget(help_button(PAGES[dock]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addLayout(first)
        layout.addLayout(second)
        self.next_button.clicked.connect(lambda: self._show(self._to))
        signals = _signals(viewer, self._session)
        for signal in signals:
            signal.connect(self.refresh)
        self.destroyed.connect(partial(_disconnect, signals, self.refresh))
        self.refresh()

    def refresh(self, event: object = None) -> None:
        """Show how things stand now."""
        session = self._session
        standing = steps(
            session.loaded,
            session.project,
            running=session.running,
            results=shows_results(self._viewer),
            unused=session.unused,
        )
        for step in standing:
            self._show_number(step)
            if step.dock == self._dock:
                mark = "✓ " if step.state is State.DONE else ""
                self._say(self.said, f"{mark}{step.said}")
        following = next_of(standing, self._dock)
        self._to = following.dock
        elsewhere = following.dock is not None
        self._say(self.sentence, following.sentence)
        self.sentence.setVisible(not elsewhere)
        self.next_button.setVisible(elsewhere)
        self.next_button.setText(f"{following.sentence} ›")
        self.next_button.setToolTip(f"Opens the dock {following.dock}.")

    def _show_number(self, step: Step) -> None:
        button = self.numbers[step.dock]
        button.setText(step.number + MARKS.get(step.state, ""))
        button.setChecked(step.dock == self._dock)
        state = f": {step.said}" if step.said else ""
        button.setToolTip(f"Step {step.number}, {step.dock}{state}. Click to open it.")

    def _say(self, label: QElidingLabel, text: str) -> None:
        label.setText(text)
        label.setToolTip(text)

    def _show(self, dock: str | None, _clicked: bool = False) -> None:
        self.numbers[self._dock].setChecked(True)
        if dock is not None and dock != self._dock:
            self.numbers[dock].setChecked(False)
            show_dock(self._viewer, dock)


def help_button(page: str) -> QToolButton:
    """Return a button that opens a page of the documentation.

    Parameters
    ----------
    page
        Its file, from the folder of the documentation.
    """
    button = QToolButton()
    button.setText("?")
    button.setToolTip(HELP)

    def show() -> None:
        from napari_xraysep.plugin.help_window import show_page

        show_page(page, button.window())

    button.clicked.connect(show)
    return button


def _signals(viewer: Viewer, session: Session) -> list[Any]:
    events = viewer.layers.events
    ours = [session.changed, session.edited, session.ran, session.found]
    return [*ours, events.inserted, events.removed]


def _disconnect(signals: list[Any], slot: Callable[[object], None]) -> None:
    for signal in signals:
        with suppress(ValueError):  # the window has let go of it already
            signal.disconnect(slot)
