"""A project file opens on the command line, with all that was drawn in the window."""

from __future__ import annotations

import hashlib
import json
import re

import imagecodecs
import numpy as np
import pytest
import tifffile

from napari_xraysep.cli import main
from napari_xraysep.io.labels import write_labels
from napari_xraysep.project import Area, FileRef, NamedRegion, PriorDrawing, Project
from napari_xraysep.workflows.project import read_project, write_project

QUICK = ["--set", "colours=8", "--set", "thickness_cells=0"]
OUTLINE = ((-1.0, -1.0), (-1.0, 50.0), (5.5, 50.0), (5.5, -1.0))
WITH_PROJECT = ["separate", "--project", "p/xray-project.json", "--out", "out", *QUICK]


def ref(folder, name: str) -> FileRef:
    sha256 = hashlib.sha256((folder / f"{name}.tif").read_bytes()).hexdigest()
    return FileRef(path=f"../{name}.tif", sha256=sha256)


@pytest.fixture
def project(files):
    """A project in a folder of its own: a mask drawn and painted, two regions."""
    folder = files / "p"
    painted = np.zeros((48, 40), np.uint8)
    painted[40:, 30:] = 1
    path, sha256 = write_labels(folder / "xray-project", "leave-out", painted)
    file = FileRef(path=f"xray-project/{path.name}", sha256=sha256)
    project = Project(
        radiograph=ref(files, "xray"),
        front=ref(files, "front"),
        back=ref(files, "back"),
        mirror_back=True,
        response="as-is",
        mask=Area(polygons=(OUTLINE,), file=file),
        regions=(
            NamedRegion(name="face", region="4:40,8:36"),
            NamedRegion(name="eye", region="10:30,10:30"),
        ),
    )
    write_project(folder / "xray-project.json", project)
    return project


def record(files) -> dict:
    return json.loads((files / "out" / "run.json").read_text())


def test_it_separates_as_its_files_do(files, project, capsys):
    assert main(WITH_PROJECT) == 0
    mask = np.zeros((48, 40), np.uint8)
    mask[:6] = mask[40:, 30:] = 1
    (files / "mask.png").write_bytes(imagecodecs.png_encode(mask))
    paths = "--xray xray.tif --rgb-front front.tif --rgb-back back.tif --mirror-back"
    assert main(["separate", *paths.split(), "--mask", "mask.png", "--out", "b", *QUICK]) == 0
    for name in ("front", "back", "residual"):
        ours, theirs = (tifffile.imread(files / out / f"{name}.tif") for out in ("out", "b"))
        np.testing.assert_array_equal(ours, theirs)
    said = {one["role"]: one for one in record(files)["inputs"]}
    assert np.allclose(said["mask"]["outlines"], [OUTLINE])
    assert record(files)["response"] == {"value": "as-is", "assumed": False}
    capsys.readouterr()
    assert main(["evaluate", "out", "--json"]) == 0
    drawn = json.loads(capsys.readouterr().out)
    assert main(["evaluate", "b", "--json"]) == 0
    assert drawn["metrics"] == json.loads(capsys.readouterr().out)["metrics"]


def test_regions_go_by_their_names(files, project):
    assert main([*WITH_PROJECT, "--region", "face", "--learn-on", "eye"]) == 0
    assert (record(files)["region"], record(files)["learn_on"]) == ("4:40,8:36", "10:30,10:30")
    assert tifffile.imread(files / "out" / "front.tif").shape == (36, 28)


def test_a_drawn_prior_reaches_a_concealed_design(files, project):
    drawing = PriorDrawing(area=Area(polygons=(((8, 8), (8, 30), (30, 30)),)), feather_px=3)
    concealed = project.model_copy(update={"back": None, "prior": drawing})
    write_project(files / "p" / "xray-project.json", concealed)
    assert main(WITH_PROJECT) == 0
    assert (files / "out" / "concealed.tif").is_file()
    assert record(files)["prior"] is not None


def test_learning_on_a_part_without_a_project(files):
    paths = "--xray xray.tif --rgb-front front.tif --rgb-back back.tif --mirror-back --out out"
    assert main(["separate", *paths.split(), "--learn-on", "0:48,0:20", *QUICK]) == 0
    assert record(files)["learn_on"] == "0:48,0:20"
    front = tifffile.imread(files / "out" / "front.tif")
    truth = tifffile.imread(files / "truth-1.tif")
    assert np.corrcoef(front[:, 24:].ravel(), truth[:, 24:].ravel())[0, 1] > 0.9


BAD = {
    "files beside it": ([*WITH_PROJECT, "--xray", "xray.tif"], "--xray"),
    "a mask beside it": ([*WITH_PROJECT, "--mask", "xray.tif"], "--mask"),
    "mirrored beside it": ([*WITH_PROJECT, "--mirror-back"], "--mirror-back"),
    "no such region": ([*WITH_PROJECT, "--region", "foot"], "choose among face, eye"),
    "region and roi": ([*WITH_PROJECT, "--region", "face", "--roi", "0:9,0:9"], "--roi"),
    "no such region to learn from": ([*WITH_PROJECT, "--learn-on", "foot"], "--learn-on"),
    "to learn from outside": ([*WITH_PROJECT, "--learn-on", "0:99,0:9"], "--learn-on"),
    "to learn from without an area": ([*WITH_PROJECT, "--learn-on", "5:5,0:9"], "no area"),
    "to learn from outside the region": (
        [*WITH_PROJECT, "--region", "eye", "--learn-on", "0:9,0:9"],
        "--learn-on",
    ),
    "a region without a project": (["separate", "--out", "out", "--region", "face"], "--project"),
    "neither files nor a project": (["separate", "--out", "out"], "--xray"),
    "no front": (["separate", "--xray", "xray.tif", "--out", "out"], "--rgb-front"),
    "no such project": ([*WITH_PROJECT[:2], "absent.json", "--out", "out"], "absent.json"),
    "no project": ([*WITH_PROJECT[:2], "p/other.json", "--out", "out"], "not a project file"),
    "another version": ([*WITH_PROJECT[:2], "p/new.json", "--out", "out"], "version 2"),
    "a file that was moved": ([*WITH_PROJECT[:2], "moved.json", "--out", "out"], "xray.tif"),
    "gui of another version": (["gui", "p/new.json"], "version 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing_behind(case, files, project, capsys):
    arguments, named = BAD[case]
    text = (files / "p" / "xray-project.json").read_text()
    (files / "moved.json").write_text(text)
    (files / "p" / "new.json").write_text(text.replace('"version": 1', '"version": 2', 1))
    (files / "p" / "other.json").write_text("{}")
    before = sorted(files.rglob("*"))
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"xraysep: [^\n]+: [^\n]+; [^\n]+\n", said.err)
    assert named in said.err
    assert sorted(files.rglob("*")) == before


def test_a_changed_file_is_named(files, project, capsys):
    with (files / "front.tif").open("ab") as file:
        file.write(b"\0")
    assert main(WITH_PROJECT) == 2
    assert re.search(r"front\.tif: its content is not what it was", capsys.readouterr().err)
    assert not (files / "out").exists()
    assert read_project(files / "p" / "xray-project.json") == project
