"""Every installed method, chosen and run in the dock widget of a real window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_xraysep.io.results import read_run
from napari_xraysep.plugin.images import Choice, read_image
from napari_xraysep.plugin.loading import Answers, assemble
from napari_xraysep.plugin.session import session_of
from napari_xraysep.separation.method import installed_methods
from napari_xraysep.simulation.samples import sample_folder
from test_every_method import EVERY, QUICK

CUT = slice(200, 248), slice(100, 164)


@pytest.fixture
def details(tmp_path: Path) -> Path:
    """Cut a small detail out of both samples, the back mirrored as a photographer would see it."""
    for kind in ("double-sided", "concealed"):
        (tmp_path / kind).mkdir()
        for name in ("xray", "front", "back"):
            file = sample_folder(kind) / f"{name}.tif"
            if file.exists():
                pixels = tifffile.imread(file)
                pixels = pixels[:, ::-1][CUT][:, ::-1] if name == "back" else pixels[CUT]
                tifffile.imwrite(tmp_path / kind / f"{name}.tif", np.ascontiguousarray(pixels))
    return tmp_path


@pytest.mark.parametrize(("method", "kind"), EVERY)
def test_it_runs_from_the_widget(
    qtbot: Any, viewer: Any, details: Path, method: str, kind: str
) -> None:
    files = {"radiograph": "xray.tif", "front": "front.tif", "back": "back.tif"}
    images = {
        role: read_image(role, Choice(name, path=details / kind / name))
        for role, name in files.items()
        if (details / kind / name).exists()
    }
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")
    session_of(viewer).loaded = assemble(images, Answers())
    listed = [widget.panel.method.itemData(i) for i in range(widget.panel.method.count())]
    fitting = [m for m in installed_methods().values() if kind in m.kinds]
    in_order = sorted(fitting, key=lambda m: m.baseline)  # baselines come last
    assert [name for name in listed if name] == [m.name for m in in_order]
    widget.panel.method.setCurrentIndex(widget.panel.method.findData(method))
    for name, field in widget.panel.form.fields.items():
        if name in QUICK:
            field.setValue(QUICK[name])
    widget.start()
    qtbot.waitUntil(lambda: not widget.running, timeout=60_000)
    assert widget.progress.status.text() != "failed", widget.progress.message.text()
    run = read_run(details / kind / "xray-xraysep-1")
    assert run.record.method == method
    shown = [layer.name for layer in viewer.layers if "hypothetical" in layer.name]
    assert len(shown) == 4
