"""The eight ways that a photograph may be turned, as thumbnails beside the radiograph."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin.thumbnails import pixmap
from napari_xraysep.transforms import ORIENTATIONS, Orientation

SIDE = 60
COLUMNS = 4
MARKED = "QToolButton:checked { border: 2px solid palette(highlight); border-radius: 3px; }"


class OrientationChooser(QWidget):
    """Shows how a photograph is turned; a click says it.

    Attributes
    ----------
    chosen
        Emitted with an orientation when the user states one, with None to have it found.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.automatic = QCheckBox("Find it: all eight are tried")
        self.automatic.setToolTip(
            "Ticked: registering tries all eight ways. Click on a picture to say it yourself."
        )
        self.radiograph = QLabel()
        self.radiograph.setFixedSize(SIDE, SIDE)
        self.radiograph.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.radiograph.setToolTip("The radiograph: the photograph is to be turned as it is.")
        self.said = QLabel()
        self.said.setWordWrap(True)
        grid = QGridLayout()
        grid.setSpacing(2)
        self.buttons: dict[Orientation, QToolButton] = {}
        for number, name in enumerate(ORIENTATIONS):
            button = QToolButton()
            button.setCheckable(True)
            button.setToolTip(f"The photograph {name}.")
            button.setIconSize(QSize(SIDE, SIDE))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(self._clicked, name))
            grid.addWidget(button, number // COLUMNS, number % COLUMNS)
            self.buttons[name] = button
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        words = QVBoxLayout()
        words.addWidget(self.said)
        words.addWidget(self.automatic)
        top = QHBoxLayout()
        top.addWidget(self.radiograph)
        top.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(grid)
        self.setStyleSheet(MARKED)
        self.automatic.clicked.connect(self._automatic_clicked)

    def show_pictures(self, radiograph: NDArray[np.uint8], photograph: NDArray[np.uint8]) -> None:
        """Show thumbnails (h, w, 3); the photograph as its file is read."""
        self.radiograph.setPixmap(pixmap(radiograph, SIDE))
        for name, button in self.buttons.items():
            mirrored, turns = ORIENTATIONS[name]
            turned = np.rot90(np.fliplr(photograph) if mirrored else photograph, turns)
            button.setIcon(QIcon(pixmap(turned, SIDE)))

    def mark(
        self,
        orientation: Orientation,
        scores: Mapping[Orientation, float],
        *,
        stated: bool,
        known_by: str,
    ) -> None:
        """Mark one orientation.

        Parameters
        ----------
        scores
            How well each fitted in the search, where it was made.
        stated
            The user has said so.
        known_by
            Where it comes from, in a few words.
        """
        self.automatic.setChecked(not stated)
        self.said.setText(f"Turned like the radiograph: <b>{orientation}</b> ({known_by})")
        best = max(scores.values(), default=1.0)
        for name, button in self.buttons.items():
            button.setChecked(name == orientation)
            share = f"{max(scores[name] / best, 0):.0%}" if name in scores else ""
            button.setText("\n".join([*name.split(", "), share]).rstrip())
            told = f"; it fits {share} as well as the one that fits best" if share else ""
            button.setToolTip(f"The photograph {name}{told}. Click to say that it is so.")

    def _clicked(self, orientation: Orientation) -> None:
        self.buttons[orientation].setChecked(True)
        self.chosen.emit(orientation)

    def _automatic_clicked(self, automatic: bool) -> None:
        marked = next(name for name, button in self.buttons.items() if button.isChecked())
        self.chosen.emit(None if automatic else marked)
