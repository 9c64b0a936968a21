"""Photographs in: read, brought to one grid, and put a little out of register again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from skimage.transform import resize

from napari_xraysep.domain import Floats, check_image, sample_bits, to_unit
from napari_xraysep.io.reading import read_photograph
from napari_xraysep.records import InputRecord
from napari_xraysep.simulation.fields import Rng, displaced, displacement


def read_picture(photograph: Any, role: Literal["front", "back"]) -> tuple[Floats, InputRecord]:
    """Return a photograph as sRGB floats in 0..1, and what is known of its file.

    Parameters
    ----------
    photograph
        A path, or (H, W, 3) unsigned integers or floats in 0..1.

    Raises
    ------
    InputError
        It cannot be read, or is no photograph.
    """
    if isinstance(photograph, (str, Path)):
        file = read_photograph(Path(photograph))
        # the name alone: a record travels with its files, folders are this computer's affair
        source = file.record(role).model_copy(update={"path": Path(photograph).name})
        check_image(str(photograph), file.pixels, colour=True)
        return to_unit(file.pixels), source
    pixels = np.asarray(photograph)
    check_image(role, pixels, colour=True)
    height, width = pixels.shape[:2]
    bits = sample_bits(pixels.dtype)
    return to_unit(pixels), InputRecord(role=role, height=height, width=width, bits=bits)


def common_grid(front: Floats, back: Floats, size: int | None) -> tuple[Floats, Floats]:
    """Cut the second to the first's proportions, about its centre, and resize both to one grid."""
    height, width = front.shape[:2]
    scale = 1.0 if size is None else size / max(height, width)
    shape = max(round(height * scale), 16), max(round(width * scale), 16)
    tall, wide = back.shape[:2]
    keep_tall = max(min(tall, round(wide * height / width)), 1)
    keep_wide = max(min(wide, round(tall * width / height)), 1)
    y, x = (tall - keep_tall) // 2, (wide - keep_wide) // 2
    back = back[y : y + keep_tall, x : x + keep_wide]
    return _resized(front, shape), _resized(back, shape)


def _resized(image: Floats, shape: tuple[int, int]) -> Floats:
    if image.shape[:2] == shape:
        return image
    smaller = image.shape[0] > shape[0]
    values = np.clip(resize(image, shape, order=1, anti_aliasing=smaller), 0, 1)
    return np.asarray(values, np.float32)


def misregistered(picture: Floats, rms: float, rng: Rng) -> Floats:
    """Picture shifted and warped by ``rms`` pixels; see `displacement`."""
    if rms == 0:
        return picture
    return displaced(picture, *displacement(picture.shape[:2], rms, rng))
