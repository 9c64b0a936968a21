"""Landmarks as BigWarp and Butterfly Registrator keep them.

Both speak of a moving image, for us the photograph, and of a fixed one or target, for us the
radiograph.

BigWarp (Bogovic et al. 2016) writes one quoted line a pair, without a header: name, whether it is
active, then x and y (in volumes z) of the moving and of the fixed point; some versions put a
number after *active*. The centre of the first pixel is at 0, 0. A partner that is missing is
``Infinity``. Coordinates are in the images' units: pixels, unless Fiji knew a scale.

Butterfly Registrator (Maxfield, Van Gogh Museum) writes four pairs, after nine lines that name
the program, its version and both files, separated by vertical bars: x and y in the target, then
in the moving image *after that was scaled to fit into the target's height and width*. The corner
of the first pixel is at 0, 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from napari_xraysep.errors import InputError
from napari_xraysep.records import Landmark

Row = tuple[int, list[str]]
"""The number of a line and its cells."""

BUTTERFLY, BUTTERFLY_PAIRS = "Butterfly Registrator", 4
PADDED = "Assumes moving image(s) resized and padded to match target image dimensions"
IN_A_CORNER, ENOUGH = 0.03, 3
"""Coordinates all below this share of the radiograph's longer side are not in pixels, if there
are so many pairs."""
YES, NO = ("1", "true", "yes"), ("0", "false", "no")
DAMAGED = "give the file as the program wrote it"


def looks_like_bigwarp(row: Sequence[str]) -> bool:
    """Whether this may be the first line of a BigWarp table."""
    return 6 <= len(row) <= 9 and row[1].lower() in ("true", "false")


def bigwarp_pairs(
    path: Path, rows: Iterable[Row], radiograph: tuple[int, int]
) -> tuple[list[tuple[int, Landmark]], tuple[str, ...]]:
    """Read the lines of a BigWarp table: pairs with their lines, and names without a partner.

    Raises
    ------
    InputError
        A line is not as BigWarp writes it, or its coordinates cannot be pixels.
    """
    pairs, alone, columns = [], [], 0
    for line, row in rows:
        columns = columns or len(row)
        if len(row) != columns or not looks_like_bigwarp(row):
            raise InputError(path, f"line {line} is not as BigWarp writes it", DAMAGED)
        axes = (columns - 2) // 2
        values = [number(path, line, cell, infinite=True) for cell in row[-2 * axes :]]
        if not all(map(math.isfinite, values)):
            alone.append(row[0])
            continue
        x, y, fixed_x, fixed_y = *values[:2], *values[axes : axes + 2]
        enabled = yes_or_no(path, line, row[1])
        pairs.append(
            (
                line,
                Landmark(name=row[0], xray=(fixed_y, fixed_x), photograph=(y, x), enabled=enabled),
            )
        )
    reach = max((max(*pair.xray, *pair.photograph) for _, pair in pairs), default=0.0)
    if len(pairs) >= ENOUGH and reach < IN_A_CORNER * max(radiograph):
        raise InputError(
            path,
            f"no coordinate is above {reach:.3g}, so that they are inches or millimetres rather "
            "than pixels",
            "take the scale off both images in Fiji (Image > Properties, pixel) and export again",
        )
    return pairs, tuple(alone)


def bigwarp_rows(landmarks: Sequence[Landmark]) -> list[Sequence[object]]:
    """Return the lines of a BigWarp table."""
    return [(a.name, str(a.enabled).lower(), *a.photograph[::-1], *a.xray[::-1]) for a in landmarks]


def butterfly_pairs(
    path: Path,
    rows: Sequence[Row],
    radiograph: tuple[int, int],
    photograph: tuple[int, int],
    radiograph_name: str | None,
) -> list[tuple[int, Landmark]]:
    """Read a Butterfly Registrator file: pairs with their lines.

    Raises
    ------
    InputError
        It is not as Butterfly Registrator writes it.
    """
    cells = [row for _, row in rows]
    try:
        moving = cells[cells.index(["moving"]) + 1]
        start = cells.index(["x", "y", "x", "y"]) + 1
    except (ValueError, IndexError):
        raise InputError(
            path, "it begins like a file of Butterfly Registrator and does not go on so", DAMAGED
        ) from None
    exchanged = radiograph_name in moving
    target, resized = (photograph, radiograph) if exchanged else (radiograph, photograph)
    scale = _fitted_scale(resized, target)
    pairs = []
    for count, (line, row) in enumerate(rows[start:], 1):
        if len(row) != 4:
            raise InputError(path, f"line {line} has {len(row)} columns, not 4", DAMAGED)
        x, y, there_x, there_y = (number(path, line, cell) for cell in row)
        points = [
            (y - 0.5, x - 0.5),
            (there_y / scale[0] - 0.5, there_x / scale[1] - 0.5),
        ]
        xray, partner = reversed(points) if exchanged else points
        pairs.append((line, Landmark(name=str(count), xray=xray, photograph=partner)))
    return pairs


def butterfly_rows(
    landmarks: Sequence[Landmark],
    radiograph: tuple[int, int],
    photograph: tuple[int, int],
    names: tuple[str, str],
) -> list[Sequence[object]]:
    """Return the lines of a Butterfly Registrator file.

    Raises
    ------
    InputError
        Not exactly four pairs are enabled.
    """
    used = [landmark for landmark in landmarks if landmark.enabled]
    if len(used) != BUTTERFLY_PAIRS:
        raise InputError(
            BUTTERFLY,
            f"it takes exactly {BUTTERFLY_PAIRS} pairs, {len(used)} are enabled",
            "enable four well-spread ones, or write another format",
        )
    scale = _fitted_scale(photograph, radiograph)
    header = (BUTTERFLY, "1.0", "control points", PADDED, "target", names[0], "moving", names[1])
    rows: list[Sequence[object]] = [(line,) for line in header]
    rows.append(("x", "y", "x", "y"))
    for landmark in used:
        row, column = landmark.xray
        there_row, there_column = landmark.photograph
        there = (there_column + 0.5) * scale[1], (there_row + 0.5) * scale[0]
        rows.append((column + 0.5, row + 0.5, *there))
    return rows


def _fitted_scale(moving: tuple[int, int], target: tuple[int, int]) -> tuple[float, float]:
    """Return by how much Butterfly Registrator scales rows and columns of the moving image.

    It makes the image as large as fits into the target, and rounds the other side down.
    """
    height, width = moving
    wide = width / height > target[1] / target[0]
    new_width = target[1] if wide else int(target[0] * (width / height))
    new_height = int(target[1] / (width / height)) if wide else target[0]
    return new_height / height, new_width / width


def number(
    path: Path, line: int, cell: str, *, commas: bool = False, infinite: bool = False
) -> float:
    """Read a coordinate.

    Parameters
    ----------
    commas
        A comma is a decimal point.
    infinite
        *Infinity* is allowed.

    Raises
    ------
    InputError
        It is no number.
    """
    try:
        value = float(cell.replace(",", ".") if commas else cell)
    except ValueError:
        value = math.nan
    if math.isnan(value) or (math.isinf(value) and not infinite):
        what = f"'{cell:.30}' is no number" if cell else "a coordinate is missing"
        raise InputError(path, f"line {line}: {what}", "write a coordinate in pixels")
    return value


def yes_or_no(path: Path, line: int, cell: str) -> bool:
    """Read whether a pair is enabled.

    Raises
    ------
    InputError
        It is neither yes nor no.
    """
    if cell.lower() not in (*YES, *NO):
        raise InputError(
            path,
            f"line {line}: '{cell:.30}' is neither 1 nor 0",
            "write 1 for a pair that counts, 0 for one that does not",
        )
    return cell.lower() in YES
