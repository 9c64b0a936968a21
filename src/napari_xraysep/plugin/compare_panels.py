"""Parts of the dock *Compare*: what is A and B, and how they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.compare_layers import in_one_line, in_short
from napari_xraysep.plugin.compare_model import MODES, Mode
from napari_xraysep.plugin.parts import button, plain, row, verbatim, wrapped
from napari_xraysep.plugin.register_views import BLINK_MS

if TYPE_CHECKING:
    from napari.layers import Image

TITLES: Mapping[Mode, str] = {
    "curtain": "Curtain",
    "blink": "Blink",
    "panes": "Side by side",
    "fade": "Fade",
    "difference": "Difference",
    "profile": "Profile",
}
HINTS: Mapping[Mode, str] = {
    "curtain": "A is left of the line, B right of it. Drag the line in the picture.",
    "blink": "Click into the picture, then press B to change between A and B.",
    "panes": "All are moved and zoomed together; the cross marks the same place in each.",
    "fade": "Slide from one image to the other.",
    "difference": "A minus B: red where A is brighter, blue where B is, white where they agree, "
    "grey where one of them is not known. The scale stays until you change it.",
    "profile": "Grey values of one run along a line.",
}
TOOLTIPS: Mapping[Mode, str] = {
    "curtain": "One image on either side of a line that you drag.",
    "blink": "One image after the other at the same place: the eye sees what changes.",
    "panes": "Images next to each other, with a cross at the same place.",
    "fade": "One image shines through the other.",
    "difference": "What one image has more or less than the other, on a stated scale.",
    "profile": "Radiograph, layers, their sum and what is left over along a line that you draw.",
}
NO_MODE = "Choose how to compare. Choose it again to end."
MARGIN, LONGEST = 8, 900
"""Screen pixels: beside the text of a combo box, and the width of its list at most."""
TAKEN = "The key B does something else here: use the button."


class LayerCombo(QComboBox):
    """A choice among layers that leaves out the middle of a long name: runs differ at its end."""

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        style = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = painter.style().subControlRect(style[0], option, style[1], self).width() - MARGIN
        name = "" if self.currentData() is None else in_short(self.currentData())
        middle = Qt.TextElideMode.ElideMiddle
        option.currentText = self.fontMetrics().elidedText(name, middle, room)
        painter.drawComplexControl(style[0], option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:  # noqa: D102
        view = self.view()
        view.setMinimumWidth(min(LONGEST, view.sizeHintForColumn(0) + 4 * MARGIN))
        super().showPopup()


class PairPanel(QWidget):
    """Which image is A and which is B.

    Attributes
    ----------
    chosen
        Emitted when the user has chosen another.
    swapped
        Emitted when A and B are to change places.
    """

    chosen = Signal()
    swapped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.combos = {letter: short(LayerCombo()) for letter in "AB"}
        self.swap_button = button("⇅", "A becomes B and B becomes A.")
        self.swap_button.setFixedWidth(32)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        for at, (letter, combo) in enumerate(self.combos.items()):
            layout.addWidget(QLabel(f"<b>{letter}</b>"), at, 0)
            layout.addWidget(combo, at, 1)
            combo.setToolTip(f"The image that is {letter}: of the painting, or of any run of it.")
            combo.activated.connect(self.chosen)
        layout.addWidget(self.swap_button, 0, 2, 2, 1)
        layout.setColumnStretch(1, 1)
        self.swap_button.clicked.connect(self.swapped)

    @property
    def pair(self) -> tuple[Image | None, Image | None]:
        """The chosen layers."""
        return self.combos["A"].currentData(), self.combos["B"].currentData()

    def show_layers(
        self, layers: Sequence[Image], first: Image | None, second: Image | None
    ) -> None:
        """List what can be chosen, and show what is."""
        for combo, chosen in zip(self.combos.values(), (first, second), strict=True):
            combo.clear()
            for place, layer in enumerate(layers):
                name = in_one_line(layer)
                combo.addItem(name, layer)
                combo.setItemData(place, verbatim(name), Qt.ItemDataRole.ToolTipRole)
            known = [place for place, layer in enumerate(layers) if layer is chosen]
            combo.setCurrentIndex(known[0] if known else -1)


class ModePanel(QWidget):
    """How A and B are compared: one button a mode, and below what the mode needs.

    Attributes
    ----------
    chosen
        Emitted with a mode, or with "" when it is to end.
    faded
        How much of A is to be seen, 0..1.
    flipped
        Emitted when the other image is to be shown.
    others_chosen
        Emitted when other images are ticked for the panes.
    """

    chosen = Signal(str)
    faded = Signal(float)
    flipped = Signal()
    others_chosen = Signal()

    def __init__(self, profile: QWidget) -> None:
        super().__init__()
        self.buttons = {mode: button(TITLES[mode], TOOLTIPS[mode]) for mode in MODES}
        grid = QGridLayout()
        grid.setSpacing(3)
        for place, (mode, one) in enumerate(self.buttons.items()):
            one.setCheckable(True)
            one.clicked.connect(partial(self._clicked, mode))
            grid.addWidget(one, place // 3, place % 3)
        self.hint = wrapped(NO_MODE)
        self.flip_button = button("Show the other", "The same as the key B.")
        self.alternate = QCheckBox("by itself")
        self.alternate.setToolTip("Changes between A and B as long as it is ticked.")
        self.fade = QSlider(Qt.Orientation.Horizontal)
        self.fade.setRange(0, 100)
        self.others = QListWidget()
        self.others.setMaximumHeight(160)
        self.others.setWordWrap(True)
        self.others.setSpacing(2)
        self.others.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.others.setToolTip("Tick what is to be shown besides A and B.")
        self.computing = plain()
        self.parts: dict[Mode, QWidget] = {"profile": profile, "difference": self.computing}
        for mode, widgets in (
            ("blink", (self.flip_button, self.alternate)),
            ("fade", (QLabel("B"), self.fade, QLabel("A"))),
            ("panes", (self.others,)),
        ):
            self.parts[mode] = QWidget()
            across = row(*widgets)
            across.setContentsMargins(0, 0, 0, 0)
            self.parts[mode].setLayout(across)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)
        layout.addWidget(self.hint)
        for part in self.parts.values():
            layout.addWidget(part)
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK_MS)
        self._timer.timeout.connect(self.flipped)
        self.flip_button.clicked.connect(self.flipped)
        self.alternate.toggled.connect(self._alternate)
        self.fade.valueChanged.connect(lambda value: self.faded.emit(value / 100))
        self.others.itemChanged.connect(self.others_chosen)
        self.show_mode(None, key_free=True)

    def show_mode(self, mode: Mode | None, *, key_free: bool) -> None:
        """Show which mode is on and what it needs.

        Parameters
        ----------
        key_free
            Whether the key that blinks is ours.
        """
        for name, one in self.buttons.items():
            one.setChecked(name == mode)
        for name, part in self.parts.items():
            part.setVisible(name == mode)
        hint = NO_MODE if mode is None else HINTS[mode]
        self.hint.setText(TAKEN if mode == "blink" and not key_free else hint)
        if mode != "blink":
            self.alternate.setChecked(False)

    def show_others(self, layers: Iterable[Image], ticked: Sequence[Image]) -> None:
        """List what may be shown besides A and B."""
        self.others.blockSignals(True)
        self.others.clear()
        for layer in layers:
            item = QListWidgetItem(in_one_line(layer))
            item.setData(Qt.ItemDataRole.UserRole, layer)
            item.setToolTip(verbatim(item.text()))
            state = any(layer is one for one in ticked)
            item.setCheckState(Qt.CheckState.Checked if state else Qt.CheckState.Unchecked)
            self.others.addItem(item)
        self.others.blockSignals(False)

    def ticked(self) -> tuple[Image, ...]:
        """Return what is ticked."""
        items = [self.others.item(place) for place in range(self.others.count())]
        return tuple(
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item is not None and item.checkState() == Qt.CheckState.Checked
        )

    def _clicked(self, mode: Mode, checked: bool) -> None:
        self.chosen.emit(mode if checked else "")

    def _alternate(self, on: bool) -> None:
        if on:
            self._timer.start()
        else:
            self._timer.stop()
