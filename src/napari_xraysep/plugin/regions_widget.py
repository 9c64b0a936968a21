"""The dock widget *Mask and regions*: what to leave out, and what to separate by itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.drawing_view import DrawingView
from napari_xraysep.plugin.image_choice import IMAGES
from napari_xraysep.plugin.mask_drawing import MaskDrawing
from napari_xraysep.plugin.parts import NO_PAINTING, plain, wrapped
from napari_xraysep.plugin.region_list import RegionList
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import MASK

if TYPE_CHECKING:
    import napari.viewer

MASK_HINT = (
    "Mark what is no paint: nails, stretcher, cradle, lead markers, edges of films, losses. It is "
    "left out of registration, of learning and of all figures."
)
REGIONS_HINT = (
    "Draw a rectangle to separate only that part, or to let a method learn from it: choose it in "
    "<b>Separate</b> then."
)
OUTLINE_HELP = (
    "Click from corner to corner in the viewer, double-click to close the outline. Press Esc to "
    "give it up; Delete removes a chosen outline."
)
BRUSH_HELP = (
    "Paint with the mouse; the size of the brush, and a rubber, are among napari's layer "
    "controls. Ctrl-Z takes the last stroke back."
)
DONE_HELP = "Ends drawing. What you drew is kept, and may be changed later."
REGION_HELP = "Press the mouse at one corner and drag to the opposite one."


class MaskAndRegions(QWidget):
    """Draw on the radiograph; all of it is kept in the project at once."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self._view = DrawingView.of(self._viewer)
        self.mask = MaskDrawing(self._viewer, self._session, self)
        self.regions = RegionList(self._viewer, self._session)
        self.outline_button = QPushButton("Draw outlines")
        self.brush_button = QPushButton("Paint")
        self.file_button = QPushButton("From a file…")
        self.clear_button = QPushButton("Clear")
        self.region_button = QPushButton("Draw a region")
        self.done_button = QPushButton("Done: show all images again")
        self.state, self.hint, self.message = wrapped(), wrapped(), plain()
        self._lay_out()
        self.outline_button.clicked.connect(self.draw_outlines)
        self.brush_button.clicked.connect(self.paint)
        self.file_button.clicked.connect(self._ask_file)
        self.clear_button.clicked.connect(self.mask.clear)
        self.region_button.clicked.connect(self.draw_region)
        self.done_button.clicked.connect(self.done)
        self.mask.changed.connect(self._mask_changed)
        for part in (self.mask, self.regions):
            part.told.connect(self.message.setText)
        self._session.changed.connect(self._take)
        self._session.edited.connect(self._edited)
        self._session.settling.connect(self._settle)
        may_close = partial(questions.may_close, self, self._session)
        self._guard = CloseGuard(self, may_close, self._closed)
        self._take()

    def _lay_out(self) -> None:
        for button, tip in (
            (self.outline_button, OUTLINE_HELP),
            (self.brush_button, BRUSH_HELP),
            (self.file_button, "An image on the radiograph's grid; what is not black is left out."),
            (self.clear_button, "Leave nothing out any more."),
            (self.region_button, REGION_HELP),
            (self.done_button, DONE_HELP),
        ):
            button.setToolTip(tip)
        buttons = QGridLayout()
        for at, button in enumerate(
            (self.outline_button, self.brush_button, self.file_button, self.clear_button)
        ):
            buttons.addWidget(button, at // 2, at % 2)
        layout = QVBoxLayout(self)
        layout.addWidget(StepBar(self._viewer, MASK))
        layout.addWidget(QLabel("<b>Leave out</b>"))
        layout.addWidget(wrapped(MASK_HINT))
        layout.addLayout(buttons)
        layout.addWidget(self.state)
        layout.addSpacing(12)
        layout.addWidget(QLabel("<b>Regions</b>"))
        layout.addWidget(wrapped(REGIONS_HINT))
        layout.addWidget(self.region_button)
        layout.addWidget(self.regions)
        layout.addStretch(1)
        layout.addWidget(self.hint)
        layout.addWidget(self.message)
        layout.addWidget(self.done_button)
        self.setMinimumWidth(340)

    def draw_outlines(self) -> None:
        """Let the user draw outlines of what is left out."""
        layer = self.mask.outlines()
        painted = self.mask.painted()
        self._view.begin([layer] if painted is None else [layer, painted])
        layer.mode = "add_polygon"
        self._drawing(OUTLINE_HELP)

    def paint(self) -> None:
        """Let the user paint what is left out."""
        layer = self.mask.painted()
        if layer is None:
            self.message.setText("The mask is being read: try again in a moment.")
            return
        self._view.begin([layer, self.mask.outlines()])
        layer.mode, layer.selected_label = "paint", 1
        self._drawing(BRUSH_HELP)

    def draw_region(self) -> None:
        """Let the user draw rectangles."""
        layer = self.regions.layer()
        self._view.begin([layer])
        layer.mode = "add_rectangle"
        self._drawing(REGION_HELP)

    def done(self) -> None:
        """Keep what is drawn and show all images again."""
        self.mask.keep_now()
        self.regions.keep_now()
        self._end()

    def _end(self) -> None:
        self._view.end()
        self.hint.setText("")
        self.done_button.setEnabled(False)

    def _drawing(self, hint: str) -> None:
        self.message.setText("")
        self.hint.setText(f"<i>{hint}</i>")
        self.done_button.setEnabled(True)

    def _take(self) -> None:
        loaded = self._session.loaded
        for button in (self.outline_button, self.brush_button, self.file_button):
            button.setEnabled(loaded is not None)
        self.region_button.setEnabled(loaded is not None)
        self.message.setText(NO_PAINTING if loaded is None else "")
        self._end()
        self.mask.take()
        self.regions.take()
        self._mask_changed()

    def _edited(self, part: str) -> None:
        if part == "mask":
            self.mask.take()
        elif part == "regions":
            self.regions.take()

    def _mask_changed(self) -> None:
        self.mask.measure(self._show_share)

    def _show_share(self, share: float) -> None:
        self.clear_button.setEnabled(share > 0)
        if self._session.loaded is None:
            self.state.setText("")
        elif share == 0:
            self.state.setText("Nothing is left out.")
        else:
            said = "less than 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
            self.state.setText(f"{said} of the radiograph is left out.")

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "An image of what to leave out", "", IMAGES)
        if name:
            self.mask.load(Path(name))

    def _settle(self) -> None:
        self.mask.keep_now(wait=True)
        self.regions.keep_now()

    def _closed(self) -> None:
        self._settle()
        self._session.flush()
        self._session.changed.disconnect(self._take, missing_ok=True)
        self._session.edited.disconnect(self._edited, missing_ok=True)
        self._session.settling.disconnect(self._settle, missing_ok=True)
