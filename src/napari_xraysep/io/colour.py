"""Photographs from the colour space of their ICC profile to sRGB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np

from napari_xraysep.io.decoded import Samples

RELATIVE_COLORIMETRIC = 1
NO_OPTIMISATION = 0x0100
"""Without it LittleCMS interpolates 16-bit colours in a coarse grid (errors up to 8 %)."""
ROWS = 256


def to_srgb(pixels: Samples, profile: bytes) -> tuple[Samples, str | None, tuple[str, ...]]:
    """Convert a photograph to sRGB in its own bit depth.

    Colours that sRGB cannot hold are clipped.

    Parameters
    ----------
    pixels
        (H, W, 3) uint8, uint16 or float32 in 0..1.
    profile
        Embedded ICC profile.

    Returns
    -------
    pixels
        (H, W, 3) of the same type; untouched where the profile is sRGB already or cannot be used.
    name
        Of the profile, or None where it cannot be used.
    notes
        Why it cannot be used.
    """
    import imagecodecs
    from PIL.ImageCms import ImageCmsProfile, PyCMSError, getProfileDescription

    try:
        name = getProfileDescription(ImageCmsProfile(BytesIO(profile))).strip() or "unnamed"
    except (PyCMSError, OSError):
        return pixels, None, ("its colour profile is damaged: sRGB was assumed",)
    if profile[16:20] != b"RGB ":
        return pixels, None, (f"its colour profile ({name}) is not for RGB: sRGB was assumed",)
    srgb = imagecodecs.cms_profile("srgb")

    def convert(block: Samples) -> Samples:
        # in 8 bits the quick way is exact enough
        flags = 0 if block.dtype == np.uint8 else NO_OPTIMISATION
        converted: Samples = imagecodecs.cms_transform(
            np.ascontiguousarray(block),
            profile,
            srgb,
            colorspace="rgb",
            outcolorspace="rgb",
            intent=RELATIVE_COLORIMETRIC,
            flags=flags,
        )
        return converted.clip(0, 1) if block.dtype.kind == "f" else converted

    grid = np.linspace(0, 65535, 9).astype(np.uint16)
    colours = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(9, 81, 3)
    try:
        change = np.abs(convert(colours).astype(np.int32) - colours).max()
    except imagecodecs.CmsError:
        return pixels, None, (f"its colour profile ({name}) is incomplete: sRGB was assumed",)
    if change < 0.004 * 65535:
        return pixels, name, ()  # sRGB under one of its many names: spare it the rounding
    out = np.empty_like(pixels)

    def convert_rows(start: int) -> None:
        out[start : start + ROWS] = convert(pixels[start : start + ROWS])

    with ThreadPoolExecutor() as pool:
        list(pool.map(convert_rows, range(0, len(pixels), ROWS)))
    return out, name, ()
