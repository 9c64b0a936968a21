"""Parts of the dock widget *Register*: which side, how to look at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape

from qtpy.QtCore import QPoint, Qt, QTimer, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.parts import wrapped
from napari_xraysep.plugin.register_preview import BLINK, FADED, VIEWS, View
from napari_xraysep.transforms import SIDES, Side

SHOWN: Mapping[View, str] = {
    "over": "photograph over the radiograph",
    "checkerboard": "checkerboard of both",
    "edges": "edges of the photograph (orange)",
    "error": "how far it is still off",
}
BLINK_MS = 600
RED = "#d03030"


def red(text: str) -> str:
    """Return text that is written in red."""
    return f"<span style='color:{RED}'>{escape(text, quote=False)}</span>"


class Folded(QWidget):
    """Something that is hidden until its heading is clicked.

    Unlike superqt's `QCollapsible` it grows with what it holds, and what grows in view is scrolled
    to, its heading on top where it is taller than the dock.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self.heading = QToolButton()
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setToolTip("Click to unfold or to fold up.")
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.content = content
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(content)
        self._soon = QTimer(self)  # once all that lies around it is laid out
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._scroll_to)
        self.heading.toggled.connect(self._toggle)
        self._toggle(False)

    @property
    def open(self) -> bool:
        """Whether the content is shown."""
        return self.heading.isChecked()

    def _toggle(self, shown: bool) -> None:
        self.heading.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.content.setVisible(shown)
        self.toggled.emit(shown)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: D102
        super().resizeEvent(event)
        if event is not None and self.open:
            before, now = event.oldSize(), event.size()
            if now.height() > before.height() and now.width() == before.width():
                self._soon.start()

    def _scroll_to(self) -> None:
        """Scroll down as far as it needs, unless the user looks at something else."""
        area: QWidget | None = self
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None or area.widget() is None:
            return
        top, bar = self.mapTo(area.widget(), QPoint(0, 0)).y(), area.verticalScrollBar()
        shown = area.viewport().height()
        if bar.value() <= top < bar.value() + shown:
            bar.setValue(max(bar.value(), min(top, top + self.height() - shown)))


class SidePanel(QWidget):
    """Which photograph is worked on, and how each of them stands."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setColumnStretch(1, 1)
        group = QButtonGroup(self)
        self.buttons: dict[Side, QRadioButton] = {}
        self.states: dict[Side, QLabel] = {}
        for row, side in enumerate(SIDES):
            button = QRadioButton(side.capitalize())
            button.setToolTip(f"Work on the photograph of the {side}.")
            button.clicked.connect(partial(self.chosen.emit, side))
            group.addButton(button)
            self.buttons[side] = button
            self.states[side] = wrapped()
            layout.addWidget(button, row, 0, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(self.states[side], row, 1)

    def show_sides(self, sides: Sequence[Side], current: Side, states: Mapping[Side, str]) -> None:
        """Show the photographs there are and how they stand, in words."""
        for side in SIDES:
            self.buttons[side].setVisible(side in sides)
            self.states[side].setVisible(side in sides)
            self.buttons[side].setChecked(side == current)
            state = states.get(side, "")
            self.states[side].setText(red(state) if state.startswith("failed") else state)


class ViewPanel(QWidget):
    """How photograph and radiograph are compared in the viewer."""

    changed = Signal()
    opacity_changed = Signal(float)
    blinked = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.shown = QCheckBox("Show it in the viewer")
        self.shown.setToolTip("Ticked: the viewer shows this registration instead of the panes.")
        self.choice = short(QComboBox())
        for view in VIEWS:
            self.choice.addItem(SHOWN[view], view)
        self.choice.setToolTip("How photograph and radiograph are laid over each other.")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(50)
        self.opacity.setToolTip("From the radiograph alone to the photograph alone.")
        self.before_button = QPushButton("Before")
        self.before_button.setCheckable(True)
        self.before_button.setToolTip("Pressed: as the photograph lay before this registration.")
        self.blink_button = QPushButton("Blink")
        self.blink_button.setCheckable(True)
        self.blink_button.setToolTip(
            f"Shows and hides the photograph in turn. Or click into the viewer and hold {BLINK}: "
            "it is hidden as long as the key is down."
        )
        self.legend = wrapped()
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.shown)
        first.addWidget(self.before_button)
        first.addWidget(self.blink_button)
        second.addWidget(QLabel("radiograph"))
        second.addWidget(self.opacity, 1)
        second.addWidget(QLabel("photograph"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(first)
        layout.addWidget(self.choice)
        layout.addLayout(second)
        layout.addWidget(self.legend)
        self._blinking = QTimer(self)
        self._blinking.setInterval(BLINK_MS)
        self._blinking.timeout.connect(self._blink)
        self._visible = True
        self.shown.clicked.connect(self.changed)
        self.choice.currentIndexChanged.connect(self._choice_changed)
        self.before_button.clicked.connect(self.changed)
        self.opacity.valueChanged.connect(lambda value: self.opacity_changed.emit(value / 100))
        self.blink_button.toggled.connect(self._set_blinking)

    @property
    def view(self) -> View:
        """What is chosen."""
        view: View = self.choice.currentData()
        return view

    def choose(self, view: View) -> None:
        """Choose a view, as the user does."""
        self.choice.setCurrentIndex(VIEWS.index(view))

    def _choice_changed(self) -> None:
        self.opacity.setEnabled(self.view in FADED)
        self.changed.emit()

    @property
    def before(self) -> bool:
        """Whether to show how it was before."""
        return self.before_button.isChecked()

    def _set_blinking(self, blinking: bool) -> None:
        self._visible = True
        if blinking:
            self._blinking.start()
        else:
            self._blinking.stop()
            self.blinked.emit(True)

    def _blink(self) -> None:
        self._visible = not self._visible
        self.blinked.emit(self._visible)
