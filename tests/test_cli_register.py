"""``xraysep register`` and what separates with ``--transforms``: files, sentences, exit codes."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.cli import main
from napari_xraysep.io.landmarks import write_landmarks
from napari_xraysep.records import Landmark
from napari_xraysep.registration import find
from napari_xraysep.transforms import Piece, oriented
from napari_xraysep.workflows import registration_folder
from typed import instead

SAMPLE = Path(__file__).parents[1] / "sample_data" / "double-sided"
ROWS, COLUMNS = 48, 40
PAD = 6, 9
MARKED = np.array([[4.0, 5], [6, 33], [41, 12]])
QUICK = ["--set", "colours=8", "--set", "thickness_cells=0"]
RAW = ["--xray", "xray.tif", "--rgb-front", "raw-front.tif", "--rgb-back", "raw-back.tif"]
REGISTER = ["register", *RAW, "--mirror-back", "--landmarks", "pairs.csv", "--out", "registered"]
SEPARATE = ["separate", *RAW, "--transforms", "registered/transforms.json", "--out", "out", *QUICK]
MADE = ["--xray", "xray.tif", "--rgb-front", "registered/front.tif"]
MADE += ["--rgb-back", "registered/back.tif"]
FILES = ["back-valid.tif", "back.tif", "front-valid.tif", "front.tif", "landmarks.csv"]
FILES += ["overlay.png", "quality.json", "transforms.json"]


@pytest.fixture
def raw(files):
    """Photographs with a border around the painting, the front on its side; and landmarks.

    A whole number of pixels separates them from the radiograph, so that they can be brought back
    without any loss.
    """
    pairs = {}
    for side, name, turns in (("front", "turned left", 1), ("back", "mirrored", 0)):
        picture = tifffile.imread(f"{side}.tif")
        around = np.pad(picture, ((PAD[0],) * 2, (PAD[1],) * 2, (0, 0)), mode="reflect")
        photograph = np.rot90(around, -turns)
        tifffile.imwrite(f"raw-{side}.tif", np.ascontiguousarray(photograph), photometric="rgb")
        shift = np.array([[1.0, 0, PAD[0]], [0, 1, PAD[1]], [0, 0, 1]])
        there = Piece.from_matrix(oriented(name, photograph.shape[:2]) @ shift)(MARKED)
        pairs[side] = [
            Landmark(name=f"{side} {number}", xray=tuple(x), photograph=tuple(p))
            for number, (x, p) in enumerate(zip(MARKED.tolist(), there.tolist(), strict=True))
        ]
    write_landmarks(files / "pairs.csv", pairs)
    return files


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the picture away, which takes longest where images are small."""
    monkeypatch.setattr(registration_folder, "overlay_png", lambda *_, **__: b"")


def layers(folder):
    names = ("front", "back", "residual")
    return {name: tifffile.imread(folder / f"{name}.tif") for name in names}


def test_photographs_come_onto_the_grid_mirrored_and_in_their_own_depth(raw, capsys):
    assert main([*REGISTER, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"] == FILES == sorted(path.name for path in (raw / "registered").iterdir())
    front, back = (tifffile.imread(f"registered/{side}.tif") for side in ("front", "back"))
    np.testing.assert_array_equal(front, tifffile.imread("front.tif"))
    np.testing.assert_array_equal(back, tifffile.imread("back.tif")[:, ::-1])
    valid = tifffile.imread("registered/front-valid.tif")
    assert valid.dtype == np.uint8
    assert np.unique(valid).tolist() == [255]
    assert (said["front"]["orientation"], said["back"]["orientation"]) == (
        "turned left",
        "mirrored",
    )
    assert said["front"]["how"] == "landmarks, affine"
    assert [pair["name"] for pair in said["front"]["pairs"]] == ["front 0", "front 1", "front 2"]
    assert said["front"]["pairs"][0]["residual_px"] == 0
    assert json.loads((raw / "registered" / "quality.json").read_text())["back"] == said["back"]
    assert (raw / "registered" / "overlay.png").stat().st_size > 1000


def test_separating_the_registered_photographs_or_the_originals_is_the_same(raw, capsys):
    assert main(REGISTER) == 0
    assert "--transforms registered/transforms.json" in capsys.readouterr().out
    assert main(SEPARATE) == 0
    assert main(["separate", *MADE, "--out", "again", *QUICK]) == 0
    first, second = layers(raw / "out"), layers(raw / "again")
    for name, layer in first.items():
        np.testing.assert_array_equal(layer, second[name])
    record = json.loads((raw / "out" / "run.json").read_text())
    assert record["transforms"]["back"]["landmarks"][0]["name"] == "back 0"
    capsys.readouterr()
    metrics = []
    for run in ("out", "again"):
        truths = ["--truth-1", "truth-1.tif", "--truth-2", "truth-2.tif"]
        assert main(["evaluate", run, *truths, "--json"]) == 0
        metrics.append(json.loads(capsys.readouterr().out)["metrics"])
    assert metrics[0] == metrics[1]
    assert metrics[0]["gain"] > 1.2


def test_known_pixel_sizes_put_the_transforms_in_millimetres(raw, undrawn, capsys):
    front = tifffile.imread("raw-front.tif")
    tifffile.imwrite(
        "raw-front.tif", front, photometric="rgb", resolution=(200, 200), resolutionunit=3
    )
    assert main([*REGISTER, "--pixel-size", "0.05"]) == 0
    held = json.loads((raw / "registered" / "transforms.json").read_text())
    assert (held["front"]["unit"], held["back"]["unit"]) == ("mm", "px")
    assert main([*SEPARATE, "--pixel-size", "0.05"]) == 0
    assert main(["separate", *MADE, "--out", "again", *QUICK]) == 0
    np.testing.assert_array_equal(layers(raw / "out")["back"], layers(raw / "again")["back"])
    made = tifffile.TiffFile("registered/front.tif").pages[0]
    assert made.tags["XResolution"].value == (200, 1)


def test_what_the_photograph_does_not_show_is_marked_and_left_out(raw, undrawn, capsys):
    back = tifffile.imread("raw-back.tif")
    cut = PAD[1] + 10
    tifffile.imwrite("raw-back.tif", np.ascontiguousarray(back[:, :-cut]), photometric="rgb")
    (raw / "pairs.csv").write_text(
        re.sub(r"(?m)^back 0.*\n", "", (raw / "pairs.csv").read_text())
        + "back 3,back,1,20,30,28,36\n"
    )
    assert main(REGISTER) == 0
    valid = tifffile.imread("registered/back-valid.tif")
    assert not valid[:, :10].any()
    assert valid[:, 10:].all()
    capsys.readouterr()
    assert main(SEPARATE) == 0
    assert "25.0% of the radiograph lies outside" in capsys.readouterr().err


def test_one_side_may_be_all_there_is(raw, undrawn, capsys):
    text = (raw / "pairs.csv").read_text()
    (raw / "pairs.csv").write_text(re.sub(r"(?m)^back.*\n", "", text))
    arguments = [*REGISTER[:5], "--landmarks", "pairs.csv", "--out", "registered", "--json"]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["back"] is None
    assert "back.tif" not in said["files"]


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """Cut a simulated radiograph and its front, 20 rows and 25 columns off and on its side."""
    monkeypatch.chdir(tmp_path)
    xray, front = (tifffile.imread(SAMPLE / f"{name}.tif") for name in ("xray", "front"))
    y, x = slice(100, 292), slice(150, 390)
    tifffile.imwrite("xray.tif", xray[y, x], description="simulated radiograph")
    tifffile.imwrite("cut.tif", front[y, x], photometric="rgb")
    around = front[y.start - 20 : y.stop + 10, x.start - 25 : x.stop + 10]
    front = np.rot90(around, -1).copy()
    tifffile.imwrite("front.tif", front, photometric="rgb", resolution=(50, 50), resolutionunit=3)
    rng = np.random.default_rng(0)
    other = np.kron(rng.integers(0, 256, (12, 14, 3), np.uint8), np.ones((20, 20, 1), np.uint8))
    tifffile.imwrite("other.tif", other, photometric="rgb")
    return tmp_path


def test_from_the_images_alone_and_a_photograph_of_something_else(sample, capsys):
    arguments = ["--xray", "xray.tif", "--rgb-front", "front.tif", "--rgb-back", "other.tif"]
    named = ["--orientation-front", "turned left", "--orientation-back", "mirrored"]
    named += ["--pixel-size", "0.2"]
    assert main(["register", *arguments, *named, "--out", "registered", "--json"]) == 1
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert report["simulated"] is True
    assert report["front"]["ok"] is True
    assert report["front"]["tried"].keys() == {"turned left"}
    assert report["back"]["ok"] is False
    assert said.err == (
        f"xraysep: other.tif: registration failed ({report['back']['reason']}); "
        "look at registered/overlay.png and give --landmarks\n"
    )
    front = tifffile.imread("registered/front.tif").astype(float)
    off = np.abs(front - tifffile.imread("cut.tif"))[20:-20, 20:-20]
    shifted = np.abs(front[:, 3:] - tifffile.imread("cut.tif")[:, :-3])[20:-20, 20:-20]
    assert off.mean() < 0.5 * shifted.mean()
    assert report["files"] == [name for name in FILES if "back" not in name]
    assert tifffile.TiffFile("registered/front.tif").pages[0].description.startswith("simulated")
    separate = ["separate", *arguments, "--transforms", "registered/transforms.json"]
    assert main([*separate, "--out", "out"]) == 2
    assert "the registration of the back failed" in capsys.readouterr().err
    assert not (sample / "out").exists()


def test_ctrl_c_leaves_nothing(raw, monkeypatch, capsys):
    def find_transform(*_, watch, **__):
        watch("looking", 0.1)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(find, "find_transform", find_transform)
    before = sorted(raw.rglob("*"))
    # a program that is started in the background is told to ignore Ctrl-C
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main([*REGISTER[:5], "--out", "registered"]) == 130
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert sorted(raw.rglob("*")) == before
    assert "Traceback" not in capsys.readouterr().err


BAD = {
    "mirror without a back": ([*REGISTER[:5], "--out", "o", "--mirror-back"], "--mirror-back"),
    "orientation of no back": (
        [*REGISTER[:5], "--out", "o", "--orientation-back", "mirrored"],
        "--orientation-back",
    ),
    "no such orientation": ([*REGISTER, "--orientation-front", "sideways"], "upside down"),
    "orientation beside landmarks": (
        [*REGISTER, "--orientation-front", "mirrored"],
        "--orientation-front",
    ),
    "colour for grey": (instead(REGISTER, "--xray", "raw-front.tif"), "raw-front.tif"),
    "constant photograph": (instead(REGISTER, "--rgb-front", "constant.tif"), "constant.tif"),
    "mask of another size": ([*REGISTER, "--mask", "small.tif"], "small.tif"),
    "mask over all": ([*REGISTER, "--mask", "all.tif"], "all.tif"),
    "pixel size of zero": ([*REGISTER, "--pixel-size", "0"], "--pixel-size"),
    "no such landmarks": (instead(REGISTER, "--landmarks", "absent.csv"), "absent.csv"),
    "words for landmarks": (instead(REGISTER, "--landmarks", "words.csv"), "words.csv"),
    "landmarks on a line": (instead(REGISTER, "--landmarks", "line.csv"), "raw-front.tif"),
    "two landmarks": (instead(REGISTER, "--landmarks", "two.csv"), "add or enable 1 more"),
    "landmarks of either side": (instead(REGISTER, "--landmarks", "bigwarp.csv"), "bigwarp.csv"),
    "plates from a text": ([*REGISTER, "--plates", "words.csv"], "words.csv"),
    "plates from no project": ([*REGISTER, "--plates", "other.json"], "other.json"),
    "a project without plates": ([*REGISTER, "--plates", "project.json"], "no film"),
    "out is a file": (instead(REGISTER, "--out", "xray.tif"), "xray.tif"),
    "out holds a photograph": (instead(REGISTER, "--out", "."), "front.tif"),
    "out holds a run": (instead(REGISTER, "--out", "run"), "run.json"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing_behind(case, raw, capsys):
    arguments, named = BAD[case]
    tifffile.imwrite("small.tif", np.zeros((20, 20), np.uint8))
    tifffile.imwrite("all.tif", np.ones((ROWS, COLUMNS), np.uint8))
    tifffile.imwrite("constant.tif", np.full((50, 50, 3), 7, np.uint8), photometric="rgb")
    header = "name,side,enabled,xray_x,xray_y,photo_x,photo_y\n"
    (raw / "words.csv").write_text(header + "a,front,1,four,5,6,7\n")
    line = "".join(f"{i},front,1,{i * 9},{i * 9},{i * 8},{i * 7}\n" for i in range(4))
    (raw / "line.csv").write_text(header + line)
    (raw / "two.csv").write_text(header + "a,front,1,4,5,6,7\nb,front,1,14,25,26,7\n")
    (raw / "bigwarp.csv").write_text('"Pt-0","true","4.0","5.0","6.0","7.0"\n')
    (raw / "other.json").write_text("{}")
    (raw / "project.json").write_text('{"format": "napari-xraysep project", "version": 1}')
    (raw / "run").mkdir()
    (raw / "run" / "run.json").write_text("{}")
    before = sorted(raw.rglob("*"))
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"xraysep: [^\n]+: [^\n]+; [^\n]+\n", said.err)
    assert named in said.err
    assert sorted(raw.rglob("*")) == before


def edited(raw, **changes):
    path = raw / "registered" / "transforms.json"
    held = json.loads(path.read_text())
    for where, value in changes.items():
        *parents, last = where.split("__")
        at = held
        for parent in parents:
            at = at[parent]
        at[last] = value
    path.write_text(json.dumps(held))


def other_content(raw):
    pixels = tifffile.imread("raw-front.tif")
    tifffile.imwrite("raw-front.tif", pixels[::-1].copy(), photometric="rgb")


def cut_short(raw):
    path = raw / "registered" / "transforms.json"
    path.write_text(path.read_text()[:300])


WRONG = {
    "another photograph": (other_content, "raw-front.tif"),
    "another version": (lambda raw: edited(raw, version=2), "version 2"),
    "another file": (lambda raw: edited(raw, format="a cake"), "transforms.json"),
    "edited by hand": (lambda raw: edited(raw, front__transform__whole__matrix=[[1]]), "matrix"),
    "a word for a number": (lambda raw: edited(raw, front__photograph__height="tall"), "height"),
    "a field too many": (lambda raw: edited(raw, front__cake="yes"), "cake"),
    "cut short": (cut_short, "JSON"),
    "a side that failed": (
        lambda raw: edited(raw, back__quality={"ok": False, "reason": "too faint"}),
        "too faint",
    ),
    "no such file": (lambda raw: (raw / "registered/transforms.json").unlink(), "no such file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_transforms_that_do_not_fit_are_one_line(case, raw, undrawn, capsys):
    assert main(REGISTER) == 0
    spoil, named = WRONG[case]
    spoil(raw)
    capsys.readouterr()
    assert main(SEPARATE) == 2
    said = capsys.readouterr()
    assert re.fullmatch(r"xraysep: [^\n]+: [^\n]+; [^\n]+\n", said.err)
    assert named in said.err
    assert not (raw / "out").exists()


def test_transforms_contain_the_mirroring(raw, undrawn, capsys):
    assert main(REGISTER) == 0
    capsys.readouterr()
    assert main([*SEPARATE, "--mirror-back"]) == 2
    assert capsys.readouterr().err.startswith("xraysep: --mirror-back: ")


def test_a_comparison_takes_the_same_transforms(raw, undrawn, capsys):
    assert main(REGISTER) == 0
    compare = ["compare", *SEPARATE[1:9], "--methods", "grey", "--out", "compared"]
    assert main(compare) == 0
    assert (raw / "compared" / "grey" / "run.json").exists()
    other_content(raw)
    assert main([*compare[:-1], "again"]) == 2
    assert "raw-front.tif" in capsys.readouterr().err


def test_runs_and_registrations_have_folders_of_their_own(raw, undrawn, capsys):
    assert main(REGISTER) == 0
    assert main(REGISTER) == 2
    assert "front.tif" in capsys.readouterr().err
    for name in FILES:
        if name.endswith(".tif"):
            (raw / "registered" / name).rename(raw / name.replace(".tif", "-kept.tif"))
    assert main(instead(SEPARATE, "--out", "registered")) == 2
    assert "registered: it already holds transforms.json" in capsys.readouterr().err
