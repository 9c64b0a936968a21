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
    boxes = dict(_boxes(data, 0, len(data))) if data.startswith(BOX_SIGNATURE) else {}
    icc, colour = None, boxes.get(b"colr", b"")
    if colour[:1] == b"\1" and int.from_bytes(colour[3:7]) == CMYK:
        raise InputError(path, "it is a CMYK picture, made for print", "convert it to RGB")
    if colour[:1] == b"\2":
        icc = colour[3:]
    samples, alpha = split_alpha(imagecodecs.jpeg2k_decode(data))
    # Ssiz of the first component: 38 bytes into the SIZ segment's own fields
    depth = data[data.index(CODESTREAM) + 42]
    return Decoded(
        samples,
        (depth & 0x7F) + 1,
        alpha,
        per_mm=_per_mm(boxes.get(b"resc") or boxes.get(b"resd")),
        icc=icc,
    )


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the boxes, those within superboxes too; not the codestream."""
    while start + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, start)
        if name == b"jp2c" or length < 8:
            return
        stop = min(start + length, end)
        if name in SUPERBOXES:
            yield from _boxes(data, start + 8, stop)
        else:
            yield name, data[start + 8 : stop]
        start = stop


def _per_mm(box: bytes | None) -> tuple[float, float] | None:
    """Pixels per millimetre along x and y; the box counts per metre, y first."""
    if box is None or len(box) < 10:
        return None
    y_num, y_den, x_num, x_den, y_exp, x_exp = struct.unpack_from(">HHHHbb", box)
    if not (y_den and x_den):
        return None
    return x_num / x_den * 10.0**x_exp / 1000, y_num / y_den * 10.0**y_exp / 1000
