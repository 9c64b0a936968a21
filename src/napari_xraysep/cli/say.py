"""How commands speak: results on stdout, as text or as one JSON object; notes on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from napari_xraysep.painting import Painting
    from napari_xraysep.records import RunRecord

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def note(text: str) -> None:
    """Say something worth knowing on stderr."""
    sys.stderr.write(f"note: {text}\n")


def notes_on(painting: Painting) -> None:
    """Say what was noticed when a painting's files were read, and what was assumed of them."""
    for text in painting.notes:
        note(text)
    assumed = [
        f"{name} {painting.stated(name).value} (--{name})"
        for name in ("polarity", "response")
        if painting.stated(name).assumed
    ]
    if assumed:
        note("assumed: " + ", ".join(assumed))


def result(as_json: bool, data: Mapping[str, Any], text: Sequence[str]) -> None:
    """Print a result: ``data`` as one JSON object, or lines of text."""
    if as_json:
        print(json.dumps(_finite(data), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print("\n".join(text))


def about(record: RunRecord) -> dict[str, object]:
    """Return what must be said of a run wherever its files go, for the JSON object."""
    return {
        "statement": record.statement,
        "simulated": record.simulated,
        "complete": record.complete,
        "warning": record.warning,
        "uncertainty": record.uncertainty,
    }


def aligned(lines: Sequence[Sequence[str]], words: int = 0) -> list[str]:
    """Set cells in columns, the first ``words`` of them to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = [str.ljust] * words + [str.rjust] * (len(widths) - words)
    return [
        "  ".join(side(cell, width) for side, cell, width in zip(sides, line, widths, strict=True))
        for line in lines
    ]


def _finite(value: Any) -> Any:
    """Replace NaN and infinities, which JSON has not, by None."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
