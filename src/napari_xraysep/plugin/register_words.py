"""How registrations are spoken of in the dock widget *Register*; without Qt."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from napari_xraysep.registration.landmarks import enabled, leave_one_out
from napari_xraysep.transforms import SideTransform

if TYPE_CHECKING:
    from napari_xraysep.registration.quality import Measured

AS_LOADED = "same size as the radiograph, not checked whether it lies on it"
REGISTERED = "registered before it was loaded"
TURNED = "set upright by hand, not registered"
ERROR_END = 4.0
"""Displacement, in pixels, at the end of the colours that it is shown in."""


def scale(pixel_size_mm: float | None) -> str:
    """Say what the colours of the displacement left mean."""
    mm = "" if pixel_size_mm is None else f" (0 to {ERROR_END * pixel_size_mm:.2g} mm)"
    return f"0 to {ERROR_END:g} px{mm}"


def legend(measured: Measured | None, pixel_size_mm: float | None) -> str:
    """Explain the map of the displacement left."""
    if measured is None:
        return "It was not measured for what is shown: only registering automatically does."
    return (
        f"Purple to yellow: {scale(pixel_size_mm)} and more, wherever it could be measured. "
        "Where there is no colour, look for yourself."
    )


@lru_cache(maxsize=16)
def describe(registered: SideTransform) -> str:
    """Say in a few words how well a photograph is registered."""
    quality, how = registered.quality, registered.how
    if how == TURNED:
        return how
    if quality is None:
        return f"registered by {_by_hand(registered)}"
    if not quality.ok:
        return f"failed: {quality.reason}"
    size = registered.radiograph_pixel_mm
    parts = []
    if quality.median_px is not None:
        parts.append(f"median {_length(quality.median_px, size)}")
    if quality.p95_px is not None:
        parts.append(f"95 % within {_length(quality.p95_px, size)}")
    note = f"; {quality.reason}" if quality.reason else ""
    return f"registered: {', '.join(parts) or 'not measured'}{note}"


def _by_hand(registered: SideTransform) -> str:
    """Say how well landmarks agree: what each is predicted as by the others, not how each fits."""
    pairs = enabled(registered.landmarks)
    if not pairs:
        return f"{registered.how}, not measured"
    errors = leave_one_out(pairs, registered.transform.radiograph_shape)
    said = f"{len(pairs)} {registered.how}"
    if not np.isfinite(errors).any():
        return f"{said}: too few to tell how well they agree"
    median = _length(float(np.nanmedian(errors)), registered.radiograph_pixel_mm)
    return f"{said}: each predicted by the others, median {median}"


def _length(pixels: float, size: float | None) -> str:
    """Say a length in pixels and, where their size is known, in millimetres."""
    return f"{pixels:.2g} px" + ("" if size is None else f" = {pixels * size:.2g} mm")
