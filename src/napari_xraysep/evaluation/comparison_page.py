"""A comparison as one HTML page that needs nothing beside it and prints on A4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_xraysep.evaluation.comparison import Comparison, heading, how_allocated, how_ranked
from napari_xraysep.evaluation.drawing import PAINTINGS
from napari_xraysep.evaluation.metrics import BLEED_ABOVE, EMPTY_BELOW
from napari_xraysep.evaluation.pages import data_uri, template
from napari_xraysep.evaluation.summary import BETTER, MEANINGS, TITLES, layer_of

WITHOUT_TRUTH = (
    "residual_rms",
    "exclusion",
    "cancellation",
    "leakage",
    "copy",
    "energy_ratio",
    "empty",
    "remix",
)
"""What can be measured of a result alone."""


@dataclass(frozen=True)
class Column:
    """One kind of metric: a heading, and a cell for each layer that has it, or one for both.

    Attributes
    ----------
    cells
        The layer's name ("" for both) and the metric's name as `evaluate` gives it.
    """

    title: str
    better: str
    cells: tuple[tuple[str, str], ...]


def comparison_page(comparison: Comparison, contact_sheet: bytes) -> str:
    """Lay out the table, the contact sheet (a PNG file) and what the numbers mean."""
    names = comparison.metric_names()
    bases = list(dict.fromkeys(layer_of(name)[0] for name in names))
    against = [base for base in bases if base not in WITHOUT_TRUTH]
    alone = [base for base in bases if base in WITHOUT_TRUTH]
    return template("comparison.html").render(
        comparison=comparison,
        painting=PAINTINGS[comparison.kind],
        heading=heading(comparison),
        how_allocated=how_allocated(comparison),
        how_ranked=how_ranked(comparison),
        tables=[
            (title, _columns(kept, names, comparison.layers))
            for title, kept in (
                ("Measured against the true layers", against),
                ("Measured without the true layers", alone),
            )
            if kept
        ],
        meanings=[(TITLES[base], base, BETTER[base], MEANINGS[base]) for base in bases],
        bleed_above=BLEED_ABOVE,
        empty_below=EMPTY_BELOW,
        picture=data_uri(contact_sheet),
    )


def _columns(bases: Sequence[str], names: Sequence[str], layers: tuple[str, str]) -> list[Column]:
    columns = []
    for base in bases:
        cells = []
        for name in names:
            kind, layer = layer_of(name)
            if kind == base:
                cells.append(("" if layer is None else layers[layer - 1], name))
        columns.append(Column(TITLES[base], BETTER[base], tuple(cells)))
    return columns
