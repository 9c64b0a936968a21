"""A run's report as one HTML page that needs nothing beside it and prints on A4."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_xraysep.evaluation import report_words as words
from napari_xraysep.evaluation.drawing import PAINTINGS
from napari_xraysep.evaluation.metrics import EMPTY_BELOW
from napari_xraysep.evaluation.pages import template
from napari_xraysep.evaluation.report_figures import Picture, Results
from napari_xraysep.evaluation.report_methods import methods_paragraphs
from napari_xraysep.evaluation.summary import (
    BETTER,
    MEANINGS,
    TITLES,
    layer_of,
    measured_over,
    numbers,
)
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region

if TYPE_CHECKING:
    from markupsafe import Markup

GENERATOR = "napari-xraysep report"
"""By this name in its head a page is known as a report of ours."""

LINKS = re.compile(r"doi:(?P<doi>10\.\S+?)(?=[.,;)]?(\s|$))|arXiv:(?P<arxiv>\d{4}\.\d{4,5})")


@dataclass(frozen=True)
class File:
    """A file beside the report."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Report:
    """All that a report says.

    Attributes
    ----------
    missing
        Why the inputs could not be read again, in a sentence; None where they could.
    unmeasured
        Why nothing was measured, in a clause; empty where it was.
    part
        What part of the painting the metrics are of; None: all that was separated.
    settings
        All of the method's; None where the method is not installed.
    inputs
        Radiograph and photographs; empty where they could not be read again.
    metrics, baselines
        As `evaluate` gives them, of the run and of what is reached without effort, by name; empty
        likewise.
    pairs
        How well details marked by hand agree, by side; those without any are left out.
    input_sizes
        Bytes of the inputs' files, in the record's order; None where a file is not there.
    files
        The run's own.
    made
        When the report was made, ISO 8601.
    version
        Of the software that made it.
    """

    record: RunRecord
    folder: str
    missing: str | None
    unmeasured: str
    part: Region | None
    settings: Sequence[words.Setting] | None
    inputs: Sequence[Picture]
    results: Results
    curves: Picture | None
    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    pairs: Mapping[str, str]
    input_sizes: Sequence[int | None]
    files: Sequence[File]
    operator: str
    notes: Sequence[str]
    made: str
    version: str


@dataclass(frozen=True)
class Row:
    """One metric: a heading, the layer it is of, the run's value and each baseline's.

    Attributes
    ----------
    meaning
        What a bad value means; empty in the second row of a metric that each layer has.
    rows
        How many rows the meaning is for.
    """

    title: str
    layer: str
    better: str
    values: tuple[float | None, ...]
    meaning: str
    rows: int


def report_page(report: Report) -> str:
    """Lay the report out."""
    record = report.record
    transforms = words.transforms_of(record)
    sides = {} if transforms is None else {"front": transforms.front, "back": transforms.back}
    headings = judged(record)
    all_explained = report.results.all_explained
    measured = {layer_of(name)[0] for name in report.metrics}
    return template(
        "report.html", in_bytes=in_bytes, plain=plain, cited=cited, linked=linked
    ).render(
        report=report,
        record=record,
        generator=GENERATOR,
        heading=record.statement[:1].upper() + record.statement[1:],
        painting=PAINTINGS[record.kind],
        layers=record.layers[:2],
        words=words,
        methods=methods_paragraphs(record, report.settings, all_explained=all_explained),
        references=words.references(record),
        limits=words.limits(record, all_explained=all_explained),
        sides={name: side for name, side in sides.items() if side is not None},
        headings=headings,
        judged_meanings={
            TITLES[kind]: MEANINGS[kind]
            for kind in dict.fromkeys(layer_of(name)[0] for name in headings)
            if kind in MEANINGS and kind not in measured
        },
        measured_over=None if report.part is None else measured_over(report.part),
        rows=metric_rows(report.metrics, report.baselines, record),
        empty_below=EMPTY_BELOW,
    )


def metric_rows(
    metrics: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    record: RunRecord,
) -> list[Row]:
    """Set the metrics in rows, those of one kind one below the other."""
    kinds: dict[str, list[str]] = {}
    of_all = [numbers(metrics), *map(numbers, baselines.values())]
    for name in metrics:
        kinds.setdefault(layer_of(name)[0], []).append(name)
    rows = []
    for kind, names in kinds.items():
        for number, name in enumerate(names):
            layer = layer_of(name)[1]
            rows.append(
                Row(
                    title=TITLES[kind],
                    layer="" if layer is None else record.layers[layer - 1],
                    better=BETTER[kind],
                    values=tuple(of.get(name) for of in of_all),
                    meaning="" if number else MEANINGS[kind],
                    rows=len(names),
                )
            )
    return rows


def judged(record: RunRecord) -> dict[str, str]:
    """Head the numbers by which restarts were judged: name and heading."""
    names = dict.fromkeys(name for one in record.restarts for name in one.judgement)
    headings = {}
    for name in names:
        kind, layer = layer_of(name)
        of = "" if layer is None else f", {record.layers[layer - 1]}"
        headings[name] = TITLES.get(kind, kind) + of
    return headings


def in_bytes(size: int | None) -> str:
    """Write a file's size."""
    if size is None:
        return "–"
    if size < 1000:
        return f"{size} bytes"
    power = min(3, len(str(size)) // 3)
    power -= size < 1000**power
    return f"{size / 1000**power:.3g} {('kB', 'MB', 'GB')[power - 1]}"


def plain(value: object) -> str:
    """Write a setting's value."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def cited(text: str) -> Markup:
    """Escape a text and make its ``[1]`` a link to the first reference, and so on."""
    from markupsafe import Markup, escape

    parts = re.split(r"\[([12])\]", text)
    found = [
        Markup('<a href="#reference-{0}">[{0}]</a>').format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    ]
    return Markup("").join(found)


def linked(text: str) -> Markup:
    """Escape a citation and make a DOI or an arXiv number in it a link."""
    from markupsafe import Markup, escape

    found, end = Markup(""), 0
    for match in LINKS.finditer(text):
        doi, arxiv = match["doi"], match["arxiv"]
        address = f"https://doi.org/{doi}" if doi else f"https://arxiv.org/abs/{arxiv}"
        found += escape(text[end : match.start()])
        found += Markup('<a href="{}">{}</a>').format(address, match[0])
        end = match.end()
    return found + escape(text[end:])
