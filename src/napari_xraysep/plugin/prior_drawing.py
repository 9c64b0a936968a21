"""What is drawn and scribbled of a concealed design, kept in the project's prior."""

from __future__ import annotations

from typing import Any

from napari_xraysep.plugin.area_drawing import AreaDrawing
from napari_xraysep.plugin.session import Session
from napari_xraysep.project import Area, PriorDrawing, Project

FEATHER = 0.04
"""Width of the soft edge at first, in lengths of the radiograph's longer side."""

SCRIBBLE_COLOURS = {1: "#00c060", 2: "#ff9000", 3: "#4090ff"}


def prior_of(session: Session) -> PriorDrawing:
    """Return the project's prior, or what one is before anything is drawn."""
    if session.project is not None and session.project.prior is not None:
        return session.project.prior
    wide = 0.0 if session.loaded is None else round(FEATHER * max(session.loaded.shape))
    return PriorDrawing(feather_px=wide)


def edit_prior(session: Session, **parts: Any) -> None:
    """Replace parts of the project's prior."""
    session.edit(prior=prior_of(session).model_copy(update=parts))


class DesignDrawing(AreaDrawing):
    """Where the concealed design lies; only its edge is shown, since what lies in it matters."""

    OUTLINES, PAINTED = "concealed design: outlines", "concealed design: painted"
    COLOURS = {1: "#ffd000"}  # noqa: RUF012 -- never changed
    FILE = "concealed-design"
    FILLED = False

    def area_of(self, project: Project) -> Area:
        """Return the area that the project's prior marks."""
        return Area() if project.prior is None else project.prior.area

    def put(self, area: Area) -> None:
        """Replace the area that the project's prior marks."""
        edit_prior(self._session, area=area)


class ScribbleDrawing(AreaDrawing):
    """What the radiograph shows at some places, by three numbers; painted, never outlined."""

    OUTLINES, PAINTED = "", "scribbles: surface, concealed, support"
    COLOURS = SCRIBBLE_COLOURS
    FILE = "scribbles"

    def area_of(self, project: Project) -> Area:
        """Return the scribbles as an area that a file marks."""
        return Area(file=None if project.prior is None else project.prior.scribbles)

    def put(self, area: Area) -> None:
        """Replace the scribbles of the project."""
        edit_prior(self._session, scribbles=area.file)
