"""The files of a painting whose photographs may lie anyhow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Domain, Floats, check_grid, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.io.reading import ImageFile, read_mask, read_photograph, read_radiograph
from napari_xraysep.sources import Sources
from napari_xraysep.transforms import Side


@dataclass(frozen=True)
class Pictures:
    """The files of a painting, read to be registered.

    Attributes
    ----------
    radiograph, photographs
        As read.
    xray
        (H, W) float32 in the working domain.
    valid
        (H, W), False where the mask leaves out; None without a mask.
    pixel_size_mm
        Of the radiograph; None where unknown.
    simulated
        The radiograph was simulated.
    notes
        What was noticed in reading.
    """

    radiograph: ImageFile
    photographs: Mapping[Side, ImageFile]
    xray: Floats
    valid: NDArray[np.bool_] | None
    pixel_size_mm: float | None
    notes: tuple[str, ...]

    @property
    def simulated(self) -> bool:
        """The radiograph was simulated."""
        return self.radiograph.simulated


def read_pictures(sources: Sources) -> Pictures:
    """Read the files of a painting whose photographs may lie anyhow.

    Raises
    ------
    InputError
        A file cannot be read or used, or the mask is not on the radiograph's grid.
    """
    sources.check_pixel_size()
    if sources.transforms is not None:
        raise InputError("transforms", "they say how the photographs lie", "leave them out")
    if sources.mirror_back and sources.back is None:
        raise InputError("--mirror-back", "there is no back", "give the back's photograph too")
    radiograph = read_radiograph(sources.xray)
    photographs: dict[Side, ImageFile] = {"front": read_photograph(sources.front)}
    if sources.back is not None:
        photographs["back"] = read_photograph(sources.back)
    read = [radiograph, *photographs.values()]
    valid = None
    if sources.mask is not None:
        mask = read_mask(sources.mask)
        read.append(mask)
        check_grid(mask.path, mask.pixels, radiograph.pixels.shape)
        valid = mask.pixels == 0
        if not valid.any():
            raise InputError(mask.path, "it leaves out every pixel", "leave some at zero")
    domain = Domain.assumed(sources.polarity, sources.response, radiograph.bits)
    return Pictures(
        radiograph=radiograph,
        photographs=photographs,
        xray=domain.forward(to_unit(radiograph.pixels, radiograph.bits)),
        valid=valid,
        pixel_size_mm=sources.pixel_size_mm or radiograph.pixel_size_mm,
        notes=tuple(f"{one.path}: {note}" for one in read for note in one.notes),
    )
