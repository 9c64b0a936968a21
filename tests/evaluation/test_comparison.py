"""A comparison's table: CSV, page, contact sheet."""

import csv
import io
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from napari_xraysep.evaluation import MEANINGS, evaluate
from napari_xraysep.evaluation.comparison import (
    Comparison,
    MethodRow,
    as_csv,
    in_order_of_trust,
    not_told_apart,
)
from napari_xraysep.evaluation.comparison_page import comparison_page
from napari_xraysep.evaluation.contact_sheet import PANEL_SIDE, contact_sheet, small
from napari_xraysep.evaluation.summary import BETTER, TITLES, layer_of
from napari_xraysep.painting import Mixture

ROWS, COLUMNS = 48, 60
RAMP = np.tile(np.linspace(0, 1, COLUMNS, dtype=np.float32), (ROWS, 1))


def row(method, **changes):
    values = {
        "title": method.capitalize(),
        "baseline": False,
        "complete": True,
        "preset": "fast",
        "allocation": "even",
        "seed": 0,
        "device": "cpu",
        "settings": {},
        "seconds": 1.25,
        "peak_memory_mb": 12.0,
    }
    return MethodRow(method=method, **values | changes)


def comparison(*rows, **changes):
    values = {
        "simulated": True,
        "kind": "double-sided",
        "layers": ("front", "back"),
        "inputs": ("xray.tif", "front & <b>.tif"),
        "region": None,
        "truths": ("1.tif", "2.tif"),
        "allocation": "even",
        "allocation_stated": False,
        "complete": True,
    }
    return Comparison(rows=rows, **values | changes)


def mixture(xray=RAMP, **changes):
    photograph = np.full((*xray.shape, 3), 0.5, np.float32)
    valid = np.ones(xray.shape, bool)
    values = {"xray": xray, "front": photograph, "back": photograph, "valid": valid}
    return Mixture(**values | changes)


def result(first, second, xray=RAMP, unexplained=None):
    return {
        "front": first,
        "back": second,
        "residual": xray - first - second,
        "unexplained": np.zeros_like(xray) if unexplained is None else unexplained,
    }


def test_the_csv_has_a_row_a_method_and_empty_cells_where_there_is_no_number():
    failed = row("bad", complete=False, problem="it, failed", seconds=None, peak_memory_mb=None)
    good = row("good", metrics={"gain": 2.0})
    read = list(csv.DictReader(io.StringIO(as_csv([failed, good]), newline="")))
    assert [line["method"] for line in read] == ["bad", "good"]
    assert read[0]["problem"] == "it, failed"
    assert (read[0]["seconds"], read[0]["gain"]) == ("", "")
    assert (read[1]["gain"], read[1]["seconds"]) == ("2.0", "1.25")
    assert read[1]["peak_gpu_memory_mb"] == ""


def test_every_metric_has_a_heading_a_meaning_and_a_better_direction():
    truths = RAMP * 0.75, RAMP * 0.25
    names = {layer_of(name)[0] for name in evaluate(truths, mixture(), truths)}
    # of a run, not of a pair of layers
    names |= {"unexplained_rms", "apart", "from_regression", "remix"}
    assert set(TITLES) == set(BETTER) == set(MEANINGS) == names


class Page(HTMLParser):
    """Collects the cells of all tables, the text, and what the page loads."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.loads, self.tags, self.text = [], [], [], ""
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.loads += [value for name, value in attributes if name in ("src", "href")]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()


def test_the_page_has_all_numbers_their_meanings_and_loads_nothing():
    metrics = {"gain": 3.456, "leak_1": -0.02, "leak_2": 0.5, "residual_rms": 2e-8}
    page = Page(
        comparison_page(
            comparison(
                row("good", metrics=metrics, findings={"RMS of pass 1": 0.25}),
                row("bad", complete=False, problem="it <failed>", seconds=None),
                row("half", baseline=True, metrics={"gain": 1.0, "residual_rms": 0.0}),
            ),
            b"\x89PNG",
        )
    )
    assert ["good", "3.46", "−0.02", "0.5"] in page.rows
    assert ["half (baseline)", "1", "–", "–"] in page.rows
    assert ["good", "2.00e−8"] in page.rows
    assert ["good", "RMS of pass 1", "0.25"] in page.rows
    assert ["bad", "fast", "even", "–", "12", "no: it <failed>"] in page.rows
    assert ["Method", "Gain over halving ↑", "Leak → 0"] in page.rows
    assert ["", "", "front", "back"] in page.rows
    assert MEANINGS["leak"] in page.text
    assert MEANINGS["copy"] not in page.text
    words = " ".join(page.text.split())
    assert "Hypothetical separations of a simulated radiograph" in words
    assert "do not prove" in words
    assert "front & <b>.tif" in words
    assert "b" not in page.tags
    assert "even (since methods can be compared at equal allocation only)" in words
    assert [load[:22] for load in page.loads] == ["data:image/png;base64,"]
    assert "script" not in page.tags
    assert "link" not in page.tags


def test_the_page_says_what_was_chosen_and_when_it_is_real():
    said = comparison(row("a"), simulated=False, allocation_stated=True, region="0:4,0:5")
    text = comparison_page(said, b"")
    assert "simulated" not in text
    assert "even (as chosen)" in text
    assert "0:4,0:5" in text
    assert "Measured" not in text


@pytest.fixture
def two():
    """Two methods, the second wild; and the first alone."""
    both = comparison(row("good", metrics={"gain": 9.0}), row("wild"))
    results = {
        "good": result(RAMP * 0.75, RAMP * 0.25),
        "wild": result(RAMP * 100, RAMP * -99),
    }
    return both, results


def open_sheet(said, results, **changes):
    values = {"mixture": mixture(), "truths": (RAMP * 0.75, RAMP * 0.25)}
    return Image.open(io.BytesIO(contact_sheet(said, results, **values | changes)))


def middle(image, line, column, lines):
    """Mean colour of the middle of a panel, found from the sheet's measures."""
    from napari_xraysep.evaluation import contact_sheet as module

    sheet = module._Sheet(ROWS / COLUMNS, lines)
    pixels = np.asarray(image.convert("RGB"), float)
    x = (sheet._left(column) + module.PANEL_INCHES / 2) * module.DPI
    y = (sheet.height - sheet._bottom(line) - sheet.panel_height / 2) * module.DPI
    return pixels[int(y) - 8 : int(y) + 8, int(x) - 4 : int(x) + 4].mean((0, 1))


def test_all_grey_panels_share_one_contrast_and_a_wild_result_does_not_flatten_it(two):
    with open_sheet(*two) as image:
        xray, truth = middle(image, 0, 2, 2)[0], middle(image, 0, 0, 2)[0]
        assert middle(image, 1, 2, 2)[0] == pytest.approx(xray, abs=2)  # the sum
        assert middle(image, 1, 0, 2)[0] == pytest.approx(truth, abs=2)
        assert middle(image, 2, 0, 2)[0] == 255
        assert middle(image, 2, 1, 2)[0] == 0
        # from one span below to one above the radiograph's 0..1, the middle of which is 0.5
        assert xray == pytest.approx(127, abs=6)
        assert truth == pytest.approx(255 * (0.375 + 1) / 3, abs=6)


def test_residuals_share_one_scale_with_their_sign():
    said = comparison(row("less"), row("more"))
    results = {
        "less": result(RAMP * 0.5, RAMP * 0.25, unexplained=np.full_like(RAMP, 0.2)),
        "more": result(RAMP * 0.75, RAMP * 0.5, unexplained=np.full_like(RAMP, -0.1)),
    }
    with open_sheet(said, results) as image:
        less, more = (middle(image, line, 3, 2) for line in (1, 2))
        assert less[0] > less[2]
        assert more[2] > more[0]
        strong, faint = middle(image, 1, 4, 2), middle(image, 2, 4, 2)
        assert np.ptp(strong) > np.ptp(faint) > 20


def test_photographs_stand_where_the_truth_is_not_known(two):
    red = np.zeros((ROWS, COLUMNS, 3), np.float32)
    red[..., 0] = 1
    with open_sheet(*two, truths=None, mixture=mixture(back=red)) as image:
        assert tuple(middle(image, 0, 1, 2)) == (255, 0, 0)


def test_a_failed_method_has_a_sentence_instead_of_panels(two):
    said, results = two
    failed = said.model_copy(
        update={"rows": (said.rows[0], row("wild", complete=False, problem="it failed " * 30))}
    )
    with open_sheet(failed, {"good": results["good"]}) as image:
        assert "Hypothetical" in image.text["Title"]
        assert "simulated" in image.text["Title"]
        assert "do not prove" in image.text["Description"]
        dark = np.asarray(image.convert("L")) < 128
        _, right = np.nonzero(dark)
        assert right.max() < image.width - 8  # the long sentence is wrapped


@pytest.mark.parametrize("shape", [(12, 400), (400, 12), (PANEL_SIDE * 3, PANEL_SIDE)])
def test_odd_shapes_are_drawn_and_shrunk(shape):
    xray = np.random.default_rng(0).random(shape, np.float32)
    found = {name: small(image) for name, image in result(xray / 2, xray / 2, xray).items()}
    assert max(found["front"].shape) <= PANEL_SIDE
    sheet = contact_sheet(comparison(row("half")), {"half": found}, mixture(xray), None, 0.1)
    with Image.open(io.BytesIO(sheet)) as image:
        assert 2400 < image.width < 3000
        assert image.height < 2600


def test_a_colour_image_is_shrunk_band_by_band():
    image = np.random.default_rng(0).random((2 * PANEL_SIDE, 4, 3), np.float32)
    found = small(image)
    assert found.shape == (PANEL_SIDE, 2, 3)
    np.testing.assert_allclose(found[0, 0], image[:2, :2].mean((0, 1)), rtol=1e-6)


def test_methods_with_errors_that_are_close_are_not_told_apart():
    errors = {"a": 0.1, "b": 0.13, "c": 0.5, "empty": 0.1}
    assert not_told_apart(errors) == ["a", "b"]
    assert not_told_apart({"a": 0.1, "empty": 0.0}) == ["a"]
    assert not_told_apart({"a": 1e-9, "b": 1e-4}) == ["a", "b"]
    said = in_order_of_trust(errors, ())
    assert "By the remix test a and b are to be trusted most" in said
    assert "then c, empty." in said
    said = in_order_of_trust({"a": 0.1, "c": 0.2}, ["c"])
    assert "By the remix test a is to be trusted most with this painting, then c." in said
    said = in_order_of_trust({"a": 0.1, "b": 0.1, "c": 0.11}, ())
    assert "a, b and c are" in said
    assert "then" not in said


def test_nothing_is_trusted_that_did_no_better_than_halving_or_a_baseline():
    for errors in ({"half": 1.0, "net": 1.2}, {"net": 0.95, "half": 1.0}, {}):
        assert "none of them is to be trusted" in in_order_of_trust(errors, ["half"])
    said = in_order_of_trust({"grey": 0.5, "net": 0.55, "half": 1.0}, ["grey", "half"])
    assert "no method did better than the baseline grey; then net, half." in said
    assert "trusted" not in said


def test_what_the_mask_leaves_out_is_hatched_in_every_panel(two):
    said, _ = two
    mixed = mixture()
    mixed.valid[ROWS // 4 : -(ROWS // 4), COLUMNS // 4 : -(COLUMNS // 4)] = False
    tame, wild = result(RAMP * 0.75, RAMP * 0.25), result(RAMP * 0.75, RAMP * 0.25)
    for image in wild.values():
        image[~mixed.valid] = 9
    with (
        open_sheet(said, {"good": tame}, mixture=mixed) as image,
        open_sheet(said, {"good": wild}, mixture=mixed) as again,
    ):
        assert (np.asarray(image) != np.asarray(again)).mean() < 0.002
        for column in range(5):
            red, _, blue = middle(image, 1, column, 2)
            assert red - blue > 30
