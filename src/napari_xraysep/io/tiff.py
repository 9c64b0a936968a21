"""TIFF and BigTIFF: which of its pages is the picture, and what its tags say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tifffile import COMPRESSION, PHOTOMETRIC, TiffFile, TiffPage

from napari_xraysep.errors import InputError
from napari_xraysep.io.decoded import (
    MM_PER_INCH,
    TURNED_OVER,
    Decoded,
    Samples,
    split_alpha,
)

REDUCED, TRANSPARENCY_MASK = 1, 4
"""Bits of the tag NewSubfileType."""
UNITS_PER_MM = {2: MM_PER_INCH, 3: 10.0}
"""Millimetres in the unit of the tag ResolutionUnit: inch, centimetre."""
IMAGEJ_UNITS = {"mm": 1.0, "cm": 10.0, "inch": MM_PER_INCH, "um": 1e-3, "µm": 1e-3, "micron": 1e-3}
COLOUR_CHANNELS: dict[int, int] = {
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
    PHOTOMETRIC.YCBCR: 3,
}


def decode_tiff(path: Path) -> Decoded:
    """Read the one full-size picture of a TIFF.

    Raises
    ------
    InputError
        Several full-size pages, a colour model that is not read, extra channels, a file cut short.
    """
    with TiffFile(path) as tif:
        page, left_out = _main_page(path, tif)
        notes = [f"{left_out} reduced copies of the picture were left out"] if left_out else []
        samples = _samples(path, page)
        samples, alpha = split_alpha(samples)
        bits: int | None = None
        if samples.dtype == bool:
            samples, bits = samples.astype(np.uint8), 1
        elif samples.dtype.kind == "u":
            bits = int(page.bitspersample)
        if page.photometric == PHOTOMETRIC.MINISWHITE:
            samples = (1 if bits is None else 2**bits - 1) - samples
            notes.append(TURNED_OVER)
        elif page.photometric == PHOTOMETRIC.PALETTE:
            samples, bits = _expanded(page, samples)
            notes.append("its palette was expanded to colours")
        return Decoded(
            samples,
            bits,
            alpha,
            orientation=int(_tag(page, 274, 1)),
            per_mm=_per_mm(tif, page),
            icc=page.iccprofile,
            description=page.description,
            notes=tuple(notes),
        )


def _main_page(path: Path, tif: TiffFile) -> tuple[TiffPage, int]:
    """Return the full-size page and the number of reduced ones.

    A page is reduced if its tag says so, or if it is at most half the size of the largest
    (programs that add a thumbnail often leave the tag out).
    """
    pages = [page for page in tif.pages if isinstance(page, TiffPage)]
    tif.filehandle.seek(tif.pages.next_page_offset or 0)
    if not pages or any(tif.filehandle.read(tif.tiff.offsetsize)):
        raise _cut_short(path)  # the chain of pages leads out of the file
    full = [page for page in pages if not page.subfiletype & (REDUCED | TRANSPARENCY_MASK)]
    if not full:
        raise InputError(
            path, "it holds no full-size picture", "save it as a plain grey or RGB TIFF"
        )
    main = max(full, key=lambda page: page.imagelength * page.imagewidth)
    count = sum(
        2 * page.imagelength > main.imagelength or 2 * page.imagewidth > main.imagewidth
        for page in full
    )
    if count == 1 and main.imagedepth > 1:
        count = main.imagedepth
    if count == 1 and len(pages) == 1 and (tif.is_imagej or tif.is_shaped):
        # ImageJ and tifffile may write one page's tags for a whole stack
        count = tif.series[0].size // main.size
    if count > 1:
        raise InputError(
            path,
            f"it holds {count} full-size pages",
            "save the one you need as a file of its own",
        )
    return main, len(pages) - 1 + len(main.subifds or ())


def _samples(path: Path, page: TiffPage) -> Samples:
    """Decode a page to (H, W) or (H, W, C), after checks that need no decoding."""
    model = page.photometric
    if model == PHOTOMETRIC.SEPARATED:
        raise InputError(path, "it is a CMYK picture, made for print", "convert it to RGB")
    raw_ycbcr = model == PHOTOMETRIC.YCBCR and page.compression not in (
        COMPRESSION.JPEG,
        COMPRESSION.OJPEG,
    )  # tifffile turns YCbCr to RGB only where the JPEG decoder does
    if model not in COLOUR_CHANNELS or raw_ycbcr:
        name = PHOTOMETRIC(model).name if model in list(PHOTOMETRIC) else str(model)
        raise InputError(
            path, f"its colour model ({name}) is not read here", "convert it to grey or RGB"
        )
    extra = page.samplesperpixel - COLOUR_CHANNELS[model]
    if extra not in (0, 1):
        raise InputError(
            path,
            f"it has {page.samplesperpixel} channels",
            "save it as plain grey or RGB without further channels",
        )
    size = path.stat().st_size
    ends = (at + n for at, n in zip(page.dataoffsets, page.databytecounts, strict=True))
    if max(ends, default=size + 1) > size:
        raise _cut_short(path)
    samples: Samples = page.asarray()
    if page.axes == "SYX":
        samples = np.ascontiguousarray(np.moveaxis(samples, 0, -1))
    return samples


def _cut_short(path: Path) -> InputError:
    return InputError(path, "the file is cut short", "copy it again from its source")


def _expanded(page: TiffPage, indices: Samples) -> tuple[Samples, int]:
    """Look palette indices up; the tag holds 16 bits, of which writers often mean 8."""
    palette = np.asarray(page.colormap, np.uint16).T
    if not (palette % 257).any() or not (palette % 256).any():
        return (palette >> 8).astype(np.uint8)[indices], 8
    return palette[indices], 16


def _tag(page: TiffPage, code: int, default: float | tuple[int, int]) -> float:
    """Return a tag's number; rationals as their quotient, 0 where undefined."""
    tag = page.tags.get(code)
    value = default if tag is None else tag.value
    if isinstance(value, tuple):
        return value[0] / value[1] if len(value) == 2 and value[1] else 0.0
    return float(value)


def _per_mm(tif: TiffFile, page: TiffPage) -> tuple[float, float] | None:
    """Pixels per millimetre from the resolution tags, or from ImageJ's own unit."""
    unit = UNITS_PER_MM.get(int(_tag(page, 296, 2)))
    if unit is None and tif.is_imagej:
        unit = IMAGEJ_UNITS.get(str((tif.imagej_metadata or {}).get("unit", "")))
    if unit is None:
        return None
    return _tag(page, 282, 0) / unit, _tag(page, 283, 0) / unit
