"""``--warm-start``: one painting's finished separation teaches a method for another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.cli import main

ROWS, COLUMNS = 40, 48
QUICK = ["--set", "colours=8", "--set", "thickness_cells=0"]
DOUBLE = ["separate", "--xray", "xray.tif", "--rgb-front", "front.tif", "--rgb-back", "back.tif"]
SINGLE = ["separate", "--xray", "xray.tif", "--rgb-front", "back.tif", "--out", "concealed"]
TINY = ["warm_epochs=1", "epochs=1", "channels=4", "patch=16", "crops=4", "batch=2"]
LEARNING = [*SINGLE, "--method", "concealed-autoencoder", *(f"--set={pair}" for pair in TINY)]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a painting into the current folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    front, back = rng.integers(0, 256, (2, ROWS, COLUMNS, 3), np.uint8)
    xray = 0.4 * front[..., 0] / 255 + 0.3 * back[..., 1] / 255
    tifffile.imwrite("xray.tif", (65535 * xray).astype(np.uint16))
    tifffile.imwrite("front.tif", front, photometric="rgb")
    tifffile.imwrite("back.tif", back, photometric="rgb")
    return tmp_path


def test_a_finished_separation_teaches(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DOUBLE, "--out", "taught", *QUICK]) == 0
    assert main([*LEARNING, "--warm-start", "taught"]) == 0, capsys.readouterr().err
    record = json.loads((files / "concealed" / "run.json").read_text())
    assert record["warm_start"].startswith("taught: regression")
    assert {"surface.tif", "concealed.tif"} <= {
        path.name for path in (files / "concealed").iterdir()
    }


def test_the_remix_test_finds_a_teacher_that_moved_with_the_run(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([*DOUBLE, "--out", "taught", *QUICK]) == 0
    assert main([*LEARNING, "--warm-start", "taught"]) == 0
    monkeypatch.chdir(files.parent)
    files.rename("teacher-elsewhere")
    assert main(["evaluate", "teacher-elsewhere/concealed", "--remix"]) == 0, (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("method", "folder", "words"),
    [
        ("regression", "taught", "--warm-start: regression takes no warm start"),
        ("concealed-autoencoder", "absent", "absent: there is no such folder"),
        ("concealed-autoencoder", "moved", "back.tif: this back of the run is no longer there"),
    ],
)
def test_what_cannot_teach_is_refused_in_one_line(
    files: Path, capsys: pytest.CaptureFixture[str], method: str, folder: str, words: str
) -> None:
    assert main([*DOUBLE, "--out", "taught", *QUICK]) == 0
    capsys.readouterr()
    if folder == "moved":
        (files / "taught").rename("moved")
        (files / "back.tif").rename("elsewhere.tif")
    single = ["elsewhere.tif" if folder == "moved" and a == "back.tif" else a for a in SINGLE]
    assert main([*single, "--method", method, "--warm-start", folder]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1
    assert not (files / "concealed").exists()
