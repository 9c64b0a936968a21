"""Simulated paintings for the benchmarks, and the table they print.

They are cut out of photographs of paintings: those of ``sample_data``, or of a folder named with
``--photographs``. The methods were tuned on seeds below 200; benchmarks judge on seeds from 200.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from skimage.transform import resize

from napari_xraysep import Painting, separate
from napari_xraysep.evaluation import metrics
from napari_xraysep.io.reading import read_photograph
from napari_xraysep.painting import Mixture, to_unit
from napari_xraysep.records import Kind
from napari_xraysep.separation import Finished, RunOptions
from napari_xraysep.separation.allocation import allocate
from napari_xraysep.separation.methods.trivial.model import grey, half
from napari_xraysep.simulation import Simulation, SimulationSettings, simulate

SAMPLES = Path(__file__).parents[1] / "sample_data"


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser that knows ``--photographs``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--photographs", type=Path, help="folder of photographs of paintings")
    return parser


def photographs(folder: Path | None) -> list[np.ndarray]:
    """Read the photographs to cut paintings from."""
    if folder is None:
        paths = [SAMPLES / "double-sided" / name for name in ("front.tif", "back.tif")]
    else:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".png", ".tif"})
    return [to_unit(read_photograph(path).pixels) for path in paths]


def cut(image: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Cut a square of three quarters to all of the shorter side; resize it to ``side`` pixels."""
    length = int(min(image.shape[:2]) * rng.uniform(0.75, 1))
    y, x = (rng.integers(0, whole - length + 1) for whole in image.shape[:2])
    square = image[y : y + length, x : x + length]
    return resize(square, (side, side), anti_aliasing=True).astype(np.float32)


def simulations(
    images: Sequence[np.ndarray],
    side: int,
    seeds: Sequence[int],
    kind: Kind = "double-sided",
    settings: SimulationSettings | Sequence[SimulationSettings] | None = None,
) -> Iterator[tuple[int, Simulation]]:
    """Simulate one painting for each seed, going round pairs of photographs, and settings."""
    each = settings if isinstance(settings, Sequence) else [settings]
    pairs = list(permutations(range(len(images)), 2))
    for number, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        front, back = (cut(images[i], side, rng) for i in pairs[number % len(pairs)])
        yield seed, simulate(front, back, kind, seed, each[number % len(each)])


def painting(simulation: Simulation, *, back: bool = True) -> Painting:
    """Return the painting as a user would load it; without its ``back``, a concealed design."""
    photograph = simulation.back if back else None
    return Painting.from_arrays(simulation.xray, simulation.front, photograph, simulated=True)


def run(
    what: Painting, method: str, settings: Mapping[str, Any] | None = None, **options: Any
) -> Finished:
    """Separate and return the last event."""
    *_, finished = separate(what, method, settings, RunOptions(**options))
    assert isinstance(finished, Finished)
    return finished


def gain(layers: Sequence[np.ndarray], simulation: Simulation, mixture: Mixture) -> float:
    """Gain over halving the radiograph, in mean squared error with the means removed."""
    first, second = layers
    return metrics.gain((first, second), simulation.truths, mixture.xray, mixture.valid)


def grey_gain(simulation: Simulation, mixture: Mixture, how: Any) -> float:
    """Gain of the grey photographs, scaled, at the given allocation."""
    layers = grey(mixture)
    left = mixture.xray - layers[0] - layers[1]
    return gain(allocate(*layers, left, mixture.valid, how), simulation, mixture)


def half_gain(simulation: Simulation, mixture: Mixture) -> float:
    """Gain of half the radiograph: 1 by definition, printed as a check."""
    return gain(half(mixture), simulation, mixture)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown, numbers with three figures."""
    texts = [[f"{v:.3g}" if isinstance(v, float) else str(v) for v in row] for row in rows]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in texts:
        print("| " + " | ".join(row) + " |", flush=True)
