"""Regions, mask and runs of the project in the dock *Separate*."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from matplotlib.colors import to_rgba

from napari_xraysep.errors import InputError
from napari_xraysep.io.results import read_run
from napari_xraysep.io.staging import sha256_of
from napari_xraysep.painting import Painting
from napari_xraysep.plugin import separate_widget
from napari_xraysep.plugin.compare_layers import own_contrast
from napari_xraysep.plugin.loading import painting_to_separate
from napari_xraysep.plugin.panes import NOT_KNOWN
from napari_xraysep.plugin.session import Session, session_of
from napari_xraysep.project import Area, FileRef, NamedRegion
from napari_xraysep.region import Region
from plugin.conftest import TIMEOUT, Stage

FACE, EYE = Region(4, 30, 6, 40), Region(10, 26, 10, 26)
OUTLINE = ((-1.0, -1.0), (-1.0, 99.0), (3.5, 99.0), (3.5, -1.0))


@pytest.fixture
def regions(viewer: Any, separate: Any) -> Any:
    """Two regions in the project of the painting."""
    named = (NamedRegion(name="face", region=str(FACE)), NamedRegion(name="eye", region=str(EYE)))
    assert separate.regions.isHidden()
    session_of(viewer).edit(regions=named)
    assert not separate.regions.isHidden()
    return separate.regions


def test_a_region_is_separated_and_learnt_from(
    qtbot: Any, viewer: Any, separate: Any, regions: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    regions.part.setCurrentText("face")
    regions.learn.setCurrentText("eye")
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert (separate.run.job.options.region, separate.run.job.options.learn_on) == (FACE, EYE)
    layer = next(la for la in viewer.layers if la.name.startswith("front: hypothetical"))
    assert layer.data.shape == (26, 34)
    assert tuple(layer.translate) == (4, 6)
    run = session_of(viewer).project.runs[0]
    assert run.region == str(FACE)
    assert (session_of(viewer).folder / run.folder).resolve() == files / "xray-xraysep-1"
    assert "· face" in separate.runs.combo.itemText(1)
    session_of(viewer).edit(regions=())
    assert regions.region is None


def test_a_region_to_learn_from_that_lies_elsewhere_is_said(
    separate: Any, regions: Any, stage: Stage
) -> None:
    regions.part.setCurrentText("eye")
    regions.learn.setCurrentText("face")
    separate.start()
    assert "--learn-on" in separate.progress.message.text()
    assert not separate.running


def test_a_drawn_mask_is_honoured_and_can_be_called_off(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.go.set()
    session_of(viewer).edit(mask=Area(polygons=(OUTLINE,)))
    go = threading.Event()

    def slowly(*given: Any) -> Painting:
        go.wait(10)
        return painting_to_separate(*given)

    monkeypatch.setattr(separate_widget, "painting_to_separate", slowly)
    separate.start()
    assert separate.running
    assert "mask" in separate.progress.message.text()
    separate.cancel_button.click()
    assert not separate.running
    go.set()
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert len(stage.seen) == 1
    valid = separate.run.job.painting.block().valid
    assert not valid[:3].any()
    np.testing.assert_array_equal(valid[5:], True)


def results(viewer: Any) -> list[Any]:
    return [la for la in viewer.layers if "hypothetical" in la.name and la.visible]


def test_where_the_mask_leaves_out_results_are_shown_as_not_known(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    drawing = Area(polygons=(OUTLINE,))
    named = (NamedRegion(name="top", region="2:30,6:40"),)
    session_of(viewer).edit(mask=drawing, regions=named)
    separate.regions.part.setCurrentText("top")
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert "nothing is known there" in separate.progress.caution.text()
    stored = files / "xray-xraysep-1"
    assert np.isfinite(read_run(stored).layers["front"]).all()  # files are what they were
    for again in (False, True):
        if again:
            viewer.layers.clear()
            separate.open_run(stored)
            qtbot.waitUntil(lambda: bool(results(viewer)), timeout=TIMEOUT)
        assert len(results(viewer)) >= 3
        for layer in results(viewer):
            np.testing.assert_array_equal(np.isnan(layer.data[:, 3]), np.arange(28) < 2)
            np.testing.assert_allclose(layer.colormap.nan_color, to_rgba(NOT_KNOWN), atol=0.01)
    assert all(np.isfinite(own_contrast(layer)).all() for layer in results(viewer))


def test_a_stored_run_whose_mask_has_gone_says_so(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, files: Path
) -> None:
    stage.go.set()
    mask = files / "mask.tif"
    tifffile.imwrite(mask, np.eye(40, 56, dtype=np.uint8))
    sha256 = sha256_of(mask)
    session_of(viewer).edit(mask=Area(file=FileRef(path=str(mask), sha256=sha256)))
    separate.start()
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    mask.unlink()
    viewer.layers.clear()
    separate.open_run(files / "xray-xraysep-1")
    qtbot.waitUntil(lambda: bool(results(viewer)), timeout=TIMEOUT)
    assert "no longer there" in separate.progress.caution.text()


def test_a_painted_mask_that_cannot_be_stored_keeps_a_run_from_starting(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.go.set()
    _, dock = viewer.window.add_plugin_dock_widget("napari-xraysep", "Mask and regions")
    with monkeypatch.context() as full_disk:
        full_disk.setattr(Session, "store_labels", cannot_be_written)
        dock.paint()
        dock.mask.painted().paint((30, 30), 1)
        dock.done()
        qtbot.waitUntil(lambda: "No space left" in dock.message.text(), timeout=TIMEOUT)
        separate.start()
        assert not separate.running
        assert "No space left" in separate.progress.message.text()
        assert not stage.seen
    separate.start()  # it can be stored again
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)
    assert not separate.run.job.painting.block().valid[30, 30]


def test_a_mask_that_cannot_be_stored_may_be_given_up(
    qtbot: Any, viewer: Any, separate: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.go.set()
    _, dock = viewer.window.add_plugin_dock_widget("napari-xraysep", "Mask and regions")
    monkeypatch.setattr(Session, "store_labels", cannot_be_written)
    dock.paint()
    dock.mask.painted().paint((30, 30), 1)
    separate.start()
    assert "No space left" in separate.progress.message.text()
    viewer.layers.remove(dock.mask.painted())
    separate.start()
    assert separate.running
    qtbot.waitUntil(lambda: not separate.running, timeout=TIMEOUT)


def cannot_be_written(session: Session, name: str, labels: Any) -> Any:
    raise InputError(name, "it cannot be written (No space left on device)", "free space")
