"""``separate --restarts`` and ``evaluate --remix`` from end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tifffile

from napari_xraysep.cli import main
from napari_xraysep.cli.separate import _restarts
from napari_xraysep.io.results import read_run
from napari_xraysep.region import Region
from napari_xraysep.workflows import remix
from napari_xraysep.workflows.separating import separate

SAMPLE = Path(__file__).parents[1] / "sample_data" / "double-sided"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A corner of the sample, averaged to 64 × 64, in the current folder; the arguments for it."""
    monkeypatch.chdir(tmp_path)
    for name in ("xray", "front", "back"):
        image = tifffile.imread(SAMPLE / f"{name}.tif")[:256, -256:]
        small = image.reshape(64, 4, 64, 4, -1).mean((1, 3)).squeeze().astype(image.dtype)
        tifffile.imwrite(f"{name}.tif", small, photometric="rgb" if small.ndim == 3 else None)
    photographs = ["--rgb-front", "front.tif", "--rgb-back", "back.tif", "--mirror-back"]
    return ["--xray", "xray.tif", *photographs]


def test_restarts_write_an_uncertainty_and_say_what_became_of_each(tiny, capsys):
    assert main(["separate", *tiny, "--restarts", "2", "--out", "out"]) == 0
    said = capsys.readouterr().out
    assert "restart 1, seed 0: the result" in said
    assert "restart 2, seed 1: for the uncertainty only" in said
    assert "Uncertainty: expected standard deviation of a layer" in said
    run = read_run(Path("out"))
    assert run.layers["uncertainty"].min() >= 0
    assert run.layers["uncertainty"].max() > 0
    with tifffile.TiffFile("out/uncertainty.tif") as file:
        assert "hypothetical separation: uncertainty" in file.pages[0].description
    assert {row["restart"] for row in run.losses} == {0, 1}
    assert len(json.loads(Path("out/run.json").read_text())["restarts"]) == 2
    seeds = [one.model_copy(update={"resampled": False}) for one in run.record.restarts]
    assert list(_restarts(run.record.model_copy(update={"restarts": seeds}))) == [
        "restart 1, seed 0: kept, picked as the best",
        "restart 2, seed 1: kept",
    ]


def test_the_remix_test_is_shown_with_its_sentence(tiny, capsys):
    assert main(["separate", *tiny, "--method", "grey", "--out", "out"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "out", "--json"]) == 0
    assert "remix" not in json.loads(capsys.readouterr().out)["metrics"]
    assert main(["evaluate", "out", "--remix", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert 0 < said["metrics"]["remix"] < 1
    assert "layers of a remix" in said["meanings"]["remix"]
    assert said["metrics"]["unexplained_rms"] > 0
    assert said["baselines"]["grey"]["unexplained_rms"] > 0
    assert main(["evaluate", "out", "--remix"]) == 0
    assert "remix" in capsys.readouterr().out


def test_the_remix_test_finds_inputs_that_moved_with_their_run(tiny, monkeypatch):
    assert main(["separate", *tiny, "--method", "grey", "--out", "out"]) == 0
    here = Path.cwd()
    monkeypatch.chdir(here.parent)
    here.rename("elsewhere")
    assert main(["evaluate", "elsewhere/out", "--remix"]) == 0


def test_the_remix_test_learns_where_the_run_did(tiny, monkeypatch):
    parts = ["--roi", "8:56,4:60", "--learn-on", "16:48,12:52"]
    assert main(["separate", *tiny, "--method", "grey", *parts, "--out", "out"]) == 0
    learnt: list[object] = []

    def watched(*given: Any) -> Any:
        learnt.append(given[3].learn_on)
        return separate(*given)

    monkeypatch.setattr(remix, "separate", watched)
    assert 0 < remix.remix_run(Path("out")) < 1
    assert learnt == [Region(8, 40, 8, 48)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--restarts", "0"], "--restarts: 0 is too few"),
        (["--restarts", "2", "--method", "half"], "half leaves nothing to chance"),
    ],
)
def test_restarts_that_make_no_sense_are_refused_before_anything_is_written(
    tiny, capsys, options, said
):
    assert main(["separate", *tiny, *options, "--out", "out"]) == 2
    assert said in capsys.readouterr().err
    assert not Path("out").exists()
