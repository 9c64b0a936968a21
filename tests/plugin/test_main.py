from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import pytest

from conftest import TIMEOUT, Stage
from napari_xraysep.plugin.__main__ import main
from napari_xraysep.separation.engine import separate
from napari_xraysep.workflows.run_folder import RunFolder


def test_a_run_that_is_named_is_opened_with_all_docks(
    qtbot: Any,
    make_napari_viewer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    stage: Stage,
    loaded: Any,
    tmp_path: Path,
) -> None:
    stage.go.set()
    folder = RunFolder(tmp_path / "run", loaded.painting)
    *_, finished = separate(loaded.painting, "puppet")
    folder.write(finished)
    viewer = make_napari_viewer()
    monkeypatch.setattr(napari, "Viewer", lambda title: viewer)
    monkeypatch.setattr(napari, "run", lambda: None)
    main([str(tmp_path / "run")])
    names = list(viewer.window.dock_widgets)
    assert names[0].startswith("Load painting")
    assert names[-1].startswith("Separate")
    qtbot.waitUntil(lambda: len(viewer.layers) == 5, timeout=TIMEOUT)
