"""Any picture file to samples, or to one sentence that says what is wrong with it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_xraysep.errors import InputError
from napari_xraysep.io import dicom, jpeg, jpeg2000, png, tiff
from napari_xraysep.io.decoded import Decoded

Decoder = Callable[[Path], Decoded]
MAGIC: tuple[tuple[int, bytes, Decoder], ...] = (
    (128, b"DICM", dicom.decode_dicom),  # first: its preamble may pretend to be a TIFF
    (0, b"II*\0", tiff.decode_tiff),
    (0, b"MM\0*", tiff.decode_tiff),
    (0, b"II+\0", tiff.decode_tiff),
    (0, b"MM\0+", tiff.decode_tiff),
    (0, png.SIGNATURE, png.decode_png),
    (0, b"\xff\xd8\xff", jpeg.decode_jpeg),
    (0, jpeg2000.BOX_SIGNATURE, jpeg2000.decode_jpeg2000),
    (0, jpeg2000.CODESTREAM, jpeg2000.decode_jpeg2000),
)
"""Offset and bytes by which a file's type is known, whatever its name ends in."""
_DECODING = threading.Lock()


def decode(path: Path) -> Decoded:
    """Decode a file whatever its name ends in and whatever its role will be.

    Raises
    ------
    InputError
        The file cannot be opened, is of no kind read here, is damaged or cut short, or holds
        what no role can use (several pages, CMYK).
    """
    decoder = decoder_for(path)
    try:
        with _silence():
            return decoder(path)
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            path, "there is not enough memory to read it", "close other programs or crop it"
        ) from None
    except Exception as error:  # decoders fail in every way on damaged files
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(
            path,
            f"it is cut short, damaged or of an unusual kind ({reason})",
            "copy it again from its source, or save it as a plain TIFF",
        ) from error


def decoder_for(path: Path) -> Decoder:
    """Choose the decoder by a file's first bytes.

    Raises
    ------
    InputError
        There is no such file, it is empty, cannot be opened, or is of no kind read here.
    """
    if path.is_dir():
        raise InputError(path, "it is a folder", "give the picture file inside it")
    try:
        with path.open("rb") as file:
            head = file.read(256)
    except FileNotFoundError:
        raise InputError(path, "there is no such file", "check its name and folder") from None
    except OSError as error:
        raise InputError(
            path, f"it cannot be opened ({error.strerror})", "check that you may read it"
        ) from None
    if not head:
        raise InputError(path, "the file is empty", "copy it again from its source")
    for at, magic, decoder in MAGIC:
        if head[at : at + len(magic)] == magic:
            return decoder
    raise InputError(
        path,
        "it is not a picture of a kind read here",
        "give a TIFF, PNG, JPEG, JPEG 2000 or DICOM file",
    )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the decoders' warnings and logs off the user's screen.

    Both switches belong to the whole process: files are decoded one at a time.
    """
    loggers = [logging.getLogger(name) for name in ("tifffile", "pydicom")]
    with _DECODING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
