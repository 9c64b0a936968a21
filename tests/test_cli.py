"""The command line is a contract: files, exit codes, one line on stderr, JSON on stdout."""

import json
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from napari_xraysep.cli import main
from napari_xraysep.separation import DEFAULT_METHOD, get_method
from napari_xraysep.separation.method import Estimate, Plan, Step
from typed import instead

ROWS, COLUMNS = 48, 40
QUICK = ["--set", "colours=8", "--set", "thickness_cells=0"]
ONE_SIDE = ["separate", "--xray", "xray.tif", "--rgb-front", "front.tif", "--out", "out", *QUICK]
SIMULATE = ["simulate", "--front", "front.tif", "--back", "back.tif", "--out", "out"]
BOTH_SIDES = [*ONE_SIDE, "--rgb-back", "back.tif", "--mirror-back"]


def test_separate_writes_layers_that_add_up(files, capsys):
    assert main(BOTH_SIDES) == 0
    said = capsys.readouterr()
    assert "written to out" in said.out
    assert "do not prove" in said.out
    assert said.err.count("assumed") == 1
    assert "polarity white-absorbs" in said.err
    front, back, residual = (
        tifffile.imread(files / "out" / f"{name}.tif") for name in ("front", "back", "residual")
    )
    xray = tifffile.imread("xray.tif") / 65535
    np.testing.assert_allclose(front + back + residual, xray, atol=1e-4)
    record = json.loads((files / "out" / "run.json").read_text())
    defaults = get_method(DEFAULT_METHOD).settings().model_dump()
    assert record["settings"] == defaults | {"colours": 8, "thickness_cells": 0}
    assert record["inputs"][2]["mirrored"] is True
    assert (files / "out" / "preview.png").stat().st_size > 1000


def test_separate_without_a_back_seeks_a_concealed_design(files, capsys):
    assert main([*ONE_SIDE, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"surface.tif", "concealed.tif", "preview.png", "run.json"} <= set(said["files"])
    assert sorted(said["files"]) == sorted(path.name for path in (files / "out").iterdir())
    assert said["complete"] is True
    assert said["statement"] == "hypothetical separation"


def test_every_option_reaches_the_run(files, capsys):
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[:4] = 255
    tifffile.imwrite("mask.tif", mask)
    options = (
        "--mask mask.tif --polarity black-absorbs --response linear"
        " --pixel-size 0.1 --roi 0:40,8:40 --method regression --preset paper --set sample=2000"
        " --allocation even --seed 7 --device cpu --json"
    )
    assert main([*BOTH_SIDES, *options.split()]) == 0
    said = capsys.readouterr()
    record = json.loads(said.out)["record"]
    assert "assumed" not in said.err
    assert record["polarity"] == {"value": "black-absorbs", "assumed": False}
    assert record["response"] == {"value": "linear", "assumed": False}
    assert record["pixel_size_mm"] == {"value": 0.1, "assumed": False}
    assert (record["region"], record["height"], record["width"]) == ("0:40,8:40", 40, 32)
    assert (record["preset"], record["allocation"], record["seed"]) == ("paper", "even", 7)
    assert record["settings"]["sample"] == 2000
    assert {one["role"] for one in record["inputs"]} >= {"mask"}


def test_a_drawn_prior_reaches_the_run(files, capsys):
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[:20] = 255
    tifffile.imwrite("prior.tif", mask)
    tifffile.imwrite("g1.tif", tifffile.imread("xray.tif"))
    options = "--prior-mask prior.tif --prior-reverse --prior-feather 6 --prior-image g1.tif --json"
    assert main([*ONE_SIDE, *options.split()]) == 0
    record = json.loads(capsys.readouterr().out)["record"]
    assert {one["role"] for one in record["inputs"]} >= {"prior-mask", "prior-image"}
    assert "no concealed design" in record["prior"]
    assert "6 px" in record["prior"]
    assert "made by hand" in record["prior"]
    surface, xray = tifffile.imread("out/surface.tif"), tifffile.imread("xray.tif") / 65535
    np.testing.assert_allclose(surface[:17], xray[:17], atol=1e-4)


@pytest.mark.parametrize("polarity", ["white-absorbs", "black-absorbs"])
def test_a_layer_that_is_its_photographs_negative_is_said_once(files, capsys, polarity):
    xray = tifffile.imread("xray.tif")
    tifffile.imwrite("xray.tif", 65535 - xray)
    assert main([*BOTH_SIDES, "--polarity", polarity]) == 0
    said = re.findall(
        r"^note: (\w+)\.tif: light and dark.*--polarity$", capsys.readouterr().err, re.M
    )
    # the back follows green, most of what is seen as light; the front follows red, which is little
    assert said == (["back"] if polarity == "white-absorbs" else [])
    assert main([*instead(ONE_SIDE, "--out", "concealed"), "--polarity", polarity]) == 0
    assert "concealed.tif: light" not in capsys.readouterr().err


def test_notes_of_reading_are_said_on_stderr(files, capsys):
    grey = tifffile.imread("xray.tif")
    tifffile.imwrite("xray.tif", np.stack([grey] * 3, 2), photometric="rgb")
    assert main([*BOTH_SIDES, "--json"]) == 0
    said = capsys.readouterr()
    json.loads(said.out)
    assert re.search(r"^note: xray\.tif: .*grey", said.err, re.MULTILINE)


BAD = {
    "no command of that name": (["separat"], "separat"),
    "unknown option": (["separate", "--bogus"], "--bogus"),
    "missing option": (["separate"], "--out"),
    "option without its value": ([*BOTH_SIDES, "--roi"], "--roi"),
    "surplus argument": (["methods", "surplus"], "surplus"),
    "negative seed": ([*BOTH_SIDES, "--seed", "-1"], "--seed"),
    "negative seed of a simulation": ([*SIMULATE, "--seed", "-1"], "--seed"),
    "not a number": ([*BOTH_SIDES, "--seed", "seven"], "--seed: it is no whole number"),
    "no such choice": ([*BOTH_SIDES, "--polarity", "grey"], "--polarity"),
    "no such file": ([*BOTH_SIDES, "--mask", "absent.tif"], "absent.tif"),
    "text for an image": ([*BOTH_SIDES, "--mask", "text.tif"], "text.tif"),
    "colour for grey": (instead(BOTH_SIDES, "--xray", "front.tif"), "front.tif"),
    "grey for colour": (instead(BOTH_SIDES, "--rgb-front", "xray.tif"), "xray.tif"),
    "another size": ([*BOTH_SIDES, "--mask", "small.tif"], "small.tif"),
    "mirror without a back": ([*ONE_SIDE, "--mirror-back"], "--mirror-back"),
    "region of another form": ([*BOTH_SIDES, "--roi", "here"], "--roi"),
    "region partly outside": ([*BOTH_SIDES, "--roi", "0:4000,0:20"], "--roi"),
    "pixel size of zero": ([*BOTH_SIDES, "--pixel-size", "0"], "--pixel-size"),
    "unknown method": ([*BOTH_SIDES, "--method", "magic"], "magic"),
    "double-sided method, one side": (
        [*ONE_SIDE, "--method", "connected-autoencoder"],
        "connected-autoencoder",
    ),
    "unknown setting": ([*BOTH_SIDES, "--set", "magic=1"], "magic"),
    "setting out of bounds": ([*BOTH_SIDES, "--set", "sample=0"], "sample"),
    "setting without value": ([*BOTH_SIDES, "--set", "colours"], "--set"),
    "setting twice": ([*BOTH_SIDES, "--set", "sample=5", "--set", "sample=6"], "--set"),
    "out is a file": (instead(BOTH_SIDES, "--out", "xray.tif"), "xray.tif"),
    "out inside a file": (instead(BOTH_SIDES, "--out", "xray.tif/out"), "xray.tif"),
    "no run to evaluate": (["evaluate", "."], "run.json"),
    "one truth alone": (["evaluate", ".", "--truth-1", "truth-1.tif"], "--truth-2"),
    "simulation of a text": (
        instead(SIMULATE, "--front", "text.tif"),
        "text.tif",
    ),
    "simulation of another kind": (
        [*SIMULATE, "--kind", "other"],
        "--kind",
    ),
    "gui of an absent folder": (["gui", "absent"], "absent"),
    "a radiograph twice": ([*BOTH_SIDES, "--xray", "front.tif"], "--xray: it is given twice"),
    "blank out": (instead(BOTH_SIDES, "--out", " "), "--out: what was given is blank"),
    "blank out of a simulation": (instead(SIMULATE, "--out", ""), "--out: what was given is blank"),
    "blank out of the demonstration": (["demo", "--out", ""], "--out: what was given is blank"),
    "blank run": (["evaluate", ""], "DIR: what was given is blank"),
    "prior beside a back": ([*BOTH_SIDES, "--prior-mask", "xray.tif"], "--prior-mask: a prior"),
    "prior's image beside a back": ([*BOTH_SIDES, "--prior-image", "xray.tif"], "--prior-image: a"),
    "prior's edge beside a back": ([*BOTH_SIDES, "--prior-feather", "3"], "--prior-feather: a"),
    "prior reversed beside a back": ([*BOTH_SIDES, "--prior-reverse"], "--prior-reverse: a prior"),
    "region of one row": ([*BOTH_SIDES, "--roi", "10:11,0:40"], "is only 1 by 40 pixels"),
    "little to learn from": ([*BOTH_SIDES, "--learn-on", "0:10,0:10"], "--learn-on: 0:10,0:10 is"),
    "pixel size in µm": ([*BOTH_SIDES, "--pixel-size", "50"], "a pixel of 50 mm"),
    "word for a whole number": ([*ONE_SIDE, "--set", "sample=abc"], "give a whole number"),
    "word for a number": ([*ONE_SIDE, "--pixel-size", "abc"], "--pixel-size: it is no number"),
    "misspelt command": (["seperate"], "no such command 'seperate'; 'separate' may be meant, see"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing_behind(case, files, capsys):
    arguments, named = BAD[case]
    (files / "text.tif").write_text("not an image")
    tifffile.imwrite("small.tif", np.zeros((20, 20), np.uint8))
    before = sorted(files.rglob("*"))
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"xraysep: [^\n]+: [^\n]+; [^\n]+\n", said.err)
    assert named in said.err
    assert sorted(files.rglob("*")) == before


def test_a_users_own_file_is_never_overwritten(files, capsys):
    before = (files / "front.tif").read_bytes()
    assert main(instead(BOTH_SIDES, "--out", ".")) == 2
    assert "front.tif" in capsys.readouterr().err
    assert (files / "front.tif").read_bytes() == before


def test_a_run_is_not_written_into_another(files, capsys):
    assert main(BOTH_SIDES) == 0
    assert main(BOTH_SIDES) == 2
    assert "out" in capsys.readouterr().err.splitlines()[-1]


def test_as_a_process_it_says_one_line_and_no_traceback(files):
    command = [sys.executable, "-m", "napari_xraysep.cli", *BOTH_SIDES, "--seed", "x"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"xraysep: --seed: [^\n]+\n", done.stderr)


def interrupted(mixture, settings, context):
    yield Plan(("train",), 1000)
    half = mixture.xray / 2
    for epoch in range(1, 1000):
        yield Step("train", epoch, epoch, {"loss": 1 / epoch})
        yield Estimate("train", epoch, half, half)
        if epoch == 3:
            signal.raise_signal(signal.SIGINT)


def test_one_ctrl_c_writes_the_partial_result_and_says_so(files, add_method, capsys):
    add_method(interrupted)
    handler = signal.getsignal(signal.SIGINT)
    assert main([*BOTH_SIDES, "--method", "trial", "--json"]) == 130
    assert signal.getsignal(signal.SIGINT) is handler
    said = capsys.readouterr()
    assert json.loads(said.out)["complete"] is False
    assert "stopping" in said.err
    assert json.loads((files / "out" / "run.json").read_text())["complete"] is False
    rows = (files / "out" / "losses.csv").read_text().splitlines()
    assert len(rows) < 10


def interrupted_early(mixture, settings, context):
    yield Plan(("train",), 2)
    signal.raise_signal(signal.SIGINT)
    yield Step("train", 1)


def test_ctrl_c_before_the_first_layers_writes_nothing(files, add_method, capsys):
    add_method(interrupted_early)
    assert main([*BOTH_SIDES, "--method", "trial"]) == 130
    assert not (files / "out").exists()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == "note: stopped before there was anything to write"


def interrupted_twice(mixture, settings, context):
    yield Plan(("train",), 1)
    yield Estimate("train", 1, mixture.xray, mixture.xray)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_aborts_without_writing(files, add_method, capsys):
    add_method(interrupted_twice)
    assert main([*BOTH_SIDES, "--method", "trial"]) == 130
    assert not (files / "out").exists()
    assert "Traceback" not in capsys.readouterr().err


def fails(mixture, settings, context):
    yield Plan(("train",), 1)
    raise RuntimeError("shape mismatch\nin layer 3")


def test_a_run_that_fails_exits_1_with_one_line(files, add_method, capsys):
    add_method(fails)
    assert main([*BOTH_SIDES, "--method", "trial"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("xraysep: trial: ")
    assert last.endswith("please report this")
    assert not (files / "out").exists()


def test_evaluate_sets_the_baselines_beside_the_run(files, capsys):
    main([*BOTH_SIDES, "--allocation", "even"])
    capsys.readouterr()
    truths = ["--truth-1", "truth-1.tif", "--truth-2", "truth-2.tif"]
    assert main(["evaluate", "out", *truths, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["metrics"]["gain"] > 1.2
    assert said["baselines"]["half"]["gain"] == pytest.approx(1)
    assert set(said["baselines"]) == {"half", "all-or-nothing", "grey"}
    assert set(said["meanings"]) == set(said["metrics"])
    # The run's even split is given to the baseline too.
    assert said["baselines"]["grey"]["residual_rms"] == pytest.approx(0, abs=1e-6)
    assert main(["evaluate", "out", *truths]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^ +this run +half +all-or-nothing +grey$", text, re.MULTILINE)
    assert re.search(r"^gain +\S+ +1 ", text, re.MULTILINE)
    assert "halving the radiograph" in text
    assert "do not prove" in text


def test_evaluate_without_truth_and_within_a_region(files, capsys):
    main([*BOTH_SIDES, "--roi", "8:40,0:32"])
    assert main(["evaluate", "out", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["metrics"]
    assert "gain" not in found
    assert found["copy_1"] > 0.1
    truths = ["--truth-1", "truth-1.tif", "--truth-2", "truth-2.tif"]
    assert main(["evaluate", "out", *truths]) == 0


def test_evaluate_measures_a_part_of_a_large_painting_and_says_so(files, capsys, monkeypatch):
    main([*BOTH_SIDES, "--roi", "4:44,0:32"])
    capsys.readouterr()
    command = ["evaluate", "out", "--truth-1", "truth-1.tif", "--truth-2", "truth-2.tif"]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["measured_over"] is None
    monkeypatch.setattr("napari_xraysep.workflows.judging.JUDGED", 20)
    assert main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["measured_over"] == "14:34,6:26"
    layer, truth = tifffile.imread("out/front.tif"), tifffile.imread("truth-1.tif")
    error = (layer[10:30, 6:26] - truth[14:34, 6:26]).astype(np.float64)
    assert said["metrics"]["mse_1"] == pytest.approx(np.mean(error**2), rel=1e-5)
    assert main(command) == 0
    assert "20 × 20 pixels of this large painting" in " ".join(capsys.readouterr().out.split())


def test_evaluate_names_an_input_that_changed_or_moved(files, capsys):
    main(BOTH_SIDES)
    pixels = tifffile.imread("front.tif")
    tifffile.imwrite("front.tif", pixels[::-1].copy(), photometric="rgb")
    assert main(["evaluate", "out"]) == 2
    assert re.search(r"front\.tif: .*SHA-256", capsys.readouterr().err.splitlines()[-1])
    (files / "front.tif").rename(files / "moved.tif")
    assert main(["evaluate", "out"]) == 2
    assert "front.tif: this front" in capsys.readouterr().err


def test_evaluate_refuses_a_truth_on_another_grid(files, capsys):
    main(BOTH_SIDES)
    tifffile.imwrite("small.tif", np.ones((20, 20), np.float32))
    assert main(["evaluate", "out", "--truth-1", "truth-1.tif", "--truth-2", "small.tif"]) == 2
    assert "small.tif: it has 20 rows" in capsys.readouterr().err


def test_simulate_separate_evaluate_one_after_the_other(files, capsys):
    simulate = [*instead(SIMULATE, "--out", "made"), "--seed", "3"]
    assert main([*simulate, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["statement"] == "simulated"
    assert sorted(said["files"]) == sorted(path.name for path in (files / "made").iterdir())
    assert main(simulate) == 2
    made = ["--xray", "made/xray.tif", "--rgb-front", "made/front.tif"]
    made += ["--rgb-back", "made/back.tif", "--mirror-back"]
    assert main(["separate", *made, "--out", "out", *QUICK, "--json"]) == 0
    truths = ["--truth-1", "made/truth-1.tif", "--truth-2", "made/truth-2.tif"]
    capsys.readouterr()
    assert main(["evaluate", "out", *truths, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["simulated"] is True


def test_demo_says_where_the_pictures_are(tmp_path, monkeypatch, capsys):
    from napari_xraysep.workflows import demo

    made = demo.DemoRun("concealed", tmp_path, tmp_path / "preview.png", 1.0, 3.25, {"half": 1.0})
    monkeypatch.setattr(demo, "demo", lambda out: iter([made]))
    assert main(["demo"]) == 0
    text = capsys.readouterr().out
    assert str(tmp_path / "preview.png") in text
    assert "3.25; baselines: half 1.00" in text
    assert main(["demo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["gain"] == 3.25


def test_methods_names_papers_and_needs(capsys):
    assert main(["methods"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{DEFAULT_METHOD} (default)")
    assert "Pu" in text
    assert main(["methods", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["methods"]
    needs = {one["name"]: one["needs"] for one in listed}
    assert len(needs["regression"]) == 2
    assert len(needs["connected-autoencoder"]) == 1


def test_methods_lists_the_baselines_last_under_a_heading(capsys):
    assert main(["methods"]) == 0
    before, heading, after = capsys.readouterr().out.partition("Baselines")
    assert heading
    assert "connected-autoencoder:" in before
    assert "grey:" not in before
    assert "\ngrey:" in after
    assert "Settings" not in after.partition("\ngrey:")[2].partition("\n\n")[0]
    assert main(["methods", "--json"]) == 0
    baselines = [one["baseline"] for one in json.loads(capsys.readouterr().out)["methods"]]
    assert any(baselines)
    assert baselines == sorted(baselines)


def test_help_names_every_command_and_the_default_method(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    commands = "demo gui simulate register separate compare sweep evaluate report export methods"
    for command in commands.split():
        assert re.search(rf"^  {command} ", text, re.MULTILINE)
    assert main([]) == 0
    assert capsys.readouterr().out == text
    assert main(["separate", "--help"]) == 0
    assert f"[default: {DEFAULT_METHOD}]" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert re.fullmatch(r"xraysep \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_gui_is_a_process_of_its_own_and_wants_napari_and_qt(tmp_path, monkeypatch, capsys):
    from napari_xraysep.cli import gui

    started = []

    def run(command, check):
        started.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(gui.subprocess, "run", run)
    monkeypatch.setattr(gui, "find_spec", lambda name: name in ("napari", "PySide6") or None)
    assert main(["gui", str(tmp_path)]) == 3
    assert started == [[sys.executable, "-m", "napari_xraysep.plugin", str(tmp_path)]]
    for missing, installed in (("napari", ("PyQt6",)), ("Qt", ("napari",))):
        monkeypatch.setattr(gui, "find_spec", lambda name, there=installed: name in there or None)
        assert main(["gui"]) == 2
        said = capsys.readouterr().err
        assert missing in said
        assert "pip install" in said
    assert len(started) == 1
