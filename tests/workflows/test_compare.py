"""Several methods on one painting: what runs, what is written, what a failure leaves."""

import base64
import csv
import threading

import numpy as np
import pytest
from pydantic import Field

from napari_xraysep.errors import InputError
from napari_xraysep.evaluation.comparison import Comparison, MethodRow
from napari_xraysep.io.results import read_run
from napari_xraysep.painting import Painting
from napari_xraysep.region import Region
from napari_xraysep.separation import RunOptions, get_method
from napari_xraysep.separation.method import Estimate, Finding, Plan, Settings, Step
from napari_xraysep.workflows.compare import FILES, Turn, compare, settings_for_each

SHAPE = (40, 48)


class Strength(Settings):
    strength: float = Field(default=0.25, ge=0, le=1)


def shares(mixture, settings, context):
    """Put a share of the radiograph in the first layer, half of the rest in the second."""
    yield Plan(("share",), 1)
    yield Step("share", 1, 1, {"loss": 1.0})
    yield Finding("tried", 3)
    first = mixture.xray * np.float32(settings.strength)
    yield Estimate("share", 1, first, (mixture.xray - first) / 2)


def fails(mixture, settings, context):
    yield Plan(("train",), 1)
    raise RuntimeError("shapes differ")


def stray(mixture, settings, context):
    yield Plan(("train",), 1)
    raise ValueError("operands could not be broadcast")


class Switch(Settings):
    strength: bool = True


@pytest.fixture
def painting():
    rng = np.random.default_rng(0)
    front, back = rng.random((2, *SHAPE, 3), np.float32)
    return Painting.from_arrays(0.4 * front[..., 0] + 0.3 * back[..., 1], front, back)


@pytest.fixture
def methods(add_method):
    add_method(shares, "shares", Strength)
    add_method(fails, "fails", Strength)


def last(said):
    *_, end = said
    return end


def test_each_method_has_a_folder_and_the_table_has_a_row_of_each(tmp_path, painting, methods):
    said = list(compare(painting, ["half", "shares", "all-or-nothing"], tmp_path / "out"))
    assert {type(one) for one in said} == {Turn, MethodRow, Comparison}
    rows = [one for one in said if isinstance(one, MethodRow)]
    assert [row.method for row in rows] == ["half", "shares", "all-or-nothing"]
    assert [row.baseline for row in rows] == [True, False, True]
    assert said[-1].rows == tuple(rows)
    assert said[-1].complete
    for row in rows:
        run = read_run(tmp_path / "out" / row.method)
        assert run.record.method == row.method
        assert row.seconds == run.record.seconds
        assert row.peak_memory_mb >= 0
        assert row.peak_gpu_memory_mb is None
        assert row.metrics["residual_rms"] == pytest.approx(0, abs=1e-6)
    assert rows[1].findings == {"tried": 3}
    assert rows[1].metrics["energy_ratio"] != rows[0].metrics["energy_ratio"]

    files = {path.name for path in (tmp_path / "out").iterdir() if path.is_file()}
    assert files == set(FILES)
    with (tmp_path / "out" / "table.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["method"] for row in table] == ["half", "shares", "all-or-nothing"]
    assert table[2]["leakage_2"] == ""  # nothing varies in an empty layer
    assert float(table[1]["exclusion"]) == pytest.approx(rows[1].metrics["exclusion"])
    written = (tmp_path / "out" / "table.json").read_text("utf-8")
    assert Comparison.model_validate_json(written) == said[-1]
    picture = (tmp_path / "out" / "contact-sheet.png").read_bytes()
    page = (tmp_path / "out" / "table.html").read_text("utf-8")
    assert base64.b64encode(picture).decode() in page


def test_methods_are_compared_at_even_allocation_unless_another_is_chosen(
    tmp_path, painting, methods
):
    assert get_method("shares").allocation["fast"] == "none"
    even = last(compare(painting, ["shares"], tmp_path / "even"))
    assert (even.allocation, even.allocation_stated) == ("even", False)
    assert read_run(tmp_path / "even" / "shares").record.allocation == "even"
    assert even.rows[0].metrics["residual_rms"] < 1e-6
    options = RunOptions(allocation="none", seed=4)
    none = last(compare(painting, ["shares"], tmp_path / "none", options=options))
    assert (none.allocation, none.allocation_stated) == ("none", True)
    assert none.rows[0].metrics["residual_rms"] > 0.05
    assert none.rows[0].seed == read_run(tmp_path / "none" / "shares").record.seed == 4


def test_truths_are_cut_to_the_region(tmp_path, painting, methods, monkeypatch):
    import tifffile

    monkeypatch.chdir(tmp_path)
    truths = 0.4 * painting.front[..., 0], 0.3 * painting.back[..., 1]
    for name, truth in zip(("1.tif", "2.tif"), truths, strict=True):
        tifffile.imwrite(name, truth)
    options = RunOptions(region=Region(4, 36, 8, 40))
    done = last(
        compare(painting, ["half"], tmp_path / "out", options=options, truths=("1.tif", "2.tif"))
    )
    assert done.rows[0].metrics["gain"] == pytest.approx(1)
    assert done.region == "4:36,8:40"
    tifffile.imwrite("2.tif", truths[1][:10])
    with pytest.raises(InputError, match=r"2\.tif: it has 10 rows"):
        compare(painting, ["half"], tmp_path / "two", truths=("1.tif", "2.tif"))
    assert not (tmp_path / "two").exists()


def test_a_method_that_fails_is_a_row_that_says_so(tmp_path, painting, methods):
    done = last(compare(painting, ["fails", "half"], tmp_path / "out"))
    failed, other = done.rows
    assert (failed.complete, other.complete, done.complete) == (False, True, False)
    assert "fails: it failed (RuntimeError: shapes differ)" in failed.problem
    assert failed.seconds is None
    assert failed.metrics == {}
    assert not (tmp_path / "out" / "fails").exists()
    assert "shapes differ" in (tmp_path / "out" / "table.html").read_text("utf-8")
    assert "shapes differ" in (tmp_path / "out" / "table.csv").read_text("utf-8")


def test_a_fault_in_a_method_leaves_the_others_their_turn(tmp_path, painting, add_method):
    add_method(stray)
    done = last(compare(painting, ["trial", "half"], tmp_path / "out"))
    assert [row.complete for row in done.rows] == [False, True]
    assert "trial: it failed (ValueError: operands could not be" in done.rows[0].problem


@pytest.mark.parametrize("step", ["RunFolder.write", "evaluate"])
def test_a_run_that_cannot_be_written_or_measured_is_not_complete(
    step, tmp_path, painting, monkeypatch
):
    def refuse(*_):
        raise InputError("out", "it cannot be written", "free the disk")

    monkeypatch.setattr(f"napari_xraysep.workflows.compare.{step}", refuse)
    done = last(compare(painting, ["half"], tmp_path / "out"))
    assert not done.complete
    assert not done.rows[0].complete
    assert "out: it cannot be written; free the disk" in done.rows[0].problem
    assert done.rows[0].seconds is not None


def test_methods_that_know_no_gpu_run_on_the_cpu_beside_those_that_do(tmp_path, painting):
    done = last(compare(painting, ["half"], tmp_path / "out", options=RunOptions(device="cuda")))
    assert done.rows[0].device == "cpu"
    assert done.rows[0].peak_gpu_memory_mb is None


def test_all_methods_may_fail(tmp_path, painting, methods):
    done = last(compare(painting, ["fails"], tmp_path / "out"))
    assert not done.complete
    assert (tmp_path / "out" / "contact-sheet.png").is_file()


def endless(mixture, settings, context):
    yield Plan(("train",), 1000)
    for step in range(1, 1000):
        yield Estimate("train", step, mixture.xray, mixture.xray)
        yield Step("train", step)


def test_what_is_finished_is_written_when_it_is_cancelled(tmp_path, painting, add_method):
    add_method(endless)
    cancel = threading.Event()
    said = []
    for one in compare(painting, ["half", "trial", "grey"], tmp_path / "out", cancel=cancel):
        said.append(one)
        if isinstance(one, Turn) and one.method == "trial" and len(said) > 10:
            cancel.set()
    done = said[-1]
    assert [row.complete for row in done.rows] == [True, False, False]
    assert "stopped" in done.rows[1].problem
    assert done.rows[1].metrics
    assert "not begun" in done.rows[2].problem
    assert done.rows[2].seconds is None
    assert not read_run(tmp_path / "out" / "trial").record.complete
    assert not (tmp_path / "out" / "grey").exists()
    assert "partial" in (tmp_path / "out" / "table.html").read_text("utf-8")


def test_nothing_is_written_when_it_is_cancelled_at_once(tmp_path, painting, add_method):
    cancel = threading.Event()
    cancel.set()
    said = list(compare(painting, ["half", "grey"], tmp_path / "out", cancel=cancel))
    assert [type(one) for one in said] == [MethodRow, MethodRow]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("names", "options", "sentence"),
    [
        ([], {}, "--methods: it names none"),
        (["half", "half"], {}, "--methods: half is given twice"),
        (["half", "magic"], {}, "magic: there is no such method"),
        (["half", "lonely"], {}, "lonely: it separates a concealed design"),
        (["half"], {"changes": {"strength": "1"}}, "--set strength: none of the methods"),
        (["half"], {"changes": {"shares.strength": "1"}}, "shares is not among"),
        (["shares"], {"changes": {"strength": "2"}}, "shares.strength: '2' is not allowed"),
        (["half", "shares"], {"changes": {"half.strength": "1"}}, "half.strength: half has no"),
        (["half"], {"warm_from": "run"}, "--warm-start: none of the methods"),
        (["half"], {"options": RunOptions(region=Region(0, 90, 0, 9))}, "does not lie wholly"),
    ],
)
def test_everything_is_checked_before_anything_runs(
    names, options, sentence, tmp_path, painting, methods, add_method
):
    add_method(shares, "lonely", kinds=("concealed",))
    with pytest.raises(InputError) as caught:
        compare(painting, names, tmp_path / "out", **options)
    assert sentence in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("taken", ["table.html", "run.json", "half/run.json"])
def test_results_are_never_overwritten(taken, tmp_path, painting):
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")
    with pytest.raises(InputError, match="already holds"):
        compare(painting, ["half"], tmp_path)


def test_a_setting_goes_to_every_method_that_has_it_or_to_one(methods):
    chosen = [get_method(name) for name in ("half", "shares", "fails")]
    found = settings_for_each(chosen, "fast", {"shares.strength": "0.5", "strength": "0.75"})
    assert found["shares"].strength == 0.5
    assert found["fails"].strength == 0.75
    assert found["half"].model_dump() == {}


def test_a_key_that_means_two_things_can_be_meant_for_one_method(add_method):
    add_method(shares, "shares", Strength)
    add_method(shares, "switch", Switch)
    chosen = [get_method(name) for name in ("shares", "switch")]
    with pytest.raises(InputError, match=r"switch\.strength: .*METHOD\.strength=…"):
        settings_for_each(chosen, "fast", {"strength": "0.5"})
    with pytest.raises(InputError) as caught:
        settings_for_each(chosen, "fast", {"switch.strength": "0.5"})
    assert "METHOD" not in str(caught.value)
    found = settings_for_each(chosen, "fast", {"shares.strength": "0.5"})
    assert found["shares"].strength == 0.5
