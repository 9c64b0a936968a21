"""A result in the 16-bit grey levels that other programs open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from napari_xraysep.domain import Domain, Floats
from napari_xraysep.evaluation.layer_figure import Sort
from napari_xraysep.io.export import Grey16, bands
from napari_xraysep.records import RunRecord

LEVELS = 65535
MIDDLE = 32768
"""The grey level that stands for zero in an image of what is left over."""


@dataclass
class Converted:
    """One image on its way into 16 bits, band by band.

    A layer becomes the radiograph that would have been taken of it alone, in the response and the
    polarity of the whole one. A difference has no such radiograph: it stays in the working domain.

    Attributes
    ----------
    values
        Makes a band of rows of it, float32 in the working domain.
    sort
        How its values become grey levels.
    step
        What one grey level is worth in the working domain, unless ``sort`` is ``grey``.
    below, above
        Pixels that were clipped to black and to white so far.
    """

    values: Callable[[slice], Floats]
    sort: Sort
    domain: Domain
    shape: tuple[int, int]
    step: float = field(default=1 / LEVELS, init=False)
    below: int = field(default=0, init=False)
    above: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Double the step of a difference until all of its values have a level."""
        if self.sort == "grey":
            return
        greatest = max(float(np.abs(self.values(band)).max()) for band in bands(*self.shape))
        room = LEVELS if self.sort == "spread" else LEVELS - MIDDLE
        while greatest > room * self.step:
            self.step *= 2

    def rows(self, band: slice) -> Grey16:
        """Return a band in grey levels, clipped to 16 bits; count what was clipped."""
        values = self.values(band)
        if self.sort == "grey":
            levels = self.domain.inverse(values) * np.float32(LEVELS)
        else:
            levels = values / np.float32(self.step)
            levels += MIDDLE if self.sort == "signed" else 0
        np.rint(levels, out=levels)
        self.below += int(np.count_nonzero(levels < 0))
        self.above += int(np.count_nonzero(levels > LEVELS))
        return np.clip(levels, 0, LEVELS, out=levels).astype(np.uint16)


def sort_of(name: str, record: RunRecord) -> Sort:
    """Return how a result's values are to be shown."""
    if name in record.layers[:2]:
        return "grey"
    return "spread" if name == "uncertainty" else "signed"
