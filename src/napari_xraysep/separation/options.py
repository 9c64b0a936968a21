"""How to run a separation, whatever the method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from napari_xraysep.domain import SMALLEST_SIDE
from napari_xraysep.errors import InputError
from napari_xraysep.region import Region
from napari_xraysep.separation.method import Allocation, Preset

Device = Literal["auto", "cpu", "cuda"]

MARGIN = 32
"""Pixels around a region that a method is shown, so that the region's edge is none of its own."""


@dataclass(frozen=True)
class RunOptions:
    """How to run, whatever the method.

    Attributes
    ----------
    seed
        Makes a run repeatable on one device.
    allocation
        How what the model leaves unexplained is shared out; None: the method's own default.
    region
        Separate only this part of the radiograph; results are on its grid. The method is also
        shown `MARGIN` pixels around it, for context.
    learn_on
        Let the method learn from this part of the radiograph only, and apply that to all that is
        separated; None: learn from all of it.
    restarts
        How often to run, with the seeds ``seed``, ``seed`` + 1 and so on; how far the results lie
        apart is the uncertainty.
    """

    seed: int = 0
    device: Device = "auto"
    preset: Preset = "fast"
    allocation: Allocation | None = None
    region: Region | None = None
    learn_on: Region | None = None
    restarts: int = 1

    def check(self, shape: tuple[int, int]) -> None:
        """Raise `InputError` unless there is a run, and regions fit, one in the other."""
        if self.restarts < 1:
            raise InputError("--restarts", f"{self.restarts} is too few", "give at least 1")
        if self.region is not None:
            _check_fits(self.region, shape, "--roi")
        if self.learn_on is None:
            return
        _check_fits(self.learn_on, shape, "--learn-on")
        if self.region is not None and self.learn_on.intersection(self.region) != self.learn_on:
            raise InputError(
                "--learn-on",
                f"{self.learn_on} does not lie wholly inside the part that is separated "
                f"({self.region})",
                "separate a larger part, or learn from one inside it",
            )

    def shown(self, shape: tuple[int, int]) -> Region:
        """Return the part of a radiograph of ``shape`` that the method is shown."""
        whole = Region(0, shape[0], 0, shape[1])
        return whole if self.region is None else self.region.widened(MARGIN, shape)


def _check_fits(region: Region, shape: tuple[int, int], option: str) -> None:
    """Raise `InputError` unless it lies wholly inside and is as large as an image has to be."""
    region.check_inside(shape, option)
    height, width = region.y1 - region.y0, region.x1 - region.x0
    if min(height, width) < SMALLEST_SIDE:
        raise InputError(
            option,
            f"{region} is only {height} by {width} pixels",
            f"give at least {SMALLEST_SIDE} each way",
        )
