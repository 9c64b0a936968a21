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
    def parse(cls, text: str) -> Region:
        """Read ``Y0:Y1,X0:X1``.

        Raises
        ------
        InputError
            The text is not of that form, or the rectangle has no area.
        """
        match = re.fullmatch(r"\s*(\d+):(\d+)\s*,\s*(\d+):(\d+)\s*", text)
        if match is None:
            raise InputError(
                "--roi",
                f"'{text}' is not of the form Y0:Y1,X0:X1",
                "write for example 0:512,100:612",
            )
        region = cls(*(int(part) for part in match.groups()))
        if region.y1 <= region.y0 or region.x1 <= region.x0:
            raise InputError("--roi", f"'{text}' has no area", "give ends larger than starts")
        return region

    def check_inside(self, shape: tuple[int, int]) -> None:
        """Raise `InputError` unless the rectangle lies wholly inside ``shape`` (height, width)."""
        height, width = shape
        if not (0 <= self.y0 < self.y1 <= height and 0 <= self.x0 < self.x1 <= width):
            raise InputError(
                "--roi",
                f"{self} does not lie wholly inside the radiograph "
                f"({height} rows, {width} columns)",
                f"keep it within 0:{height},0:{width}",
            )

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def __str__(self) -> str:
        return f"{self.y0}:{self.y1},{self.x0}:{self.x1}"
