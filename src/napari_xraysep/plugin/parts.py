"""Small parts that several dock widgets are made of."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QWidget,
)

NO_PAINTING = "No painting is loaded: use Load painting first."
SEPARATION_RUNS = "A separation is running: wait for its end, or cancel it first."


def wrapped(text: str = "") -> QLabel:
    """Return a text that takes as many lines as it needs."""
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def plain(text: str = "") -> QLabel:
    """Return such a text for what users have named: it is never taken for HTML."""
    label = wrapped(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def verbatim(text: str) -> str:
    """Return HTML that shows a text letter by letter.

    A tooltip, and a label of both kinds, takes for HTML what looks like it: a file may be called
    ``<b>x</b>.tif``.
    """
    return f"<span>{escape(text, quote=False)}</span>".replace("\n", "<br>")


def button(text: str, tooltip: str) -> QPushButton:
    """Return a push button."""
    made = QPushButton(text)
    made.setToolTip(tooltip)
    return made


def row(*widgets: QWidget) -> QHBoxLayout:
    """Lay widgets side by side."""
    made = QHBoxLayout()
    for one in widgets:
        made.addWidget(one)
    return made


def line() -> QFrame:
    """Return a horizontal line."""
    made = QFrame()
    made.setFrameShape(QFrame.Shape.HLine)
    return made


def scrolling(inner: QWidget) -> QScrollArea:
    """Return an area that scrolls down where a widget is too tall for the dock."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(inner)
    return scroll
