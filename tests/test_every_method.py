"""Every installed method, on the samples that fit it, from the command line and the engine."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from napari_xraysep.cli import main
from napari_xraysep.io.reading import read_layer
from napari_xraysep.painting import Painting, Region
from napari_xraysep.separation import Finished, Preview, Progress, RunOptions, Started
from napari_xraysep.separation.method import installed_methods
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.sources import Sources
from napari_xraysep.workflows.separating import separate

ROI = "200:248,100:164"
QUICK = {
    "epochs": 1,
    "warm_epochs": 1,
    "channels": 4,
    "patch": 16,
    "crops": 4,
    "batch": 2,
    "unrolled": 2,
    "atoms": 16,
    "rounds": 2,
    "iterations": 4,
}
"""Whatever of these a method has is set, so that a run takes a second or two."""

EVERY = [
    pytest.param(method.name, kind, id=f"{method.name}, {kind}")
    for method in installed_methods().values()
    for kind in sorted(method.kinds)
]
MISFITS = [
    pytest.param(method.name, kind, id=f"{method.name}, {kind}")
    for method in installed_methods().values()
    for kind in ("concealed", "double-sided")
    if kind not in method.kinds
]


def quick(method: str) -> dict[str, int]:
    fields = installed_methods()[method].settings.model_fields
    return {name: value for name, value in QUICK.items() if name in fields}


def spoilt(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Put the brightest value wherever the mask is."""
    out = image.copy()
    out[mask != 0] = np.iinfo(image.dtype).max
    return out


def sources(kind: str) -> list[str]:
    folder = sample_folder(kind)
    given = ["--xray", str(folder / "xray.tif"), "--rgb-front", str(folder / "front.tif")]
    if kind == "double-sided":
        given += ["--rgb-back", str(folder / "back.tif"), "--mirror-back"]
    return given


def painting(kind: str) -> Painting:
    folder = sample_folder(kind)
    both = kind == "double-sided"
    back = folder / "back.tif" if both else None
    return Sources(folder / "xray.tif", folder / "front.tif", back, mirror_back=both).align()


@pytest.mark.parametrize(("method", "kind"), EVERY)
def test_it_separates_the_sample(
    method: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    settings = [f"--set={key}={value}" for key, value in quick(method).items()]
    arguments = ["separate", *sources(kind), "--method", method, "--roi", ROI, *settings]
    assert main([*arguments, "--out", str(out)]) == 0, capsys.readouterr().err
    record = json.loads((out / "run.json").read_text())
    assert (record["method"], record["complete"]) == (method, True)
    names = [*record["layers"][:2], "residual"]
    total = sum(read_layer(out / f"{name}.tif") for name in names)
    xray = read_layer(sample_folder(kind) / "xray.tif")[Region.parse(ROI).slices]
    np.testing.assert_allclose(total, xray, atol=1e-4)


@pytest.mark.parametrize(("method", "kind"), MISFITS)
def test_it_refuses_the_other_sample_in_a_sentence(
    method: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["separate", *sources(kind), "--method", method, "--out", str(out)]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"xraysep: {method}: it separates")
    assert not out.exists()


@pytest.mark.parametrize(("method", "kind"), EVERY)
def test_it_streams_and_counts_its_steps(method: str, kind: str) -> None:
    options = RunOptions(region=Region.parse(ROI))
    events = list(separate(painting(kind), method, quick(method), options))
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    steps = [event for event in events if isinstance(event, Progress)]
    counts = [event.step for event in steps]
    assert counts == sorted(counts)
    assert counts[-1] == started.total_steps
    assert {event.stage for event in steps} <= set(started.stages)
    assert any(isinstance(event, Preview) for event in events)


@pytest.mark.parametrize(("method", "kind"), EVERY)
def test_it_stops_when_told_to(method: str, kind: str) -> None:
    """Told to before the first event, it does next to nothing; after a preview, that is kept."""
    cancel = threading.Event()
    cancel.set()
    options = RunOptions(region=Region.parse(ROI))
    *_, finished = separate(painting(kind), method, quick(method), options, cancel)
    assert isinstance(finished, Finished)
    assert not finished.complete

    cancel = threading.Event()
    events = separate(painting(kind), method, quick(method), options, cancel)
    for event in events:
        if isinstance(event, Preview):
            cancel.set()
        elif isinstance(event, Finished):
            assert not event.complete
            assert len(event.layers) == 4


@pytest.mark.parametrize(("method", "kind"), EVERY)
def test_masked_pixels_have_no_say(method: str, kind: str) -> None:
    """Whatever stands under the mask, in radiograph or photograph, the rest is the same."""
    whole = painting(kind)
    at = Region.parse(ROI).slices
    xray = np.asarray(whole.xray[at]).copy()
    mask = np.zeros(xray.shape, np.uint8)
    mask[10:22, 20:40] = 1
    back = None if whole.back is None else np.asarray(whole.back[at])
    clean = xray, np.asarray(whole.front[at]), back
    found = []
    for images in (clean, tuple(None if i is None else spoilt(i, mask) for i in clean)):
        what = Painting.from_arrays(*images, mask=mask)
        *_, finished = separate(what, method, quick(method), RunOptions(device="cpu"))
        assert isinstance(finished, Finished)
        found.append(next(iter(finished.layers.values()))[mask == 0])
    np.testing.assert_allclose(found[0], found[1], atol=2e-5)


@pytest.mark.parametrize(
    ("method", "kind"),
    [case for case in EVERY if installed_methods()[case.values[0]].learns],
)
def test_what_is_learnt_on_a_part_is_applied_to_the_rest(method: str, kind: str) -> None:
    options = RunOptions(
        region=Region.parse(ROI), learn_on=Region.parse("200:248,100:140"), allocation="none"
    )
    *_, finished = separate(painting(kind), method, quick(method), options)
    assert isinstance(finished, Finished)
    assert finished.complete
    for layer in list(finished.layers.values())[:2]:
        assert np.isfinite(layer).all()
    both = sum(list(finished.layers.values())[:2])
    assert np.std(both[:, 48:]) > 0


def test_what_a_method_measured_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [f"--set={key}={value}" for key, value in quick("two-pass-cnn").items()]
    arguments = ["separate", *sources("double-sided"), "--method", "two-pass-cnn", "--roi", ROI]
    assert main([*arguments, *settings, "--out", str(tmp_path / "run")]) == 0
    findings = json.loads((tmp_path / "run" / "run.json").read_text())["findings"]
    said = capsys.readouterr().out
    assert len(findings) == 6
    for name, value in findings.items():
        assert f"{name}: {value:.2g}" in said
