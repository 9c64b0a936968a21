"""The project that a window keeps: edited, saved by itself, kept elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_xraysep.areas import labels
from napari_xraysep.errors import InputError
from napari_xraysep.plugin import autosave
from napari_xraysep.plugin.session import Session
from napari_xraysep.project import Area, NamedRegion, PriorDrawing, Project, StoredRunRef
from napari_xraysep.workflows.project import digest, read_project
from plugin.conftest import TIMEOUT

FACE = NamedRegion(name="face", region="0:10,5:15")


@pytest.fixture
def session(qapp: Any, loaded: Any, files: Path) -> Session:
    session = Session()
    session.begin(loaded, Project(notes="mine"), files / "xray-project.json")
    return session


def fail(path: Path, project: Project) -> None:
    raise InputError(path, "it cannot be written (No space left on device)", "free space")


def test_an_edit_is_told_and_saved(qtbot: Any, session: Session) -> None:
    told: list[str] = []
    session.edited.connect(told.append)
    session.edit(regions=(FACE,), notes="mine")
    assert told == ["regions"]
    file = session.project_file
    assert file is not None
    qtbot.waitUntil(file.is_file, timeout=TIMEOUT)
    assert read_project(file).regions == (FACE,)
    assert read_project(file).notes == "mine"


def test_nothing_is_written_before_something_is_done(qtbot: Any, session: Session) -> None:
    qtbot.wait(2 * autosave.SAVE_MS)
    session.flush()
    assert session.project_file is not None
    assert not session.project_file.exists()


def test_a_full_disk_is_said_once_and_work_goes_on(
    qtbot: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    session.told.connect(told.append)
    write = autosave.write_project
    monkeypatch.setattr(autosave, "write_project", fail)
    session.edit(regions=(FACE,))
    qtbot.waitUntil(lambda: bool(told), timeout=TIMEOUT)
    session.edit(notes="more")
    session.flush()
    assert len(told) == 1
    assert "No space left" in told[0]
    assert session.project is not None
    assert session.project.regions == (FACE,)
    monkeypatch.setattr(autosave, "write_project", write)
    session.edit(notes="and more")
    qtbot.waitUntil(lambda: told[1:] == [""], timeout=TIMEOUT)
    assert session.project_file is not None
    assert read_project(session.project_file) == session.project


def test_what_is_painted_is_stored_beside_the_project(session: Session) -> None:
    painted = np.zeros((40, 56), int)
    painted[3, 4] = 2
    first = session.store_labels("leave-out", painted)
    painted[0, 0] = 1
    second = session.store_labels("leave-out", painted)
    assert first.path.startswith("xray-project/leave-out-")
    assert first.path != second.path
    assert labels(first, (40, 56), session.folder)[0, 0] == 0
    assert labels(second, (40, 56), session.folder)[3, 4] == 2


def test_a_project_without_a_file_gets_one(
    qtbot: Any, loaded: Any, tmp_path: Path, files: Path
) -> None:
    session = Session()
    session.begin(loaded, None, None)
    painted = np.eye(40, 56, dtype=np.uint8)
    session.edit(mask=Area(file=session.store_labels("leave-out", painted)))
    assert session.project is not None
    kept = tmp_path / "elsewhere" / "sample-project.json"
    kept.parent.mkdir()
    session.keep_in(kept, notes="from a sample")
    session.flush()
    project = read_project(kept)
    assert project.notes == "from a sample"
    assert project.mask is not None
    assert project.mask.file is not None
    assert project.mask.file.path.startswith("sample-project/leave-out-")
    np.testing.assert_array_equal(labels(project.mask.file, (40, 56), kept.parent), painted)


def test_another_painting_writes_what_waits(session: Session, loaded: Any) -> None:
    file = session.project_file
    assert file is not None
    session.edit(regions=(FACE,))
    session.begin(loaded, None, None)
    assert read_project(file).regions == (FACE,)
    assert session.project == Project()


def test_drawings_that_were_drawn_over_are_removed_in_the_end(
    session: Session, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted = np.zeros((40, 56), np.uint8)
    files = []
    for row in range(3):
        painted[row] = 1
        ref = session.store_labels("leave-out", painted)
        files.append(ref.at(session.folder))
        session.edit(mask=Area(file=ref))
    project, file = session.project, session.project_file
    assert file is not None
    write = autosave.write_project
    monkeypatch.setattr(autosave, "write_project", fail)
    session.begin(loaded, project, file)
    assert all(path.is_file() for path in files)  # it could not be stored
    monkeypatch.setattr(autosave, "write_project", write)
    session.edit(notes="again")
    session.begin(loaded, None, None)
    assert [path.is_file() for path in files] == [False, False, True]
    assert read_project(file).mask == Area(file=ref)


def test_files_of_others_beside_a_project_stay(session: Session, loaded: Any, files: Path) -> None:
    theirs = [files / "Rembrandt" / "detail-20240131.png"]
    theirs.append(files / "Rembrandt-project" / theirs[0].name)
    for path in theirs:
        path.parent.mkdir()
        path.write_bytes(b"a photograph")
    session.keep_in(files / "Rembrandt.json")
    session.edit(mask=Area(file=session.store_labels("leave-out", np.eye(40, 56))))
    session.edit(mask=None)
    session.begin(loaded, None, None)
    assert all(path.read_bytes() == b"a photograph" for path in theirs)
    assert [path.name for path in theirs[0].parent.iterdir()] == ["detail-20240131.png"]


@pytest.mark.parametrize("how", ["a copy of the project", "a run"])
def test_drawings_that_others_may_need_stay(session: Session, loaded: Any, how: str) -> None:
    ref = session.store_labels("leave-out", np.eye(40, 56))
    session.edit(mask=Area(file=ref))
    if how == "a run":
        run = StoredRunRef(folder="run", method="regression", started="2026-01-01T00:00:00")
        session.edit(runs=(run,))
    else:
        session.flush()  # from now on, the file could have been copied
    session.edit(mask=None)
    path = ref.at(session.folder)
    session.begin(loaded, None, None)
    assert path.is_file()


def test_changed_answers_are_saved_in_a_project_that_has_a_file(
    session: Session, loaded: Any
) -> None:
    session.edit(notes="done")
    project, file = session.project, session.project_file
    assert project is not None
    assert file is not None
    session.begin(loaded, project.model_copy(update={"polarity": "black-absorbs"}), file)
    session.flush()
    assert read_project(file).polarity == "black-absorbs"


def test_what_another_window_wrote_is_not_overwritten(session: Session, loaded: Any) -> None:
    other, file = Session(), session.project_file
    assert file is not None
    session.edit(notes="first")
    session.flush()
    other.begin(loaded, read_project(file), file, seen=digest(file))
    told: list[str] = []
    session.told.connect(told.append)
    other.edit(notes="second")
    other.flush()
    session.edit(notes="third")
    session.flush()
    assert read_project(file).notes == "second"
    assert "another window has changed it" in told[0]
    session.keep_in(file.with_name("mine.json"))
    session.flush()
    assert read_project(file.with_name("mine.json")).notes == "third"
    assert told[1:] == [""]
    other.edit(notes="fourth")
    other.flush()
    assert read_project(file).notes == "fourth"


def test_a_project_file_that_was_taken_away_is_written_again(session: Session) -> None:
    file = session.project_file
    assert file is not None
    session.edit(notes="first")
    session.flush()
    file.unlink()
    session.edit(notes="second")
    session.flush()
    assert read_project(file).notes == "second"


def test_only_work_without_a_file_would_be_lost(session: Session, loaded: Any) -> None:
    session.edit(regions=(FACE,))
    assert not session.unfiled
    session.begin(loaded, Project(polarity="black-absorbs", prior=PriorDrawing()), None)
    assert not session.unfiled
    session.edit(regions=(FACE,))
    assert session.unfiled
