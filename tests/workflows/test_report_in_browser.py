"""The samples' reports in a real browser: what is seen, what is printed, what is asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser

from napari_xraysep.region import Region
from napari_xraysep.separation import Finished, RunOptions, separate
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.sources import Sources
from napari_xraysep.workflows.report import write_report
from napari_xraysep.workflows.run_folder import RunFolder

A4 = (595, 842)
"""Points."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Separate a part of the double-sided sample and write its report."""
    files = sample_folder("double-sided")
    sources = Sources(files / "xray.tif", files / "front.tif", files / "back.tif", mirror_back=True)
    painting = sources.align()
    folder = RunFolder(tmp_path_factory.mktemp("report") / "run", painting)
    options = RunOptions(region=Region(40, 160, 60, 252))
    for event in separate(painting, "regression", {"sample": 3000}, options):
        folder.note(event)
        if isinstance(event, Finished):
            folder.write(event)
    return write_report(folder.folder, notes="<script>console.error('not escaped')</script>")


@pytest.fixture(scope="module")
def tab(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as tab:
        tab.open(report)
        yield tab


def test_all_figures_show(tab: Browser) -> None:
    images = tab.ask(
        "[...document.images].map(i => [i.alt, i.complete, i.naturalWidth, i.naturalHeight,"
        " i.getBoundingClientRect().width, i.getBoundingClientRect().height])"
    )
    assert len(images) == 3 + 3 + 2 + 2 + 2 + 1  # inputs, layers, errors, scales, large, losses
    for alt, complete, *sides in images:
        assert alt
        assert complete
        assert min(sides) > 20
    shapes = {alt: sides[2] / sides[3] for alt, _, *sides in images}
    assert shapes[next(alt for alt in shapes if alt.startswith("Front"))] == pytest.approx(
        192 / 120, rel=0.02
    )


def test_it_asks_for_nothing_but_itself_and_says_nothing(tab: Browser, report: Path) -> None:
    assert tab.asked_for == [report.as_uri()]
    assert tab.said == []
    assert tab.ask("document.scripts.length") == 0


def test_every_link_leads_somewhere(tab: Browser) -> None:
    links = tab.ask("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    inside = [link for link in links if link.startswith("#")]
    assert len(inside) >= 8
    for link in inside:
        assert tab.ask(f"document.getElementById('{link[1:]}') !== null"), link
    outside = set(links) - set(inside)
    assert all(re.match(r"https://(doi\.org|arxiv\.org)/", link) for link in outside)


def test_headings_come_in_order(tab: Browser) -> None:
    levels = tab.ask("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert tab.ask("document.documentElement.lang") == "en"


@pytest.mark.parametrize("width", [1200, 400])
def test_nothing_hangs_over_the_side(tab: Browser, report: Path, width: int) -> None:
    tab.open(report, width)
    assert tab.ask("document.documentElement.scrollWidth") <= width


def test_it_prints_on_several_pages_of_a4(tab: Browser) -> None:
    pages = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", tab.pdf())
    assert 3 < len(pages) < 9
    for page in pages:
        assert tuple(round(float(side)) for side in page) == A4
