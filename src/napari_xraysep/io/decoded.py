"""What every decoder of a picture file returns, and the judgements that all of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[Any]

MM_PER_INCH = 25.4
DEFAULT_DPI = (72, 96)
"""Resolutions that programs write when they know none; no scanner is set to them."""
PLAUSIBLE_MM = (0.0005, 5.0)
"""Pixels on the painting outside these sizes come from a wrong tag, not from a scan."""
TURNED_OVER = "stored with white as zero; turned over so that white is the highest value"


@dataclass(frozen=True)
class Decoded:
    """A picture as its file holds it, before any decision about its role.

    Attributes
    ----------
    samples
        (H, W) or (H, W, 3), white high.
    bits
        Bits of an integer sample; None for floats.
    alpha
        (H, W), of the type of ``samples``, or None.
    orientation
        1 to 8, as in TIFF and EXIF; 1 is upright.
    per_mm
        Pixels per millimetre along x and y, or None where the file says nothing.
    icc
        The embedded colour profile.
    description
        Free text found in the file.
    notes
        What a reader of the record should know.
    """

    samples: Samples
    bits: int | None
    alpha: Samples | None = None
    orientation: int = 1
    per_mm: tuple[float, float] | None = None
    icc: bytes | None = None
    description: str = ""
    notes: tuple[str, ...] = ()


def split_alpha(samples: Samples) -> tuple[Samples, Samples | None]:
    """Take the last of 2 or 4 channels off as alpha; a single channel becomes (H, W)."""
    if samples.ndim == 2:
        return samples, None
    channels = samples.shape[2]
    alpha = samples[..., -1] if channels in (2, 4) else None
    return (samples[..., 0] if channels < 3 else samples[..., :3]), alpha


def upright(samples: Samples, orientation: int) -> Samples:
    """Apply a TIFF or EXIF orientation (1 to 8; anything else is taken as 1)."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return np.ascontiguousarray(samples)


def pixel_size(per_mm: tuple[float, float] | None) -> tuple[float | None, tuple[str, ...]]:
    """Judge a file's resolution.

    Parameters
    ----------
    per_mm
        Pixels per millimetre along x and y.

    Returns
    -------
    size
        Of a pixel in mm, or None where the file does not give one that can be believed.
    notes
        Why it was not believed.
    """
    if per_mm is None or not all(math.isfinite(v) and v > 0 for v in per_mm):
        return None, ()
    x, y = per_mm
    dpi = x * MM_PER_INCH
    if abs(x / y - 1) > 0.01:
        return None, (
            f"its resolution differs along x and y ({dpi:g} and {y * MM_PER_INCH:g} dpi): "
            "pixel size left unknown",
        )
    if any(abs(dpi - default) < 0.1 for default in DEFAULT_DPI):
        return None, (
            f"its {dpi:.0f} dpi are a program's default, not a scan's: pixel size left unknown",
        )
    if not PLAUSIBLE_MM[0] <= 1 / x <= PLAUSIBLE_MM[1]:
        return None, (f"its {dpi:g} dpi cannot be a scan's: pixel size left unknown",)
    return 1 / x, ()
