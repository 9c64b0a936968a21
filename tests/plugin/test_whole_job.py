"""The whole job in real windows: load, register, mask, mark, choose a part, separate, reopen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_xraysep.io.reading import read_layer
from napari_xraysep.io.results import read_run
from napari_xraysep.plugin.session import session_of
from napari_xraysep.resampling import resample
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.transforms import Piece, Transform

TIMEOUT = 120_000
LOSS = np.array([[20.0, 20], [20, 60], [50, 60], [50, 20]])
DESIGN = np.array([[120.0, 150], [120, 420], [340, 420], [340, 150]])
PART = np.array([[60.0, 80], [60, 479], [419, 479], [419, 80]])
REGION = "60:420,80:480"


def turned(shape: tuple[int, int]) -> Transform:
    """From a photograph that was taken anew, larger and aslant, to the sample's own."""
    c, s = np.cos(np.radians(4)) / 1.2, np.sin(np.radians(4)) / 1.2
    return Transform(
        radiograph_shape=(640, 760),
        photograph_shape=shape,
        whole=Piece.from_matrix([[c, -s, -16.0], [s, c, -40.0], [0, 0, 1]]),
    )


@pytest.fixture
def painting(tmp_path: Path) -> tuple[Path, Transform]:
    """The concealed sample, its photograph taken anew; and how that lies on it."""
    sample = sample_folder("concealed")
    folder = tmp_path / "painting"
    folder.mkdir()
    shutil.copy(sample / "xray.tif", folder)
    front = tifffile.imread(sample / "front.tif")
    back = turned((front.shape[0], front.shape[1]))
    photograph, _ = resample(front, back)
    tifffile.imwrite(folder / "front.tif", photograph, photometric="rgb")
    return folder, back


def docked(viewer: Any, name: str) -> Any:
    return viewer.window.add_plugin_dock_widget("napari-xraysep", name)[1]


def test_from_raw_files_to_a_stored_run_and_back(
    qtbot: Any,
    make_napari_viewer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    painting: tuple[Path, Transform],
) -> None:
    folder, truth = painting
    viewer = make_napari_viewer()
    session = session_of(viewer)

    load = docked(viewer, "Load painting")
    load.choices["radiograph"].choose_file(folder / "xray.tif")
    load.choices["front"].choose_file(folder / "front.tif")
    qtbot.waitUntil(load.load_button.isEnabled, timeout=TIMEOUT)
    load.load_button.click()
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert session.loaded.painting is None

    register = docked(viewer, "Register")
    register.register_button.click()
    qtbot.waitUntil(lambda: not register.running, timeout=TIMEOUT)
    assert register.use_button.isEnabled(), register.message.text()
    register.use_button.click()
    qtbot.waitUntil(lambda: session.loaded.painting is not None, timeout=TIMEOUT)
    found = session.project.transforms.front.transform
    points = np.stack(np.meshgrid(np.arange(20, 440, 20), np.arange(20, 560, 20)), -1)
    points = points.reshape(-1, 2).astype(float)
    off = np.linalg.norm(found.to_photograph(points) - truth.to_radiograph(points), axis=1)
    assert np.median(off) / 1.2 < 0.7

    drawing = docked(viewer, "Mask and regions")
    drawing.draw_outlines()
    drawing.mask.outlines().add_polygons([LOSS])
    drawing.draw_region()
    drawing.regions.layer().add_rectangles([PART])
    drawing.done()
    assert [region.region for region in session.project.regions] == [REGION]

    prior = docked(viewer, "Prior")
    prior.draw_outlines()
    prior.design.outlines().add_polygons([DESIGN])
    qtbot.waitUntil(lambda: prior.preview.layer is not None, timeout=TIMEOUT)
    prior.done()

    separate = docked(viewer, "Separate")
    separate.panel.method.setCurrentIndex(separate.panel.method.findData("regression"))
    separate.regions.part.setCurrentIndex(1)
    separate.start()
    qtbot.waitUntil(lambda: bool(session.project.runs), timeout=TIMEOUT)
    before = session.project
    run = folder / before.runs[0].folder
    viewer.close()

    stored = read_run(run)
    assert stored.record.region == REGION
    assert stored.record.transforms is not None
    assert stored.record.prior
    assert {record.role for record in stored.record.inputs} >= {"radiograph", "front", "mask"}
    xray = read_layer(folder / "xray.tif")[60:420, 80:480]
    total = sum(stored.layers[name] for name in ("surface", "concealed", "residual"))
    np.testing.assert_allclose(total, xray, atol=1e-4)

    def fail(*given: Any, **named: Any) -> None:
        raise AssertionError("something was run again")

    monkeypatch.setattr("napari_xraysep.separation.engine._events", fail)
    monkeypatch.setattr("napari_xraysep.registration.find.find_transform", fail)
    fresh = make_napari_viewer()
    load = docked(fresh, "Load painting")
    docks = {name: docked(fresh, name) for name in ("Register", "Mask and regions", "Prior")}
    load.open_project(folder / "xray-project.json")
    qtbot.waitUntil(lambda: "Opening" not in load.message.text(), timeout=TIMEOUT)
    assert session_of(fresh).project == before
    reopened = session_of(fresh).loaded.painting
    assert reopened.transforms == before.transforms
    assert docks["Register"].model.track.used is not None
    np.testing.assert_array_equal(docks["Mask and regions"].mask.outlines().data[0], LOSS)
    np.testing.assert_array_equal(docks["Prior"].design.outlines().data[0], DESIGN)
    results = [layer for layer in fresh.layers if "hypothetical" in layer.name]
    assert {tuple(layer.translate) for layer in results} == {(60.0, 80.0)}
