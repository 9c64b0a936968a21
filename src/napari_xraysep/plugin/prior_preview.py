"""g1 over the radiograph in the viewer, made anew whenever the prior changes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_xraysep.plugin.background import in_background
from napari_xraysep.plugin.drawing_view import DRAWING, PASSING, drawings
from napari_xraysep.plugin.panes import FONT_SIZE, KEY, contrast_of, panes_of
from napari_xraysep.plugin.prior_drawing import prior_of
from napari_xraysep.plugin.prior_model import Preview, preview
from napari_xraysep.project import Area, PriorDrawing

if TYPE_CHECKING:
    from napari.layers import Image, Layer
    from napari.viewer import Viewer

    from napari_xraysep.plugin.session import Session

GUESS = "guess at the surface (g1)"
WAIT_MS = 100


class PriorPreview(QObject):
    """Keeps one layer that shows g1, in the radiograph's contrast.

    Attributes
    ----------
    made
        A preview was made.
    told
        Why none could be made, in a sentence; "" when it can be again.
    """

    made = Signal(Preview)
    told = Signal(str)

    def __init__(self, viewer: Viewer, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._session = viewer, session
        self._working = self._again = False
        self._visible = False
        self._problem = ""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(WAIT_MS)
        self._rest.timeout.connect(self._make)

    @property
    def layer(self) -> Image | None:
        """The layer that shows g1, or None where it is not made or was deleted."""
        found = drawings(self._viewer, GUESS)
        return found[0] if found else None

    @property
    def visible(self) -> bool:
        """Whether g1 is shown, now and when it is made anew."""
        return self._visible

    @visible.setter
    def visible(self, visible: bool) -> None:
        self._visible = visible
        if self.layer is not None:
            self.layer.visible = visible

    def refresh(self) -> None:
        """Make g1 anew, soon; nothing where nothing is said of the concealed design."""
        drawing = prior_of(self._session)
        if PriorDrawing(feather_px=drawing.feather_px, reverse=drawing.reverse) == drawing:
            self.clear()
            self._say("")
        else:
            self._rest.start()

    def clear(self) -> None:
        """Show no g1 any more."""
        self._rest.stop()
        self._again = False
        for layer in drawings(self._viewer, GUESS):
            self._viewer.layers.remove(layer)
        self._name_what_is_seen()

    def _make(self) -> None:
        loaded = self._session.loaded
        if loaded is None or loaded.painting is None:
            return
        if self._working:
            self._again = True
            return
        self._working = True
        painting, (drawing, mask) = loaded.painting, self._drawn
        if mask is not None:  # it has taken the place of a mask that was loaded
            painting = replace(painting, mask=loaded.outside)
        work = partial(preview, painting, drawing, self._session.folder, mask)
        done = partial(self._done, loaded.painting, (drawing, mask))
        in_background(work, done, self._failed)

    @property
    def _drawn(self) -> tuple[PriorDrawing, Area | None]:
        """What g1 is made from: the prior, and what the project leaves out."""
        project = self._session.project
        return prior_of(self._session), None if project is None else project.mask

    def _done(self, painting: object, drawn: object, made: Preview) -> None:
        self._working = False
        loaded = self._session.loaded
        if loaded is not None and loaded.painting is painting and self._drawn == drawn:
            self._show(made)
            self._say("")
            self.made.emit(made)
        self._go_on()

    def _failed(self, problem: str) -> None:
        self._working = False
        self._say(problem)
        self._go_on()

    def _say(self, problem: str) -> None:
        """Tell a problem, and when there is none any more; leave other messages alone."""
        if problem or self._problem:
            self.told.emit(problem)
        self._problem = problem

    def _go_on(self) -> None:
        """Make another one where the prior changed meanwhile."""
        if self._again:
            self._again = False
            self._rest.start()

    def _show(self, made: Preview) -> None:
        from napari.layers import Image

        layer = self.layer
        if layer is not None and layer.data.shape == made.g1.shape:
            layer.data = made.g1
            return
        loaded = self._session.loaded
        assert loaded is not None
        simulated = ", simulated" if loaded.images["radiograph"].simulated else ""
        layer = Image(
            made.g1,
            name=f"{GUESS}{simulated}",
            metadata={KEY: {DRAWING: GUESS, PASSING: True}},
            contrast_limits=contrast_of(loaded.pictures[0].pixels),
            scale=(made.step, made.step),
            visible=self.visible,
        )
        layer.name_overlay.font_size = FONT_SIZE
        layer.name_overlay.visible = True
        layers = self._viewer.layers
        drawn_on = layers.selection.active
        if self.layer is not None:
            layers.remove(self.layer)
        radiographs = self._radiographs()
        layers.insert(layers.index(radiographs[-1]) + 1 if radiographs else len(layers), layer)
        layers.selection.active = drawn_on
        layer.events.visible.connect(lambda event: self._name_what_is_seen())
        self._name_what_is_seen()

    def _name_what_is_seen(self) -> None:
        """Write g1's name on the picture while it covers the radiograph, else the radiograph's."""
        covered = self.layer is not None and self.layer.visible
        for layer in self._radiographs():
            layer.name_overlay.visible = not covered

    def _radiographs(self) -> list[Layer]:
        return [la for la in panes_of(self._viewer) if la.metadata[KEY]["pane"] == "radiograph"]
