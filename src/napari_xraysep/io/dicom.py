"""DICOM and DICONDE from computed radiography; needs the extra ``dicom``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_xraysep.errors import InputError
from napari_xraysep.io.decoded import TURNED_OVER, Decoded, Samples

SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def decode_dicom(path: Path) -> Decoded:
    """Read the stored values of a single-frame DICOM.

    Values are those stored: neither rescaled nor windowed. MONOCHROME1 says that zero is shown
    white; such values are turned over, so that white is high as in every other file and the
    user's statement about polarity means what is seen on the screen.

    Raises
    ------
    InputError
        pydicom is missing, there is no picture, several frames, signed values, other colours.
    """
    try:
        import pydicom
        from pydicom.pixels import pixel_array
    except ImportError:
        raise InputError(
            path,
            "DICOM files need the package pydicom",
            'install it with: pip install "napari-xraysep[dicom]"',
        ) from None
    header = pydicom.dcmread(path)
    _check(path, header)
    samples: Samples = pixel_array(header, correct_unused_bits=False)
    bits = int(header.BitsStored)
    if samples.ndim == 2:
        # other things may lie in the bits above and below; pydicom forgets those below
        below = int(header.HighBit) + 1 - bits
        samples = (samples >> below) & np.array(2**bits - 1, samples.dtype)
    notes = []
    if header.PhotometricInterpretation == "MONOCHROME1":
        samples = np.array(2**bits - 1, samples.dtype) - samples
        notes.append(TURNED_OVER)
    if (header.get("RescaleSlope", 1), header.get("RescaleIntercept", 0)) != (1, 0):
        notes.append("its rescale slope and intercept were not applied")
    per_mm = None
    name = next((name for name in SPACINGS if header.get(name)), None)
    if name is not None:
        rows, columns = (float(v) for v in header[name].value)
        per_mm = (1 / columns, 1 / rows) if rows > 0 and columns > 0 else None
        if name == "ImagerPixelSpacing":
            notes.append("its pixel size was measured at the detector, not on the painting")
    description = " ".join(
        str(header.get(name, "")) for name in ("ImageComments", "SeriesDescription")
    )
    return Decoded(samples, bits, per_mm=per_mm, description=description, notes=tuple(notes))


def _check(path: Path, header: Any) -> None:
    """Raise `InputError` for what is not a single unsigned grey or RGB picture."""
    if "PixelData" not in header:
        raise InputError(path, "this DICOM file holds no picture", "give one that does")
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise InputError(
            path,
            f"it holds {header.NumberOfFrames} full-size pages",
            "save the one you need as a file of its own",
        )
    if header.PixelRepresentation == 1:
        raise InputError(path, "its values are signed integers", "export it with unsigned values")
    model = str(header.PhotometricInterpretation)
    if not model.startswith(("MONOCHROME", "RGB", "YBR")):
        raise InputError(
            path, f"its colour model ({model}) is not read here", "convert it to grey or RGB"
        )
