"""TIFF for other programs: 16-bit grey, band by band, and several of them in one file."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_xraysep.io.decoded import MM_PER_INCH
from napari_xraysep.io.results import BIGTIFF_BYTES

Grey16 = NDArray[np.uint16]

BAND_PIXELS = 4_000_000
"""Pixels that are converted at a time, so that a large image needs no copy of itself."""
XMP, PAGE_NAME = 700, 285
"""Tags of TIFF."""
BYTES, TEXT = 1, 2
"""Types of tags."""
TURNED = rb"(tiff:Orientation(?:=[\"']|>))[2-8]"


def bands(height: int, width: int) -> Iterator[slice]:
    """Cut an image into bands of rows of at most about `BAND_PIXELS` pixels."""
    rows = max(1, BAND_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))


def write_grey16(
    path: Path,
    shape: tuple[int, int],
    rows: Callable[[slice], Grey16],
    description: str,
    pixel_size_mm: float | None,
    xmp: bytes | None,
) -> None:
    """Write a 16-bit grey TIFF without a colour profile, white high.

    Parameters
    ----------
    rows
        Makes the pixels of a band of rows.
    pixel_size_mm
        Of the image, for its resolution; None: unknown, and the file says none.
    xmp
        A packet of XMP to go with it.
    """
    place = tifffile.imwrite(
        path,
        shape=shape,
        dtype=np.uint16,
        bigtiff=2 * shape[0] * shape[1] > BIGTIFF_BYTES,
        extratags=[] if xmp is None else [_packet(xmp)],
        returnoffset=True,
        **_tags(description, pixel_size_mm),
    )
    assert place is not None, "without compression the pixels lie in one piece"
    with path.open("r+b") as file:  # not mapped: a full disk would end the process
        file.seek(place[0])
        for band in bands(*shape):
            file.write(rows(band).data)


def write_layered(
    path: Path,
    pages: Mapping[str, Path],
    description: str,
    pixel_size_mm: float | None,
    xmp: bytes | None,
) -> None:
    """Write images as the pages of one TIFF, which is an OME-TIFF too.

    Every page has its name in the tag PageName, which GIMP shows as the name of a layer, and, but
    for the first, at the beginning of its description, where libvips finds it. The first one's
    description is OME-XML, from which programs that know it take names of channels and the size
    of a pixel. Any program that pages through a TIFF opens it.

    Parameters
    ----------
    pages
        Files of `write_grey16`, all of one size, by what their pages are to be called.
    """
    images = {name: tifffile.memmap(file, mode="r") for name, file in pages.items()}
    shape = next(iter(images.values())).shape
    ome = tifffile.OmeXml(Creator=_software())
    size = {} if pixel_size_mm is None else _ome_size(pixel_size_mm)
    ome.addimage(
        "uint16",
        (len(images), *shape),
        (len(images), 1, 1, *shape, 1),
        axes="CYX",
        Name=path.name.removesuffix(".ome.tif"),
        Channel={"Name": list(images)},
        Description=description,
        **size,
    )
    big = sum(image.nbytes for image in images.values()) > BIGTIFF_BYTES
    with tifffile.TiffWriter(path, bigtiff=big) as tif:
        for number, (name, image) in enumerate(images.items()):
            extra: list[Any] = [(PAGE_NAME, TEXT, None, name, True)]
            if number == 0 and xmp is not None:
                extra.append(_packet(xmp))
            said = ome.tostring(declaration=True) if number == 0 else f"{name}; {description}"
            tif.write(image, contiguous=False, extratags=extra, **_tags(said, pixel_size_mm))


def _tags(description: str, pixel_size_mm: float | None) -> dict[str, Any]:
    return {
        "photometric": "minisblack",
        "description": description.encode(),
        "metadata": None,
        "software": _software(),
        "resolution": None if pixel_size_mm is None else (MM_PER_INCH / pixel_size_mm,) * 2,
        "resolutionunit": "NONE" if pixel_size_mm is None else "INCH",
    }


def _software() -> str:
    return f"napari-xraysep {version('napari-xraysep')}"


def _ome_size(pixel_size_mm: float) -> dict[str, object]:
    axes = {f"PhysicalSize{axis}": 1000 * pixel_size_mm for axis in "XY"}
    return axes | {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}


def _packet(xmp: bytes) -> tuple[int, int, int, bytes, bool]:
    return XMP, BYTES, len(xmp), xmp, True


def read_xmp(path: Path) -> bytes | None:
    """Return the packet of XMP that a picture file holds, or None.

    What it says of the orientation is set to upright, as pictures are here.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    try:
        with tifffile.TiffFile(path) as tif:
            pages = (page for page in tif.pages if isinstance(page, tifffile.TiffPage))
            found = next((page.tags[XMP].value for page in pages if XMP in page.tags), None)
    except tifffile.TiffFileError:
        found = _scanned(path)
    if isinstance(found, str):  # some programs store it as text
        found = found.encode()
    return None if found is None else re.sub(TURNED, rb"\g<1>1", bytes(found))


def _scanned(path: Path) -> bytes | None:
    """Find a packet by the marks around it, which are the same in every format."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.find(b"<?xpacket begin=")
        last = content.find(b"<?xpacket end=", start)
        end = content.find(b"?>", last)
        return None if -1 in (start, last, end) else content[start : end + 2]
