"""Methods ranked by the remix test of all on all."""

import csv
import threading

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.evaluation.comparison import Comparison
from napari_xraysep.io.results import read_run
from napari_xraysep.painting import Painting
from napari_xraysep.region import Region
from napari_xraysep.separation import RunOptions
from napari_xraysep.separation.method import Estimate, Plan
from napari_xraysep.workflows.compare import compare
from napari_xraysep.workflows.ranking import Ranking, Trial, rank

QUICK = {"colours": "8", "regression.thickness_cells": "0"}


def stiff(mixture, settings, context):
    """Take the front for a third of its blue, whatever the radiograph shows."""
    yield Plan(("look",), 1)
    first = mixture.front[..., 2] / np.float32(3)
    yield Estimate("look", 1, first, mixture.xray - first)


def only_once(mixture, settings, context):
    """Separate the painting, but no remix."""
    yield Plan(("look",), 1)
    if mixture.back[:, 0].mean() > mixture.back[:, -1].mean():  # it is brighter on the right
        raise RuntimeError("shapes differ")
    yield Estimate("look", 1, 0.6 * mixture.xray, 0.4 * mixture.xray)


def fails(mixture, settings, context):
    yield Plan(("look",), 1)
    raise RuntimeError("shapes differ")


@pytest.fixture
def painting():
    front, back = np.random.default_rng(0).random((2, 40, 48, 3), np.float32)
    back *= np.linspace(0.5, 1, 48, dtype=np.float32)[:, np.newaxis]
    return Painting.from_arrays(0.4 * front[..., 0] + 0.3 * back[..., 1], front, back)


@pytest.fixture
def folders(tmp_path, painting, add_method):
    """Runs of three methods on one painting."""
    add_method(stiff, "stiff")
    for _ in compare(painting, ["stiff", "half", "regression"], tmp_path / "out", changes=QUICK):
        pass
    return {name: tmp_path / "out" / name for name in ("stiff", "half", "regression")}


def last(said):
    *_, end = said
    return end


def test_a_stiff_model_that_finds_its_own_layers_again_is_not_trusted_most(painting, folders):
    said = list(rank(folders, painting))
    ranking = said[-1]
    assert isinstance(ranking, Ranking)
    assert ranking.errors["stiff"]["stiff"] < 0.01
    assert ranking.errors["stiff"]["regression"] > 0.5
    assert ranking.errors["half"] == pytest.approx({"stiff": 1, "regression": 1})  # no maker itself
    assert ranking.order == ("regression", "half", "stiff")
    assert ranking.worst()["stiff"] == ranking.errors["stiff"]["regression"]
    assert ranking.baselines == ("half",)
    assert not ranking.problems
    assert ranking.part == Region(0, 40, 0, 48)
    trials = [one for one in said[:-1] if isinstance(one, Trial)]
    assert {one.number for one in trials} == set(range(1, 7))
    assert {one.total for one in trials} == {6}


def test_a_large_painting_is_tried_in_its_middle(painting, folders, monkeypatch):
    monkeypatch.setattr("napari_xraysep.workflows.judging.JUDGED", 24)
    assert last(rank(folders, painting)).part == Region(8, 32, 12, 36)


def test_a_method_that_cannot_separate_a_remix_is_not_ranked_and_says_why(
    tmp_path, painting, add_method
):
    add_method(only_once, "only-once")
    out = tmp_path / "out"
    said = compare(painting, ["only-once", "half", "regression"], out, changes=QUICK, ranked=True)
    table = last(said)
    assert isinstance(table, Comparison)
    assert table.complete
    assert table.ranking == ("regression", "half")
    rows = {row.method: row for row in table.rows}
    assert rows["only-once"].remix == {}
    assert "shapes differ" in rows["only-once"].remix_problem
    assert "remix" not in rows["only-once"].metrics
    assert rows["half"].metrics["remix"] == pytest.approx(1)
    assert set(rows["half"].remix) == {"only-once", "regression"}
    assert Comparison.model_validate_json((out / "table.json").read_text("utf-8")) == table
    page = (out / "table.html").read_text("utf-8")
    assert "By the remix test regression is to be trusted most" in page
    assert "Not ranked: only-once (" in page
    with (out / "table.csv").open(newline="") as file:
        assert float(list(csv.DictReader(file))[1]["remix"]) == pytest.approx(1)
    assert table.ranked_over is None


def test_a_table_says_of_which_part_the_remix_test_is(tmp_path, painting, monkeypatch):
    monkeypatch.setattr("napari_xraysep.workflows.judging.JUDGED", 24)
    said = compare(painting, ["half", "regression"], tmp_path / "out", changes=QUICK, ranked=True)
    assert last(said).ranked_over == "8:32,12:36"
    page = (tmp_path / "out" / "table.html").read_text("utf-8")
    assert "Only 24 × 24 pixels" in page


def test_a_table_says_where_the_remix_test_was_stopped(tmp_path, painting):
    cancel = threading.Event()
    methods = ["half", "regression"]
    out = tmp_path / "out"
    for said in compare(painting, methods, out, changes=QUICK, ranked=True, cancel=cancel):
        if isinstance(said, Trial):
            cancel.set()
    assert isinstance(said, Comparison)
    assert said.ranking == ()
    assert "stopped" in said.not_ranked
    assert "not ranked: it was stopped" in (out / "table.html").read_text("utf-8")


def test_methods_are_tried_on_the_device_that_was_asked_for(painting, folders, monkeypatch):
    asked = []

    def stop(again, method, settings, options, cancel, warm_from):
        asked.append((method, options.device))
        raise SeparationError("no more", "of this", "stop")

    monkeypatch.setattr("napari_xraysep.workflows.remix.separate", stop)
    ranking = last(rank(folders, painting, device="cuda"))
    assert set(ranking.problems) == set(folders)
    assert ranking.order == ()
    assert {device for _, device in asked} == {"cpu"}  # none of these uses torch


def test_a_table_that_cannot_be_ranked_is_written_and_says_why(tmp_path, painting, add_method):
    add_method(fails, "fails")
    table = last(compare(painting, ["fails", "half"], tmp_path / "out", ranked=True))
    assert table.ranking == ()
    assert "two runs or more" in table.not_ranked
    assert "not ranked" in (tmp_path / "out" / "table.html").read_text("utf-8")


def test_cancelled_there_is_no_ranking(painting, folders):
    cancel = threading.Event()
    said = []
    for one in rank(folders, painting, cancel):
        said.append(one)
        cancel.set()
    assert said
    assert not any(isinstance(one, Ranking) for one in said)


def test_what_cannot_be_ranked_is_refused_before_anything_runs(tmp_path, painting, folders):
    with pytest.raises(InputError, match="no baseline"):
        rank({"half": folders["half"], "again": folders["half"]}, painting)
    with pytest.raises(InputError, match="two runs"):
        rank({"regression": folders["regression"]}, painting)
    part = RunOptions(region=Region(0, 30, 0, 40))
    last(compare(painting, ["stiff"], tmp_path / "part", options=part))
    assert read_run(tmp_path / "part" / "stiff").record.region is not None
    with pytest.raises(InputError, match="different parts"):
        rank({**folders, "part": tmp_path / "part" / "stiff"}, painting)
    mask = np.zeros(painting.shape, bool)
    mask[:4] = True
    masked = Painting.from_arrays(painting.xray, painting.front, painting.back, mask=mask)
    last(compare(masked, ["stiff"], tmp_path / "masked"))
    with pytest.raises(InputError, match="another mask"):
        rank({**folders, "masked": tmp_path / "masked" / "stiff"}, painting)
    record = folders["stiff"] / "run.json"
    record.write_text(record.read_text().replace('"complete": true', '"complete": false'))
    with pytest.raises(InputError, match="stiff was stopped"):
        rank(folders, painting)
    record.write_text(record.read_text().replace('"complete": false', '"complete": true'))
    layer = tifffile.imread(folders["stiff"] / "front.tif")
    layer[3, 3] = np.nan
    tifffile.imwrite(folders["stiff"] / "front.tif", layer)
    with pytest.raises(InputError, match=r"front\.tif"):
        rank(folders, painting)
    for names in (["half", "grey"], ["regression"]):
        with pytest.raises(InputError, match="--remix"):
            compare(painting, names, tmp_path / "new", ranked=True)
    assert not (tmp_path / "new").exists()
