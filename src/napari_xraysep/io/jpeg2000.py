"""JPEG 2000: JP2 files and bare codestreams."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from napari_xraysep.errors import InputError
from napari_xraysep.io.decoded import Decoded, split_alpha

BOX_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"
SUPERBOXES = (b"jp2h", b"res ")
CMYK = 12
"""Enumerated colour space of the box ``colr``."""


def decode_jpeg2000(path: Path) -> Decoded:
    """Read a JPEG 2000; raises `InputError` for CMYK, and what the decoder raises for damage."""
    import imagecodecs

    data = path.read_bytes()
    boxes = {b"jp2c": (0, len(data))}
    if data.startswith(BOX_SIGNATURE):
        boxes = {name: (start, stop) for name, start, stop in _boxes(data, 0, len(data))}

    def content(name: bytes) -> bytes:
        start, stop = boxes.get(name, (0, 0))
        return data[start:stop]

    icc, colour = None, content(b"colr")
    if colour[:1] == b"\1" and int.from_bytes(colour[3:7]) == CMYK:
        raise InputError(path, "it is a CMYK picture, made for print", "convert it to RGB")
    if colour[:1] == b"\2":
        icc = colour[3:]
    # given the boxes too, the decoder would apply the profile in its own, coarser way
    decoded = imagecodecs.jpeg2k_decode(data if icc is None else content(b"jp2c"))
    samples, alpha = split_alpha(decoded)
    depth = data[boxes[b"jp2c"][0] + 42]  # Ssiz of the first component, in the SIZ segment
    return Decoded(
        samples,
        (depth & 0x7F) + 1,
        alpha,
        per_mm=_per_mm(content(b"resc") or content(b"resd")),
        icc=icc,
    )


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the boxes' contents, down to the codestream, superboxes opened."""
    while start + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, start)
        if name == b"jp2c":
            # 0: to the end of the file; 1: the length follows in 8 bytes
            yield name, start + (16 if length == 1 else 8), end
            return
        if length < 8:
            return
        stop = min(start + length, end)
        if name in SUPERBOXES:
            yield from _boxes(data, start + 8, stop)
        else:
            yield name, start + 8, stop
        start = stop


def _per_mm(box: bytes) -> tuple[float, float] | None:
    """Pixels per millimetre along x and y; the box counts per metre, y first."""
    if len(box) < 10:
        return None
    y_num, y_den, x_num, x_den, y_exp, x_exp = struct.unpack_from(">HHHHbb", box)
    if not (y_den and x_den):
        return None
    return x_num / x_den * 10.0**x_exp / 1000, y_num / y_den * 10.0**y_exp / 1000
