"""The dock widget *Load painting*: which images make the painting, and what they are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin.background import in_background
from napari_xraysep.plugin.image_choice import ImageChoice
from napari_xraysep.plugin.images import Image
from napari_xraysep.plugin.loading import Answers, Loaded, assemble
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.radiograph_questions import RadiographQuestions
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.records import Role

if TYPE_CHECKING:
    import napari.viewer

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
        self.understood = _text()
        self.message = _text()
        self.load_button = QPushButton("Load")
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 4, 4, 4)
        for role, choice in self.choices.items():
            layout.addWidget(choice)
            choice.changed.connect(self._refresh)
            if role == "back":
                layout.addWidget(self.mirror_back)
        layout.addWidget(self.understood)
        layout.addWidget(_line())
        layout.addWidget(self.questions)
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(2, 2, 2, 2)
        outer.addWidget(scroll, 1)
        outer.addWidget(self.message)
        outer.addWidget(self.load_button)
        self.setMinimumWidth(360)
        self.choices["radiograph"].changed.connect(self._take_pixel_size)
        self.load_button.clicked.connect(self.load)
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
        if self._session.running:
            self.message.setText("A separation is running: wait for its end, or cancel it first.")
            return
        answers = Answers(
            mirror_back=self.mirror_back.isChecked(),
            polarity=self.questions.polarity_answer,
            response=self.questions.response_answer,
            pixel_size_mm=self.questions.pixel_size_mm,
        )
        self._loading = True
        self._refresh()
        self.message.setText("Loading…")
        in_background(partial(assemble, images, answers), self._loaded, self._failed)

    def _images(self) -> dict[Role, Image]:
        return {r: c.image for r, c in self.choices.items() if c.image is not None}

    def _loaded(self, loaded: Loaded) -> None:
        self._loading = False
        for choice in self.choices.values():
            choice.hide_layer()
        show_pictures(self._viewer, loaded)
        self._session.loaded = loaded
        self._refresh()
        self.message.setText(loaded.refusal or "Loaded. Go on with <b>Separate</b>.")

    def _failed(self, problem: str) -> None:
        self._loading = False
        self._refresh()
        self.message.setText(problem)

    def _refresh(self) -> None:
        """Say what is understood and whether loading is possible."""
        back = self.choices["back"]
        self.mirror_back.setVisible(back.combo.currentData() is not None)
        chosen = self.choices["front"].combo.currentData() is not None
        self.understood.setText(UNDERSTOOD[back.combo.currentData() is not None] if chosen else "")
        xray = self.choices["radiograph"].image
        for role in ("front", "back"):
            self.choices[role].mark_registered(None if xray is None else xray.shape)
        busy = self._loading or any(choice.reading for choice in self.choices.values())
        problems = [choice.problem for choice in self.choices.values() if choice.problem]
        ready = {"radiograph", "front"} <= self._images().keys()
        self.load_button.setEnabled(ready and not busy and not problems)
        if problems:
            self.message.setText(problems[0])
        elif busy or not ready:
            self.message.setText("")

    def _take_pixel_size(self) -> None:
        image = self.choices["radiograph"].image
        self.questions.set_file_pixel_size(None if image is None else image.pixel_size_mm)


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    return label


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    return line
