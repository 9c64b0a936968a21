"""The dock widget *Register*: how the photographs lie on the radiograph."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.errors import XraysepError
from napari_xraysep.io.transforms import TRANSFORMS, read_transforms, write_transforms
from napari_xraysep.plugin import questions
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.images import THUMBNAIL_SIDE
from napari_xraysep.plugin.loading import Loaded, aligned, mask_of
from napari_xraysep.plugin.panes import contrast_of, show_pictures
from napari_xraysep.plugin.register_model import RegisterModel
from napari_xraysep.plugin.register_orientation import OrientationChooser
from napari_xraysep.plugin.register_plates import PlatesPanel
from napari_xraysep.plugin.register_preview import Preview
from napari_xraysep.plugin.register_views import (
    Folded,
    ProgressPanel,
    SidePanel,
    ViewPanel,
    button,
    red,
)
from napari_xraysep.plugin.register_worker import Task
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.records import Role
from napari_xraysep.sources import check_fit
from napari_xraysep.transforms import PlateOutline, Side, Transform
from napari_xraysep.workflows.registering import Registered, register_side

if TYPE_CHECKING:
    import napari.viewer

NO_PAINTING = "No painting is loaded: use <b>Load painting</b> first."
USED = "The photographs lie on the radiograph. Go on with <b>Separate</b>."
BUSY = "A separation is running: wait for its end, or cancel it first."
LOSE, GO_BACK = "Close without it", "Go back"
JSON = "Registration (*.json)"


class Register(QWidget):
    """Lay the photographs of the loaded painting on its radiograph."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self._pictured: object = None
        self._away = False
        self.model = RegisterModel()
        self.preview = Preview(self._viewer, self._make_busy, self._say_problem)
        self.painting = QLabel()
        self.painting.setWordWrap(True)
        self.side = SidePanel()
        self.orientation = OrientationChooser()
        self.register_button = button(
            "Register automatically",
            "Finds from the images themselves how the photograph lies, in up to a minute or two.",
            self.register,
        )
        self.undo_button = button("Undo", "Back to the registration before.", self.model.undo)
        self.redo_button = button("Redo", "Forward to what was undone.", self.model.redo)
        self.view = ViewPanel()
        self.plates = PlatesPanel(self._viewer)
        self.use_button = button("", "", self.use)
        self.import_button = button(
            "Import…", "Read a transforms.json, as xraysep register writes it.", self._ask_import
        )
        self.export_button = button(
            "Export…", "Write the registrations in use as a transforms.json.", self._ask_export
        )
        self.progress = ProgressPanel()
        self.message = QLabel()
        self.message.setWordWrap(True)
        self._lay_out()
        self.side.chosen.connect(self.model.work_on)
        self.orientation.chosen.connect(self._turn)
        self.view.changed.connect(self._show)
        self.view.opacity_changed.connect(self.preview.set_opacity)
        self.view.blinked.connect(self.preview.blink)
        self.plates.drawn.connect(self._plates_drawn)
        self.progress.changed.connect(self._refresh)
        self.model.changed.connect(self._refresh)
        self._session.changed.connect(self._painting_changed)
        self._guard = CloseGuard(self, self._may_close, self._closed)
        self._painting_changed()

    def _lay_out(self) -> None:
        self.work = QWidget()
        column = QVBoxLayout(self.work)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.side)
        column.addWidget(QLabel("<b>1  How it is turned</b>"))
        column.addWidget(self.orientation)
        column.addWidget(QLabel("<b>2  Where it lies</b>"))
        column.addLayout(_row(self.register_button, self.undo_button, self.redo_button))
        column.addWidget(Folded("The radiograph is put together from several films", self.plates))
        column.addWidget(QLabel("<b>3  Look at it</b>"))
        column.addWidget(self.view)
        column.addWidget(QLabel("<b>4  Use it</b>"))
        column.addLayout(_row(self.use_button, self.import_button, self.export_button))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.work)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        for widget in (self.painting, scroll, self.progress, self.message):
            layout.addWidget(widget, 1 if widget is scroll else 0)
        self.setMinimumWidth(380)

    @property
    def running(self) -> bool:
        """Whether a registration is sought or applied just now."""
        return self.progress.running

    def register(self, start_from: Transform | None = None) -> None:
        """Seek on another thread how the photograph lies, and show it.

        Parameters
        ----------
        start_from
            Where to begin, instead of trying everything.
        """
        loaded, model = self.model.loaded, self.model
        if self.running or loaded is None:
            return
        project, folder, side = self._session.project, self._session.folder, model.side
        seek = partial(
            register_side,
            loaded.pictures[0].pixels,
            model.photograph.pixels,
            model.photograph.record,
            sizes=model.sizes,
            orientation=model.track.orientation,
            prefer=model.expected if model.expected == "mirrored" else None,
            plates=model.plates,
            start=start_from,
        )

        def work(task: Task) -> Registered:
            left_out = mask_of(loaded, project, folder)
            return seek(valid=None if left_out is None else ~left_out, watch=task.watch)

        self._run(work, partial(self._registered, side))

    def use(self) -> None:
        """Accept what is looked at, and bring the painting onto the grid anew."""
        loaded = self.model.loaded
        if self.running or loaded is None or not self.model.usable:
            return
        if self._session.running:
            self.message.setText(BUSY)
            return
        accepted = self.model.transforms(accept=True)
        given = accepted if (accepted.front or accepted.back) is not None else None

        def work(task: Task) -> Loaded:
            return aligned(loaded, given, partial(task.watch, "laying the photographs down"))

        def done(made: Loaded) -> None:
            self.view.shown.setChecked(False)
            self.preview.leave()
            show_pictures(self._viewer, made)
            self._session.edit(transforms=given)
            self._session.loaded = made
            self.message.setText(made.refusal or USED)

        self._run(work, done)

    def read(self, path: Path) -> None:
        """Import the registrations of a ``transforms.json``."""
        try:
            transforms = read_transforms(path)
            loaded = self.model.loaded
            assert loaded is not None
            given = [side for side in self.model.sides if transforms.side(side) is not None]
            roles: tuple[Role, ...] = ("radiograph", *given)
            check_fit(transforms, {role: loaded.images[role].record for role in roles})
        except XraysepError as error:
            self._say_problem(str(error))
            return
        self.model.replace(transforms)
        self._look()
        self.message.setText(f"Imported: {' and '.join(given)}. Look at it, then use it.")

    def write(self, path: Path) -> None:
        """Export the registrations in use."""
        try:
            write_transforms(path, self.model.transforms())
        except XraysepError as error:
            self._say_problem(str(error))
            return
        self.message.setText(f"Written: {path.name}")

    def _run(self, work: Callable[[Task], Any], done: Callable[[Any], None]) -> None:
        self.message.setText("")
        self.progress.run(
            work,
            done,
            self._say_problem,
            lambda: self.message.setText("Stopped; nothing was changed."),
        )

    def _registered(self, side: Side, attempt: Registered) -> None:
        self.model.work_on(side)
        self.model.add(side, attempt)
        self._look()
        state = self.model.describe(side)
        if state.startswith("failed"):
            self._say_problem(
                f"The {side}: {state}. Say how it is turned and try again, or place landmarks."
            )
        else:
            self.message.setText(f"The {side}: {state}. Look closely, then use it.")

    def _turn(self, orientation: Any) -> None:
        self.model.turn(orientation)
        if orientation is not None:
            self._look()

    def _plates_drawn(self, plates: tuple[PlateOutline, ...]) -> None:
        self.model.draw_plates(plates)
        self._session.edit(plates=plates)

    def _look(self) -> None:
        """Show the registration in the viewer."""
        self.view.shown.setChecked(True)
        self._show()

    def _show(self) -> None:
        """Show in the viewer what is chosen, or give the viewer back."""
        loaded = self.model.loaded
        if loaded is None or not self.view.shown.isChecked():
            self.plates.hide_layer()
            self.preview.leave()
            return
        self.preview.enter(loaded)
        transform = self.model.placement(before=self.view.before)
        self.preview.show(self.model.photograph.pixels, transform, self.view.view)

    def _refresh(self) -> None:
        """Show how things stand."""
        model, idle = self.model, not self.running
        self.work.setEnabled(model.loaded is not None)
        if model.loaded is None:
            return
        self._picture()
        states = {side: model.describe(side) for side in model.sides}
        self.side.show_sides(model.sides, model.side, states)
        self.orientation.mark(
            model.orientation,
            model.scores,
            stated=model.track.orientation is not None,
            found=model.track.now is not None,
        )
        self.plates.show_outlines(model.plates)
        for widget in (self.side, self.orientation, self.plates, self.register_button):
            widget.setEnabled(idle)
        self.undo_button.setEnabled(idle and model.can_go(-1))
        self.redo_button.setEnabled(idle and model.can_go(1))
        self.use_button.setEnabled(idle and model.usable)
        without = model.track.now is None and model.track.used is not None
        self.use_button.setText("Do without" if without else "Use this registration")
        used = model.transforms()
        self.export_button.setEnabled(idle and (used.front or used.back) is not None)
        self.import_button.setEnabled(idle)
        self._show()

    def _painting_changed(self) -> None:
        loaded, known = self._session.loaded, self.model.loaded
        if loaded is None or known is None or loaded.images is not known.images:
            self.progress.give_up()
            self.view.shown.setChecked(False)
            self.preview.leave()
            self.message.setText("")
        self.painting.setText(NO_PAINTING if loaded is None else "")
        self.painting.setVisible(loaded is None)
        self.model.take(loaded, self._session.project)

    def _picture(self) -> None:
        """Draw the thumbnails, where they are of another photograph."""
        photograph = self.model.photograph
        if photograph is not self._pictured:
            self._pictured = photograph
            assert self.model.loaded is not None
            radiograph = self.model.loaded.pictures[0].pixels
            self.orientation.show_pictures(thumbnail(radiograph), photograph.thumbnail)

    def _say_problem(self, problem: str) -> None:
        self.message.setText(red(problem))

    def _make_busy(self, busy: bool) -> None:
        self.view.legend.setText("Making a picture of it…" if busy else "")

    def _ask_import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import registrations", "", JSON)
        if name:
            self.read(Path(name))

    def _ask_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export registrations", TRANSFORMS, JSON)
        if name:
            self.write(Path(name))

    def _may_close(self) -> bool:
        """Ask where closing would lose a registration."""
        lost = self.model.unused
        if not lost:
            return True
        whose = " and ".join(f"the {side}" for side in lost)
        question = f"The registration of {whose} is not in use and would be lost."
        answer: str = questions.ask(self, question, (LOSE, GO_BACK))
        return answer == LOSE

    def _closed(self) -> None:
        """Stop what is under way; its thread ends by itself."""
        self._away = False
        self.progress.give_up()
        self.preview.abandon()
        self._session.changed.disconnect(self._painting_changed, missing_ok=True)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: D102
        if event is not None and not event.spontaneous() and self.preview.entered:
            self._away = True  # another dock is in front: the panes are its own
            self.plates.hide_layer()
            self.preview.leave()
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: D102
        if self._away:
            self._away = False
            self._show()
        super().showEvent(event)


def thumbnail(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a small radiograph (h, w, 3) from one in the working domain, as it is shown."""
    step = -(-max(grey.shape) // THUMBNAIL_SIDE)
    low, high = contrast_of(grey)
    small = np.clip((grey[::step, ::step] - low) / (high - low), 0, 1)
    return np.repeat(np.asarray(255 * np.nan_to_num(small), np.uint8)[..., None], 3, 2)


def _row(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    for one in buttons:
        row.addWidget(one)
    return row
