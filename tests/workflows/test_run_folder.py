from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.io.evolution import EVOLUTION, read_evolution
from napari_xraysep.io.results import read_run
from napari_xraysep.painting import Painting
from napari_xraysep.region import Region
from napari_xraysep.separation import Finished, Preview, Progress, RunOptions, separate
from napari_xraysep.workflows.run_folder import RunFolder, RunNotes, next_run_folder


@pytest.fixture(scope="module")
def painting() -> Painting:
    rng = np.random.default_rng(0)
    front = rng.random((64, 72, 3), np.float32)
    xray = np.asarray(0.5 * front[..., 0] + 0.2 * rng.random((64, 72)), np.float32)
    return Painting.from_arrays(xray, front)


@pytest.fixture(scope="module")
def finished(painting: Painting) -> Finished:
    """Separate it once, in a small region so that this is quick, for all tests."""
    *_, last = separate(painting, "regression", options=RunOptions(region=Region(8, 40, 10, 60)))
    assert isinstance(last, Finished)
    return last


def test_a_run_is_written_and_read_back(
    tmp_path: Path, painting: Painting, finished: Finished
) -> None:
    folder = RunFolder(tmp_path / "out", painting)
    assert not (tmp_path / "out").exists()  # nothing is made before there is a result
    assert folder.write(finished) == tmp_path / "out"
    stored = read_run(tmp_path / "out")
    assert stored.record == finished.record
    assert stored.layers["surface"].shape == (32, 50)  # on the region's own grid
    for name, layer in finished.layers.items():
        np.testing.assert_array_equal(stored.layers[name], layer)
    assert (tmp_path / "out" / "preview.png").stat().st_size > 0


def test_every_step_with_losses_becomes_a_row(
    tmp_path: Path, painting: Painting, finished: Finished
) -> None:
    folder = RunFolder(tmp_path / "out", painting)
    folder.note(Progress("train", 0, 1, 1, {"total": 2.0}))
    folder.note(Progress("train", 0, 2, 1))
    folder.note(Progress("train", 0, 3, 2, {"total": 1.0, "fit": 0.5}))
    folder.write(finished)
    with (tmp_path / "out" / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["step"], row["total"], row["fit"]) for row in rows] == [
        ("1", "2.0", ""),
        ("3", "1.0", "0.5"),
    ]


def test_a_run_keeps_how_its_layers_took_shape(tmp_path: Path, painting: Painting) -> None:
    folder = RunFolder(tmp_path / "out", painting)
    for event in separate(painting, "regression"):
        folder.note(event)
        if isinstance(event, Finished):
            last = event
    folder.write(last)
    assert (tmp_path / "out" / EVOLUTION).is_file()
    kept = read_evolution(tmp_path / "out" / EVOLUTION)
    assert [kept.title(frame) for frame in kept.frames][-1].startswith("epoch ")
    for name, layer in kept.frames[-1].layers.items():
        np.testing.assert_allclose(layer, last.layers[name], atol=2e-3)
    np.testing.assert_allclose(kept.radiograph, painting.block().xray, atol=1e-6)
    assert read_run(tmp_path / "out").record == last.record
    assert "simulated" not in (tmp_path / "out" / EVOLUTION).read_bytes().decode("latin-1")


def test_what_was_noted_elsewhere_is_stored_too(
    tmp_path: Path, painting: Painting, finished: Finished
) -> None:
    notes = RunNotes()
    for epoch in (1, 2):
        notes.note(Progress("train", 0, epoch, epoch, {"total": 1.0}))
        notes.note(Preview("train", 0, epoch, finished.layers, 1))
    RunFolder(tmp_path / "out", painting, notes).write(finished)
    assert len(read_run(tmp_path / "out").losses) == 2
    assert len(read_evolution(tmp_path / "out" / EVOLUTION).frames) == 2


def test_a_run_with_a_single_preview_has_no_evolution(
    tmp_path: Path, painting: Painting, finished: Finished
) -> None:
    folder = RunFolder(tmp_path / "out", painting)
    folder.note(Preview("train", 0, 1, finished.layers, 1))
    folder.write(finished)
    assert not (tmp_path / "out" / EVOLUTION).exists()
    assert read_run(tmp_path / "out").record == finished.record


def test_a_folder_that_holds_a_run_is_refused_at_once(
    tmp_path: Path, painting: Painting, finished: Finished
) -> None:
    RunFolder(tmp_path / "out", painting).write(finished)
    with pytest.raises(InputError, match="out"):
        RunFolder(tmp_path / "out", painting)


def test_a_run_cancelled_before_it_had_layers_writes_nothing(
    tmp_path: Path, painting: Painting, finished: Finished
) -> None:
    folder = RunFolder(tmp_path / "out", painting)
    empty = Finished({}, finished.record, complete=False)
    with pytest.raises(SeparationError, match="before it had any layers"):
        folder.write(empty)
    assert not (tmp_path / "out").exists()


def test_folders_are_numbered_beside_the_radiograph(tmp_path: Path) -> None:
    radiograph = tmp_path / "plate.01.tif"
    assert next_run_folder(radiograph) == tmp_path / "plate.01-xraysep-1"
    (tmp_path / "plate.01-xraysep-1").mkdir()
    assert next_run_folder(radiograph) == tmp_path / "plate.01-xraysep-2"
