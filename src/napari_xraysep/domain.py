"""Grey values: which may come in, and what they become in the domain where layers add."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError

Polarity = Literal["white-absorbs", "black-absorbs"]
Response = Literal["as-is", "linear", "film-density", "log"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)
RESPONSES: tuple[Response, ...] = get_args(Response)

Floats: TypeAlias = NDArray[np.float32]
ArrayLike: TypeAlias = Any
"""numpy, dask or zarr: has ``shape``, ``dtype`` and slicing."""

FLOAT_LEVELS = 65535
"""Grey levels assumed in a float radiograph, for the floor ε under logarithms."""
SMALLEST_SIDE = 16
"""Pixels that an image, or a part of one, needs in height and in width."""


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

    @classmethod
    def assumed(
        cls, polarity: Polarity | None, response: Response | None, bits: int | None
    ) -> Domain:
        """Return the domain of what the user states; None: not stated, the default is taken."""
        return cls(polarity or cls.polarity, response or cls.response, bits)

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


def contradictions(polarity: Polarity | None, response: Response | None) -> list[str]:
    """Say what is unusual about the answers together."""
    if polarity == "black-absorbs" and response == "linear":
        return [
            "black-absorbs with a linear response: −ln is taken after black and white are swapped; "
            "for a detector image in which dark absorbs, state white-absorbs"
        ]
    return []


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
    if min(shape[:2]) < SMALLEST_SIDE:
        raise InputError(
            subject,
            f"it is only {shape[0]} by {shape[1]} pixels",
            f"give at least {SMALLEST_SIDE}",
        )
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


def check_grid(
    subject: str | Path,
    image: ArrayLike | None,
    shape: tuple[int, int],
    cure: str = "draw it on the radiograph",
) -> None:
    """Raise `InputError` where there is an image of another height or width than the radiograph."""
    if image is not None and tuple(image.shape[:2]) != tuple(shape):
        raise InputError(
            subject,
            f"it has {image.shape[0]} rows and {image.shape[1]} columns, the radiograph "
            f"{shape[0]} and {shape[1]}",
            cure,
        )


def luma(photograph: Floats) -> Floats:
    """Return the (H, W) luma of an (H, W, 3) sRGB photograph, 0..1 (Rec. 709 weights)."""
    return np.asarray(photograph @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)
