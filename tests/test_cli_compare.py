"""``xraysep compare``: what it says, writes and refuses."""

import json
import re
import signal

import numpy as np
import pytest
import tifffile

from napari_xraysep.cli import main
from napari_xraysep.errors import InputError
from napari_xraysep.separation.method import Estimate, Plan
from typed import instead

ONE_SIDE = ["compare", "--xray", "xray.tif", "--rgb-front", "front.tif", "--out", "out"]
BOTH_SIDES = [*ONE_SIDE, "--rgb-back", "back.tif", "--mirror-back"]
TRUTHS = ["--truth-1", "truth-1.tif", "--truth-2", "truth-2.tif"]
QUICK = ["--set", "colours=8", "--set", "regression.thickness_cells=0"]
WRITTEN = {"table.csv", "table.json", "table.html", "contact-sheet.png"}


def test_compare_writes_a_table_and_a_folder_a_method(files, capsys):
    assert main([*BOTH_SIDES, *TRUTHS, "--methods", "half, regression", *QUICK]) == 0
    said = capsys.readouterr()
    assert said.err.count("assumed") == 1
    assert {path.name for path in (files / "out").iterdir()} == WRITTEN | {"half", "regression"}
    assert "Hypothetical separations, written to out" in said.out
    assert "do not prove" in said.out
    assert "the same way: even (since methods" in " ".join(said.out.split())
    assert re.search(r"^half +1 ", said.out, re.MULTILINE)
    assert re.search(r"^method +gain +ssim_1 .* seconds +peak MB$", said.out, re.MULTILINE)
    record = json.loads((files / "out" / "regression" / "run.json").read_text())
    assert record["settings"]["colours"] == 8
    assert record["settings"]["thickness_cells"] == 0
    assert record["allocation"] == "even"


def test_a_run_that_cannot_be_written_is_said_and_counts_as_failed(files, capsys, monkeypatch):
    def refuse(*_):
        raise InputError("out", "it cannot be written", "free the disk")

    monkeypatch.setattr("napari_xraysep.workflows.run_folder.RunFolder.write", refuse)
    assert main([*ONE_SIDE, "--methods", "half"]) == 1
    assert "half: out: it cannot be written; free the disk" in capsys.readouterr().out


def test_compare_prints_json_and_knows_no_truth(files, capsys):
    options = [
        "--methods",
        "grey,half",
        "--seed",
        "3",
        "--allocation",
        "none",
        "--roi",
        "0:40,4:40",
    ]
    assert main([*ONE_SIDE, *options, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["files"]) == WRITTEN
    assert said["complete"] is True
    assert said["truths"] is None
    assert said["layers"] == ["surface", "concealed"]
    assert said["region"] == "0:40,4:40"
    grey, half = said["rows"]
    assert (grey["method"], grey["seed"], grey["allocation"]) == ("grey", 3, "none")
    assert half["peak_memory_mb"] >= 0
    assert "gain" not in half["metrics"]
    assert half["metrics"]["residual_rms"] == pytest.approx(0, abs=1e-6)


def fails(mixture, settings, context):
    yield Plan(("train",), 1)
    raise RuntimeError("shapes\ndiffer")


def test_a_failing_method_is_said_and_the_exit_code_is_1(files, add_method, capsys):
    add_method(fails, "fails")
    assert main([*BOTH_SIDES, "--methods", "fails,half"]) == 1
    said = capsys.readouterr()
    assert re.search(r"^fails: .*shapes", said.out, re.MULTILINE)
    assert re.search(r"^half ", said.out, re.MULTILINE)
    assert "Traceback" not in said.err
    assert (files / "out" / "half" / "run.json").is_file()


def interrupted(mixture, settings, context):
    yield Plan(("train",), 1000)
    for epoch in range(1, 1000):
        yield Estimate("train", epoch, mixture.xray / 2, mixture.xray / 2)
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)


def test_one_ctrl_c_writes_what_there_is(files, add_method, capsys):
    add_method(interrupted, "interrupted")
    handler = signal.getsignal(signal.SIGINT)
    assert main([*BOTH_SIDES, "--methods", "half,interrupted,grey", "--json"]) == 130
    assert signal.getsignal(signal.SIGINT) is handler
    said = capsys.readouterr()
    assert "without writing the table" in said.err
    rows = json.loads(said.out)["rows"]
    assert [row["complete"] for row in rows] == [True, False, False]
    assert {path.name for path in (files / "out").iterdir()} == WRITTEN | {"half", "interrupted"}


def stopped_early(mixture, settings, context):
    yield Plan(("train",), 1)
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_before_any_layers_writes_nothing(files, add_method, capsys):
    add_method(stopped_early, "early")
    assert main([*BOTH_SIDES, "--methods", "early,half"]) == 130
    assert not (files / "out").exists()
    assert "before there was anything to write" in capsys.readouterr().err


BAD = {
    "no methods": ([*BOTH_SIDES], "--methods"),
    "empty methods": ([*BOTH_SIDES, "--methods", " , "], "--methods"),
    "unknown method": ([*BOTH_SIDES, "--methods", "half,magic"], "magic"),
    "method twice": ([*BOTH_SIDES, "--methods", "half,half"], "--methods"),
    "another kind": ([*ONE_SIDE, "--methods", "half,connected-autoencoder"], "no back"),
    "setting of none": ([*BOTH_SIDES, "--methods", "half", "--set", "epochs=1"], "epochs"),
    "setting of another": (
        [*BOTH_SIDES, "--methods", "half", "--set", "regression.colours=9"],
        "regression",
    ),
    "setting out of bounds": (
        [*BOTH_SIDES, "--methods", "half,regression", "--set", "colours=0"],
        "regression.colours",
    ),
    "one truth": ([*BOTH_SIDES, "--methods", "half", "--truth-2", "truth-2.tif"], "--truth-1"),
    "truth of another size": (
        [*BOTH_SIDES, "--methods", "half", "--truth-1", "truth-1.tif", "--truth-2", "small.tif"],
        "small.tif",
    ),
    "region outside": ([*BOTH_SIDES, "--methods", "half", "--roi", "0:99,0:9"], "--roi"),
    "out is a file": ([*instead(BOTH_SIDES, "--out", "xray.tif"), "--methods", "half"], "xray.tif"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing_behind(case, files, capsys):
    arguments, named = BAD[case]
    tifffile.imwrite("small.tif", np.ones((20, 20), np.float32))
    before = sorted(files.rglob("*"))
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"xraysep: [^\n]+: [^\n]+; [^\n]+\n", said.err)
    assert named in said.err
    assert sorted(files.rglob("*")) == before


def test_bars_are_drawn_in_a_terminal(files, add_method, capsys, monkeypatch):
    add_method(fails, "fails")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    assert main([*BOTH_SIDES, "--methods", "fails,half"]) == 1
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "fails: not complete" in drawn
    assert re.search(r"half: \d+\.\d s", drawn)


def test_compare_is_documented(capsys):
    assert main(["compare", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--methods", "--truth-1", "METHOD.KEY=VALUE", "--warm-start", "--roi", "even"):
        assert option in text


def test_methods_are_ranked_by_the_remix_test(files, capsys):
    assert main([*BOTH_SIDES, "--methods", "half,grey,regression", *QUICK, "--remix"]) == 0
    said = capsys.readouterr().out
    assert "By the remix test regression is to be trusted most" in said
    assert re.search(r"^method .* remix +seconds +peak MB$", said, re.MULTILINE)
    table = json.loads((files / "out" / "table.json").read_text())
    assert table["ranking"][0] == "regression"
    assert table["rows"][2]["metrics"]["remix"] < 0.3
