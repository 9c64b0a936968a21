"""The dock widget *Register*: how the photographs lie on the radiograph."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFileDialog

from napari_xraysep.errors import XraysepError
from napari_xraysep.io.transforms import TRANSFORMS, write_transforms
from napari_xraysep.plugin import questions
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.in_front import InFront
from napari_xraysep.plugin.loading import Loaded
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.parts import NO_PAINTING, SEPARATION_RUNS, verbatim
from napari_xraysep.plugin.register_form import RegisterForm
from napari_xraysep.plugin.register_model import RegisterModel
from napari_xraysep.plugin.register_preview import Preview
from napari_xraysep.plugin.register_views import (
    red,
)
from napari_xraysep.plugin.register_words import legend, scale
from napari_xraysep.plugin.register_work import laying_down, read_registrations, search
from napari_xraysep.plugin.register_worker import Task
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.plugin.thumbnails import grey_thumbnail
from napari_xraysep.transforms import PlateOutline, Side, Transform
from napari_xraysep.workflows.registering import Registered

if TYPE_CHECKING:
    import napari.viewer

USED = "The photographs lie on the radiograph."
FAILED = "Say how it is turned and try again, or mark landmarks."
STOPPED = "Stopped; nothing was changed."
USING = "Register"
LOSE, GO_BACK = "Close without it", "Go back"
JSON = "Registrations (*.json)"


class Register(RegisterForm):
    """Lay the photographs of the loaded painting on its radiograph."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self.model = RegisterModel()
        super().__init__(self._viewer, self.model.track.pairs)
        self.preview = Preview(self._viewer, self._make_busy, self._say_problem)
        self._pictured: object = None
        self._shown: object = None
        self._away = self._gone = False
        self._connect()
        self._painting_changed()

    def _connect(self) -> None:
        self.register_button.clicked.connect(lambda: self.register())
        self.undo_button.clicked.connect(self.model.undo)
        self.redo_button.clicked.connect(self.model.redo)
        self.pairs_button.clicked.connect(self.take_pairs)
        self.from_pairs_button.clicked.connect(self.register_from_pairs)
        self.use_button.clicked.connect(self.use)
        self.import_button.clicked.connect(self._ask_import)
        self.export_button.clicked.connect(self._ask_export)
        self.side.chosen.connect(self.model.work_on)
        self.orientation.chosen.connect(self._turn)
        self.by_hand.toggled.connect(self._mark)
        self.landmarks.apart_button.toggled.connect(self.preview.set_apart)
        self.films.toggled.connect(self._show)
        self.plates.begun.connect(self._look)
        self.plates.drawn.connect(self._plates_drawn)
        self.view.changed.connect(self._show)
        self.view.opacity_changed.connect(self.preview.set_opacity)
        self.view.blinked.connect(self.preview.blink)
        self.progress.changed.connect(self._progressed)
        self.model.changed.connect(self._refresh)
        self.model.marked.connect(self._marked)
        self._session.changed.connect(self._painting_changed)
        self._in_front = InFront(self)
        self._in_front.changed.connect(self._in_front_changed)
        self._guard = CloseGuard(self, self._may_close, self._closed)

    @property
    def running(self) -> bool:
        """Whether a registration is sought or applied just now."""
        return bool(self.progress.running)

    def register(self, start: Transform | None = None) -> None:
        """Seek on another thread how the photograph lies, and show it.

        Parameters
        ----------
        start
            Where to begin, instead of trying everything.
        """
        if self.running or self.model.loaded is None:
            return
        self._session.settling.emit()
        if self._session.unkept:
            self._say_problem(" ".join(self._session.unkept.values()))
            return
        work = search(self.model, self._session, start)
        self._run(work, partial(self._registered, self.model.side))

    def register_from_pairs(self) -> None:
        """Seek it near where the landmarks lay it."""
        self.register(self.model.track.pairs.fit.transform)

    def take_pairs(self) -> None:
        """Lay the photograph as the landmarks alone say."""
        try:
            self.model.add_pairs()
        except XraysepError as error:
            self._say_problem(str(error))
            return
        self._look()
        self.message.setText(f"The {self.model.side}: {self.model.describe(self.model.side)}.")

    def use(self) -> None:
        """Accept what is looked at, and put the painting together anew."""
        loaded = self.model.loaded
        if self.running or loaded is None or not self.model.usable:
            return
        if self._session.running:
            self.message.setText(SEPARATION_RUNS)
            return
        accepted = self.model.transforms(accept=True)
        given = accepted if (accepted.front or accepted.back) is not None else None

        def done(made: Loaded) -> None:
            self._give_back()
            show_pictures(self._viewer, made)
            self._session.edit(transforms=given)
            self._session.loaded = made
            for side in self.model.unregistered[:1]:
                self.model.work_on(side)  # it is next
            self.message.setText(made.refusal or USED)

        self._run(laying_down(loaded, given), done)
        self._session.busy.add(USING)

    def read(self, path: Path) -> None:
        """Import the registrations of a ``transforms.json``; they are not in use yet."""
        try:
            self.model.replace(read_registrations(path, self.model))
        except XraysepError as error:
            self._say_problem(str(error))
            return
        self._look()
        self.message.setText(verbatim(f"Imported from {path.name}. Look closely, then use it."))

    def write(self, path: Path) -> None:
        """Export the registrations in use."""
        try:
            write_transforms(path, self.model.transforms())
        except XraysepError as error:
            self._say_problem(str(error))
            return
        self.message.setText(verbatim(f"Written: {path.name}"))

    def _run(self, work: Callable[[Task], Any], done: Callable[[Any], None]) -> None:
        self.message.setText("")
        self.progress.run(work, done, self._say_problem, lambda: self.message.setText(STOPPED))

    def _registered(self, side: Side, attempt: Registered) -> None:
        self.model.add(side, attempt)
        self._look()
        state = self.model.describe(side)
        if state.startswith("failed"):
            self._say_problem(f"The {side}: {state}. {FAILED}")
        else:
            self.message.setText(f"The {side}: {state}. Look closely, then use it.")

    def _turn(self, orientation: Any) -> None:
        self.model.turn(orientation)
        if orientation is not None:
            self._look()

    def _plates_drawn(self, plates: tuple[PlateOutline, ...]) -> None:
        self.model.draw_plates(plates)
        self._session.edit(plates=plates)

    def _mark(self, marking: bool) -> None:
        """Begin to mark details by hand, or end it."""
        if marking and self.model.loaded is not None:
            self.view.shown.setChecked(True)
        self._show()

    def _marked(self, side: Side) -> None:
        """Keep the landmarks, and show what they say."""
        landmarks = self.model.landmarks(side)
        self._session.edit(**{f"{side}_landmarks": landmarks})
        self._refresh_pairs()
        self._show()

    def _look(self) -> None:
        """Show the registration in the viewer."""
        self.view.shown.setChecked(True)
        self.view.before_button.setChecked(False)
        self._show()

    def _show(self) -> None:
        """Show in the viewer what is chosen, or give the viewer back."""
        loaded, model = self.model.loaded, self.model
        if loaded is None or not self.view.shown.isChecked():
            self._give_back()
            return
        self.preview.enter(loaded)
        self.plates.set_shown(self.films.open)
        view, before, marking = self.view.view, self.view.before, self.by_hand.open
        measured = model.measured(before=before)
        self.view.legend.setText(legend(measured, model.sizes[0]) if view == "error" else "")
        if view == "error" and measured is not None:
            self.preview.show_errors(measured, f"displacement left, {scale(model.sizes[0])}")
            self.landmarks.set_marks_visible(False)
            return
        affine = self.preview.show(
            model.photograph.pixels,
            model.placement(before=before),
            "over" if view == "error" else view,
            original=marking,
        )
        self.landmarks.set_photograph_affine(affine)
        if self.preview.pictures != self._shown:
            self._shown = radiograph, photograph = self.preview.pictures
            self.landmarks.set_pictures(radiograph, photograph)
        self.landmarks.set_marks_visible(marking)

    def _give_back(self) -> None:
        """Leave the viewer to the panes."""
        self.view.shown.setChecked(False)
        self.view.blink_button.setChecked(False)
        self.landmarks.set_marks_visible(False)
        self.plates.set_shown(False)
        self.preview.leave()

    def _progressed(self) -> None:
        if not self.running:
            self._session.busy.discard(USING)
        self._refresh()

    def _refresh(self) -> None:
        """Show how things stand."""
        model, idle = self.model, not self.running
        for part in (self.work, self.ending):
            part.setEnabled(model.loaded is not None)
        self._session.unused = () if model.loaded is None else model.unused
        if model.loaded is None:
            return
        self._show_photograph()
        states = {side: model.describe(side) for side in model.sides}
        self.side.show_sides(model.sides, model.side, states)
        self.orientation.mark(
            model.orientation,
            model.scores,
            stated=model.track.orientation is not None,
            known_by=model.orientation_by,
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
        self._refresh_pairs()
        if self.preview.entered:
            self._show()

    def _refresh_pairs(self) -> None:
        fitted = self.model.track.pairs.fit.transform is not None
        for one in (self.pairs_button, self.from_pairs_button):
            one.setEnabled(fitted and not self.running)

    def _show_photograph(self) -> None:
        """Turn to the photograph that is worked on, where it was another."""
        model = self.model
        if model.photograph is self._pictured:
            return
        self._pictured = model.photograph
        assert model.loaded is not None
        radiograph = grey_thumbnail(model.loaded.pictures[0].pixels)
        self.orientation.show_pictures(radiograph, model.photograph.thumbnail)
        self.landmarks.model = model.track.pairs
        self.landmarks.side = model.side
        self.landmarks.set_marks_visible(self.by_hand.open and self.preview.entered)

    def _painting_changed(self) -> None:
        loaded, known = self._session.loaded, self.model.loaded
        if loaded is None or known is None or loaded.images is not known.images:
            self.progress.give_up()
            self._give_back()
            self.message.setText("")
            self._pictured = None
        self.painting.setText(NO_PAINTING if loaded is None else "")
        self.painting.setVisible(loaded is None)
        self.model.take(loaded, self._session.project)

    def _say_problem(self, problem: str) -> None:
        self.message.setText(red(problem))

    def _make_busy(self, busy: bool) -> None:
        if self.view.view != "error":
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
        """Stop what is under way, its thread ends by itself; leave the viewer as it was found."""
        self._gone = True
        self._session.unused = ()
        self.progress.give_up()
        self._session.changed.disconnect(self._painting_changed, missing_ok=True)
        if self._guard.too_late:
            self.preview.abandon()
        else:
            self._give_back()

    def _in_front_changed(self, in_front: bool) -> None:
        """Give the viewer back while another dock is in front: the panes are its own."""
        if self._gone:
            return
        if in_front and self._away:
            self._away = False
            self._look()
        elif not in_front and self.preview.entered:
            self._away = True
            self._give_back()
