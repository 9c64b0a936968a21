"""A slider over the epochs of a stored run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from qtpy.QtWidgets import QFileDialog

from napari_xraysep.io.evolution import EVOLUTION, Evolution, Frame, read_evolution
from napari_xraysep.plugin import evolution_panel as module
from napari_xraysep.plugin.evolution_panel import NO_EPOCHS, NO_RUN, EvolutionPanel
from napari_xraysep.plugin.panes import KEY, error_scale, hide_results, show_pictures
from napari_xraysep.plugin.run_model import RunModel
from napari_xraysep.plugin.run_worker import Job
from napari_xraysep.plugin.run_worker import run as run_job
from napari_xraysep.plugin.stored_run import read_opened, show_opened
from napari_xraysep.separation import separate
from napari_xraysep.workflows.run_folder import RunFolder
from plugin.conftest import SHAPE, TIMEOUT, Stage


@pytest.fixture
def run(stage: Stage, loaded: Any, tmp_path: Path) -> Path:
    """Store a run of three epochs: the front grows from a tenth of the radiograph."""
    stage.go.set()
    folder = RunFolder(tmp_path / "run", loaded.painting)
    for event in separate(loaded.painting, "puppet"):
        folder.note(event)
    return folder.write(event)


@pytest.fixture
def panel(qtbot: Any, viewer: Any) -> Iterator[EvolutionPanel]:
    made = EvolutionPanel(viewer)
    viewer.window.add_dock_widget(made)
    yield made
    made.show_run(None)


def opened(qtbot: Any, panel: EvolutionPanel, run: Path) -> EvolutionPanel:
    panel.show_run(run)
    qtbot.waitUntil(lambda: panel.kept is not None, timeout=TIMEOUT)
    return panel


def of_epochs(viewer: Any) -> dict[str, Any]:
    return {la.name.split()[0].rstrip(":"): la for la in viewer.layers if "epoch" in la.name}


def test_the_slider_shows_each_epoch_in_the_same_layers(
    qtbot: Any, viewer: Any, panel: EvolutionPanel, run: Path
) -> None:
    before = list(viewer.layers)
    opened(qtbot, panel, run)
    assert list(viewer.layers) == before  # nothing is drawn before it is asked for
    assert (panel.slider.minimum(), panel.slider.maximum(), panel.slider.value()) == (0, 2, 2)
    assert "epoch 3 of 3" in panel.title.text()
    kept = read_evolution(run / EVOLUTION)
    panel.slider.setValue(1)
    made = of_epochs(viewer)
    assert set(made) == {"front", "back", "unexplained"}
    panel.slider.setValue(0)
    assert "epoch 1 of 3" in panel.title.text()
    assert of_epochs(viewer) == made
    for name, layer in made.items():
        np.testing.assert_array_equal(layer.data, kept.frames[0].layers[name])
        assert "hypothetical separation" in layer.name
        assert layer.name.endswith(", epoch 1 of 3, simulated")


def test_epochs_take_the_place_of_the_results_in_their_contrast(
    qtbot: Any, viewer: Any, panel: EvolutionPanel, run: Path, loaded: Any
) -> None:
    show_pictures(viewer, loaded)
    show_opened(viewer, read_opened(run), keep_pictures=True)
    results = [la for la in viewer.layers if "hypothetical" in la.name and la.visible]
    assert results
    ours = {**results[0].metadata[KEY], "pane": "uncertainty"}
    doubt = viewer.add_image(np.zeros(SHAPE), contrast_limits=(0, 9), metadata={KEY: ours})
    viewer.layers.move(viewer.layers.index(doubt), 0)  # its scale is not that of the layers
    limits = next(la for la in results if la.name.startswith("front")).contrast_limits
    opened(qtbot, panel, run).slider.setValue(0)
    made = of_epochs(viewer)
    assert not any(layer.visible for layer in results)
    assert made["front"].contrast_limits == made["back"].contrast_limits == limits
    end = error_scale(tuple(limits))
    assert made["unexplained"].contrast_limits == [-end, end]
    assert f"±{end:g}" in made["unexplained"].name
    viewer.layers.remove(made["back"])
    panel.slider.setValue(1)
    assert set(of_epochs(viewer)) == {"front", "unexplained"}  # what is deleted stays deleted
    panel.back_button.click()
    assert not of_epochs(viewer)
    assert all(layer.visible for layer in results)
    assert not panel.back_button.isEnabled()
    panel.slider.setValue(0)  # and once more
    assert len(of_epochs(viewer)) == 3
    hide_results(viewer)  # another run is begun
    panel.back()
    assert not any(layer.visible for layer in results)


def test_small_frames_lie_over_the_radiograph(
    qtbot: Any, viewer: Any, panel: EvolutionPanel, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = read_evolution(run / EVOLUTION)
    for frame in kept.frames:  # as if previews had been made half as large
        for name, image in frame.layers.items():
            frame.layers[name] = image[::2, ::2]
    object.__setattr__(kept, "radiograph", kept.radiograph[::2, ::2])
    monkeypatch.setattr(module, "read_evolution", lambda path: kept)
    opened(qtbot, panel, run).slider.setValue(0)
    front = of_epochs(viewer)["front"]
    assert tuple(front.scale) == (2, 2)
    corner = front.data_to_world((-0.5, -0.5))
    assert tuple(corner) == pytest.approx((-0.5, -0.5))


def test_playing_runs_to_the_end_and_stops(
    qtbot: Any, viewer: Any, panel: EvolutionPanel, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(qtbot, panel, run)
    panel._timer.setInterval(1)
    seen: list[int] = []
    panel.slider.valueChanged.connect(seen.append)
    panel.play_button.click()  # it stands at the end: from the beginning
    assert panel.play_button.text() == "Pause"
    qtbot.waitUntil(lambda: panel.play_button.text() == "Play", timeout=TIMEOUT)
    assert seen == [0, 1, 2]
    panel.play_button.click()
    panel.play_button.click()
    assert panel.play_button.text() == "Play"
    assert panel.slider.value() == 0


def test_pictures_are_saved_where_the_user_says(
    qtbot: Any, panel: EvolutionPanel, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(qtbot, panel, run)
    saved = tmp_path / "pictures"
    saved.mkdir()

    def ask(parent: Any, title: str, start: str, pattern: str) -> tuple[str, str]:
        assert Path(start).suffix in pattern
        return str(saved / Path(start).name), pattern

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    for button in panel.save_buttons.values():
        panel.message.clear()
        button.click()
        qtbot.waitUntil(lambda: "Saved" in panel.message.text(), timeout=TIMEOUT)
    found = {}
    for path in saved.iterdir():
        with Image.open(path) as image:
            found[path.name] = image.format, getattr(image, "n_frames", 1)
    assert found == {
        "evolution-hypothetical-separation.gif": ("GIF", 3),
        "evolution-strip-hypothetical-separation.png": ("PNG", 1),
        "evolution-epochs-hypothetical-separation.png": ("PNG", 1),
    }


def test_what_cannot_be_shown_or_saved_is_said(
    qtbot: Any, viewer: Any, panel: EvolutionPanel, run: Path, tmp_path: Path
) -> None:
    panel.show_run(run)
    panel.show_run(None)  # before the first was read
    qtbot.wait(300)
    assert panel.kept is None
    assert panel.message.text() == NO_RUN
    assert not panel.slider.isEnabled()
    opened(qtbot, panel, run).slider.setValue(0)
    panel.save(next(iter(panel.save_buttons)), tmp_path / "no-folder" / "a.gif")
    qtbot.waitUntil(lambda: "cannot be written" in panel.message.text(), timeout=TIMEOUT)
    whole = (run / EVOLUTION).read_bytes()
    (run / EVOLUTION).write_bytes(whole[:100])
    panel.show_run(run)
    assert not of_epochs(viewer)  # those of the run before are gone
    qtbot.waitUntil(lambda: "damaged" in panel.message.text(), timeout=TIMEOUT)
    assert not panel.play_button.isEnabled()
    (run / EVOLUTION).unlink()  # as in runs of older versions
    panel.show_run(run)
    assert panel.message.text() == NO_EPOCHS
    assert not any(button.isEnabled() for button in panel.save_buttons.values())


def test_what_is_looked_at_keeps_its_place_when_every_second_epoch_is_dropped() -> None:
    before = tuple(Frame("training", 0, epoch, {}) for epoch in range(1, 9))
    known = Evolution(before, 1.0, np.zeros(SHAPE, np.float32), {"training": 8})
    after = (*before[::2], Frame("training", 0, 9, {}))
    assert [module.place_of(at, known, after) for at in range(8)] == [0, 0, 1, 1, 2, 2, 3, 4]


def test_a_run_saved_later_keeps_its_epochs(stage: Stage, loaded: Any, tmp_path: Path) -> None:
    """A run without a folder of its own notes its previews all the same."""
    stage.go.set()
    model = RunModel()
    run_job(Job(loaded.painting, "puppet"), model)
    assert model.finished is not None
    folder = RunFolder(tmp_path / "later", loaded.painting, model.notes)
    kept = read_evolution(folder.write(model.finished) / EVOLUTION)
    assert [frame.epoch for frame in kept.frames] == [1, 2, 3]
