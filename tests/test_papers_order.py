"""What the papers claim of each other, on simulated paintings that nothing was tuned on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.domain import to_unit
from napari_xraysep.evaluation.metrics import gain
from napari_xraysep.io.reading import read_photograph
from napari_xraysep.separation import RunOptions
from napari_xraysep.simulation import Simulation, simulate
from napari_xraysep.simulation.samples import sample_folder

SIDE = 192


def simulations(kind: str) -> Iterator[Simulation]:
    """Three paintings out of details of the sample's photographs."""
    folder = sample_folder("double-sided")
    images = [to_unit(read_photograph(folder / f"{side}.tif").pixels) for side in ("front", "back")]
    rng = np.random.default_rng(0)
    for seed in (300, 301, 302):
        corners = [[rng.integers(0, length - SIDE) for length in i.shape[:2]] for i in images]
        first, second = (
            image[y : y + SIDE, x : x + SIDE] for image, (y, x) in zip(images, corners, strict=True)
        )
        yield simulate(first, second, kind, seed)


def gains(method: str, kind: str) -> list[float]:
    """Gains over halving, at even allocation, of one run on each painting."""
    found = []
    for simulation in simulations(kind):
        painting = Painting.from_arrays(simulation.xray, simulation.front, simulation.back)
        options = RunOptions(device="cpu", allocation="even")
        *_, finished = separate(painting, method, None, options)
        first, second = list(finished.layers.values())[:2]
        mixture = painting.block()
        found.append(gain((first, second), simulation.truths, mixture.xray, mixture.valid))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "better", "worse"),
    [
        ("double-sided", "connected-autoencoder", "two-pass-cnn"),
        ("double-sided", "two-pass-cnn", "grey"),
        ("concealed", "concealed-autoencoder", "grey"),
        ("concealed", "lcista", "grey"),
    ],
)
def test_one_gains_more_than_the_other(kind: str, better: str, worse: str) -> None:
    """Fast, even allocation, in the median of three paintings."""
    assert np.median(gains(better, kind)) > np.median(gains(worse, kind))
