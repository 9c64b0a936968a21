"""The dock widget *Prior*: what the user knows of a concealed design, for methods to heed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.background import in_background, while_loaded
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.drawing_view import DrawingView, drawings
from napari_xraysep.plugin.image_choice import IMAGES
from napari_xraysep.plugin.parts import NO_PAINTING, plain, row, scrolling, wrapped
from napari_xraysep.plugin.prior_drawing import (
    SCRIBBLE_COLOURS,
    DesignDrawing,
    ScribbleDrawing,
    edit_prior,
    prior_of,
)
from napari_xraysep.plugin.prior_model import Preview, hand_made
from napari_xraysep.plugin.prior_preview import PriorPreview
from napari_xraysep.plugin.regions_widget import BRUSH_HELP, DONE_HELP, OUTLINE_HELP
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import PRIOR
from napari_xraysep.project import Area, FileRef

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Layer

DOUBLE_SIDED = (
    "This painting has a back: its front and back are separated, and nothing is to be drawn here."
)
WHAT = (
    "Mark where the concealed design lies: there the methods take the grey photograph for a first "
    "guess at the surface, and everywhere else the radiograph itself. Mark rather too much than "
    "too little, for what lies outside is counted as surface."
)
SCRIBBLES_HINT = (
    "Paint over a few places of which you are sure. Surface takes a place out of the drawing, "
    "concealed adds it. The regression learns nothing from places that are concealed or support."
)
HAND_MADE_HINT = (
    "Or make the guess yourself: a copy of the radiograph in which the concealed design is "
    "painted out. It then takes the place of the drawing's."
)
HEEDED = "Heeded by <b>regression</b>, <b>lcista</b> and <b>concealed-autoencoder</b>."
SCRIBBLES = ((1, "Surface"), (2, "Concealed"), (3, "Support"))
SCRIBBLE_HELP = {
    1: "Paint where you are sure that only the visible painting absorbs.",
    2: "Paint where you are sure that the concealed design lies.",
    3: "Paint where the radiograph shows wood, canvas, nails or other support.",
}
WIDEST = 100_000


class Prior(QWidget):
    """Draw on the radiograph and see at once what the methods are given."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self._view = DrawingView.of(self._viewer)
        self.design = DesignDrawing(self._viewer, self._session, self)
        self.scribbles = ScribbleDrawing(self._viewer, self._session, self)
        self.preview = PriorPreview(self._viewer, self._session, self)
        self.outline_button = QPushButton("Draw outlines")
        self.brush_button = QPushButton("Paint")
        self.clear_button = QPushButton("Clear")
        self.reverse = QCheckBox("Mark where there is no concealed design")
        self.feather = QDoubleSpinBox()
        self.millimetres = QLabel()
        self.state = wrapped()
        self.scribble_buttons = {number: QPushButton(name) for number, name in SCRIBBLES}
        self.clear_scribbles_button = QPushButton("Clear")
        self.file_button = QPushButton("From a file…")
        self.no_file_button = QPushButton("Remove")
        self.file = plain()
        self.show_guess = QCheckBox("Show this guess over the radiograph")
        self.hint, self.message = wrapped(), plain()
        self.done_button = QPushButton("Done: show all images again")
        self.controls = QWidget()
        self._lay_out()
        self.outline_button.clicked.connect(self.draw_outlines)
        self.brush_button.clicked.connect(self.paint)
        self.clear_button.clicked.connect(self.design.clear)
        self.reverse.toggled.connect(lambda on: edit_prior(self._session, reverse=on))
        self.feather.valueChanged.connect(lambda px: edit_prior(self._session, feather_px=px))
        for number, button in self.scribble_buttons.items():
            button.clicked.connect(partial(self.scribble, number))
        self.clear_scribbles_button.clicked.connect(self.scribbles.clear)
        self.file_button.clicked.connect(self._ask_file)
        self.no_file_button.clicked.connect(lambda: edit_prior(self._session, image=None))
        self.show_guess.toggled.connect(self._show_guess)
        self.done_button.clicked.connect(self.done)
        for part in (self.design, self.scribbles, self.preview):
            part.told.connect(self.message.setText)
        self.preview.made.connect(self._previewed)
        self._session.changed.connect(self._take)
        self._session.edited.connect(self._edited)
        self._session.settling.connect(self._settle)
        may_close = partial(questions.may_close, self, self._session)
        self._guard = CloseGuard(self, may_close, self._closed)
        self._take()

    def draw_outlines(self) -> None:
        """Let the user draw outlines of the concealed design."""
        layer = self.design.outlines()
        painted = drawings(self._viewer, self.design.PAINTED)
        self._draw_on([layer, *painted], OUTLINE_HELP)
        layer.mode = "add_polygon"

    def paint(self) -> None:
        """Let the user paint the concealed design."""
        layer = self.design.painted()
        if layer is None:
            self.message.setText("The drawing is being read: try again in a moment.")
            return
        self._draw_on([layer, self.design.outlines()], BRUSH_HELP)
        layer.mode, layer.selected_label = "paint", 1

    def scribble(self, number: int, _clicked: bool = False) -> None:
        """Let the user paint over what is surface (1), concealed (2) or support (3)."""
        layer = self.scribbles.painted()
        if layer is None:
            self.message.setText("The scribbles are being read: try again in a moment.")
            return
        self._draw_on([layer, self.design.outlines()], BRUSH_HELP)
        layer.mode, layer.selected_label = "paint", number

    def load(self, path: Path) -> None:
        """Take a guess at the surface's X-ray that was made by hand."""
        loaded = self._session.loaded
        if loaded is None or loaded.painting is None:
            return
        work = partial(hand_made, path, loaded.painting, self._session.folder)
        in_background(work, while_loaded(self._session, self._loaded), self.message.setText)

    def done(self) -> None:
        """Keep what is drawn and show all images again."""
        self.design.keep_now()
        self.scribbles.keep_now()
        self.preview.visible = False
        self._view.end()
        self.hint.setText("")
        self.done_button.setEnabled(False)

    def _lay_out(self) -> None:
        self.feather.setDecimals(0)
        self.feather.setRange(0, WIDEST)
        self.feather.setSuffix(" px")
        self.feather.setKeyboardTracking(False)
        self.show_guess.setChecked(True)
        for widget, tip in (
            (self.outline_button, OUTLINE_HELP),
            (self.brush_button, BRUSH_HELP),
            (self.clear_button, "Mark nothing any more."),
            (
                self.reverse,
                "The other way round: the radiograph inside the drawing, the grey photograph "
                "outside.",
            ),
            (
                self.feather,
                "How wide the transition from one to the other is; half of it lies on either side "
                "of the drawing's edge.",
            ),
            (
                self.file_button,
                "A grey image of the radiograph's size, in its grey values, polarity and all.",
            ),
            (self.no_file_button, "Use the drawing again instead of the image made by hand."),
            (self.clear_scribbles_button, "Remove all scribbles."),
            (
                self.show_guess,
                "Ticked: while you draw, the guess is shown in the radiograph's place.",
            ),
            (self.done_button, DONE_HELP),
        ):
            widget.setToolTip(tip)
        for number, button in self.scribble_buttons.items():
            colour = SCRIBBLE_COLOURS[number]
            button.setStyleSheet(f"QPushButton {{border-bottom: 4px solid {colour};}}")
            button.setToolTip(SCRIBBLE_HELP[number])
        column = QVBoxLayout(self.controls)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(wrapped(WHAT))
        column.addLayout(row(self.outline_button, self.brush_button, self.clear_button))
        column.addWidget(self.reverse)
        edge = QGridLayout()
        edge.addWidget(QLabel("Soft edge"), 0, 0)
        edge.addWidget(self.feather, 0, 1)
        edge.addWidget(self.millimetres, 0, 2)
        edge.setColumnStretch(2, 1)
        column.addLayout(edge)
        column.addWidget(self.state)
        column.addWidget(self.show_guess)
        column.addSpacing(12)
        column.addWidget(QLabel("<b>Scribbles</b>"))
        column.addWidget(wrapped(SCRIBBLES_HINT))
        column.addLayout(row(*self.scribble_buttons.values(), self.clear_scribbles_button))
        column.addSpacing(12)
        column.addWidget(QLabel("<b>Made by hand</b>"))
        column.addWidget(wrapped(HAND_MADE_HINT))
        column.addLayout(row(self.file_button, self.no_file_button))
        column.addWidget(self.file)
        column.addStretch(1)
        column.addWidget(wrapped(HEEDED))
        scroll = scrolling(self.controls)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addWidget(StepBar(self._viewer, PRIOR))
        layout.addWidget(scroll, 1)
        layout.addWidget(self.hint)
        layout.addWidget(self.message)
        layout.addWidget(self.done_button)
        self.setMinimumWidth(360)

    def _draw_on(self, layers: list[Layer], hint: str) -> None:
        """Show the radiograph, the layers that are drawn on, and g1 where it is wanted."""
        self._view.begin(layers)
        self.message.setText("")
        self.hint.setText(f"<i>{hint}</i>")
        self.done_button.setEnabled(True)
        self.preview.visible = self.show_guess.isChecked()

    def _take(self) -> None:
        """Another painting, or this one put together anew."""
        self.done()
        loaded = self._session.loaded
        double_sided = loaded is not None and "back" in loaded.images
        self.controls.setEnabled(loaded is not None and not double_sided)
        self.preview.clear()
        self.design.take()
        self.scribbles.take()
        self._show_settings()
        self.message.setText(
            NO_PAINTING if loaded is None else DOUBLE_SIDED if double_sided else loaded.refusal
        )
        if not double_sided:
            self.preview.refresh()

    def _edited(self, part: str) -> None:
        if part == "prior":
            self.design.take()
            self.scribbles.take()
            self._show_settings()
        if part in ("prior", "mask"):
            self.preview.refresh()

    def _show_settings(self) -> None:
        prior, loaded = prior_of(self._session), self._session.loaded
        for widget in (self.reverse, self.feather):
            widget.blockSignals(True)
        self.reverse.setChecked(prior.reverse)
        self.feather.setValue(prior.feather_px)
        for widget in (self.reverse, self.feather):
            widget.blockSignals(False)
        size = None if loaded is None else loaded.pixel_size_mm
        self.millimetres.setText("" if size is None else f"= {prior.feather_px * size:.1f} mm")
        self.clear_button.setEnabled(prior.area != Area())
        self.clear_scribbles_button.setEnabled(prior.scribbles is not None)
        self.no_file_button.setEnabled(prior.image is not None)
        self.file.setText("" if prior.image is None else Path(prior.image.path).name)
        if prior.area == Area():
            self.state.setText("Nothing is marked.")

    def _previewed(self, made: Preview) -> None:
        if made.share is not None:
            self.state.setText(
                f"The concealed design lies in {100 * made.share:.0f} % of the radiograph."
            )

    def _show_guess(self, on: bool) -> None:
        self.preview.visible = on and self._view.active

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "A guess at the surface's X-ray", "", IMAGES)
        if name:
            self.load(Path(name))

    def _loaded(self, file: FileRef) -> None:
        edit_prior(self._session, image=file)
        self._draw_on([self.design.outlines()], "")

    def _settle(self) -> None:
        self.design.keep_now(wait=True)
        self.scribbles.keep_now(wait=True)

    def _closed(self) -> None:
        self._settle()
        self._session.flush()
        self._session.changed.disconnect(self._take, missing_ok=True)
        self._session.edited.disconnect(self._edited, missing_ok=True)
        self._session.settling.disconnect(self._settle, missing_ok=True)
