"""The form of the dock widget *Register*: what it shows, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_xraysep.plugin.landmark_panel import LandmarkPanel
from napari_xraysep.plugin.parts import button, row, scrolling, wrapped
from napari_xraysep.plugin.register_orientation import OrientationChooser
from napari_xraysep.plugin.register_plates import PlatesPanel
from napari_xraysep.plugin.register_progress import ProgressPanel
from napari_xraysep.plugin.register_views import Folded, SidePanel, ViewPanel
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import REGISTER

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_xraysep.plugin.landmark_model import LandmarkModel


class RegisterForm(QWidget):
    """Everything to see and press; does nothing by itself.

    Parameters
    ----------
    pairs
        Landmarks to begin with.
    """

    def __init__(self, viewer: Viewer, pairs: LandmarkModel) -> None:
        super().__init__()
        self.step_bar = StepBar(viewer, REGISTER)
        self.painting = wrapped()
        self.side = SidePanel()
        self.orientation = OrientationChooser()
        self.view = ViewPanel()
        self.plates = PlatesPanel(viewer)
        self.landmarks = LandmarkPanel(viewer, pairs)
        self.progress = ProgressPanel()
        self.message = wrapped()
        self.register_button = button(
            "Register automatically",
            "Finds from the images themselves how the photograph lies, in a minute or two.",
        )
        self.undo_button = button("Undo", "Back to the registration before.")
        self.redo_button = button("Redo", "Forward to what was undone.")
        self.pairs_button = button(
            "Take this fit", "Lay the photograph as the landmarks alone say."
        )
        self.from_pairs_button = button(
            "Register from it",
            "Register automatically, starting from how the landmarks lay the photograph.",
        )
        self.use_button = button(
            "Use this registration", "Resample the photograph, once, from the original."
        )
        self.import_button = button(
            "Import…", "Read a transforms.json, as xraysep register writes it."
        )
        self.export_button = button(
            "Export…", "Write the registrations in use as a transforms.json."
        )
        self._lay_out()

    def _lay_out(self) -> None:
        marking = QWidget()
        column = QVBoxLayout(marking)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.landmarks)
        column.addLayout(row(self.pairs_button, self.from_pairs_button))
        self.by_hand = Folded("By hand: mark the same details in both", marking)
        self.films = Folded("The radiograph is put together from several films", self.plates)
        self.work = QWidget()
        column = QVBoxLayout(self.work)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.side)
        column.addWidget(QLabel("<b>1  How it is turned</b>"))
        column.addWidget(self.orientation)
        column.addWidget(QLabel("<b>2  Where it lies</b>"))
        column.addLayout(row(self.register_button, self.undo_button, self.redo_button))
        column.addWidget(self.films)
        column.addWidget(self.by_hand)
        column.addWidget(QLabel("<b>3  Look at it</b>"))
        column.addWidget(self.view)
        column.addStretch(1)
        self.ending = QWidget()  # outside of what scrolls: it is looked for when a search has ended
        column = QVBoxLayout(self.ending)
        column.setContentsMargins(4, 0, 4, 0)
        column.addWidget(QLabel("<b>4  Use it</b>"))
        column.addLayout(row(self.use_button, self.import_button, self.export_button))
        scroll = scrolling(self.work)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(self.step_bar)
        for widget in (self.painting, scroll, self.ending, self.progress, self.message):
            layout.addWidget(widget, 1 if widget is scroll else 0)
        self.setMinimumWidth(380)
