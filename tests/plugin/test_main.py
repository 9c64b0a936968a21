from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
import pytest

from napari_xraysep.plugin.__main__ import main
from napari_xraysep.plugin.loading import Answers
from napari_xraysep.plugin.projects import begun
from napari_xraysep.plugin.session import session_of
from napari_xraysep.separation.engine import separate
from napari_xraysep.workflows.project import write_project
from napari_xraysep.workflows.run_folder import RunFolder
from plugin.conftest import TIMEOUT, Stage


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
    assert names[-1].startswith("Compare")
    qtbot.waitUntil(lambda: len(viewer.layers) == 5, timeout=TIMEOUT)


def test_a_project_that_is_named_is_opened(
    qtbot: Any,
    make_napari_viewer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    read: Any,
    files: Path,
) -> None:
    project = begun(read, Answers(), None, files / "xray-project.json").project
    write_project(files / "xray-project.json", project)
    viewer = make_napari_viewer()
    monkeypatch.setattr(napari, "Viewer", lambda title: viewer)
    monkeypatch.setattr(napari, "run", lambda: None)
    main([str(files / "xray-project.json")])
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert session.project == project
    names = [name.removesuffix(" (napari-xraysep)") for name in viewer.window.dock_widgets]
    assert names == [
        "Load painting",
        "Register",
        "Mask and regions",
        "Prior",
        "Separate",
        "Compare",
    ]
