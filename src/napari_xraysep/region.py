"""A rectangle on the radiograph's grid."""

from __future__ import annotations

import re
from typing import NamedTuple

from napari_xraysep.errors import InputError


class Region(NamedTuple):
    """A rectangle on the radiograph's grid, in pixels; ends are exclusive."""

    y0: int
    y1: int
    x0: int
    x1: int

    @classmethod
    def parse(cls, text: str, option: str = "--roi") -> Region:
        """Read ``Y0:Y1,X0:X1``.

        Parameters
        ----------
        option
            Which option it was given with, for sentences.

        Raises
        ------
        InputError
            The text is not of that form, or the rectangle has no area.
        """
        match = re.fullmatch(r"\s*(\d+):(\d+)\s*,\s*(\d+):(\d+)\s*", text)
        if match is None:
            raise InputError(
                option,
                f"'{text}' is not of the form Y0:Y1,X0:X1",
                "write for example 0:512,100:612",
            )
        region = cls(*(int(part) for part in match.groups()))
        if region.y1 <= region.y0 or region.x1 <= region.x0:
            raise InputError(option, f"'{text}' has no area", "give ends larger than starts")
        return region

    def check_inside(self, shape: tuple[int, int], option: str = "--roi") -> None:
        """Raise `InputError` unless the rectangle lies wholly inside ``shape`` (height, width)."""
        height, width = shape
        if not (0 <= self.y0 < self.y1 <= height and 0 <= self.x0 < self.x1 <= width):
            raise InputError(
                option,
                f"{self} does not lie wholly inside the radiograph "
                f"({height} rows, {width} columns)",
                f"keep it within 0:{height},0:{width}",
            )

    def widened(self, margin: int, shape: tuple[int, int]) -> Region:
        """Return it with a margin on each side, as far as there is an image of ``shape``."""
        height, width = shape
        return Region(
            max(0, self.y0 - margin),
            min(height, self.y1 + margin),
            max(0, self.x0 - margin),
            min(width, self.x1 + margin),
        )

    def intersection(self, other: Region) -> Region:
        """Return what both hold; its ends lie before its starts where that is nothing."""
        return Region(
            max(self.y0, other.y0),
            min(self.y1, other.y1),
            max(self.x0, other.x0),
            min(self.x1, other.x1),
        )

    def within(self, other: Region) -> Region:
        """Return the same rectangle in the grid of another one that holds it."""
        return Region(
            self.y0 - other.y0, self.y1 - other.y0, self.x0 - other.x0, self.x1 - other.x0
        )

    def cut(self, at: tuple[slice, slice]) -> Region:
        """Return the part of it that an index into its own image gives."""
        (y0, y1, _), (x0, x1, _) = (
            along.indices(length)
            for along, length in zip(at, (self.y1 - self.y0, self.x1 - self.x0), strict=True)
        )
        return Region(self.y0 + y0, self.y0 + y1, self.x0 + x0, self.x0 + x1)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def __str__(self) -> str:
        return f"{self.y0}:{self.y1},{self.x0}:{self.x1}"
