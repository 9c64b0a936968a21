"""One method over a plane of settings and many seeds."""

import csv
import math
import threading

import numpy as np
import pytest
import tifffile
from pydantic import Field, model_validator

from napari_xraysep.errors import InputError
from napari_xraysep.evaluation.outcomes import Sweep, SweepRun
from napari_xraysep.painting import Painting
from napari_xraysep.region import Region
from napari_xraysep.separation import RunOptions
from napari_xraysep.separation.method import Estimate, Plan, Settings
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.sources import Sources
from napari_xraysep.workflows.sweep import FILES, Turn, parse_over, sweep

SHAPE = (40, 48)


class Share(Settings):
    share: float = Field(default=0.5, ge=0, le=1, title="Share of the first layer")
    other: float = Field(default=0, ge=0, le=1)
    turns: int = Field(default=1, ge=1, le=9)
    broken: bool = False
    exclusion: float = 0
    name: str = "a"

    @model_validator(mode="after")
    def _agree(self):
        if self.share + self.other > 1.5:
            raise ValueError("lower one of them")
        return self


def shares(mixture, settings, context):
    """Give the first layer a share of the radiograph; the seed adds noise."""
    yield Plan(("share",), settings.turns)
    if settings.broken:
        raise RuntimeError("shapes differ")
    noise = np.random.default_rng(context.seed).normal(0, 0.001, mixture.shape)
    first = mixture.xray * np.float32(settings.share) + noise.astype(np.float32)
    yield Estimate("share", 1, first, mixture.xray - first)


@pytest.fixture
def painting(add_method):
    add_method(shares, "shares", Share)
    rng = np.random.default_rng(0)
    front, back = rng.random((2, *SHAPE, 3), np.float32)
    return Painting.from_arrays(0.4 * front[..., 0] + 0.3 * back[..., 1], front, back)


@pytest.fixture
def truths(painting, tmp_path):
    layers = 0.4 * painting.front[..., 0], 0.3 * painting.back[..., 1]
    for number, layer in enumerate(layers, 1):
        tifffile.imwrite(tmp_path / f"{number}.tif", layer)
    return tmp_path / "1.tif", tmp_path / "2.tif"


def rows(out):
    with (out / "sweep.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=0:2:0.5", [0, 0.5, 1, 1.5, 2]),
        ("a=0:1:0.1", [n / 10 for n in range(11)]),
        ("a=0.1:0.5:0.02", [round(0.1 + 0.02 * n, 2) for n in range(21)]),
        ("a=3:1:-1", [3, 2, 1]),
        ("a=1e-4:3e-4:1e-4", [1e-4, 2e-4, 3e-4]),
        (" a = 5 : 5 : 1 ", [5]),
    ],
)
def test_values_hold_both_ends_and_are_exact(text, values):
    name, found = parse_over(text)
    assert name == "a"
    assert [float(value) for value in found] == values


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a", "not KEY=A:B:STEP"),
        ("=0:1:1", "not KEY=A:B:STEP"),
        ("a=0:1", "not KEY=A:B:STEP"),
        ("a=0:1:1:1", "not KEY=A:B:STEP"),
        ("a=0:one:1", "not KEY=A:B:STEP"),
        ("a=0:inf:1", "not KEY=A:B:STEP"),
        ("a=0:nan:1", "not KEY=A:B:STEP"),
        ("a=0:1:0", "do not lead"),
        ("a=0:1:0.3", "do not lead"),
        ("a=0:1:-1", "do not lead"),
    ],
)
def test_values_of_another_form_are_refused(text, problem):
    with pytest.raises(InputError, match=problem):
        parse_over(text)


def test_every_cell_and_seed_is_a_row(tmp_path, painting, truths):
    out = tmp_path / "out"
    over = ["share=0:1:0.5", "turns=2:3:1"]
    said = list(sweep(painting, "shares", out, over, 2, truths=truths, options=RunOptions(seed=5)))
    planned, done = said[0], said[-1]
    assert isinstance(planned, Sweep)
    assert (planned.planned, planned.cells, planned.complete) == (12, (), False)
    assert [axis.values for axis in planned.over] == [(0, 0.5, 1), (2, 3)]
    assert [axis.title for axis in planned.over] == ["Share of the first layer", "turns"]
    numbers = [one.number for one in said if isinstance(one, Turn)]
    assert sorted(set(numbers)) == list(range(1, 13))

    found = rows(out)
    assert [(row["setting.share"], row["setting.turns"], row["seed"]) for row in found[:4]] == [
        ("0.0", "2", "5"),
        ("0.0", "2", "6"),
        ("0.0", "3", "5"),
        ("0.0", "3", "6"),
    ]
    by_share = {row["setting.share"]: row["outcome"] for row in found}
    assert by_share == {"0.0": "empty", "0.5": "bleed", "1.0": "empty"}
    assert all(float(row["gain"]) > 0 for row in found)
    assert all(float(row["seconds"]) >= 0 for row in found)
    assert found[0]["mse_1"] != found[1]["mse_1"]

    assert {path.name for path in out.iterdir()} == set(FILES)
    assert done.complete
    assert Sweep.model_validate_json((out / "sweep.json").read_text("utf-8")) == done
    assert len(done.cells) == 6
    middle = next(one for one in done.cells if one.settings == {"share": 0.5, "turns": 2})
    assert middle.shares == {"good": 0, "empty": 0, "bleed": 1}
    errors = [
        (float(row["mse_dc_free_1"]) + float(row["mse_dc_free_2"])) / 2
        for row in found
        if (row["setting.share"], row["setting.turns"]) == ("0.5", "2")
    ]
    assert middle.error == pytest.approx(np.mean(errors))


def test_a_swept_setting_and_a_metric_of_one_name_are_two_columns(tmp_path, painting):
    out = tmp_path / "out"
    *_, run, done = sweep(painting, "shares", out, ["exclusion=1:2:1"])
    assert isinstance(run, SweepRun)
    with (out / "sweep.csv").open(newline="", encoding="utf-8") as file:
        head, *table = csv.reader(file)
    assert len(set(head)) == len(head)
    assert [row[head.index("setting.exclusion")] for row in table] == ["1.0", "2.0"]
    assert float(table[1][head.index("exclusion")]) == pytest.approx(run.metrics["exclusion"])
    assert [cell.settings for cell in done.cells] == [{"exclusion": 1}, {"exclusion": 2}]
    assert done.cells[1].means["exclusion"] == pytest.approx(run.metrics["exclusion"])


def test_seeds_alone_give_one_cell_judged_without_truth(tmp_path, painting):
    *_, done = sweep(painting, "shares", tmp_path / "out", restarts=3, changes={"share": "1"})
    (cell,) = done.cells
    assert (cell.settings, cell.ended, cell.shares["empty"]) == ({}, 3, 1)
    assert done.seeds == (0, 1, 2)
    assert done.allocation == "none"  # the method's own
    assert done.settings == {"share": "1"}
    assert "without the true layers" in done.rule
    assert "gain" not in rows(tmp_path / "out")[0]
    assert math.isfinite(cell.error)


def test_runs_are_in_the_file_as_soon_as_they_have_ended(tmp_path, painting):
    out = tmp_path / "out"
    said = sweep(painting, "shares", out, ["share=0:1:0.5"])
    assert not out.exists()
    for number in (1, 2):
        while not isinstance(next(said), SweepRun):
            pass
        assert len(rows(out)) == number
    said.close()  # as if it had been killed
    assert {path.name for path in out.iterdir()} == {"sweep.csv"}


def test_a_cancelled_sweep_keeps_what_has_ended_and_drops_the_rest(tmp_path, painting):
    cancel = threading.Event()
    said = []
    for one in sweep(painting, "shares", tmp_path / "out", ["share=0:1:0.25"], cancel=cancel):
        said.append(one)
        if isinstance(one, Turn) and one.number == 3:
            cancel.set()
    done = said[-1]
    assert isinstance(done, Sweep)
    assert not done.complete
    assert [one.settings["share"] for one in done.cells] == [0, 0.25]
    assert len(rows(tmp_path / "out")) == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)


def test_nothing_is_written_when_it_is_cancelled_at_once(tmp_path, painting):
    cancel = threading.Event()
    cancel.set()
    said = list(sweep(painting, "shares", tmp_path / "out", restarts=2, cancel=cancel))
    assert len(said) == 1
    assert not (tmp_path / "out").exists()


def stray(mixture, settings, context):
    """Fail as numpy does, and not as torch does."""
    yield Plan(("share",), 1)
    raise np.linalg.LinAlgError("Singular matrix")


def test_a_sweep_outlives_a_fault_in_the_method(tmp_path, painting, add_method):
    add_method(stray, "stray", Share)
    *_, done = sweep(painting, "stray", tmp_path / "out", restarts=2)
    assert done.cells[0].failed == 2
    assert "Singular matrix" in done.cells[0].problems[0]


def test_a_run_that_fails_is_recorded_and_the_others_go_on(tmp_path, painting):
    *_, done = sweep(painting, "shares", tmp_path / "out", ["broken=0:1:1"], 2)
    good, bad = done.cells
    assert (good.ended, good.failed, bad.ended, bad.failed) == (2, 0, 0, 2)
    assert not done.complete
    assert "shares: it failed (RuntimeError: shapes differ)" in bad.problems[0]
    found = rows(tmp_path / "out")
    assert [row["outcome"] for row in found[2:]] == ["failed", "failed"]
    assert "shapes differ" in found[2]["problem"]
    assert found[2]["energy_ratio"] == ""


@pytest.mark.parametrize(
    ("over", "changes", "sentence"),
    [
        ([], {}, "--over: nothing varies"),
        (["share=0:1:1", "other=0:0:1", "turns=1:2:1"], {}, "--over: 3 settings are too many"),
        (["share=0:1:1", "share=0:1:1"], {}, "--over share: it is set twice"),
        (["share=0:1:1"], {"share": "1"}, "--over share: it is set twice"),
        (["magic=0:1:1"], {}, "--over magic: shares has no such setting"),
        (["share=0:2:1"], {}, "--over share=2: '2' is not allowed"),
        (["turns=1:2:0.5"], {}, "--over turns=1.5: '1.5' is not allowed"),
        (["share=0:1:1", "other=0:1:1"], {}, "--over share=1, other=1: its settings"),
        (["share=0:2:1"], {"other": "7"}, "other: '7' is not allowed"),
    ],
)
def test_everything_is_checked_before_anything_runs(over, changes, sentence, tmp_path, painting):
    with pytest.raises(InputError) as caught:
        sweep(painting, "shares", tmp_path / "out", over, changes=changes)
    assert sentence in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_painting_region_and_folder_are_checked_too(tmp_path, painting):
    out = tmp_path / "out"
    with pytest.raises(InputError, match="at least 1"):
        sweep(painting, "shares", out, restarts=0)
    options = RunOptions(region=Region(0, 99, 0, 9))
    with pytest.raises(InputError, match="does not lie wholly"):
        sweep(painting, "shares", out, restarts=2, options=options)
    with pytest.raises(InputError, match="takes no warm start"):
        sweep(painting, "shares", out, restarts=2, warm_from=tmp_path)
    alone = Painting.from_arrays(painting.xray, painting.front)
    with pytest.raises(InputError, match="there is no back"):
        sweep(alone, "connected-autoencoder", out, restarts=2)
    assert not out.exists()
    out.mkdir()
    (out / "sweep.csv").write_text("mine")
    with pytest.raises(InputError, match="already holds"):
        sweep(painting, "shares", out, restarts=2)


def test_a_good_separation_is_not_called_bleeding_where_the_truth_is_not_known(tmp_path):
    sample = sample_folder("double-sided")
    files = (sample / name for name in ("xray.tif", "front.tif", "back.tif"))
    options = RunOptions(region=Region.parse("256:352,384:480"))
    *_, result = sweep(
        Sources(*files, mirror_back=True).align(),
        "regression",
        tmp_path / "out",
        ["colours=20:30:10"],
        changes={"sample": "6000", "thickness_cells": "0"},
        options=options,
    )
    for cell in result.cells:
        # its true leaks are within ±0.15, and halving the radiograph is 20 times farther off
        assert cell.means["leakage_1"] < -0.25
        assert cell.shares["good"] == 1
        assert cell.error == 0
