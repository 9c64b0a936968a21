"""The project file of a painting: read, written, its files checked, made into a painting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.areas import check_unchanged, labels, marked
from napari_xraysep.domain import ArrayLike, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.io.json_records import read_record, write_record
from napari_xraysep.io.reading import read_radiograph
from napari_xraysep.io.staging import sha256_of
from napari_xraysep.painting import Painting
from napari_xraysep.project import Area, FileRef, PriorDrawing, Project, relative
from napari_xraysep.records import InputRecord, Role
from napari_xraysep.sources import Sources
from napari_xraysep.transforms import SIDES, Side, Transforms

ENDING = "-project.json"
PICTURES: tuple[Role, ...] = ("radiograph", "front", "back")


def read_project(path: Path) -> Project:
    """Read a project file; transforms are in pixels then.

    Raises
    ------
    InputError
        It cannot be read, is of another version, or was changed by hand so that it no longer fits.
    """
    project = read_record(path, Project, "a project file of napari-xraysep")
    if project.transforms is None:
        return project
    return project.model_copy(update={"transforms": project.transforms.in_unit("px")})


def write_project(path: Path, project: Project) -> None:
    """Write a project file; transforms are in millimetres where both pixel sizes are known.

    Raises
    ------
    InputError
        It cannot be written; a file of that name is then as it was.
    """
    if project.transforms is not None:
        project = project.model_copy(update={"transforms": project.transforms.in_unit("mm")})
    write_record(path, project)


def digest(path: Path) -> str | None:
    """Return the SHA-256 of a file as it lies there; None where it cannot be read."""
    try:
        return sha256_of(path)
    except OSError:
        return None


def project_beside(radiograph: Path) -> Path:
    """Return where the project of a radiograph is kept unless the user says otherwise."""
    return radiograph.with_name(radiograph.stem + ENDING)


def folder_beside(project_file: Path) -> Path:
    """Return where what a project needs besides the originals lies: its drawings, its layers."""
    stem, word = project_file.stem, ENDING.removesuffix(".json")
    return project_file.with_name(stem if word in stem else stem + word)


def file_of(project: Project, role: Role) -> FileRef | None:
    """Return the file of the radiograph or of a photograph."""
    refs = {"radiograph": project.radiograph, "front": project.front, "back": project.back}
    return refs.get(role)


def drawings_of(project: Project) -> list[FileRef]:
    """Return the files that hold what was drawn, as labels on the radiograph's grid."""
    prior = project.prior
    refs = [None if project.mask is None else project.mask.file]
    refs += [] if prior is None else [prior.area.file, prior.scribbles]
    return [ref for ref in refs if ref is not None]


def check_inputs(project: Project, folder: Path) -> dict[Role, Path]:
    """Return where the radiograph and the photographs lie.

    Parameters
    ----------
    folder
        Of the project file.

    Raises
    ------
    InputError
        One of them, or a drawn mask, is not where the project expects it; nothing is guessed.
    """
    found: dict[Role, Path] = {}
    for role in PICTURES:
        ref = file_of(project, role)
        if ref is not None:
            found[role] = ref.at(folder)
        elif role != "back":
            raise InputError(
                "project",
                f"it does not say which file the {role} is",
                "load the images and save another project",
            )
    there = [(f"the {role}", path) for role, path in found.items()]
    there += [("a drawing", ref.at(folder)) for ref in drawings_of(project)]
    for what, path in there:
        if not path.is_file():
            raise InputError(
                path,
                f"{what} is not where the project expects it",
                "put it back there, or write its new place into the project file",
            )
    return found


def painting_of(project: Project, folder: Path) -> Painting:
    """Read a project's files and put them together, with all that was drawn.

    Parameters
    ----------
    folder
        Of the project file.

    Raises
    ------
    InputError
        A file was moved or changed, or a photograph is not registered.
    """
    files = check_inputs(project, folder)
    transforms = usable(project.transforms)
    painting = Sources(
        xray=files["radiograph"],
        front=files["front"],
        back=files.get("back"),
        mirror_back=mirrors_back(project, transforms),
        polarity=project.polarity,
        response=project.response,
        pixel_size_mm=project.pixel_size_mm,
        transforms=transforms,
    ).align()
    for record in painting.inputs:
        ref = file_of(project, record.role)
        if ref is not None:
            check_unchanged(ref.at(folder), ref.sha256, record.sha256)
    return with_drawings(painting, project, folder)


def mirrors_back(project: Project, transforms: Transforms | None) -> bool:
    """Whether the back is to be flipped when read: a registration contains that already."""
    registered = transforms is not None and transforms.back is not None
    return project.mirror_back and project.back is not None and not registered


def usable(transforms: Transforms | None) -> Transforms | None:
    """Return transforms without the sides whose registration failed, None where none is left."""
    if transforms is None:
        return None

    def good(side: Side) -> bool:
        registered = transforms.side(side)
        return registered is not None and registered.usable

    if not any(good(side) for side in SIDES):
        return None
    return transforms.model_copy(update={side: None for side in SIDES if not good(side)})


def has_drawings(project: Project | None) -> bool:
    """Whether a project holds a mask or a prior, which take a moment to put together."""
    return project is not None and (
        project.mask not in (None, Area()) or project.prior not in (None, PriorDrawing())
    )


def with_drawings(painting: Painting, project: Project, folder: Path | None) -> Painting:
    """Return the painting with the mask and the prior that were drawn on it.

    Parameters
    ----------
    painting
        Its own mask stays left out, too.

    Raises
    ------
    InputError
        A file of a drawing was moved or changed, or everything is left out.
    """
    mask = left_out(project, painting.shape, folder)
    if mask is not None and project.mask is not None:
        if painting.mask is not None:
            mask |= np.asarray(painting.mask) != 0
        if mask.all():
            raise InputError("mask", "it leaves out every pixel", "leave some out of it")
        record = _described("mask", project.mask, painting.shape, folder)
        painting = replace(painting, mask=mask, inputs=_with(painting, record))
    if painting.kind == "concealed" and project.prior is not None:
        painting = _with_prior(painting, project.prior, folder)
    return painting


def _with_prior(painting: Painting, drawing: PriorDrawing, folder: Path | None) -> Painting:
    """Return the painting with what was drawn of its concealed design."""
    shape = painting.shape
    given: dict[str, ArrayLike] = {}
    records = []
    if drawing.area != Area():
        given["mask"] = marked(drawing.area, shape, folder)
        records.append(_described("prior-mask", drawing.area, shape, folder))
    if drawing.image is not None:
        path = drawing.image.at(folder)
        file = read_radiograph(path)
        check_unchanged(path, drawing.image.sha256, file.sha256)
        given["image"] = to_unit(file.pixels, file.bits)
        records.append(file.record("prior-image"))
    if drawing.scribbles is not None:
        given["scribbles"] = labels(drawing.scribbles, shape, folder)
        records.append(_described("scribbles", Area(file=drawing.scribbles), shape, folder))
    for record in records:
        painting = replace(painting, inputs=_with(painting, record))
    if "mask" not in given:
        return painting.with_prior(**given)
    return painting.with_prior(**given, reverse=drawing.reverse, feather_px=drawing.feather_px)


def left_out(
    project: Project, shape: tuple[int, int], folder: Path | None
) -> NDArray[np.bool_] | None:
    """Return what the project leaves out, (H, W); None where it leaves out nothing.

    Raises
    ------
    InputError
        Its file was moved or changed.
    """
    if project.mask is None or project.mask == Area():
        return None
    return marked(project.mask, shape, folder)


def _described(role: Role, area: Area, shape: tuple[int, int], folder: Path | None) -> InputRecord:
    """Describe a drawing for ``run.json``."""
    return InputRecord(
        role=role,
        path=None if area.file is None else str(area.file.at(folder)),
        sha256=None if area.file is None else area.file.sha256,
        height=shape[0],
        width=shape[1],
        outlines=area.polygons,
    )


def _with(painting: Painting, record: InputRecord) -> tuple[InputRecord, ...]:
    others = (known for known in painting.inputs if known.role != record.role)
    return (*others, record)


def moved(
    project: Project, old: Path, new: Path, copies: Mapping[Path, Path] = MappingProxyType({})
) -> Project:
    """Return the project as a file in another folder writes it: paths start there.

    Parameters
    ----------
    copies
        Files that were copied, and where to.
    """

    def path(text: str) -> str:
        here = old / text
        return relative(copies.get(here, here), new)

    def ref(file: FileRef | None) -> FileRef | None:
        return None if file is None else file.model_copy(update={"path": path(file.path)})

    parts: dict[str, object] = {role: ref(file_of(project, role)) for role in PICTURES}
    if project.mask is not None:
        parts["mask"] = project.mask.model_copy(update={"file": ref(project.mask.file)})
    if project.prior is not None:
        prior = project.prior
        area = prior.area.model_copy(update={"file": ref(prior.area.file)})
        drawn = {"area": area, "image": ref(prior.image), "scribbles": ref(prior.scribbles)}
        parts["prior"] = prior.model_copy(update=drawn)
    parts["runs"] = tuple(
        run.model_copy(update={"folder": path(run.folder)}) for run in project.runs
    )
    return project.model_copy(update=parts)
