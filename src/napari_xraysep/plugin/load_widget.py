"""The dock widget *Load painting*: which images make the painting, and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.errors import XraysepError
from napari_xraysep.plugin import questions
from napari_xraysep.plugin.background import in_background, while_loaded
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.image_choice import ImageChoice
from napari_xraysep.plugin.images import Image
from napari_xraysep.plugin.loading import Answers, Loaded
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.parts import SEPARATION_RUNS, button, line, plain, scrolling, wrapped
from napari_xraysep.plugin.project_row import ProjectRow
from napari_xraysep.plugin.projects import (
    Beginning,
    begun,
    default_project_file,
    next_project_file,
    renewed,
    reopened,
    same_painting,
    write_unfiled,
)
from napari_xraysep.plugin.radiograph_questions import RadiographQuestions
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import LOAD
from napari_xraysep.plugin.stored_run import show_opened
from napari_xraysep.project import Area, FileRef
from napari_xraysep.records import Role
from napari_xraysep.transforms import SIDES, Side

if TYPE_CHECKING:
    import napari.viewer

BUSY = "Load painting"
OPEN_IT, START_ANOTHER, GO_BACK = "Open it", "Start another project", "Go back"
SAVE, LOSE = "Save project as…", "Lose it"
UNDERSTOOD = {
    True: "Understood as a <b>double-sided painting</b>: front and back are separated.",
    False: "Understood as a <b>concealed design</b>: no back is given, so the surface is "
    "separated from what lies under it.",
}


class LoadPainting(QWidget):
    """Choose the radiograph and the photographs, answer three questions, load."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self._loading = False
        self._refusal = ""
        self.choices: dict[Role, ImageChoice] = {
            "radiograph": ImageChoice(
                self._viewer, "radiograph", "Radiograph", tooltip="The mixed X-radiograph, grey."
            ),
            "front": ImageChoice(
                self._viewer, "front", "Front photograph", tooltip="Colour photograph of the front."
            ),
            "back": ImageChoice(
                self._viewer,
                "back",
                "Back photograph",
                "none (concealed design)",
                "Colour photograph of the back of a double-sided painting.",
            ),
            "mask": ImageChoice(
                self._viewer,
                "mask",
                "Leave out",
                "nothing (optional)",
                "An image or labels layer on the radiograph's grid; where it is not zero, the "
                "radiograph is left out: stretcher, nails, losses.",
            ),
        }
        self.mirror_back = QCheckBox("Mirror the back (it was photographed from behind)")
        self.mirror_back.setChecked(True)
        self.mirror_back.setToolTip(
            "X-rays show the back as seen through the painting, so its photograph is flipped left "
            "to right. Untick if the photograph was flipped already."
        )
        self.questions = RadiographQuestions()
        self.understood = wrapped()
        self.message = plain()
        self.load_button = button(
            "Load", "Puts the images together as one painting and shows them side by side."
        )
        self.project = ProjectRow()
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 4, 4, 4)
        for role, choice in self.choices.items():
            layout.addWidget(choice)
            choice.changed.connect(self._refresh)
            if role == "back":
                layout.addWidget(self.mirror_back)
        layout.addWidget(self.understood)
        layout.addWidget(line())
        layout.addWidget(self.questions)
        layout.addStretch(1)
        scroll = scrolling(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2, 2, 2, 2)
        outer.addWidget(StepBar(self._viewer, LOAD))
        outer.addWidget(scroll, 1)
        outer.addWidget(self.message)
        outer.addWidget(self.load_button)
        outer.addWidget(line())
        outer.addWidget(self.project)
        self.setMinimumWidth(360)
        self.choices["radiograph"].changed.connect(self._take_pixel_size)
        self.load_button.clicked.connect(self.load)
        self.project.opened.connect(self.open_project)
        self.project.kept.connect(self.keep_project)
        self._session.changed.connect(self._changed)
        self._session.told.connect(self._tell)
        self._guard = CloseGuard(self, self._may_leave, self._closed)
        self._show_project()
        self._refresh()
        self._take_pixel_size()

    def reset_choices(self, event: object = None) -> None:
        """List the viewer's layers afresh; napari calls it when layers come, go or are renamed."""
        for choice in self.choices.values():
            choice.reset_choices()

    def load(self) -> None:
        """Put the painting together on another thread, then show it."""
        images = self._images()
        if "radiograph" not in images or "front" not in images:
            self.message.setText("Choose a radiograph and a photograph of the front.")
            return
        if self._is_running():
            return
        self._session.settle()
        loaded = self._session.loaded
        before, file = self._session.project, self._session.project_file
        same = same_painting(before, loaded, images["radiograph"])
        if not same:
            before, file = None, default_project_file(images["radiograph"])
        if file is not None and before is None and file.exists():
            question = (
                f"There is a project of this radiograph already: {file.name}. Another one leaves "
                "it as it is."
            )
            answer = questions.ask(self, question, (OPEN_IT, START_ANOTHER, GO_BACK))
            if answer == OPEN_IT:
                self.open_project(file)
            if answer != START_ANOTHER:
                return
            file = next_project_file(file)
        if not same and not self._may_leave():
            return
        answers = Answers(
            mirror_back=self.mirror_back.isChecked(),
            polarity=self.questions.polarity_answer,
            response=self.questions.response_answer,
            pixel_size_mm=self.questions.pixel_size_mm,
        )
        self._start("Loading…")
        shown = {} if loaded is None else loaded.images
        done = partial(self._loaded_again, loaded) if same and loaded else self._loaded
        in_background(partial(begun, images, answers, before, file, shown), done, self._failed)

    def open_project(self, path: Path) -> None:
        """Bring back what a project file keeps, on another thread; nothing is run again."""
        if self._is_running() or not self._may_leave():
            return
        self._start(f"Opening {path.name}…")
        in_background(
            partial(reopened, path, tuple(self._images().values())), self._reopened, self._failed
        )

    def keep_project(self, path: Path) -> None:
        """Keep the project in another file from now on; images without a file are stored, too."""
        loaded = self._session.loaded
        if loaded is None:
            return
        self._start(f"Saving {path.name}…")
        in_background(partial(write_unfiled, loaded, path), partial(self._keep, path), self._failed)

    def _is_running(self) -> bool:
        if self._session.running:
            self.message.setText(SEPARATION_RUNS)
        return self._session.running

    def _may_leave(self) -> bool:
        """Ask where what was done on the painting would be lost with it."""
        self._session.settle()
        if not self._session.unfiled:
            return True
        question = "What you did on this painting is in no project file yet and would be lost."
        answer = questions.ask(self, question, (SAVE, LOSE, GO_BACK))
        if answer == SAVE:
            self.project.ask_save()
        return answer == LOSE

    def _start(self, what: str) -> None:
        self._loading = True
        self._session.busy.add(BUSY)
        self._refresh()
        self.message.setText(what)

    def _images(self) -> dict[Role, Image]:
        return {r: c.image for r, c in self.choices.items() if c.image is not None}

    def _loaded_again(self, before: Loaded, made: Beginning) -> None:
        """Take the same painting put together anew, and what was drawn on it meanwhile."""
        session = self._session
        session.settle()
        if session.loaded is not before or session.project is None:
            self._failed("The painting was changed meanwhile, by a registration: load it again.")
            return
        self._loaded(renewed(made, session.project, before.images))

    def _loaded(self, begun: Beginning) -> None:
        self._loading = False
        self._session.busy.discard(BUSY)
        for choice in self.choices.values():
            choice.hide_layer()
        loaded, project = begun.loaded, begun.project
        show_pictures(self._viewer, loaded)
        if begun.opened is not None:
            show_opened(self._viewer, begun.opened, keep_pictures=True)
        self._refusal = loaded.refusal
        self._session.begin(loaded, project, begun.file, begun.opened, begun.seen)
        mask = loaded.images.get("mask")
        if mask is not None and project.mask is None:  # a layer without a file
            in_background(
                partial(self._session.store_labels, "leave-out", mask.pixels),
                while_loaded(self._session, self._mask_stored),
                self.message.setText,
            )
        self._refresh()
        done = "Loaded." if begun.opened is None else "Everything is as it was left."
        said = (begun.problem, loaded.refusal or done)
        self.message.setText(" ".join(part for part in said if part))

    def _changed(self) -> None:
        """Follow what other docks made of the painting: its photographs may be registered now."""
        self._show_project()
        self._refresh()
        loaded = self._session.loaded
        if loaded is not None and loaded.refusal != self._refusal:
            self._refusal = loaded.refusal
            self.message.setText(loaded.refusal or "The photographs are registered.")

    def _reopened(self, begun: Beginning) -> None:
        answers = begun.loaded.answers
        for role, choice in self.choices.items():
            choice.take(begun.loaded.images.get(role))
        self.mirror_back.setChecked(answers.mirror_back)
        self.questions.set_answers(answers.polarity, answers.response, answers.pixel_size_mm)
        self._loaded(begun)

    def _mask_stored(self, file: FileRef) -> None:
        self._session.edit(mask=Area(file=file))

    def _keep(self, path: Path, written: Mapping[Role, FileRef]) -> None:
        self._loading = False
        self._session.busy.discard(BUSY)
        try:
            self._session.keep_in(path, **written)
        except XraysepError as error:
            self._failed(str(error))
            return
        self._show_project()
        self._refresh()
        self.message.setText(f"The project is kept in {path.name} from now on.")

    def _tell(self, problem: str) -> None:
        self.message.setText(problem)

    def _show_project(self) -> None:
        session = self._session
        self.project.show_file(session.project_file, loaded=session.loaded is not None)

    def _closed(self) -> None:
        self._session.settle()
        self._session.tidy()
        self._session.changed.disconnect(self._changed, missing_ok=True)
        self._session.told.disconnect(self._tell, missing_ok=True)

    def _failed(self, problem: str) -> None:
        self._loading = False
        self._session.busy.discard(BUSY)
        self._refresh()
        self.message.setText(problem)

    def _refresh(self) -> None:
        """Say what is understood and whether loading is possible."""
        back = self.choices["back"]
        self.mirror_back.setVisible(back.combo.currentData() is not None)
        chosen = self.choices["front"].combo.currentData() is not None
        self.understood.setText(UNDERSTOOD[back.combo.currentData() is not None] if chosen else "")
        xray = self.choices["radiograph"].image
        for side in SIDES:
            grid = None if xray is None or self._is_registered(side) else xray.shape
            self.choices[side].mark_registered(grid)
        busy = self._loading or any(choice.reading for choice in self.choices.values())
        problems = [choice.title for choice in self.choices.values() if choice.problem]
        ready = {"radiograph", "front"} <= self._images().keys()
        self.load_button.setEnabled(ready and not busy and not problems)
        self.project.setEnabled(not self._loading)
        if problems:
            self.message.setText(f"{problems[0]}: cannot be used as it is, see there.")
        elif busy or not ready:
            self.message.setText("")

    def _is_registered(self, side: Side) -> bool:
        """Whether a registration of the chosen photograph is in use."""
        loaded = self._session.loaded
        if loaded is None or loaded.transforms is None or loaded.transforms.side(side) is None:
            return False
        roles: tuple[Role, ...] = ("radiograph", side)
        return all(loaded.images.get(role) is self.choices[role].image for role in roles)

    def _take_pixel_size(self) -> None:
        image = self.choices["radiograph"].image
        size = None if image is None else image.pixel_size_mm
        self.questions.set_file_pixel_size(size, known=image is not None)
