from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

import napari_xraysep
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Painting, Region
from napari_xraysep.separation import Finished, Method, RunOptions, engine, options
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.method import (
    Cancelled,
    Context,
    Estimate,
    Plan,
    Settings,
    Step,
    WarmStart,
)
from napari_xraysep.sources import Sources
from napari_xraysep.workflows.run_folder import RunFolder
from napari_xraysep.workflows.separating import separate
from napari_xraysep.workflows.warm_start import pseudo_pair

SHAPE = (48, 40)
learnt: list[WarmStart] = []


class PupilSettings(Settings):
    warm_start: bool = True


def run_pupil(mixture, settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Learn from the warm start by keeping it."""
    yield Plan(("learning",), 1)
    if context.warm_start is not None and settings.warm_start:
        learnt.append(context.warm_start())
    yield Step("learning", 1)
    yield Estimate("learning", 1, mixture.xray / 2, mixture.xray / 2)


class Pupil(Method):
    """A method whose implementation is in this file."""

    def load(self) -> registry.Run:
        return run_pupil


@pytest.fixture(autouse=True)
def pupil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the method ``pupil`` beside ours."""
    method = Pupil(
        name="pupil",
        title="Pupil",
        paper="none",
        summary="For tests.",
        kinds=frozenset({"concealed"}),
        settings=PupilSettings,
        presets={"fast": {}, "paper": {}},
        allocation={"fast": "even", "paper": "even"},
        implementation="",
        uses_torch=False,
        warm_start=True,
    )
    known = {**registry.installed_methods(), "pupil": method}
    monkeypatch.setattr(registry, "installed_methods", lambda: known)
    learnt.clear()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a painting with a back into the current folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    front, back = rng.integers(0, 256, (2, *SHAPE, 3), np.uint8)
    mask = np.zeros(SHAPE, np.uint8)
    mask[:6, :6] = 255
    xray = 0.4 * front[..., 0] / 255 + 0.3 * back[..., 1] / 255
    tifffile.imwrite("xray.tif", (65535 * xray).astype(np.uint16))
    tifffile.imwrite("front.tif", front, photometric="rgb")
    tifffile.imwrite("back.tif", back, photometric="rgb")
    tifffile.imwrite("mask.tif", mask)
    return tmp_path


def concealed(**more: str) -> Painting:
    return Sources("xray.tif", "front.tif", **more).align()


def store(painting: Painting, cancelled: bool = False) -> Path:
    """Separate a painting into the folder ``run``."""
    settings = {"colours": 8, "thickness_cells": 0}
    *_, finished = separate(painting, "regression", settings, RunOptions(seed=5))
    assert isinstance(finished, Finished)
    if cancelled:
        record = finished.record.model_copy(update={"complete": False})
        finished = replace(finished, record=record, complete=False)
    return RunFolder(Path("run"), painting).write(finished)


def run(painting: Painting, **more) -> Finished:
    *_, finished = separate(painting, "pupil", **more)
    assert isinstance(finished, Finished)
    return finished


def test_it_is_the_public_one() -> None:
    assert napari_xraysep.separate is separate


def test_by_default_it_learns_from_this_surface_and_its_mirror_image(files: Path) -> None:
    painting = concealed()
    record = run(painting, options=RunOptions(seed=3)).record
    (pair,) = learnt
    *_, regression = engine.separate(painting, "regression", options=RunOptions(seed=3))
    np.testing.assert_array_equal(pair.first, regression.layers["surface"])
    np.testing.assert_array_equal(pair.second, pair.first[:, ::-1])
    np.testing.assert_array_equal(pair.photograph, painting.block().front)
    assert record.warm_start == pair.origin
    assert "mirror image" in pair.origin


def test_the_pair_is_of_what_is_shown_of_the_region_that_is_separated(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "MARGIN", 3)
    painting = concealed()
    run(painting, options=RunOptions(region=Region(8, 44, 4, 34)))
    assert learnt[0].first.shape == (42, 36)
    np.testing.assert_array_equal(learnt[0].photograph, painting.block().front[5:47, 1:37])


def test_nothing_is_learnt_from_what_is_left_out(files: Path) -> None:
    run(concealed(mask="mask.tif"))
    pair = learnt[0]
    for image in (pair.first, pair.second[:, ::-1], pair.photograph[..., 0]):
        beside = [*image[:7, 6], *image[6, :7]]
        assert np.isin(image[:6, :6], beside).all()  # nothing but what lies nearest


def test_cancelling_stops_the_pair_too(files: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        pseudo_pair(concealed(), RunOptions(), cancel)
    events = separate(concealed(), "pupil", cancel=cancel)
    finished = list(events)[-1]
    assert not finished.complete
    assert not learnt


@pytest.mark.parametrize("mask", [None, "mask.tif"])
def test_a_finished_separation_is_learnt_from(files: Path, mask: str | None) -> None:
    painting = Sources("xray.tif", "front.tif", "back.tif", mask=mask).align()
    folder = store(painting)
    record = run(concealed(), warm_from=folder).record
    (pair,) = learnt
    kept = painting.block().valid
    for array, name in ((pair.first, "front"), (pair.second, "back")):
        np.testing.assert_array_equal(array[kept], tifffile.imread(folder / f"{name}.tif")[kept])
    np.testing.assert_array_equal(pair.photograph[kept], painting.block().front[kept])
    assert record.warm_start is not None
    assert record.warm_start.startswith("run: regression")
    assert record.warm_start_folder == "run"


def test_a_region_of_a_finished_separation_is_learnt_from(files: Path) -> None:
    painting = Sources("xray.tif", "front.tif", "back.tif").align()
    options = RunOptions(region=Region(4, 40, 2, 34))
    *_, finished = separate(painting, "regression", {"colours": 8}, options)
    run(concealed(), warm_from=RunFolder(Path("run"), painting).write(finished))
    np.testing.assert_array_equal(learnt[0].photograph, painting.block().front[4:40, 2:34])
    assert learnt[0].second.shape == (36, 32)


def test_arrays_are_learnt_from_as_they_are(files: Path) -> None:
    image = np.zeros((20, 30, 3), np.float32)
    mine = WarmStart(image, image[..., 0], image[..., 1], "mine")
    record = run(concealed(), warm_from=mine).record
    assert (record.warm_start, record.warm_start_folder) == ("mine", None)
    assert learnt == [mine]


def test_what_cannot_be_learnt_from_is_refused_before_anything_runs(files: Path) -> None:
    painting = concealed()
    with pytest.raises(InputError, match=r"run.*no back"):
        separate(painting, "pupil", warm_from=store(painting))
    (files / "run").rename(files / "first")
    folder = store(Sources("xray.tif", "front.tif", "back.tif").align(), cancelled=True)
    with pytest.raises(InputError, match="stopped before its end"):
        separate(painting, "pupil", warm_from=folder)
    with pytest.raises(InputError, match="no such folder"):
        separate(painting, "pupil", warm_from=Path("absent"))
    small = np.zeros((20, 30), np.float32)
    uneven = WarmStart(small[..., None].repeat(3, 2), small, small[:10], "mine")
    with pytest.raises(InputError, match=r"mine.*\(10, 30\)"):
        separate(painting, "pupil", warm_from=uneven)
    broken = replace(uneven, second=np.full_like(small, np.nan))
    with pytest.raises(InputError, match="NaN"):
        separate(painting, "pupil", warm_from=broken)


def test_inputs_that_have_moved_are_named(files: Path) -> None:
    folder = store(Sources("xray.tif", "front.tif", "back.tif").align())
    (files / "back.tif").unlink()
    with pytest.raises(InputError, match=r"back\.tif.*no longer there"):
        separate(concealed(), "pupil", warm_from=folder)


def test_a_warm_start_that_would_not_be_used_is_refused(files: Path) -> None:
    folder = store(Sources("xray.tif", "front.tif", "back.tif").align())
    with pytest.raises(InputError, match="regression takes no warm start"):
        separate(concealed(), "regression", warm_from=folder)
    with pytest.raises(InputError, match="warm_start is off"):
        separate(concealed(), "pupil", {"warm_start": False}, warm_from=folder)


def test_without_its_setting_nothing_is_made(files: Path) -> None:
    assert run(concealed(), settings={"warm_start": False}).record.warm_start is None
    assert not learnt
