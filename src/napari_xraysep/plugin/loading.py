"""From images as read to a painting and what to show of it; without Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Domain, Polarity, Response, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Painting
from napari_xraysep.plugin.images import Image
from napari_xraysep.project import Project
from napari_xraysep.records import Kind, Role
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.sources import OnGrid, check_fit, on_grid
from napari_xraysep.transforms import SIDES, Transforms
from napari_xraysep.workflows.project import left_out, with_drawings


@dataclass(frozen=True)
class Answers:
    """What the user says about the images; None: not answered, hence assumed.

    Attributes
    ----------
    mirror_back
        Flip the back before it is shown; a registration contains it already.
    """

    mirror_back: bool = True
    polarity: Polarity | None = None
    response: Response | None = None
    pixel_size_mm: float | None = None


@dataclass(frozen=True)
class Picture:
    """One image layer to show: grey in the working domain, or colour 0..1 as in the file."""

    role: Role
    name: str
    pixels: NDArray[Any]
    scale: tuple[float, float] = (1.0, 1.0)
    registered: bool = True


@dataclass(frozen=True)
class Loaded:
    """A painting as loaded, or what keeps the images from being one.

    Attributes
    ----------
    painting
        None where a photograph does not fit the radiograph's grid; ``refusal`` says which.
    pictures
        What to show, the radiograph first.
    radiograph_file
        Beside it runs are stored; None for a layer without a file and for our samples.
    images
        As read, neither mirrored nor registered.
    outside
        (H, W) bool, where a registered photograph does not reach; None where all is covered.
    transforms
        Those that were applied.
    """

    painting: Painting | None
    refusal: str
    pictures: tuple[Picture, ...]
    radiograph_file: Path | None
    images: dict[Role, Image]
    answers: Answers
    outside: NDArray[np.bool_] | None = None
    transforms: Transforms | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the radiograph in pixels."""
        return self.images["radiograph"].shape

    @property
    def pixel_size_mm(self) -> float | None:
        """Of the radiograph: as the user says, else as its file does."""
        return self.answers.pixel_size_mm or self.images["radiograph"].pixel_size_mm


def assemble(
    images: dict[Role, Image],
    answers: Answers,
    transforms: Transforms | None = None,
    report: Callable[[float], None] = lambda fraction: None,
) -> Loaded:
    """Put the images together on the radiograph's grid.

    Parameters
    ----------
    images
        By role; ``radiograph`` and ``front`` at least.
    transforms
        How photographs lie on the radiograph. One of which they say nothing counts as registered
        where it has the radiograph's size.
    report
        Told the fraction of a resampling that is done; may raise to stop.

    Returns
    -------
    Loaded
        Without a painting where a photograph is not registered.

    Raises
    ------
    InputError
        An image cannot be used (constant, NaN, out of range, a mask of another size), transforms
        were made for other images, or a registration failed.
    """
    xray = images["radiograph"]
    grid = _brought(images, transforms, report)
    misfits = [
        role
        for role in ("front", "back")
        if role in images and grid.pixels[role].shape[:2] != xray.shape
    ]
    flip = mirrors_back(images, answers)
    mirror = flip and "back" in images and "back" not in grid.registered
    refusal, painting = "", None
    if misfits:
        refusal = _refusal(misfits, images)
    else:
        painting = _painting(images, grid, answers, mirror)
        painting = replace(painting, transforms=transforms if grid.registered else None)
    file = xray.record.path
    return Loaded(
        painting=painting,
        refusal=refusal,
        pictures=tuple(_pictures(images, grid, answers, mirror)),
        radiograph_file=None if file is None or is_sample(Path(file)) else Path(file),
        images=images,
        answers=answers,
        outside=None if grid.covered.all() else ~grid.covered,
        transforms=transforms if grid.registered else None,
    )


def aligned(
    loaded: Loaded,
    transforms: Transforms | None,
    report: Callable[[float], None] = lambda fraction: None,
) -> Loaded:
    """Put the painting together anew from the images as read; slow, and without reading a file.

    Parameters
    ----------
    transforms
        None: the photographs as they came.

    Raises
    ------
    InputError
        See `assemble`.
    """
    made = assemble(loaded.images, loaded.answers, transforms, report)
    return replace(made, radiograph_file=loaded.radiograph_file)


def painting_to_separate(loaded: Loaded, project: Project | None, folder: Path | None) -> Painting:
    """Return the painting with the mask and the prior that the user has drawn.

    Parameters
    ----------
    folder
        Where the project's paths start.

    Raises
    ------
    InputError
        A photograph is not registered, or a file of a drawing was moved or changed.
    """
    if loaded.painting is None:
        raise InputError("painting", loaded.refusal.rstrip("."), "use Register")
    if project is None:
        return loaded.painting
    painting = loaded.painting
    if project.mask is not None:  # it has taken the place of a mask that was loaded
        others = tuple(record for record in painting.inputs if record.role != "mask")
        painting = replace(painting, mask=loaded.outside, inputs=others)
    return with_drawings(painting, project, folder)


def mask_of(
    loaded: Loaded, project: Project | None, folder: Path | None
) -> NDArray[np.bool_] | None:
    """Return what the user leaves out, (H, W) bool, for a registration; None where nothing.

    Raises
    ------
    InputError
        Its file was moved or changed.
    """
    if project is not None and project.mask is not None:
        return left_out(project, loaded.shape, folder)
    mask = loaded.images.get("mask")
    return None if mask is None else mask.pixels != 0


def _brought(
    images: dict[Role, Image],
    transforms: Transforms | None,
    report: Callable[[float], None],
) -> OnGrid:
    """Resample the photographs that are registered."""
    records = {role: image.record for role, image in images.items()}
    if transforms is not None:
        known = ("radiograph", *(side for side in SIDES if transforms.side(side) is not None))
        check_fit(transforms, {role: one for role, one in records.items() if role in known})
    pixels: dict[Role, NDArray[Any]] = {role: image.pixels for role, image in images.items()}
    shown = [image.shown for image in images.values()]
    return on_grid(records, pixels, shown, transforms, report)


def mirrors_back(images: Mapping[Role, Image], answers: Answers) -> bool:
    """Whether a back is to be flipped: not one that was when it was registered."""
    back = images.get("back")
    return answers.mirror_back and (back is None or not back.record.registered)


def is_sample(path: Path) -> bool:
    """Whether a file came with the program, so that nothing is to be written beside it."""
    kinds: tuple[Kind, ...] = ("double-sided", "concealed")
    try:
        return path.resolve().parent in [sample_folder(kind).resolve() for kind in kinds]
    except InputError:  # installed without samples
        return False


def _refusal(misfits: list[Role], images: dict[Role, Image]) -> str:
    who = " and ".join(f"the {role} photograph" for role in misfits)
    verb, them = ("does not", "it") if len(misfits) == 1 else ("do not", "them")
    height, width = images["radiograph"].shape
    return (
        f"{who[0].upper()}{who[1:]} {verb} fit the radiograph's grid ({width} × {height} px): "
        f"register {them} to the radiograph before separating."
    )


def _painting(images: dict[Role, Image], grid: OnGrid, answers: Answers, mirror: bool) -> Painting:
    flipped = {*grid.mirrored, *(("back",) if mirror else ())}
    records = tuple(
        image.record.model_copy(update={"mirrored": role in flipped})
        for role, image in images.items()
    )
    xray = images["radiograph"]
    painting = Painting.from_arrays(
        xray.pixels,
        grid.pixels["front"],
        grid.pixels.get("back"),
        mirror_back=mirror,
        mask=grid.mask,
        polarity=answers.polarity,
        response=answers.response,
        pixel_size_mm=answers.pixel_size_mm,
        simulated=any(image.simulated for image in images.values()),
        bits=xray.bits,
        inputs=records,
        notes=[f"{r.path}: {note}" for r in records for note in r.notes] + list(grid.notes),
    )
    if answers.pixel_size_mm is None and xray.pixel_size_mm is not None:
        painting = replace(painting, pixel_size_mm=xray.pixel_size_mm)
    return painting


def _pictures(
    images: dict[Role, Image], grid: OnGrid, answers: Answers, mirror: bool
) -> list[Picture]:
    """Say what to show: the radiograph in the working domain and the photographs."""
    xray = images["radiograph"]
    simulated = ", simulated" if any(image.simulated for image in images.values()) else ""
    domain = Domain.assumed(answers.polarity, answers.response, xray.bits)
    grey = domain.forward(to_unit(xray.pixels, xray.bits))
    pictures = [Picture("radiograph", f"radiograph{simulated}", grey)]
    for side in reversed(SIDES):
        if side not in images:
            continue
        pixels = grid.pixels[side]
        flipped = mirror and side == "back"
        fits = pixels.shape[:2] == xray.shape
        name = f"{side} photograph" + (", mirrored" if flipped else "")
        if side in grid.registered:
            name += ", registered"
        elif not fits:
            name += " – not registered"
        scale = (xray.shape[0] / pixels.shape[0], xray.shape[1] / pixels.shape[1])
        shown = pixels[:, ::-1] if flipped else pixels
        pictures.append(Picture(side, name + simulated, shown, scale, fits))
    return pictures
