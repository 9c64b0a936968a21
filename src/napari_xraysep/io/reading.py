"""Pictures in: a file becomes a radiograph, a photograph, a mask or a layer, or one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats, check_image, sample_bits, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.io.colour import to_srgb
from napari_xraysep.io.decoded import Samples, pixel_size, upright
from napari_xraysep.io.decoding import decode, decoder_for
from napari_xraysep.io.jpeg import decode_jpeg
from napari_xraysep.io.staging import sha256_of
from napari_xraysep.records import InputRecord, Role

REGISTERED = "registered to the radiograph"
"""Words in the description of a photograph that ``xraysep register`` wrote."""
VALID = "-valid.tif"
"""Ends the name of the file beside it that says where it shows something."""


@dataclass(frozen=True)
class ImageFile:
    """A picture file as read for its role.

    Attributes
    ----------
    path
        As the user gave it.
    pixels
        (H, W) or (H, W, 3), upright; values as in the file, a photograph's in sRGB.
    bits
        Bits that the integers in ``pixels`` use; None for floats.
    pixel_size_mm
        As the file says, or None where it says nothing that can be believed.
    icc_profile
        Name of the profile that a photograph was converted from.
    simulated
        The file's description says *simulated*.
    shown
        (H, W) bool of a photograph that ``xraysep register`` brought onto the radiograph's grid,
        mirrored already: False where the radiograph shows what lies outside of it. Else None.
    notes
        What was done in reading that the user should know.
    sha256
        Of the file.
    """

    path: Path
    pixels: Samples
    bits: int | None
    pixel_size_mm: float | None
    icc_profile: str | None
    simulated: bool
    notes: tuple[str, ...]
    sha256: str
    shown: NDArray[np.bool_] | None = None

    def record(self, role: Role, *, mirrored: bool = False) -> InputRecord:
        """Describe the file for ``run.json``."""
        return InputRecord(
            role=role,
            path=str(self.path),
            sha256=self.sha256,
            height=self.pixels.shape[0],
            width=self.pixels.shape[1],
            bits=self.bits,
            pixel_size_mm=self.pixel_size_mm,
            icc_profile=self.icc_profile,
            mirrored=mirrored,
            registered=self.shown is not None,
            notes=self.notes,
        )


def read_radiograph(path: Path | str) -> ImageFile:
    """Read a grey picture; an ICC profile is ignored.

    Raises
    ------
    InputError
        The file cannot be read, or is no grey picture with finite, varied values.
    """
    image = _grey(_read(path)[0], "a radiograph")
    check_image(str(path), image.pixels, colour=False)
    return image


def read_photograph(path: Path | str) -> ImageFile:
    """Read a colour picture and convert it to sRGB in its own bit depth.

    Raises
    ------
    InputError
        The file cannot be read, or is no colour picture with finite, varied values.
    """
    image, icc = _read(path)
    check_image(str(path), image.pixels, colour=True)
    if image.shown is not None:
        known = ["it was registered to its radiograph, and mirrored if it had to be"]
        if not _beside(path).is_file():
            missing = _beside(path).name
            known.append(f"{missing} is not beside it: what it does not show counts as black")
        image = replace(image, shown=_shown(image), notes=(*image.notes, *known))
    pixels, notes, full = image.pixels, list(image.notes), sample_bits(image.pixels.dtype)
    if pixels.dtype.kind == "f":
        pixels = pixels.astype(np.float32)
    elif image.bits != full and image.bits is not None and full is not None:
        top = 2**image.bits - 1
        pixels = ((pixels.astype(np.uint64) * (2**full - 1) + top // 2) // top).astype(pixels.dtype)
        notes.append(f"its {image.bits} bits were spread over {full}")
    name = None
    if icc:
        pixels, name, problems = to_srgb(pixels, icc)
        notes.extend(problems)
    if _channels_equal(pixels):
        notes.append("its red, green and blue are equal: a grey picture says little about pigments")
    return replace(image, pixels=pixels, bits=full, icc_profile=name, notes=tuple(notes))


def read_mask(path: Path | str) -> ImageFile:
    """Read a mask, (H, W); where the file has colours, a pixel counts that has any.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    image = _read(path)[0]
    pixels, notes = image.pixels, image.notes
    if pixels.ndim == 3:
        pixels = pixels.max(axis=2)
        notes = (*notes, "a mask in colour: every pixel that is not black is set")
    if decoder_for(image.path) is decode_jpeg:
        notes = (*notes, "JPEG changes values near edges: a mask is safer as PNG or TIFF")
    return replace(image, pixels=pixels, notes=notes)


def read_layer(path: Path | str) -> Floats:
    """Read a result layer or a truth: (H, W) float32; integers as 0..1, floats as they are.

    Raises
    ------
    InputError
        The file cannot be read, or is no grey picture with finite values.
    """
    image = _grey(_read(path)[0], "a layer")
    if image.pixels.dtype.kind not in "uf":
        raise InputError(
            path, f"samples of type {image.pixels.dtype}", "give unsigned integers or floats"
        )
    layer = to_unit(image.pixels, image.bits)
    if not np.isfinite(layer).all():
        raise InputError(path, "it holds NaN or infinite values", "fill or crop them")
    return layer


def _beside(path: Path | str) -> Path:
    """Return the file that says where a registered photograph shows something."""
    return Path(path).with_name(f"{Path(path).stem}{VALID}")


def _shown(image: ImageFile) -> NDArray[np.bool_]:
    """Read where a registered photograph shows something, from the file beside it if it is there.

    Raises
    ------
    InputError
        That file is of another size.
    """
    beside = _beside(image.path)
    shape = image.pixels.shape[:2]
    if not beside.is_file():
        return np.ones(shape, bool)
    shown = np.asarray(read_mask(beside).pixels != 0)
    if shown.shape != shape:
        raise InputError(
            beside,
            f"it has {shown.shape[0]} rows and {shown.shape[1]} columns, {image.path.name} "
            f"{shape[0]} and {shape[1]}",
            "copy both from the same registration",
        )
    return shown


def _grey(image: ImageFile, what: str) -> ImageFile:
    """Return the picture as (H, W), or raise `InputError` where it has colours."""
    if image.pixels.ndim == 2:
        return image
    if not _channels_equal(image.pixels):
        raise InputError(
            image.path,
            f"it is a colour picture and {what} is grey",
            "check that files are not exchanged, or convert it to grey",
        )
    return replace(
        image,
        pixels=np.ascontiguousarray(image.pixels[..., 0]),
        notes=(*image.notes, "its red, green and blue are equal: read as grey"),
    )


def _channels_equal(pixels: Samples) -> bool:
    return all(
        np.array_equal(row[:, 0], row[:, 1]) and np.array_equal(row[:, 0], row[:, 2])
        for row in pixels
    )


def _read(path: Path | str) -> tuple[ImageFile, bytes | None]:
    """Read a file whatever its role; also return its ICC profile."""
    path = Path(path)
    decoded = decode(path)
    sha256 = sha256_of(path)
    notes = decoded.notes
    if decoded.alpha is not None:
        bits = decoded.bits
        if (decoded.alpha != (1 if bits is None else 2**bits - 1)).any():
            raise InputError(path, "it is partly transparent", "flatten it onto a background")
        notes += ("its opaque alpha channel was left out",)
    if 2 <= decoded.orientation <= 8:
        notes += ("turned upright, as its orientation tag says",)
    size, doubts = pixel_size(decoded.per_mm)
    image = ImageFile(
        path=path,
        pixels=upright(decoded.samples, decoded.orientation),
        bits=decoded.bits,
        pixel_size_mm=size,
        icc_profile=None,
        simulated=re.search(r"\bsimulated\b", decoded.description, re.IGNORECASE) is not None,
        notes=(*notes, *doubts),
        sha256=sha256,
        shown=np.ones((), bool) if REGISTERED in decoded.description else None,
    )
    return image, decoded.icc
