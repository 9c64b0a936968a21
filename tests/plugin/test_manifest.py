from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from npe2 import PluginManifest

import napari_xraysep
from napari_xraysep.errors import InputError
from napari_xraysep.plugin import readers, samples, writers
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.separation.engine import separate
from napari_xraysep.workflows.run_folder import RunFolder
from plugin.conftest import Stage

HOME = Path(napari_xraysep.__file__).parent


@pytest.fixture
def run(stage: Stage, loaded: Any, tmp_path: Path) -> Path:
    """Store a run of the puppet."""
    stage.go.set()
    folder = RunFolder(tmp_path / "run", loaded.painting)
    for event in separate(loaded.painting, "puppet"):
        folder.note(event)
    return folder.write(event)  # type: ignore[arg-type]


def test_the_manifest_is_valid_and_every_command_is_there() -> None:
    manifest = PluginManifest.from_file(HOME / "napari.yaml")
    manifest.validate_imports()
    assert manifest.contributions.keybindings is None  # napari 0.9 ignores them


def test_a_run_is_read_from_its_folder_and_from_its_record(run: Path) -> None:
    for path in (run, run / "run.json"):
        reader = readers.run_reader(str(path))
        assert reader is not None
        layers = reader(str(path))
        names = [shown["name"] for _, shown, _ in layers]
        assert names[-1].startswith("front: hypothetical separation, simulated")
        assert all("hypothetical separation" in name for name in names)
        grey = [shown["contrast_limits"] for _, shown, _ in layers[-2:]]
        assert grey[0] == grey[1]


def test_other_folders_are_left_to_others(tmp_path: Path) -> None:
    assert readers.run_reader(str(tmp_path)) is None
    assert readers.run_reader([str(tmp_path)]) is None


@pytest.mark.parametrize("pane", ["front", "concealed", "unexplained"])
def test_a_layer_is_written_as_a_hypothetical_separation(tmp_path: Path, pane: str) -> None:
    data = np.random.default_rng(0).random((20, 30))
    meta = {
        "name": "front: hypothetical separation",
        "metadata": {KEY: {"pane": pane}},
    }
    path = tmp_path / "layer.tif"
    assert writers.write_layer(str(path), data, meta) == [str(path)]
    with tifffile.TiffFile(path) as file:
        assert "hypothetical separation" in file.pages[0].description
        np.testing.assert_allclose(file.asarray(), data, atol=1e-6)


def test_what_is_no_separation_is_not_written_as_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a hypothetical separation"):
        writers.write_layer(str(tmp_path / "x.tif"), np.zeros((2, 2)), {"name": "photo"})
    assert not (tmp_path / "x.tif").exists()


def test_napari_chooses_our_reader_and_writer(viewer: Any, run: Path, tmp_path: Path) -> None:
    viewer.open(str(run), plugin="napari-xraysep")
    assert len(viewer.layers) == 4
    front = next(layer for layer in viewer.layers if layer.name.startswith("front"))
    written = front.save(str(tmp_path / "front.tif"), plugin="napari-xraysep")
    assert [Path(path).name for path in written] == ["front.tif"]


@pytest.mark.parametrize(
    ("sample", "roles"),
    [
        (samples.double_sided, ["back", "front", "radiograph"]),
        (samples.concealed, ["front", "radiograph"]),
    ],
)
def test_samples_say_what_they_are(sample: Any, roles: list[str]) -> None:
    layers = sample()
    assert [shown["metadata"][KEY]["role"] for _, shown, _ in layers] == roles
    assert all("simulated" in shown["name"] for _, shown, _ in layers)


def test_a_jpeg_2000_radiograph_opens(tmp_path: Path) -> None:
    from imagecodecs import jpeg2k_encode

    grey = np.random.default_rng(0).integers(0, 65535, (40, 30), dtype=np.uint16)
    path = tmp_path / "plate.jp2"
    path.write_bytes(jpeg2k_encode(grey, level=0))
    reader = readers.radiograph_reader(str(path))
    assert reader is not None
    ((data, shown, kind),) = reader(str(path))
    np.testing.assert_allclose(data, grey / 65535, atol=1e-6)
    assert (shown["name"], kind) == ("plate", "image")


def test_opening_the_docks_loads_no_torch() -> None:
    code = (
        "import sys; from qtpy.QtWidgets import QApplication; app = QApplication([]);"
        "from napari.components import ViewerModel; viewer = ViewerModel();"
        "from napari_xraysep.plugin.load_widget import LoadPainting;"
        "from napari_xraysep.plugin.separate_widget import Separate;"
        "from napari_xraysep.plugin.compare_widget import Compare;"
        "LoadPainting(viewer); Separate(viewer); Compare(viewer);"
        "print('torch' in sys.modules, 'matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]


def test_both_ways_of_opening_a_dock_give_the_same_dock(viewer: Any) -> None:
    from napari._app_model import get_app_model

    docked, _ = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")
    get_app_model().commands.execute_command("napari-xraysep.separate").result()
    assert [name for name in viewer.window.dock_widgets if name.startswith("Separate")] == [
        docked.name
    ]
