"""One image of a painting as the user chose it, a layer or a file, and as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import ArrayLike, sample_bits, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Role

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
    shown
        (H, W) bool of a photograph that came registered: where it shows something.
    """

    pixels: NDArray[Any]
    record: InputRecord
    bits: int | None
    pixel_size_mm: float | None
    simulated: bool
    thumbnail: NDArray[np.uint8]
    shown: NDArray[np.bool_] | None = None

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
        shown=file.shown,
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
