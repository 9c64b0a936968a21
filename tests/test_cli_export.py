"""``xraysep export``: a run's results for other programs, from the command line."""

import json

import numpy as np
import pytest
import tifffile

from napari_xraysep.cli import main

QUICK = ["--set", "colours=8", "--set", "thickness_cells=0"]
SEPARATE = ["separate", "--xray", "xray.tif", "--rgb-front", "front.tif", "--out", "run", *QUICK]


def test_a_run_is_exported(files, capsys, monkeypatch):
    monkeypatch.setattr("napari_xraysep.workflows.export.layer_figure", lambda *_: b"PNG")
    monkeypatch.setattr("napari_xraysep.workflows.export.EVOLUTION_FILES", {})
    assert main(SEPARATE) == 0
    capsys.readouterr()
    assert main(["export", "run", "--out", "out"]) == 0
    said = capsys.readouterr()
    assert "Hypothetical separation: by regression, exported to out" in said.out
    assert "do not prove" in said.out
    assert "note: The radiograph's pixel size is not known" in said.err
    surface = tifffile.imread("out/surface-hypothetical-separation.tif")
    layer = tifffile.imread("run/surface.tif")
    np.testing.assert_allclose(surface, np.clip(65535 * layer, 0, 65535), atol=0.51)
    assert main(["export", "run", "--out", "again", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert sorted(data["files"]) == sorted(path.name for path in (files / "again").iterdir())
    assert data["statement"] == "hypothetical separation"
    assert any("pixel size" in note for note in data["notes"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", ".", "--out", "out"], "holds no run.json"),
        (["export", "nowhere", "--out", "out"], "no such folder"),
        (["export", "run", "--out", "taken"], "--out: taken is already there"),
        (["export", "run", "--out", "xray.tif"], "--out: xray.tif is already there"),
        (["export", "run"], "--out"),
    ],
)
def test_bad_input_is_one_line(files, capsys, arguments, words):
    (files / "taken").mkdir()
    (files / "taken" / "mine.txt").write_text("mine")
    (files / "run").mkdir()
    if "taken" in arguments or "xray.tif" in arguments:
        (files / "run").rmdir()
        main(SEPARATE)
    capsys.readouterr()
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert words in said.err
    assert not said.out
    assert not (files / "out").exists()
