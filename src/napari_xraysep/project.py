"""The project file: everything that was done on a painting so far, in one readable JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from napari_xraysep.domain import Polarity, Response
from napari_xraysep.errors import InputError
from napari_xraysep.records import HYPOTHETICAL, Landmark, Record
from napari_xraysep.region import Region
from napari_xraysep.transforms import PlateOutline, Polygon, Transforms


class FileRef(Record):
    """A file, by where it lies from the project file, and what it held."""

    path: str = Field(description="relative to the project file where possible, with / between")
    sha256: str

    def at(self, folder: Path | None) -> Path:
        """Return where the file lies; ``folder`` is the project file's, None: paths are whole."""
        if folder is None:
            return Path(self.path)
        # as `relative` has made it: where the folder is a link, its neighbours are the link's
        return Path(os.path.normpath(folder / self.path))


def relative(path: Path, folder: Path) -> str:
    """Return a path as a project file in ``folder`` writes it: whole only on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


class Area(Record):
    """Pixels of the radiograph that are marked: inside drawn outlines, or where a file says so."""

    polygons: tuple[Polygon, ...] = Field(default=(), description="corners: row, column")
    file: FileRef | None = Field(default=None, description="an image; non-zero is marked")


class NamedRegion(Record):
    """A rectangle to separate by itself."""

    name: str
    region: str = Field(description="Y0:Y1,X0:X1, ends exclusive")

    @field_validator("region")
    @classmethod
    def _check(cls, region: str) -> str:
        try:
            return str(Region.parse(region))
        except InputError as error:
            raise ValueError(f"{error.problem}; {error.cure}") from None


class PriorDrawing(Record):
    """Where the user says that the concealed design lies, and what else is known of it."""

    area: Area = Area()
    reverse: bool = Field(
        default=False, description="the grey photograph everywhere but inside the drawing"
    )
    feather_px: float = Field(default=0, ge=0, description="width of the soft edge")
    image: FileRef | None = Field(default=None, description="g1 made by hand")
    scribbles: FileRef | None = Field(
        default=None, description="an image; 1 surface, 2 concealed, 3 support, 0 unknown"
    )


class StoredRunRef(Record):
    """A separation that was stored."""

    folder: str = Field(description="relative to the project file where possible")
    method: str
    started: str
    region: str | None = None


class Project(Record):
    """All that was done on one painting; ``*-project.json``."""

    statement: str = HYPOTHETICAL
    format: Literal["napari-xraysep project"] = "napari-xraysep project"
    version: Literal[1] = 1
    radiograph: FileRef | None = Field(default=None, description="None: a layer without a file")
    front: FileRef | None = None
    back: FileRef | None = None
    mirror_back: bool = Field(default=False, description="before it was registered")
    polarity: Polarity | None = Field(default=None, description="None: assumed")
    response: Response | None = Field(default=None, description="None: assumed")
    pixel_size_mm: float | None = Field(default=None, gt=0, description="None: the file's")
    transforms: Transforms | None = None
    front_landmarks: tuple[Landmark, ...] = ()
    back_landmarks: tuple[Landmark, ...] = ()
    plates: tuple[PlateOutline, ...] = ()
    mask: Area | None = None
    prior: PriorDrawing | None = None
    regions: tuple[NamedRegion, ...] = ()
    runs: tuple[StoredRunRef, ...] = ()
    notes: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [region.name for region in self.regions]
        if len(set(names)) != len(names):
            raise ValueError("two regions have the same name")
        return self
