"""The painting: files with roles (`Sources`), and what they become on one grid (`Painting`)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Kind, Role, Stated

Polarity = Literal["white-absorbs", "black-absorbs"]
Response = Literal["as-is", "linear", "film-density", "log"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)
RESPONSES: tuple[Response, ...] = get_args(Response)

Floats: TypeAlias = NDArray[np.float32]
ArrayLike: TypeAlias = Any
"""numpy, dask or zarr: has ``shape``, ``dtype`` and slicing."""

FLOAT_LEVELS = 65535
"""Grey levels assumed in a float radiograph, for the floor ε under logarithms."""


class Region(NamedTuple):
    """A rectangle on the radiograph's grid, in pixels; ends are exclusive."""

    y0: int
    y1: int
    x0: int
    x1: int

    @classmethod
    def parse(cls, text: str) -> Region:
        """Read ``Y0:Y1,X0:X1``.

        Raises
        ------
        InputError
            The text is not of that form, or the rectangle has no area.
        """
        match = re.fullmatch(r"\s*(\d+):(\d+)\s*,\s*(\d+):(\d+)\s*", text)
        if match is None:
            raise InputError(
                "--roi",
                f"'{text}' is not of the form Y0:Y1,X0:X1",
                "write for example 0:512,100:612",
            )
        region = cls(*(int(part) for part in match.groups()))
        if region.y1 <= region.y0 or region.x1 <= region.x0:
            raise InputError("--roi", f"'{text}' has no area", "give ends larger than starts")
        return region

    def check_inside(self, shape: tuple[int, int]) -> None:
        """Raise `InputError` unless the rectangle lies wholly inside ``shape`` (height, width)."""
        height, width = shape
        if not (0 <= self.y0 < self.y1 <= height and 0 <= self.x0 < self.x1 <= width):
            raise InputError(
                "--roi",
                f"{self} does not lie wholly inside the radiograph "
                f"({height} rows, {width} columns)",
                f"keep it within 0:{height},0:{width}",
            )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def __str__(self) -> str:
        return f"{self.y0}:{self.y1},{self.x0}:{self.x1}"


@dataclass(frozen=True)
class Domain:
    """From grey values to the working domain, in which layers add, and back.

    First the polarity, so that white absorbs; then the response: ``as-is`` and ``log`` leave the
    grey value g, ``linear`` is −ln max(g, ε), ``film-density`` is −ln max(−log10 max(g, ε), ε).

    Parameters
    ----------
    polarity
        Whether white or black absorbs in the file.
    response
        What the grey value measures.
    bits
        Bits of an integer sample; None for floats in 0..1.
    """

    polarity: Polarity = "white-absorbs"
    response: Response = "as-is"
    bits: int | None = None

    @property
    def epsilon(self) -> float:
        """Half a grey level, on the 0..1 scale."""
        return 0.5 / (FLOAT_LEVELS if self.bits is None else 2**self.bits - 1)

    def forward(self, grey: Floats) -> Floats:
        """Grey values in 0..1 to the working domain; same shape, float32."""
        g = grey if self.polarity == "white-absorbs" else 1 - grey
        eps = np.float32(self.epsilon)
        if self.response == "linear":
            g = -np.log(np.maximum(g, eps))
        elif self.response == "film-density":
            g = -np.log(np.maximum(-np.log10(np.maximum(g, eps)), eps))
        return np.asarray(g, np.float32)

    def inverse(self, values: Floats) -> Floats:
        """Undo `forward` (up to the floor ε); grey values are not clipped to 0..1."""
        g = np.asarray(values, np.float32)
        if self.response == "linear":
            g = np.exp(-g)
        elif self.response == "film-density":
            g = np.power(np.float32(10), -np.exp(-g))
        return np.asarray(g if self.polarity == "white-absorbs" else 1 - g, np.float32)


def sample_bits(dtype: np.dtype[Any]) -> int | None:
    """Bits of an unsigned integer type; None for floats and booleans."""
    return np.iinfo(dtype).bits if np.issubdtype(dtype, np.unsignedinteger) else None


def to_unit(pixels: ArrayLike, bits: int | None = None) -> Floats:
    """Return samples as float32 in 0..1: integers ÷ (2^bits − 1), floats as given."""
    values = np.asarray(pixels)
    if bits is None:
        bits = sample_bits(values.dtype)
    if bits is None or not np.issubdtype(values.dtype, np.integer):
        return values.astype(np.float32)
    return (values.astype(np.float32) / np.float32(2**bits - 1)).astype(np.float32)


@dataclass(frozen=True)
class Mixture:
    """One block of a painting in numbers: what a separation method is given.

    Attributes
    ----------
    xray
        (H, W) float32, the mixed radiograph in the working domain.
    front, back
        (H, W, 3) float32, sRGB 0..1; the back mirrored to the radiograph. ``back`` is None where
        a concealed design is sought.
    valid
        (H, W) bool, False where the user's mask leaves pixels out.
    prior
        (H, W) bool, True where the user says that the concealed design lies, or None.
    """

    xray: Floats
    front: Floats
    back: Floats | None
    valid: NDArray[np.bool_]
    prior: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.xray.shape[0]), int(self.xray.shape[1])


@dataclass(frozen=True)
class Painting:
    """A radiograph and its photographs on one grid; only this can be separated.

    Attributes
    ----------
    xray
        (H, W) array-like of grey values as in the file.
    front, back
        (H, W, 3) array-likes, sRGB, integers or floats in 0..1; the back already mirrored.
        Without a back, a concealed design is sought.
    mask, prior_mask
        (H, W) array-likes; non-zero: left out, and where the concealed design lies.
    domain
        How grey values become the values in which layers add.
    pixel_size_mm
        Size of a pixel of the radiograph on the painting, or None where unknown.
    assumed
        Which of ``polarity``, ``response``, ``pixel_size_mm`` nobody stated.
    simulated
        The radiograph was simulated; every view of it must say so.
    """

    xray: ArrayLike
    front: ArrayLike
    back: ArrayLike | None = None
    mask: ArrayLike | None = None
    prior_mask: ArrayLike | None = None
    domain: Domain = field(default_factory=Domain)
    pixel_size_mm: float | None = None
    assumed: tuple[str, ...] = ("polarity", "response", "pixel_size_mm")
    simulated: bool = False
    inputs: tuple[InputRecord, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def from_arrays(
        cls,
        xray: ArrayLike,
        front: ArrayLike,
        back: ArrayLike | None = None,
        *,
        mirror_back: bool = False,
        mask: ArrayLike | None = None,
        prior_mask: ArrayLike | None = None,
        polarity: Polarity | None = None,
        response: Response | None = None,
        pixel_size_mm: float | None = None,
        simulated: bool = False,
        bits: int | None = None,
        inputs: Sequence[InputRecord] = (),
        notes: Sequence[str] = (),
    ) -> Painting:
        """Make a painting from arrays that share one grid.

        Parameters
        ----------
        xray
            (H, W) unsigned integers, or floats in 0..1.
        front, back
            (H, W, 3) likewise; ``mirror_back`` flips the back left to right.
        polarity, response, pixel_size_mm
            None: the default is taken and recorded as assumed.
        bits
            Bits of the radiograph's samples where fewer than its type holds (DICOM).

        Raises
        ------
        InputError
            Shapes differ, a value is NaN or outside 0..1, or an image is constant.
        """
        named = {record.role: record for record in inputs}

        def subject(role: str) -> str:
            record = named.get(role)  # type: ignore[call-overload]
            return record.path if record is not None and record.path else role

        if mirror_back and back is None:
            raise InputError("--mirror-back", "there is no back", "give the back's photograph too")
        images = {"radiograph": xray, "front": front, "back": back}
        masks = {"mask": mask, "prior-mask": prior_mask}
        for role, image in images.items():
            if image is not None:
                check_image(subject(role), image, colour=role != "radiograph")
        height, width = xray.shape
        for role, image in (images | masks).items():
            if image is not None and tuple(image.shape[:2]) != (height, width):
                cure = (
                    "register it to the radiograph first"
                    if role in images
                    else "draw it on the radiograph"
                )
                raise InputError(
                    subject(role),
                    f"it has {image.shape[0]} rows and {image.shape[1]} columns, the radiograph "
                    f"{height} and {width}",
                    cure,
                )
        if mask is not None and bool(np.all(np.asarray(mask) != 0)):
            raise InputError(subject("mask"), "it leaves out every pixel", "leave some at zero")
        if prior_mask is not None and not np.any(np.asarray(prior_mask)):
            raise InputError(
                subject("prior-mask"),
                "it marks no pixel",
                "set it above zero where the design lies",
            )
        stated = {"polarity": polarity, "response": response, "pixel_size_mm": pixel_size_mm}
        return cls(
            xray=xray,
            front=front,
            back=back if back is None or not mirror_back else back[:, ::-1],
            mask=mask,
            prior_mask=prior_mask,
            domain=Domain(
                polarity or "white-absorbs",
                response or "as-is",
                bits if bits is not None else sample_bits(np.dtype(xray.dtype)),
            ),
            pixel_size_mm=pixel_size_mm,
            assumed=tuple(name for name, value in stated.items() if value is None),
            simulated=simulated,
            inputs=tuple(inputs) or _array_records(images | masks, mirror_back),
            notes=tuple(notes),
        )

    @property
    def kind(self) -> Kind:
        """``double-sided`` with a back, ``concealed`` without."""
        return "concealed" if self.back is None else "double-sided"

    @property
    def layer_names(self) -> tuple[str, str]:
        """Names of the two layers: front and back, or surface and concealed."""
        return ("surface", "concealed") if self.back is None else ("front", "back")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the radiograph in pixels."""
        return int(self.xray.shape[0]), int(self.xray.shape[1])

    def stated(self, name: Literal["polarity", "response", "pixel_size_mm"]) -> Stated:
        """Return a property with whether it was stated or assumed."""
        value = self.pixel_size_mm if name == "pixel_size_mm" else getattr(self.domain, name)
        return Stated(value=value, assumed=name in self.assumed)

    def block(self, region: Region | None = None) -> Mixture:
        """Read a region (by default all) as float32.

        Raises
        ------
        InputError
            The region does not lie wholly inside, or nothing in it is to be separated.
        """
        if region is None:
            region = Region(0, self.shape[0], 0, self.shape[1])
        region.check_inside(self.shape)
        at = region.slices

        def marked(mask: ArrayLike | None) -> NDArray[np.bool_] | None:
            return None if mask is None else np.asarray(mask[at]) != 0

        left_out = marked(self.mask)
        valid = np.ones((region.y1 - region.y0, region.x1 - region.x0), bool)
        if left_out is not None:
            valid &= ~left_out
            if not valid.any():
                raise InputError("mask", "it leaves out the whole region", "choose another region")
        return Mixture(
            xray=self.domain.forward(to_unit(self.xray[at], self.domain.bits)),
            front=to_unit(self.front[at]),
            back=None if self.back is None else to_unit(self.back[at]),
            valid=valid,
            prior=marked(self.prior_mask),
        )


def check_image(subject: str, image: ArrayLike, *, colour: bool) -> None:
    """Raise `InputError` unless an image has a usable shape, type and range of values."""
    shape = tuple(image.shape)
    if colour and (len(shape) != 3 or shape[2] != 3):
        raise InputError(
            subject,
            "a photograph needs three colour channels, this is "
            + ("grey" if len(shape) == 2 else f"an array of shape {shape}"),
            "give a colour photograph (RGB)",
        )
    if not colour and len(shape) != 2:
        raise InputError(
            subject, f"a radiograph is grey, this has shape {shape}", "give a grey image"
        )
    dtype = np.dtype(image.dtype)
    floats = np.issubdtype(dtype, np.floating)
    if not floats and not np.issubdtype(dtype, np.unsignedinteger):
        raise InputError(
            subject, f"samples of type {dtype}", "give unsigned integers or floats in 0..1"
        )
    if min(shape[:2]) < 16:
        raise InputError(subject, f"it is only {shape[0]} by {shape[1]} pixels", "give at least 16")
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if floats:
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InputError(subject, "it holds NaN or infinite values", "fill or crop them")
        if low < 0 or high > 1:
            raise InputError(
                subject, f"float values from {low:g} to {high:g}", "scale floats into 0..1"
            )
    if low == high:
        raise InputError(subject, "every pixel has the same value", "give an image with content")


def _array_records(
    images: dict[str, ArrayLike | None], mirror_back: bool
) -> tuple[InputRecord, ...]:
    """Describe arrays that come without a file."""
    return tuple(
        InputRecord(
            role=role,
            height=image.shape[0],
            width=image.shape[1],
            bits=sample_bits(np.dtype(image.dtype)),
            mirrored=mirror_back and role == "back",
        )
        for role, image in images.items()
        if image is not None
    )


@dataclass(frozen=True)
class Sources:
    """The files of a painting and their roles; any size, registered or not.

    Attributes
    ----------
    xray, front, back
        The radiograph and the photographs; no back: a concealed design is sought.
    mirror_back
        Flip the back left to right when it is read (a back is photographed from behind).
    mask, prior_mask
        Images, non-zero: left out, and where the concealed design lies.
    polarity, response, pixel_size_mm
        As the user states them; None: the default, recorded as assumed (pixel size: the file's).
    """

    xray: Path
    front: Path
    back: Path | None = None
    mirror_back: bool = False
    mask: Path | None = None
    prior_mask: Path | None = None
    polarity: Polarity | None = None
    response: Response | None = None
    pixel_size_mm: float | None = None

    def align(self) -> Painting:
        """Read the files onto the radiograph's grid.

        Returns
        -------
        Painting

        Raises
        ------
        InputError
            A file cannot be read or used, or is not on the radiograph's grid.
        """
        from napari_xraysep.io.reading import (
            ImageFile,
            read_mask,
            read_photograph,
            read_radiograph,
        )

        if self.mirror_back and self.back is None:
            raise InputError("--mirror-back", "there is no back", "give the back's photograph too")
        size = self.pixel_size_mm
        if size is not None and not (size > 0 and math.isfinite(size)):
            raise InputError("--pixel-size", f"{size} mm", "give a size above zero")
        xray = read_radiograph(self.xray)
        front = read_photograph(self.front)
        back = None if self.back is None else read_photograph(self.back)
        mask = None if self.mask is None else read_mask(self.mask)
        prior_mask = None if self.prior_mask is None else read_mask(self.prior_mask)
        files: dict[Role, ImageFile | None] = {
            "radiograph": xray,
            "front": front,
            "back": back,
            "mask": mask,
            "prior-mask": prior_mask,
        }
        inputs = [
            file.record(role, mirrored=self.mirror_back and role == "back")
            for role, file in files.items()
            if file is not None
        ]
        painting = Painting.from_arrays(
            xray.pixels,
            front.pixels,
            None if back is None else back.pixels,
            mirror_back=self.mirror_back,
            mask=None if mask is None else mask.pixels,
            prior_mask=None if prior_mask is None else prior_mask.pixels,
            polarity=self.polarity,
            response=self.response,
            pixel_size_mm=self.pixel_size_mm,
            simulated=xray.simulated,
            bits=xray.bits,
            inputs=inputs,
            notes=[f"{record.path}: {note}" for record in inputs for note in record.notes],
        )
        if self.pixel_size_mm is None:
            painting = replace(painting, pixel_size_mm=xray.pixel_size_mm)
        return painting
