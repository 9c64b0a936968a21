"""JPEG, grey and RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_xraysep.errors import InputError
from napari_xraysep.io.decoded import MM_PER_INCH, Decoded

ORIENTATION, DESCRIPTION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 270, 282, 283, 296
"""EXIF tags."""
MM_PER_UNIT = {
    ("jfif", 1): MM_PER_INCH,
    ("jfif", 2): 10.0,
    ("exif", 2): MM_PER_INCH,
    ("exif", 3): 10.0,
}


def decode_jpeg(path: Path) -> Decoded:
    """Read a JPEG; raises `InputError` for CMYK, and what Pillow raises for a damaged file.

    The file class is opened directly: `PIL.Image.open` refuses pictures above 0.18 Gpx.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    with JpegImageFile(path) as image:
        if image.mode not in ("L", "RGB"):
            raise InputError(
                path, f"it is a {image.mode} picture, made for print", "convert it to RGB"
            )
        samples = np.array(image)
        exif = image.getexif()
        info = image.info
    per_mm = None
    unit = MM_PER_UNIT.get(("jfif", info.get("jfif_unit", 0)))
    if unit is not None:
        x, y = info["jfif_density"]
        per_mm = (x / unit, y / unit)
    elif X_RESOLUTION in exif:
        unit = MM_PER_UNIT.get(("exif", exif.get(RESOLUTION_UNIT, 2)))
        x, y = float(exif[X_RESOLUTION]), float(exif.get(Y_RESOLUTION, exif[X_RESOLUTION]))
        per_mm = None if unit is None else (x / unit, y / unit)
    comment = info.get("comment", b"")
    return Decoded(
        samples,
        8,
        orientation=int(exif.get(ORIENTATION, 1)),
        per_mm=per_mm,
        icc=info.get("icc_profile"),
        description=f"{exif.get(DESCRIPTION, '')}\n{comment.decode('latin-1')}",
    )
