"""Make ``sample_data``: two simulated radiographs, from a folder of photographs of paintings.

    python benchmarks/make_samples.py FOLDER_OF_PHOTOGRAPHS

The photographs are named in ``sample_data/SOURCES.md``. The folders must not exist yet.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_xraysep.records import Kind
from napari_xraysep.simulation import SimulationSettings, simulate
from napari_xraysep.simulation.files import write_simulation

SAMPLE_DATA = Path(__file__).parents[1] / "sample_data"

DOUBLE_SIDED = SimulationSettings(
    size=640, support="panel", weave=0.3, cracks=0.3, losses=0.004, relief=0.15
)
CONCEALED = SimulationSettings(size=576, support="canvas", relief=0.12, concealed_share=0.45)
SAMPLES: tuple[tuple[Kind, str, str, int, SimulationSettings], ...] = (
    ("double-sided", "bruegel-harvesters.jpg", "van-gogh-starry-night.jpg", 7, DOUBLE_SIDED),
    ("concealed", "van-gogh-starry-night.jpg", "munch-scream.jpg", 3, CONCEALED),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs", type=Path)
    folder = parser.parse_args().photographs
    for kind, front, back, seed, settings in SAMPLES:
        simulation = simulate(folder / front, folder / back, kind, seed, settings)
        written = write_simulation(simulation, SAMPLE_DATA / kind)
        size = sum(path.stat().st_size for path in written)
        print(f"{SAMPLE_DATA / kind}: {len(written)} files, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
