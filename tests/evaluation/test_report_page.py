from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from markupsafe import Markup
from reported import layers, record

from napari_xraysep.evaluation import MEANINGS
from napari_xraysep.evaluation.report_figures import Picture, Results, results_pictures
from napari_xraysep.evaluation.report_page import (
    GENERATOR,
    File,
    Report,
    cited,
    in_bytes,
    linked,
    metric_rows,
    report_page,
)
from napari_xraysep.evaluation.report_words import Setting
from napari_xraysep.records import RECOMBINATION_WARNING, RestartRecord

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
METRICS = {"residual_rms": 0.125, "copy_1": 0.5, "copy_2": float("nan"), "empty": 0.0}


@cache
def drawn() -> Results:
    return results_pictures(layers(), record())


def report(**changes: Any) -> Report:
    """Return a report; ``record`` among the changes is itself a mapping of changes."""
    values: dict[str, Any] = {
        "record": record(**changes.pop("record", {})),
        "folder": "/paintings/run",
        "missing": None,
        "unmeasured": "",
        "part": None,
        "settings": [Setting("weight", "Weight", 0.5, 0.25)],
        "inputs": [Picture("Mixed radiograph, whole", "Mixed radiograph.", PIXEL)],
        "results": drawn(),
        "curves": Picture("Losses during training", "Losses.", PIXEL),
        "metrics": METRICS,
        "baselines": {"half": {"copy_1": 0.75, "residual_rms": 0.0}},
        "pairs": {},
        "input_sizes": [1234, None, 5_600_000],
        "files": [File("front.tif", 123, "f" * 64)],
        "operator": "",
        "notes": [],
        "made": "2026-03-05T00:00:00+00:00",
        "version": "9.9.9",
    }
    return Report(**values | changes)


class Page(HTMLParser):
    """Collects text, rows of tables, tags, links and images."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.tags, self.rows = "", [], []
        self.attributes: list[dict[str, str | None]] = []
        self._cell = self._style = False
        self.feed(text)
        self.words = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attributes))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        self._cell = self._cell or tag in ("td", "th")
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("td", "th")
        self._style = False

    def handle_data(self, data: str) -> None:
        if self._style:
            return
        self.text += data
        if self._cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()


def test_everything_is_on_the_page() -> None:
    page = Page(report_page(report()))
    for words in (
        "Hypothetical separation",
        RECOMBINATION_WARNING,
        "Uncertainty: not estimated",
        "Figure 1. What went in",
        "Figure 2. Losses during training",
        "Figure 3. Hypothetical separation",
        "Figure 4. Front: hypothetical separation",
        "Figure 5. Back: hypothetical separation",
        "not a second radiograph",
        "A. Author, A Paper",
        "4 March 2026, 05:06 UTC",
        "9.9.9",
        MEANINGS["copy"],
    ):
        assert words in page.words, words
    assert MEANINGS["leakage"] not in page.words
    assert "simulated" not in page.words.lower()
    assert "partial" not in page.words.lower()
    assert ["Weight", "weight", "0.5", "0.25"] in page.rows
    assert ["Residual, RMS", "", "↓", "0.125", "0", MEANINGS["residual_rms"]] in page.rows
    assert ["Copy", "front", "< 0.95", "0.5", "0.75", MEANINGS["copy"]] in page.rows
    assert ["Copy", "back", "< 0.95", "–", "–"] in page.rows
    assert ["Polarity", "white-absorbs (assumed)"] in page.rows
    assert ["Response", "as-is (stated)"] in page.rows
    assert ["Operator", "not stated"] in page.rows
    assert ["front.tif", "123 bytes", "f" * 64] in page.rows
    assert any(row[0] == "X-radiograph" and "1.23 kB" in row for row in page.rows)
    assert any(row[0] == "Photograph of the front" and "–" in row for row in page.rows)
    assert {"name": "generator", "content": GENERATOR} in page.attributes


def test_it_needs_nothing_beside_it_and_runs_nothing() -> None:
    text = report_page(report())
    page = Page(text)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    sources = [one["src"] for one in page.attributes if "src" in one]
    assert sources
    assert all(str(source).startswith("data:image/") for source in sources)
    links = {str(one["href"]) for one in page.attributes if "href" in one}
    assert {link for link in links if not link.startswith("#")} == {"https://doi.org/10.1234/abc.5"}
    anchors = {one["id"] for one in page.attributes if "id" in one}
    assert {link[1:] for link in links if link.startswith("#")} <= anchors
    assert "url(" not in text
    assert "@import" not in text


def test_every_picture_has_words_for_those_who_do_not_see_it() -> None:
    page = Page(report_page(report()))
    pictures = [one for tag, one in zip(page.tags, page.attributes, strict=True) if tag == "img"]
    assert len(pictures) == 1 + 1 + 3 + 2 + 2 + 2
    assert all(one["alt"] for one in pictures)


def test_names_and_notes_are_escaped() -> None:
    evil = "<script>alert('x')</script>"
    inputs = [one.model_copy(update={"path": f"{evil}.tif"}) for one in record().inputs]
    text = report_page(
        report(
            record={"inputs": tuple(inputs), "paper": f'{evil} doi:10.1/a"onclick=', "prior": evil},
            operator=evil,
            notes=[evil],
            folder=evil,
            missing=evil,
        )
    )
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 6
    assert 'a"onclick' not in text
    assert "script" not in Page(text).tags


def test_a_partial_run_says_so_at_the_top_and_in_every_caption() -> None:
    page = Page(report_page(report(record={"complete": False})))
    top = page.words.partition("Contents")[0][:3000]
    assert "Partial result. The run was stopped before its end." in top
    captions = re.findall(r"Figure \d\. (?:Hypo|Front|Back)[^.]*", page.words)
    assert len(captions) == 3
    assert all("partial" in caption for caption in captions)


def test_simulated_is_said_in_title_figures_and_margins() -> None:
    text = report_page(report(record={"simulated": True}))
    assert "Hypothetical separation, from a simulated radiograph" in text
    assert "X-radiograph (simulated)" in text
    assert 'content: "Hypothetical separation, simulated radiograph"' in text


def test_what_is_missing_is_said_and_the_rest_is_there() -> None:
    page = Page(
        report_page(
            report(
                missing="front.tif: it has gone",
                unmeasured="front.tif: it has gone",
                inputs=(),
                metrics={},
                baselines={},
            )
        )
    )
    assert page.words.count("front.tif: it has gone") == 2
    assert "Nothing was measured" in page.words
    assert "Figure 1. Losses" in page.words
    assert "What went in" not in page.words


def test_settings_of_a_method_that_is_not_installed_are_listed() -> None:
    page = Page(report_page(report(settings=None)))
    assert ["–", "weight", "0.5", "not known"] in page.rows


def test_restarts_have_a_table() -> None:
    restarts = (
        RestartRecord(seed=3, kept=True, picked=True, judgement={"copy_1": 0.25, "exclusion": 0.5}),
        RestartRecord(seed=4, kept=False, why="a layer is empty", judgement={"copy_1": 0.75}),
    )
    page = Page(report_page(report(record={"restarts": restarts})))
    assert ["Seed", "3", "4"] in page.rows
    assert ["Copy, front", "0.25", "0.75"] in page.rows
    assert ["Exclusion", "0.5", "–"] in page.rows
    assert ["Kept", "yes", "no"] in page.rows
    assert "Seed 4 was not kept: a layer is empty." in page.words
    assert f"Exclusion: {MEANINGS['exclusion']}" in page.words  # the run's own has none
    assert "the best run by the rule" in page.words
    assert "Restarts" not in Page(report_page(report())).words


def test_restarts_from_halves_are_not_called_part_of_the_result() -> None:
    restarts = (
        RestartRecord(seed=3, kept=True, picked=True),
        RestartRecord(seed=4, kept=True, resampled=True),
        RestartRecord(seed=5, kept=False, resampled=True, why="a layer is empty"),
    )
    page = Page(report_page(report(record={"restarts": restarts})))
    assert ["Learnt from", "all", "half", "half"] in page.rows
    assert ["Used for", "the result", "uncertainty", "nothing"] in page.rows
    assert not any(row[:1] == ["Kept"] for row in page.rows)
    assert "Seed 5 was left out of the uncertainty: a layer is empty." in page.words
    assert "bold: the run that alone is the result" in page.words


def test_many_restarts_go_into_several_tables() -> None:
    restarts = tuple(RestartRecord(seed=seed, kept=True) for seed in range(10))
    rows = [row for row in Page(report_page(report(record={"restarts": restarts}))).rows if row]
    assert [len(row) - 1 for row in rows if row[0] == "Seed"] == [8, 2]


def test_metrics_of_one_kind_share_their_meaning() -> None:
    rows = metric_rows(METRICS, {}, record())
    copies = [row for row in rows if row.title == "Copy"]
    assert [row.rows for row in copies] == [2, 2]
    assert copies[0].meaning
    assert not copies[1].meaning
    assert copies[1].values == (None,)  # not a number is no number


def test_citations_become_links() -> None:
    assert cited("a [1] <b> [2] [3]") == Markup(
        'a <a href="#reference-1">[1]</a> &lt;b&gt; <a href="#reference-2">[2]</a> [3]'
    )
    found = linked("X & Y, doi:10.1109/TIP.2022.3185488; arXiv:2009.07889, 2020")
    assert 'href="https://doi.org/10.1109/TIP.2022.3185488"' in found
    assert 'href="https://arxiv.org/abs/2009.07889"' in found
    assert found.startswith("X &amp; Y, ")
    assert found.endswith(", 2020")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (None, "–"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (604_000, "604 kB"),
        (9.07e7, "90.7 MB"),
        (3_210_000_000_000, "3.21e+03 GB"),
    ],
)
def test_sizes_of_files(size: int | None, said: str) -> None:
    assert in_bytes(None if size is None else int(size)) == said


def test_the_page_says_where_nothing_unexplained_tells_nothing_and_how_large_errors_are() -> None:
    changes = {"kind": "concealed", "uncertainty": "standard deviation over 5 restarts"}
    empty = replace(drawn(), all_explained=True)
    page = Page(report_page(report(record=changes, results=empty)))
    assert (
        page.words.count("what the method cannot explain it gives to its layers, as a rule to") == 4
    )
    assert page.words.count("1.4 to 2.9 times as large as it said") == 2  # caption and limits
    page = Page(report_page(report()))
    assert "cannot explain" not in page.words
    assert "1.4 to 2.9" not in page.words
