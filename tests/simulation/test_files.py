from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.io.reading import read_photograph, read_radiograph
from napari_xraysep.simulation import Simulation, SimulationRecord, simulate
from napari_xraysep.simulation.files import file_names, write_simulation
from napari_xraysep.sources import Sources

Simulate = Callable[..., Simulation]


def test_double_sided_files_hold_the_simulation(simulated: Simulate, tmp_path: Path) -> None:
    simulation = simulated(seed=2)
    written = write_simulation(simulation, tmp_path / "new" / "folder")
    assert sorted(path.name for path in written) == sorted(file_names("double-sided"))
    folder = written[0].parent
    assert sorted(path.name for path in folder.iterdir()) == sorted(file_names("double-sided"))
    xray = tifffile.imread(folder / "xray.tif")
    assert xray.dtype == np.uint16
    assert np.array_equal(xray, np.round(simulation.xray * 65535))
    for n in (1, 2):
        truth = tifffile.imread(folder / f"truth-{n}.tif")
        assert truth.dtype == np.float32
        assert np.array_equal(truth, simulation.truths[n - 1])
    back = tifffile.imread(folder / "back.tif")
    assert back.dtype == np.uint8
    assert simulation.back is not None
    assert np.abs(back[:, ::-1] / 255 - simulation.back).max() < 0.003
    record = SimulationRecord.model_validate_json((folder / "simulation.json").read_text())
    assert record == simulation.record
    assert json.loads((folder / "simulation.json").read_text())["statement"] == "simulated"


def test_every_image_says_simulated_and_its_pixel_size(simulated: Simulate, tmp_path: Path) -> None:
    for path in write_simulation(simulated(pixel_size_mm=0.25), tmp_path):
        if path.suffix == ".tif":
            with tifffile.TiffFile(path) as tif:
                assert "simulated" in tif.pages[0].description
    assert read_radiograph(tmp_path / "xray.tif").pixel_size_mm == pytest.approx(0.25)


def test_a_concealed_design_is_not_shown(simulated: Simulate, tmp_path: Path) -> None:
    write_simulation(simulated("concealed"), tmp_path)
    assert not (tmp_path / "back.tif").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(file_names("concealed"))


def test_files_make_a_painting_whose_back_is_to_be_mirrored(
    simulated: Simulate, tmp_path: Path
) -> None:
    simulation = simulated()
    write_simulation(simulation, tmp_path)
    painting = Sources(
        tmp_path / "xray.tif", tmp_path / "front.tif", tmp_path / "back.tif", mirror_back=True
    ).align()
    assert painting.simulated
    block = painting.block()
    assert block.back is not None
    assert np.abs(block.back - simulation.back).max() < 0.003
    assert np.array_equal(block.xray, simulation.xray)


def test_nothing_is_overwritten(simulated: Simulate, tmp_path: Path) -> None:
    (tmp_path / "truth-2.tif").write_text("mine")
    with pytest.raises(InputError, match=r"already holds truth-2\.tif"):
        write_simulation(simulated(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["truth-2.tif"]


def test_photographs_may_be_files(simulated: Simulate, tmp_path: Path, front: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "a.tif", front, photometric="rgb")
    simulation = simulate(tmp_path / "a.tif", tmp_path / "a.tif", seed=1)
    source = simulation.record.sources[0]
    assert source.path == "a.tif"
    assert source.sha256 == read_photograph(tmp_path / "a.tif").sha256
    assert np.array_equal(simulation.xray, simulate(front, front, seed=1).xray)
