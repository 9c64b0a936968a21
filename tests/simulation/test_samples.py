from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.io.reading import read_layer, read_photograph, read_radiograph
from napari_xraysep.painting import to_unit
from napari_xraysep.records import Kind
from napari_xraysep.simulation import SimulationRecord
from napari_xraysep.simulation.files import file_names
from napari_xraysep.simulation.samples import sample_folder


@pytest.mark.parametrize("kind", ["double-sided", "concealed"])
def test_samples_are_whole_small_and_labelled(kind: Kind) -> None:
    folder = sample_folder(kind)
    assert sorted(path.name for path in folder.iterdir()) == sorted(file_names(kind))
    xray = read_radiograph(folder / "xray.tif")
    assert xray.simulated
    assert max(xray.pixels.shape) <= 1000
    assert read_photograph(folder / "front.tif").pixels.shape[:2] == xray.pixels.shape
    truths = [read_layer(folder / f"truth-{n}.tif") for n in (1, 2)]
    gap = to_unit(xray.pixels, xray.bits) - truths[0] - truths[1]
    assert gap.std() < 0.01
    record = SimulationRecord.model_validate_json((folder / "simulation.json").read_text())
    assert record.kind == kind
    assert all(source.path and "/" not in source.path for source in record.sources)


def test_samples_are_at_most_twelve_megabytes() -> None:
    kinds: tuple[Kind, ...] = ("double-sided", "concealed")
    files = [path for kind in kinds for path in sample_folder(kind).iterdir()]
    assert sum(path.stat().st_size for path in files) < 12e6


def test_the_double_sided_truths_differ() -> None:
    folder = sample_folder("double-sided")
    first, second = (read_layer(folder / f"truth-{n}.tif") for n in (1, 2))
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] < 0.7
