"""A project is saved by itself and comes back in a fresh window with nothing run again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.io.labels import write_labels
from napari_xraysep.plugin import load_widget, questions
from napari_xraysep.plugin.drawing_view import drawings
from napari_xraysep.plugin.images import Image
from napari_xraysep.plugin.load_widget import GO_BACK, OPEN_IT, START_ANOTHER
from napari_xraysep.plugin.loading import Answers, aligned
from napari_xraysep.plugin.project_row import REPLACE, ProjectRow
from napari_xraysep.plugin.projects import begun, reopened, write_unfiled
from napari_xraysep.plugin.readers import project_reader
from napari_xraysep.plugin.session import session_of
from napari_xraysep.project import Area, FileRef, NamedRegion, StoredRunRef
from napari_xraysep.records import Landmark
from napari_xraysep.transforms import (
    Piece,
    PlateOutline,
    SideTransform,
    Transform,
    Transforms,
    oriented,
)
from napari_xraysep.workflows.project import read_project, write_project
from plugin.conftest import SHAPE, TIMEOUT

CORNERS = ((2.0, 2.0), (2.0, 20.0), (12.0, 20.0), (12.0, 2.0))
FACE = NamedRegion(name="face", region="4:30,6:40")


def docked(viewer: Any, name: str) -> Any:
    return viewer.window.add_plugin_dock_widget("napari-xraysep", name)[1]


def load(qtbot: Any, viewer: Any, folder: Path, *, expect: bool = True) -> Any:
    """Load the three files through the dock."""
    widget = docked(viewer, "Load painting")
    for role, name in (("radiograph", "xray.tif"), ("front", "front.tif"), ("back", "back.tif")):
        widget.choices[role].choose_file(folder / name)
    qtbot.waitUntil(widget.load_button.isEnabled, timeout=TIMEOUT)
    widget.load_button.click()
    if expect:
        qtbot.waitUntil(lambda: session_of(viewer).loaded is not None, timeout=TIMEOUT)
    return widget


def opened(qtbot: Any, viewer: Any, file: Path) -> Any:
    """Open a project through the dock; return it when it has come to an end."""
    widget = docked(viewer, "Load painting")
    widget.open_project(file)
    qtbot.waitUntil(lambda: "Opening" not in widget.message.text(), timeout=TIMEOUT)
    return widget


@pytest.fixture
def project_file(read: dict[Any, Image], files: Path) -> Path:
    """A project in which one thing was done."""
    file = files / "xray-project.json"
    project = begun(read, Answers(), None, file).project
    write_project(file, project.model_copy(update={"regions": (FACE,)}))
    return file


def transforms(session: Any) -> Transforms:
    """The back as it was photographed: seen from behind."""
    images = session.loaded.images
    side = SideTransform(
        photograph=images["back"].record,
        transform=Transform(
            radiograph_shape=SHAPE,
            photograph_shape=SHAPE,
            whole=Piece.from_matrix(oriented("mirrored", SHAPE)),
        ),
        how="by hand",
    )
    return Transforms(radiograph=images["radiograph"].record, back=side)


def test_everything_comes_back_in_a_fresh_window(
    qtbot: Any,
    make_napari_viewer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    stage: Any,
    files: Path,
) -> None:
    stage.go.set()
    first = make_napari_viewer()
    load(qtbot, first, files)
    regions = docked(first, "Mask and regions")
    separate = docked(first, "Separate")
    session = session_of(first)
    regions.draw_outlines()
    regions.mask.outlines().add_polygons([np.array(CORNERS)])
    regions.paint()
    regions.mask.painted().paint((30, 40), 1)
    regions.draw_region()
    regions.regions.layer().add_rectangles([np.array([[4, 6], [4, 39], [29, 39], [29, 6]])])
    regions.done()
    regions.regions.list.item(0).setText("face")
    qtbot.waitUntil(lambda: session.project.mask.file is not None, timeout=TIMEOUT)
    assert session.project.regions == (FACE,)
    landmark = Landmark(name="1", xray=(1.0, 2.0), photograph=(1.0, 53.0))
    session.edit(
        transforms=transforms(session),
        back_landmarks=(landmark,),
        plates=(PlateOutline(name="film 1", polygon=CORNERS),),
    )
    separate.panel.method.setCurrentIndex(separate.panel.method.findData("puppet"))
    separate.regions.part.setCurrentIndex(1)
    separate.panel.seed.setValue(5)
    separate.start()
    qtbot.waitUntil(lambda: bool(session.project.runs), timeout=TIMEOUT)
    before = session.project
    assert before.runs[0].region == FACE.region
    first.close()

    def fail(*given: Any, **named: Any) -> None:
        raise AssertionError("something was run again")

    monkeypatch.setattr("napari_xraysep.separation.engine._events", fail)
    monkeypatch.setattr("napari_xraysep.registration.find.find_transform", fail)
    second = make_napari_viewer()
    docks = {name: docked(second, name) for name in ("Mask and regions", "Separate")}
    load_dock = opened(qtbot, second, files / "xray-project.json")
    session = session_of(second)
    assert session.project == before
    assert "as it was left" in load_dock.message.text()
    painting = session.loaded.painting
    np.testing.assert_array_equal(painting.back, session.loaded.images["back"].pixels[:, ::-1])
    assert painting.transforms == before.transforms
    assert load_dock.choices["front"].combo.currentText() == "front.tif"
    mask = docks["Mask and regions"].mask
    qtbot.waitUntil(lambda: len(drawings(second, mask.PAINTED)) == 1, timeout=TIMEOUT)
    assert np.asarray(mask.painted().data)[30, 40] == 1
    np.testing.assert_array_equal(mask.outlines().data[0], CORNERS)
    assert docks["Mask and regions"].regions.list.item(0).text() == "face"
    results = [layer for layer in second.layers if "hypothetical" in layer.name]
    assert len(results) == 4
    assert {tuple(layer.translate) for layer in results} == {(4.0, 6.0)}
    limits = [tuple(la.contrast_limits) for la in results if la.name.startswith(("front", "back"))]
    shown = next(layer for layer in second.layers if layer.name.startswith("radiograph"))
    assert limits == [tuple(shown.contrast_limits)] * 2
    separate = docks["Separate"]
    assert separate.panel.seed.value() == 5
    assert separate.runs.combo.count() == 2
    assert "face" in separate.runs.combo.itemText(1)
    for layer in results:
        second.layers.remove(layer)
    separate.runs.combo.activated.emit(1)
    qtbot.waitUntil(
        lambda: sum("hypothetical" in layer.name for layer in second.layers) == 4, timeout=TIMEOUT
    )
    assert session.project == before


def test_a_photograph_of_another_size_comes_back_registered(
    qtbot: Any, viewer: Any, files: Path
) -> None:
    import tifffile

    back = tifffile.imread(files / "back.tif")
    tifffile.imwrite(files / "back.tif", back[:, 1:], photometric="rgb")
    widget = load(qtbot, viewer, files)
    session = session_of(viewer)
    assert session.loaded.painting is None
    assert "register it" in widget.message.text()
    narrow = Transform(
        radiograph_shape=SHAPE,
        photograph_shape=(SHAPE[0], SHAPE[1] - 1),
        whole=Piece.from_matrix(
            np.array([[1.0, 0, 0], [0, 1, -1], [0, 0, 1]]) @ oriented("mirrored", SHAPE)
        ),
    )
    images = session.loaded.images
    side = SideTransform(photograph=images["back"].record, transform=narrow, how="by hand")
    session.edit(transforms=Transforms(radiograph=images["radiograph"].record, back=side))
    assert "not registered" in widget.choices["back"].facts.text()
    session.loaded = aligned(session.loaded, session.project.transforms)  # as *Use it* does
    assert "not registered" not in widget.choices["back"].facts.text()
    assert "are registered" in widget.message.text()
    session.flush()
    session.begin(None, None, None)
    again = opened(qtbot, viewer, files / "xray-project.json")
    assert "not registered" not in again.choices["back"].facts.text()
    painting = session.loaded.painting
    assert painting is not None
    np.testing.assert_array_equal(painting.back[:, :-1], back[:, ::-1][:, :-1])
    assert not painting.block().valid[:, -1].any()


def test_a_moved_input_is_named_and_nothing_is_lost(
    qtbot: Any, viewer: Any, project_file: Path
) -> None:
    name = "front.tif"
    text = project_file.read_text()
    (project_file.parent / name).rename(project_file.parent / "elsewhere.tif")
    widget = opened(qtbot, viewer, project_file)
    assert name in widget.message.text()
    assert "is not where the project expects it" in widget.message.text()
    assert session_of(viewer).loaded is None
    assert project_file.read_text() == text


def test_a_changed_input_is_named(project_file: Path) -> None:
    front = project_file.parent / "front.tif"
    front.write_bytes(front.read_bytes() + b"\0")
    with pytest.raises(InputError, match=r"front\.tif: its content is not what it was"):
        reopened(project_file)


def test_a_moved_or_changed_drawing_is_named(project_file: Path) -> None:
    path, sha256 = write_labels(
        project_file.with_suffix(""), "mask", np.eye(*SHAPE, dtype=np.uint8)
    )
    ref = FileRef(path=f"xray-project/{path.name}", sha256=sha256)
    project = read_project(project_file).model_copy(update={"mask": Area(file=ref)})
    write_project(project_file, project)
    assert reopened(project_file).project == project
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(InputError, match=r"mask-\w+\.png: its content is not what it was"):
        reopened(project_file)
    path.unlink()
    with pytest.raises(InputError, match=r"mask-\w+\.png: a drawing is not where"):
        reopened(project_file)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda held: held.update(version=2), "it is of version 2"),
        (lambda held: held.update(regions=[{"name": "a", "region": "5"}]), "regions.0.region"),
        (lambda held: held.update(colour="red"), "its field colour does not fit"),
        (lambda held: held.update(front=None), "it does not say which file the front is"),
    ],
)
def test_another_version_or_an_edit_by_hand_is_said_and_kept(
    project_file: Path, change: Any, sentence: str
) -> None:
    held = json.loads(project_file.read_text())
    change(held)
    project_file.write_text(json.dumps(held))
    with pytest.raises(InputError, match=sentence):
        reopened(project_file)
    assert json.loads(project_file.read_text()) == held


@pytest.mark.parametrize("answer", [OPEN_IT, START_ANOTHER, GO_BACK])
def test_a_project_that_is_there_is_never_overwritten(
    qtbot: Any,
    viewer: Any,
    monkeypatch: pytest.MonkeyPatch,
    project_file: Path,
    answer: str,
) -> None:
    text = project_file.read_text()
    monkeypatch.setattr(questions, "ask", lambda parent, question, answers: answer)
    session = session_of(viewer)
    load(qtbot, viewer, project_file.parent, expect=answer != GO_BACK)
    if answer == GO_BACK:
        assert session.loaded is None
    elif answer == OPEN_IT:
        assert session.project.regions == (FACE,)
        assert session.project_file == project_file
    else:
        assert session.project.regions == ()
        assert session.project_file == project_file.with_name("xray-project-2.json")
        session.edit(notes="another")
        session.flush()
        assert read_project(session.project_file).notes == "another"
    assert project_file.read_text() == text


def test_loading_the_same_radiograph_again_keeps_what_was_done(
    qtbot: Any, viewer: Any, files: Path
) -> None:
    widget = load(qtbot, viewer, files)
    session, seen = session_of(viewer), session_of(viewer).loaded
    landmark = Landmark(name="1", xray=(1.0, 2.0), photograph=(1.0, 53.0))
    session.edit(transforms=transforms(session), regions=(FACE,), front_landmarks=(landmark,))
    widget.questions.polarity.setCurrentIndex(2)
    widget.choices["front"].choose_file(files / "back.tif")  # another front
    qtbot.waitUntil(widget.load_button.isEnabled, timeout=TIMEOUT)
    widget.load_button.click()
    qtbot.waitUntil(lambda: session.loaded is not seen, timeout=TIMEOUT)
    assert session.project.regions == (FACE,)
    assert session.project.polarity == "black-absorbs"
    assert session.project.front_landmarks == ()
    assert session.project.transforms.back is not None
    assert session.loaded.painting.transforms.back is not None


def test_what_is_done_while_the_same_images_are_loaded_again_is_kept(
    qtbot: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    widget = load(qtbot, viewer, files)
    session, seen = session_of(viewer), session_of(viewer).loaded
    regions = docked(viewer, "Mask and regions")
    go = threading.Event()

    def slowly(*given: Any) -> Any:
        go.wait(10)
        return begun(*given)

    monkeypatch.setattr(load_widget, "begun", slowly)
    regions.paint()
    regions.mask.painted().paint((30, 40), 1)  # not kept yet
    widget.load_button.click()
    landmark = Landmark(name="1", xray=(1.0, 2.0), photograph=(1.0, 53.0))
    session.edit(regions=(FACE,), back_landmarks=(landmark,))
    go.set()
    qtbot.waitUntil(lambda: session.loaded is not seen, timeout=TIMEOUT)
    session.flush()
    for project in (session.project, read_project(session.project_file)):
        assert project.regions == (FACE,)
        assert project.back_landmarks == (landmark,)
        assert project.mask is not None
        assert project.mask.file is not None


def test_a_registration_used_while_the_same_images_are_loaded_again_stays(
    qtbot: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    widget = load(qtbot, viewer, files)
    session, go = session_of(viewer), threading.Event()

    def slowly(*given: Any) -> Any:
        go.wait(10)
        return begun(*given)

    monkeypatch.setattr(load_widget, "begun", slowly)
    widget.load_button.click()
    session.edit(transforms=transforms(session))
    session.loaded = used = aligned(session.loaded, session.project.transforms)
    go.set()
    qtbot.waitUntil(lambda: "load it again" in widget.message.text(), timeout=TIMEOUT)
    assert session.loaded is used


@pytest.mark.parametrize("answer", [load_widget.SAVE, load_widget.LOSE, GO_BACK])
def test_work_without_a_file_is_not_lost_unasked(
    qtbot: Any,
    viewer: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    loaded: Any,
    project_file: Path,
    answer: str,
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr(
        "napari_xraysep.plugin.project_row.QFileDialog.getSaveFileName",
        lambda *given: (str(kept), ""),
    )
    asked: list[str] = []

    def ask(parent: Any, question: str, answers: Any) -> str:
        asked.append(question)
        assert answer in answers
        return answer

    monkeypatch.setattr(questions, "ask", ask)
    session = session_of(viewer)
    widget = docked(viewer, "Load painting")
    session.begin(loaded, None, None)
    widget.parent().destroyOnClose()  # nothing was done, nothing is asked
    assert asked == []
    widget = docked(viewer, "Load painting")
    session.edit(regions=(FACE,))
    widget.open_project(project_file)
    assert "would be lost" in asked[0]
    if answer == load_widget.LOSE:
        qtbot.waitUntil(lambda: session.project_file == project_file, timeout=TIMEOUT)
        return
    if answer == load_widget.SAVE:
        kept_file = tmp_path / "kept-project.json"
        qtbot.waitUntil(lambda: session.project_file == kept_file, timeout=TIMEOUT)
        widget.parent().destroyOnClose()
        assert len(asked) == 1
        assert read_project(kept_file).regions == (FACE,)
        return
    widget.parent().destroyOnClose()
    assert len(asked) == 2
    assert session.project.regions == (FACE,)
    assert widget in viewer.window._qt_window.findChildren(type(widget))


def test_a_sample_has_no_file_until_it_is_saved(
    qtbot: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    widget = docked(viewer, "Load painting")
    viewer.open_sample("napari-xraysep", "double_sided")
    qtbot.waitUntil(widget.load_button.isEnabled, timeout=TIMEOUT)
    widget.load_button.click()
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert session.project_file is None
    session.edit(regions=(FACE,))
    kept = tmp_path / "sample.json"
    dialog = "getSaveFileName"
    monkeypatch.setattr(
        f"napari_xraysep.plugin.project_row.QFileDialog.{dialog}", lambda *given: (str(kept), "")
    )
    widget.project.save_button.click()
    qtbot.waitUntil(lambda: session.project_file == kept, timeout=TIMEOUT)
    session.flush()
    assert read_project(kept).regions == (FACE,)
    session.begin(None, None, None)
    opened(qtbot, viewer, kept)
    assert session.project.regions == (FACE,)
    assert session.loaded.painting.simulated


def test_layers_without_a_file_are_stored_with_the_project(
    qtbot: Any, viewer: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    viewer.add_image(rng.integers(0, 65535, SHAPE, dtype=np.uint16), name="xray")
    viewer.add_image(rng.integers(0, 255, (*SHAPE, 3), dtype=np.uint8), name="front", rgb=True)
    viewer.add_labels(np.eye(*SHAPE, dtype=np.uint8), name="losses")
    widget = docked(viewer, "Load painting")
    widget.choices["mask"].choose_layer(viewer.layers["losses"])
    qtbot.waitUntil(widget.load_button.isEnabled, timeout=TIMEOUT)
    widget.load_button.click()
    session = session_of(viewer)
    qtbot.waitUntil(
        lambda: session.project is not None and session.project.mask is not None, timeout=TIMEOUT
    )
    pixels = session.loaded.images["radiograph"].pixels
    kept = tmp_path / "scans" / "madonna-project.json"
    kept.parent.mkdir()
    widget.keep_project(kept)
    qtbot.waitUntil(lambda: session.project_file == kept, timeout=TIMEOUT)
    session.flush()
    assert read_project(kept).radiograph.path == "madonna-project/radiograph.tif"
    before, seen = session.project, session.loaded
    widget.questions.polarity.setCurrentIndex(2)
    widget.load_button.click()
    qtbot.waitUntil(lambda: session.loaded is not seen, timeout=TIMEOUT)
    assert session.project == before.model_copy(update={"polarity": "black-absorbs"})
    assert session.project_file == kept
    session.flush()
    session.begin(None, None, None)
    moved = kept.parent.rename(tmp_path / "elsewhere")  # all of it together
    opened(qtbot, viewer, moved / kept.name)
    np.testing.assert_array_equal(session.loaded.images["radiograph"].pixels, pixels)
    assert session.project.mask.file.at(session.folder).is_file()


def test_a_project_file_is_not_replaced_unasked(
    qapp: Any, monkeypatch: pytest.MonkeyPatch, project_file: Path
) -> None:
    row = ProjectRow()
    kept: list[Path] = []
    row.kept.connect(kept.append)
    monkeypatch.setattr(
        "napari_xraysep.plugin.project_row.QFileDialog.getSaveFileName",
        lambda *given: (str(project_file.with_name("xray")), ""),
    )
    for answer in (GO_BACK, REPLACE):
        monkeypatch.setattr(questions, "ask", lambda *given, answer=answer: answer)
        row.ask_save()
        assert kept == ([] if answer == GO_BACK else [project_file])


def test_layers_are_stored_under_names_that_are_free(loaded: Any, files: Path) -> None:
    layers = {
        role: replace(image, record=image.record.model_copy(update={"path": None}))
        for role, image in loaded.images.items()
    }
    loaded = replace(loaded, images=layers)
    folder = files / "Rembrandt-project"
    folder.mkdir()
    (files / "back.tif").rename(folder / "front.tif")
    (folder / "back.tif").write_bytes((files / "front.tif").read_bytes())
    held = {path: path.read_bytes() for path in folder.iterdir()}
    written = write_unfiled(loaded, files / "Rembrandt.json")
    assert {path: path.read_bytes() for path in held} == held
    assert written["front"].path == "Rembrandt-project/front-2.tif"
    assert len(list(folder.iterdir())) == 5
    assert write_unfiled(loaded, files / "Rembrandt.json") == written
    assert len(list(folder.iterdir())) == 5


def test_napari_opens_a_project_by_its_reader(qtbot: Any, viewer: Any, project_file: Path) -> None:
    assert viewer.open(str(project_file), plugin="napari-xraysep") == []
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert session.project.regions == (FACE,)


def test_other_json_files_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert project_reader(str(tmp_path / "a.json")) is None
    assert project_reader(str(tmp_path / "absent.json")) is None
    assert project_reader([str(tmp_path / "a.json")]) is None


def test_a_run_that_was_moved_is_said_and_the_rest_comes_back(project_file: Path) -> None:
    run = StoredRunRef(folder="xray-xraysep-9", method="regression", started="2026-01-01T00:00:00")
    project = read_project(project_file).model_copy(update={"runs": (run,)})
    write_project(project_file, project)
    again = reopened(project_file)
    assert "xray-xraysep-9: there is no such folder" in again.problem
    assert again.opened is None
    assert again.project == project


def test_a_full_disk_is_said_in_the_dock_and_work_goes_on(
    qtbot: Any, viewer: Any, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    widget = load(qtbot, viewer, files)
    session = session_of(viewer)
    (files / "xray-project.json").mkdir()  # nothing can be written under that name
    session.edit(regions=(FACE,))
    session.flush()
    assert "xray-project.json: it cannot be written" in widget.message.text()
    session.edit(notes="on")
    assert session.project.notes == "on"
