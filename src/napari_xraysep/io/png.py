"""PNG: 8 and 16 bits, grey and RGB."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from napari_xraysep.domain import sample_bits
from napari_xraysep.io.decoded import Decoded, split_alpha

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
METRE = 1
PALETTE = 3
"""Colour type of IHDR."""


def decode_png(path: Path) -> Decoded:
    """Read a PNG; raises whatever the decoder raises where the file is damaged.

    Pillow would cut 16-bit RGB down to 8 bits. The decoder that keeps it prints warnings about
    the other chunks, so it is given only those that make up the picture.
    """
    import imagecodecs
    from PIL.Image import Exif

    data = path.read_bytes()
    picture, found, texts = [SIGNATURE], {}, []
    for kind, start, end in _chunks(data):
        body = data[start + 8 : end - 4]
        if kind in NEEDED:
            picture.append(data[start:end])
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            texts.append(_text(kind, body))
        else:
            found[kind] = body
    colour_type = data[25]
    samples, alpha = split_alpha(imagecodecs.png_decode(b"".join(picture)))
    exif = Exif()
    with suppress(Exception):  # a damaged extra does not spoil the picture
        exif.load(found.get(b"eXIf", b""))
    per_mm = None
    if len(found.get(b"pHYs", b"")) == 9:
        x, y, unit = struct.unpack(">IIB", found[b"pHYs"])
        per_mm = (x / 1000, y / 1000) if unit == METRE else None
    icc = None
    if b"iCCP" in found:
        _, _, rest = found[b"iCCP"].partition(b"\0")
        icc = _inflated(rest[1:])
    return Decoded(
        samples,
        sample_bits(samples.dtype),
        alpha,
        orientation=int(exif.get(274, 1)),
        per_mm=per_mm,
        icc=icc,
        description="\n".join(texts),
        notes=("its palette was expanded to colours",) if colour_type == PALETTE else (),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk; the last may be cut short."""
    start = len(SIGNATURE)
    while start + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, start)
        end = min(start + 12 + length, len(data))
        yield data[start + 4 : start + 8], start, end
        start = end


def _inflated(data: bytes) -> bytes:
    """Decompress, or return nothing where it is damaged: it is only an extra."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


def _text(kind: bytes, body: bytes) -> str:
    """Return the text of a chunk without its keyword."""
    _, _, value = body.partition(b"\0")
    if kind == b"tEXt":
        return value.decode("latin-1")
    if kind == b"zTXt":
        return _inflated(value[1:]).decode("latin-1")
    compressed, value = value[:1], value[2:]
    for _ in ("language", "translated keyword"):
        _, _, value = value.partition(b"\0")
    return (_inflated(value) if compressed == b"\1" else value).decode("utf-8", "replace")
