from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_xraysep.plugin.loading import Answers, assemble
from napari_xraysep.plugin.session import Session, session_of
from napari_xraysep.project import FileRef, Project
from plugin.conftest import TIMEOUT


@pytest.fixture
def load(viewer: Any) -> Any:
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Load painting")
    return widget


def ready(qtbot: Any, load: Any) -> None:
    qtbot.waitUntil(load.load_button.isEnabled, timeout=TIMEOUT)


def choose(load: Any, folder: Path, *roles: str) -> None:
    for role in roles:
        name = "xray.tif" if role == "radiograph" else f"{role}.tif"
        load.choices[role].choose_file(folder / name)


def test_files_become_a_painting_and_layers(
    qtbot: Any, viewer: Any, load: Any, files: Path
) -> None:
    assert load.mirror_back.isChecked()
    choose(load, files, "radiograph", "front", "back")
    ready(qtbot, load)
    assert "double-sided" in load.understood.text()
    assert "16 bit" in load.choices["radiograph"].facts.text()
    assert not load.choices["front"].thumbnail.pixmap().isNull()
    load.questions.polarity.setCurrentIndex(2)
    load.questions.pixel_size.setValue(0.05)
    assert "508 dpi" in load.questions.dpi.text()
    load.load_button.click()
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    painting = session.loaded.painting
    assert painting.kind == "double-sided"
    assert painting.domain.polarity == "black-absorbs"
    assert painting.pixel_size_mm == 0.05
    assert painting.assumed == ("response",)
    names = [layer.name for layer in viewer.layers]
    assert len(names) == 3
    assert all("simulated" in name for name in names)


def test_a_front_alone_is_understood_as_a_concealed_design(
    qtbot: Any, load: Any, files: Path
) -> None:
    choose(load, files, "radiograph", "front")
    ready(qtbot, load)
    assert "concealed design" in load.understood.text()
    assert load.mirror_back.isHidden()


def test_the_sample_finds_its_roles_and_its_originals_are_hidden(
    qtbot: Any, viewer: Any, load: Any
) -> None:
    viewer.open_sample("napari-xraysep", "double_sided")
    originals = list(viewer.layers)
    ready(qtbot, load)
    chosen = {role: choice.combo.currentData() for role, choice in load.choices.items()}
    assert chosen["mask"] is None
    for role in ("radiograph", "front", "back"):
        assert chosen[role].name == f"sample {role}, simulated"
    load.load_button.click()
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert session.loaded.painting.simulated
    assert not any(layer.visible for layer in originals)
    sources = {record.role: record.path for record in session.loaded.painting.inputs}
    assert Path(sources["radiograph"]).name == "xray.tif"


def test_a_renamed_layer_stays_chosen_and_a_removed_one_does_not(
    qtbot: Any, viewer: Any, load: Any
) -> None:
    layer = viewer.add_image(np.random.default_rng(0).random((20, 30)), name="plate")
    choice = load.choices["radiograph"]
    choice.choose_layer(layer)
    layer.name = "plate 2"
    assert choice.combo.currentText() == "plate 2"
    viewer.layers.remove(layer)
    assert choice.combo.currentData() is None
    qtbot.waitUntil(lambda: not choice.reading, timeout=TIMEOUT)
    assert choice.image is None


def test_a_photograph_of_another_size_is_marked_loaded_and_not_separable(
    qtbot: Any, viewer: Any, load: Any, files: Path
) -> None:
    tifffile.imwrite(
        files / "front.tif",
        np.random.default_rng(0).integers(0, 255, (30, 30, 3), dtype=np.uint8),
        photometric="rgb",
    )
    choose(load, files, "radiograph", "front")
    ready(qtbot, load)
    assert "not registered" in load.choices["front"].facts.text()
    load.load_button.click()
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert session.loaded.painting is None
    assert "front photograph does not fit" in load.message.text()
    assert any("not registered" in layer.name for layer in viewer.layers)


def test_a_file_that_cannot_be_used_is_one_sentence(qtbot: Any, load: Any, files: Path) -> None:
    (files / "xray.tif").write_text("no picture")
    choose(load, files, "radiograph", "front")
    qtbot.waitUntil(lambda: bool(load.choices["radiograph"].problem), timeout=TIMEOUT)
    assert "xray.tif" in load.choices["radiograph"].facts.text()  # said once, beside the image
    assert load.message.text() == "Radiograph: cannot be used as it is, see there."
    assert not load.load_button.isEnabled()


def test_the_pixel_size_of_the_file_is_not_an_answer(qtbot: Any, load: Any, files: Path) -> None:
    tifffile.imwrite(
        files / "xray.tif",
        np.random.default_rng(0).integers(0, 65535, (40, 56), dtype=np.uint16),
        resolution=(200, 200),
        resolutionunit="CENTIMETER",
    )
    choose(load, files, "radiograph", "front")
    ready(qtbot, load)
    assert load.questions.pixel_size.value() == pytest.approx(0.05)
    assert load.questions.pixel_size_mm is None
    assert "as the file says" in load.questions.dpi.text()
    load.questions.pixel_size.setValue(0.1)
    assert load.questions.pixel_size_mm == 0.1


def test_an_image_left_out_on_purpose_is_not_guessed_again(
    qtbot: Any, viewer: Any, load: Any
) -> None:
    viewer.open_sample("napari-xraysep", "double_sided")
    ready(qtbot, load)
    load.choices["back"].combo.setCurrentIndex(0)
    load.load_button.click()
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    assert load.choices["back"].combo.currentData() is None
    assert session.loaded.painting.kind == "concealed"
    assert "Loaded" in load.message.text()


def test_a_mask_layer_that_was_stored_for_another_painting_is_not_taken(
    qtbot: Any, viewer: Any, load: Any, files: Path, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, go, ended = session_of(viewer), threading.Event(), threading.Event()

    def slowly(session: Session, name: str, labels: Any) -> FileRef:
        go.wait(10)
        ended.set()
        return FileRef(path="leave-out.png", sha256="0" * 64)

    monkeypatch.setattr(Session, "store_labels", slowly)
    choose(load, files, "radiograph", "front")
    load.choices["mask"].choose_layer(viewer.add_labels(np.eye(40, 56, dtype=np.uint8)))
    ready(qtbot, load)
    load.load_button.click()
    qtbot.waitUntil(lambda: session.loaded is not None, timeout=TIMEOUT)
    session.begin(assemble(read, Answers()), Project(notes="another"), None)
    go.set()
    qtbot.waitUntil(ended.is_set, timeout=TIMEOUT)
    qtbot.wait(100)
    assert session.project == Project(notes="another")


def test_nothing_is_said_of_pixels_before_there_is_a_file(load: Any) -> None:
    assert load.questions.dpi.text() == ""
    load.questions.set_file_pixel_size(None)
    assert "not in the file" in load.questions.dpi.text()
