"""Landmarks as tables that people and other programs read.

Ours has one line a pair and both sides in one file::

    name,side,enabled,xray_x,xray_y,photo_x,photo_y
    window,front,1,812.5,90.25,1640,188

x counts columns to the right and y rows downwards, in pixels of the radiograph and of the
photograph as its file is read; the centre of the first pixel is at 0, 0. What BigWarp and
Butterfly Registrator write is read too, and can be written: see `foreign_landmarks`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Literal, NamedTuple

from napari_xraysep.errors import InputError
from napari_xraysep.io.foreign_landmarks import (
    BUTTERFLY,
    bigwarp_pairs,
    bigwarp_rows,
    butterfly_pairs,
    butterfly_rows,
    looks_like_bigwarp,
    number,
    yes_or_no,
)
from napari_xraysep.io.staging import reason, replacing
from napari_xraysep.records import Landmark
from napari_xraysep.transforms import SIDES, Side

COLUMNS = ("name", "side", "enabled", "xray_x", "xray_y", "photo_x", "photo_y")
COORDINATES = COLUMNS[3:]
LARGEST = 10_000_000
"""Bytes; a table of landmarks is far smaller."""
GIVE = "give a table of landmarks that this program, BigWarp or Butterfly Registrator wrote"


class Pictures(NamedTuple):
    """The images that landmarks belong to; shapes are (height, width) in pixels."""

    radiograph: tuple[int, int]
    photographs: Mapping[Side, tuple[int, int]]


class LandmarkTable(NamedTuple):
    """What a file held.

    Attributes
    ----------
    sides
        The pairs of each side that has any.
    left_out
        Names of points that had no partner yet.
    """

    sides: dict[Side, tuple[Landmark, ...]]
    left_out: tuple[str, ...] = ()


def write_landmarks(path: Path, sides: Mapping[Side, Sequence[Landmark]]) -> None:
    """Write our table, with a thousandth of a pixel; a file of that name is replaced.

    Raises
    ------
    InputError
        It cannot be written; a file of that name is then as it was.
    """
    rows: list[Sequence[object]] = [COLUMNS]
    for side, landmarks in sides.items():
        for landmark in landmarks:
            points = (*landmark.xray[::-1], *landmark.photograph[::-1])
            numbers = (f"{value:.3f}" for value in points)
            rows.append((landmark.name, side, int(landmark.enabled), *numbers))
    _write(path, rows)


def write_bigwarp(path: Path, landmarks: Sequence[Landmark]) -> None:
    """Write one side as BigWarp does; the photograph is its moving image.

    Raises
    ------
    InputError
        It cannot be written.
    """
    _write(path, bigwarp_rows(landmarks), quote_all=True)


def write_butterfly(
    path: Path,
    landmarks: Sequence[Landmark],
    pictures: Pictures,
    side: Side,
    names: tuple[str, str] = ("radiograph", "photograph"),
) -> None:
    """Write one side as Butterfly Registrator does; the radiograph is its target.

    Parameters
    ----------
    names
        Of the radiograph's and the photograph's file.

    Raises
    ------
    InputError
        Not exactly four pairs are enabled, or it cannot be written.
    """
    rows = butterfly_rows(landmarks, pictures.radiograph, pictures.photographs[side], names)
    _write(path, rows, delimiter="|")


def read_landmarks(
    path: Path,
    pictures: Pictures,
    side: Side | None = None,
    radiograph_name: str | None = None,
) -> LandmarkTable:
    """Read our table, BigWarp's or Butterfly Registrator's.

    Columns may be separated by semicolons or tabs, and numbers then written with decimal commas,
    as spreadsheets in Europe do.

    Parameters
    ----------
    side
        The one whose pairs are wanted; None for all. A table that does not say to which side a
        pair belongs, as those of other programs, is taken to be of this side, or of the only
        photograph there is.
    radiograph_name
        Name of the radiograph's file. Butterfly Registrator may have had the radiograph as its
        moving image instead of its target: then its columns are exchanged.

    Raises
    ------
    InputError
        It cannot be read, is something else, does not say to which of two photographs it belongs,
        or a line holds what is no number, lies outside its image or belongs to a photograph that
        is not given.
    """
    text = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise InputError(path, "it is empty", GIVE)
    delimiter = _delimiter(first)
    try:
        lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [(lines.line_num, [" ".join(cell.split()) for cell in row]) for row in lines]
    except csv.Error as error:
        raise InputError(path, f"it is damaged ({error})", GIVE) from None
    rows = [(line, row) for line, row in rows if any(row)]
    header = [cell.lower() for cell in rows[0][1]]
    left_out: tuple[str, ...] = ()
    if set(header) & set(COLUMNS):
        found = _own_pairs(path, header, rows[1:], delimiter, pictures, side)
    elif header == [BUTTERFLY.lower()]:
        whose = _only_side(path, pictures, side)
        photograph = pictures.photographs[whose]
        pairs = butterfly_pairs(path, rows, pictures.radiograph, photograph, radiograph_name)
        found = [(line, whose, pair) for line, pair in pairs]
    elif looks_like_bigwarp(rows[0][1]):
        whose = _only_side(path, pictures, side)
        pairs, left_out = bigwarp_pairs(path, rows, pictures.radiograph)
        found = [(line, whose, pair) for line, pair in pairs]
    else:
        raise InputError(path, "it is no table of landmarks", GIVE)
    found = [(line, whose, pair) for line, whose, pair in found if side in (None, whose)]
    if not found:
        of_side = "" if side is None else f" of the {side}"
        raise InputError(path, f"it holds no pair of landmarks{of_side}", GIVE)
    sides: dict[Side, tuple[Landmark, ...]] = {}
    for line, whose, landmark in found:
        _check_inside(path, line, whose, landmark, pictures)
        named = landmark if landmark.name else landmark.model_copy(update={"name": f"line {line}"})
        sides[whose] = (*sides.get(whose, ()), named)
    return LandmarkTable(sides, left_out)


def _delimiter(first: str) -> str:
    """Tell from the first line what separates columns."""
    if first.strip() == BUTTERFLY:
        return "|"
    quoted = first.startswith('"')  # BigWarp's, whose names may hold anything
    return "," if quoted else next((mark for mark in (";", "\t") if mark in first), ",")


def _only_side(path: Path, pictures: Pictures, side: Side | None) -> Side:
    """Return the side that a table belongs to which does not say so itself."""
    if side is not None:
        return side
    if len(pictures.photographs) > 1:
        raise InputError(
            path,
            "it does not say which pairs are of the front and which of the back",
            f"add the column side, or import it in the window; columns: {','.join(COLUMNS)}",
        )
    return next(iter(pictures.photographs))


def _own_pairs(
    path: Path,
    header: list[str],
    rows: Iterable[tuple[int, list[str]]],
    delimiter: str,
    pictures: Pictures,
    wanted: Side | None,
) -> list[tuple[int, Side, Landmark]]:
    """Read the lines of our table; columns may be in another order, others are passed over."""
    always = _only_side(path, pictures, wanted) if "side" not in header else None
    missing = [column for column in COLUMNS if column not in (*header, "side")]
    if missing:
        raise InputError(
            path,
            f"it has no column {missing[0]}",
            f"name the columns in the first line {','.join(COLUMNS)}",
        )
    found = []
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(
                path,
                f"line {line} has {len(row)} columns, the first line has {len(header)}",
                "fill or delete it; where numbers have decimal commas, separate columns by "
                "semicolons",
            )
        cells = dict(zip(header, row, strict=True))
        side = always or next((known for known in SIDES if known == cells["side"].lower()), None)
        if side is None:
            raise InputError(
                path, f"line {line} is of the side '{cells['side']:.30}'", "write front or back"
            )
        x, y, there_x, there_y = (
            number(path, line, cells[column], commas=delimiter != ",") for column in COORDINATES
        )
        landmark = Landmark(
            name=cells["name"],
            xray=(y, x),
            photograph=(there_y, there_x),
            enabled=yes_or_no(path, line, cells["enabled"]),
        )
        found.append((line, side, landmark))
    return found


def _check_inside(
    path: Path, line: int, side: Side, landmark: Landmark, pictures: Pictures
) -> None:
    """Raise `InputError` where a point lies outside its image, or there is no such photograph."""
    if side not in pictures.photographs:
        raise InputError(
            path, f"line {line} is of the {side}, of which there is no photograph", "give it too"
        )
    places = (
        ("radiograph", landmark.xray, pictures.radiograph),
        ("photograph", landmark.photograph, pictures.photographs[side]),
    )
    for name, (row, column), (height, width) in places:
        if not (-0.5 <= row <= height - 0.5 and -0.5 <= column <= width - 0.5):
            raise InputError(
                path,
                f"line {line} lies outside the {name} (x {column:g}, y {row:g}; it has {width} "
                f"columns and {height} rows)",
                "give the table that was made for these very images, at this size",
            )


def _text(path: Path) -> str:
    """Return what a text file holds, as spreadsheets and editors encode it."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(path, "it is far too large for a table of landmarks", GIVE)
        held = path.read_bytes()
    except FileNotFoundError:
        raise InputError(path, "there is no such file", GIVE) from None
    except OSError as error:
        raise InputError(path, f"it cannot be read ({reason(error)})", GIVE) from None
    for encoding in (
        ("utf-16",) if held[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    ):
        try:
            text = held.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(path, "it is no text", GIVE)


def _write(
    path: Path, rows: Iterable[Sequence[object]], delimiter: str = ",", quote_all: bool = False
) -> None:
    """Write rows under a temporary name, then rename."""
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n")
        writer.writerows(rows)
