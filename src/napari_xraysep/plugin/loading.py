"""From what the user chose, layers or files, to a painting and what to show of it; without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import ArrayLike, Domain, Polarity, Response, sample_bits, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Painting
from napari_xraysep.records import InputRecord, Kind, Role
from napari_xraysep.simulation.samples import sample_folder

THUMBNAIL_SIDE = 128


@dataclass(frozen=True)
class Choice:
    """One image as chosen: a file, or a layer that lives only in the viewer.

    Attributes
    ----------
    name
        What the user knows it by.
    path
        The file to read. A layer's file is read instead of the layer, for its pixel size, profile
        and bit depth, unless the layer has another size.
    pixels
        A layer's array; may be lazy.
    simulated
        A layer that is known to be simulated; files say so themselves.
    """

    name: str
    path: Path | None = None
    pixels: ArrayLike | None = None
    simulated: bool = False


@dataclass(frozen=True)
class Image:
    """One image as read, with what is shown of it before the painting is put together.

    Attributes
    ----------
    pixels
        (H, W) grey or (H, W, 3) sRGB, as in the file.
    record
        What was read; not mirrored yet.
    thumbnail
        (h, w, 3) uint8, at most `THUMBNAIL_SIDE` on a side.
    """

    pixels: NDArray[Any]
    record: InputRecord
    bits: int | None
    pixel_size_mm: float | None
    simulated: bool
    thumbnail: NDArray[np.uint8]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.pixels.shape[0]), int(self.pixels.shape[1])

    @property
    def facts(self) -> str:
        """Size, depth and profile in a few words."""
        bits = "float" if self.bits is None else f"{self.bits} bit"
        parts = [f"{self.shape[1]} × {self.shape[0]} px", bits]
        if self.record.icc_profile:
            parts.append(self.record.icc_profile)
        if self.simulated:
            parts.append("simulated")
        return ", ".join([*parts, *self.record.notes])


@dataclass(frozen=True)
class Answers:
    """What the user says about the radiograph; None: not answered, hence assumed."""

    mirror_back: bool = True
    polarity: Polarity | None = None
    response: Response | None = None
    pixel_size_mm: float | None = None


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
    """

    painting: Painting | None
    refusal: str
    pictures: tuple[Picture, ...]
    radiograph_file: Path | None


@dataclass(frozen=True)
class Picture:
    """One image layer to show: grey in the working domain, or colour 0..1 as in the file."""

    role: Role
    name: str
    pixels: NDArray[Any]
    scale: tuple[float, float] = (1.0, 1.0)
    registered: bool = True


def read_image(role: Role, choice: Choice) -> Image:
    """Read one chosen image.

    Raises
    ------
    InputError
        The file or layer cannot be used in this role.
    """
    if choice.path is None:
        return _from_array(role, choice, np.asarray(choice.pixels))
    from napari_xraysep.io import reading

    read = {"radiograph": reading.read_radiograph, "mask": reading.read_mask}.get(
        role, reading.read_photograph
    )
    file = read(choice.path)
    if choice.pixels is not None and choice.pixels.shape[:2] != file.pixels.shape[:2]:
        return _from_array(role, choice, np.asarray(choice.pixels))
    return Image(
        pixels=file.pixels,
        record=file.record(role),
        bits=file.bits,
        pixel_size_mm=file.pixel_size_mm,
        simulated=file.simulated or choice.simulated,
        thumbnail=_thumbnail(file.pixels, file.bits, stretch=role != "front" and role != "back"),
    )


def _from_array(role: Role, choice: Choice, pixels: NDArray[Any]) -> Image:
    grey = role in ("radiograph", "mask")
    if pixels.ndim == 3 and pixels.shape[2] == 4 and np.all(pixels[..., 3] == pixels[..., 3].max()):
        pixels = pixels[..., :3]
    if pixels.ndim != (2 if grey else 3) or (not grey and pixels.shape[2] != 3):
        wanted = "a grey" if grey else "a colour"
        raise InputError(choice.name, f"the {role} must be {wanted} image", "choose another layer")
    if role == "mask":
        pixels = (pixels != 0).astype(np.uint8)
    bits = sample_bits(pixels.dtype)
    record = InputRecord(role=role, height=pixels.shape[0], width=pixels.shape[1], bits=bits)
    return Image(
        pixels, record, bits, None, choice.simulated, _thumbnail(pixels, bits, stretch=grey)
    )


def _thumbnail(pixels: NDArray[Any], bits: int | None, *, stretch: bool) -> NDArray[np.uint8]:
    step = -(-max(pixels.shape[:2]) // THUMBNAIL_SIDE)
    small = to_unit(pixels[::step, ::step], bits)
    if stretch and small.max() > small.min():
        small = (small - small.min()) / (small.max() - small.min())
    if small.ndim == 2:
        small = np.stack([small] * 3, 2)
    return np.ascontiguousarray((np.clip(np.nan_to_num(small), 0, 1) * 255).astype(np.uint8))


def assemble(images: dict[Role, Image], answers: Answers) -> Loaded:
    """Put the images together on the radiograph's grid.

    Parameters
    ----------
    images
        By role; ``radiograph`` and ``front`` at least.

    Returns
    -------
    Loaded
        Without a painting where a photograph is not registered.

    Raises
    ------
    InputError
        An image cannot be used (constant, NaN, out of range, a mask of another size).
    """
    xray = images["radiograph"]
    misfits = [r for r in ("front", "back") if r in images and images[r].shape != xray.shape]
    mirror = answers.mirror_back and "back" in images
    refusal, painting = "", None
    if misfits:
        refusal = _refusal(misfits, images)
    else:
        painting = _painting(images, answers, mirror)
    file = xray.record.path
    return Loaded(
        painting=painting,
        refusal=refusal,
        pictures=tuple(_pictures(images, answers, mirror)),
        radiograph_file=None if file is None or _is_sample(Path(file)) else Path(file),
    )


def _is_sample(path: Path) -> bool:
    """Whether a file came with the program, so that nothing is to be written beside it."""
    kinds: tuple[Kind, ...] = ("double-sided", "concealed")
    try:
        return path.resolve().parent in [sample_folder(kind).resolve() for kind in kinds]
    except InputError:  # installed without samples
        return False


def _refusal(misfits: list[str], images: dict[Role, Image]) -> str:
    who = " and ".join(f"the {role} photograph" for role in misfits)
    verb, them = ("does not", "it") if len(misfits) == 1 else ("do not", "them")
    height, width = images["radiograph"].shape
    return (
        f"{who[0].upper()}{who[1:]} {verb} fit the radiograph's grid ({width} × {height} px): "
        f"register {them} to the radiograph before separating."
    )


def _painting(images: dict[Role, Image], answers: Answers, mirror: bool) -> Painting:
    records = tuple(
        image.record.model_copy(update={"mirrored": mirror and role == "back"})
        for role, image in images.items()
    )
    xray, back, mask = images["radiograph"], images.get("back"), images.get("mask")
    painting = Painting.from_arrays(
        xray.pixels,
        images["front"].pixels,
        None if back is None else back.pixels,
        mirror_back=mirror,
        mask=None if mask is None else mask.pixels,
        polarity=answers.polarity,
        response=answers.response,
        pixel_size_mm=answers.pixel_size_mm,
        simulated=any(image.simulated for image in images.values()),
        bits=xray.bits,
        inputs=records,
        notes=[f"{record.path}: {note}" for record in records for note in record.notes],
    )
    if answers.pixel_size_mm is None and xray.pixel_size_mm is not None:
        painting = replace(painting, pixel_size_mm=xray.pixel_size_mm)
    return painting


def _pictures(images: dict[Role, Image], answers: Answers, mirror: bool) -> list[Picture]:
    """Say what to show: the radiograph in the working domain and the photographs."""
    xray = images["radiograph"]
    simulated = ", simulated" if any(image.simulated for image in images.values()) else ""
    domain = Domain(answers.polarity or "white-absorbs", answers.response or "as-is", xray.bits)
    grey = domain.forward(to_unit(xray.pixels, xray.bits))
    pictures = [Picture("radiograph", f"radiograph{simulated}", grey)]
    for role in ("back", "front"):
        image = images.get(role)
        if image is None:
            continue
        flipped = mirror and role == "back"
        fits = image.shape == xray.shape
        name = f"{role} photograph" + (", mirrored" if flipped else "")
        name += "" if fits else " – not registered"
        pixels = image.pixels[:, ::-1] if flipped else image.pixels
        scale = (xray.shape[0] / image.shape[0], xray.shape[1] / image.shape[1])
        pictures.append(Picture(role, name + simulated, pixels, scale, fits))
    return pictures
