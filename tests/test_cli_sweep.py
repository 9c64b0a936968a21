"""``xraysep sweep``: what it says, writes and refuses."""

import json
import re
import signal

import pytest
from pydantic import Field

from napari_xraysep.cli import main
from napari_xraysep.separation.method import Estimate, Plan, Settings, Step

BOTH_SIDES = ["sweep", "--xray", "xray.tif", "--rgb-front", "front.tif", "--out", "out"]
BOTH_SIDES += ["--rgb-back", "back.tif", "--mirror-back", "--method", "trial"]
TRUTHS = ["--truth-1", "truth-1.tif", "--truth-2", "truth-2.tif"]
WRITTEN = ["error.png", "shares.png", "sweep.csv", "sweep.json"]


class Share(Settings):
    share: float = Field(default=0.5, ge=0, le=1)
    stop: int = Field(default=0, ge=0)


def shares(mixture, settings, context):
    """Give the first layer a share of the radiograph; Ctrl-C where asked for."""
    yield Plan(("share",), 2)
    yield Step("share", 1, 1, {"loss": 0.5})
    if settings.stop > 1:
        raise RuntimeError("shapes differ")
    if settings.stop:
        signal.raise_signal(signal.SIGINT)
    first = mixture.xray * settings.share
    yield Estimate("share", 1, first.astype("float32"), (mixture.xray - first).astype("float32"))


@pytest.fixture(autouse=True)
def trial(add_method):
    add_method(shares, "trial", Share)


def test_sweep_counts_runs_and_prints_shares(files, capsys):
    over = ["--over", "share=0:1:0.5", "--restarts", "2"]
    assert main([*BOTH_SIDES, *TRUTHS, *over]) == 0
    said = capsys.readouterr()
    assert "note: 6 runs: share at 3 values × 2 seeds" in said.err
    assert (
        "Hypothetical separations: 6 of 6 runs of trial ended (allocation none); written to out"
        in said.out
    )
    assert re.search(r"^ *share +good +empty +bleed +failed +error", said.out, re.MULTILINE)
    assert re.search(r"^ *0\.5 +0% +0% +100% +0 ", said.out, re.MULTILINE)
    assert re.search(r"^ *1 +0% +100% +0% +0 ", said.out, re.MULTILINE)
    assert "below 0.05" in said.out
    assert "do not prove" in said.out
    assert sorted(path.name for path in (files / "out").iterdir()) == WRITTEN


def test_sweep_prints_json_and_says_that_it_knows_no_truth(files, capsys):
    assert main([*BOTH_SIDES, "--restarts", "3", "--set", "share=1", "--seed", "4", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert sorted(said["files"]) == WRITTEN
    assert said["seeds"] == [4, 5, 6]
    assert said["settings"] == {"share": "1"}
    assert said["cells"][0]["shares"] == {"good": 0, "empty": 1, "bleed": 0}
    assert "without the true layers" in said["rule"]


def test_one_ctrl_c_keeps_the_runs_that_have_ended(files, capsys):
    assert main([*BOTH_SIDES, "--over", "stop=0:1:1", "--restarts", "2"]) == 130
    said = capsys.readouterr()
    assert "without writing means and pictures" in said.err
    assert "2 of 4 runs" in said.out
    assert sorted(path.name for path in (files / "out").iterdir()) == WRITTEN


def test_ctrl_c_in_the_first_run_writes_nothing(files, capsys):
    assert main([*BOTH_SIDES, "--over", "stop=1:0:-1"]) == 130
    assert "nothing is written" in capsys.readouterr().err
    assert not (files / "out").exists()


def test_failed_runs_are_said_and_the_exit_code_is_1(files, capsys):
    assert main([*BOTH_SIDES, "--over", "stop=0:2:2"]) == 1
    said = capsys.readouterr()
    assert "1 of 2 runs of trial ended (allocation none), 1 failed" in said.out
    assert "failed: trial: it failed (RuntimeError: shapes differ)" in said.out
    assert re.search(r"^ *2 +– +– +– +1 +– +–$", said.out, re.MULTILINE)


def test_only_the_first_cells_are_printed(files, capsys, monkeypatch):
    from napari_xraysep.cli import sweep

    monkeypatch.setattr(sweep, "MOST_ROWS", 2)
    assert main([*BOTH_SIDES, "--over", "share=0:1:0.25"]) == 0
    assert "… and 3 more in sweep.json" in capsys.readouterr().out


BAD = {
    "nothing varies": ([], "--over"),
    "values of another form": (["--over", "share"], "--over"),
    "unknown setting": (["--over", "magic=0:1:1"], "--over magic: trial has no such setting"),
    "setting out of bounds": (["--over", "share=0:9:1"], "share=2"),
    "three settings": (["--over", "share=0:1:1"] * 3, "--over"),
    "no restarts": (["--restarts", "0"], "--restarts"),
    "one truth": (["--restarts", "2", "--truth-1", "truth-1.tif"], "--truth-2"),
    "no warm start": (["--restarts", "2", "--warm-start", "."], "--warm-start"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing_behind(case, files, capsys):
    arguments, named = BAD[case]
    before = sorted(files.rglob("*"))
    assert main([*BOTH_SIDES, *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"xraysep: [^\n]+: [^\n]+; [^\n]+\n", said.err)
    assert named in said.err
    assert sorted(files.rglob("*")) == before


def test_a_bar_is_drawn_in_a_terminal(files, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    assert main([*BOTH_SIDES, "--over", "share=0:1:1"]) == 0
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "run 2 of 2" in drawn
    assert "share 1, seed 0" in drawn
