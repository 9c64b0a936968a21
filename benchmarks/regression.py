"""Regression: gains on simulated paintings beside the baselines, and what 1000² costs.

    python benchmarks/regression.py [--photographs FOLDER]

Prints, for six paintings of each sort that it was not tuned on, the gain over half of the
radiograph in DC-free mean squared error; then, on 1000×1000, seconds to the first preview and to
the end, in relation to one 5×5 mean filter of the same picture, and the peak memory.
"""

from __future__ import annotations

import resource
import time

import numpy as np
from cases import arguments, gain, grey_gain, half_gain, painting, photographs, simulations, table
from scipy.ndimage import uniform_filter

from napari_xraysep import separate
from napari_xraysep.separation import Finished, Preview
from napari_xraysep.simulation import SimulationSettings

VARIANTS = {
    "default": SimulationSettings(),
    "strong relief": SimulationSettings(relief=0.4),
    "panel": SimulationSettings(support="panel"),
    "1.5 px off": SimulationSettings(misregistration_px=1.5),
}


def gains(images: list[np.ndarray]) -> None:
    rows, kinds = [], ("double-sided", "concealed")
    for kind in kinds:
        for name, settings in VARIANTS.items():
            measured = []
            for _, simulation in simulations(images, 320, range(200, 206), kind, settings):
                what = painting(simulation)
                mixture = what.block()
                *_, finished = separate(what)
                assert isinstance(finished, Finished)
                ours = gain(list(finished.layers.values())[:2], simulation, mixture)
                baselines = [grey_gain(simulation, mixture, how) for how in ("even", "variance")]
                measured.append([half_gain(simulation, mixture), *baselines, ours])
            middle, least = np.median(measured, 0), np.min(measured, 0)
            rows.append([kind, name, *middle.tolist(), float(least[-1])])
    head = ["kind", "paintings (6 each)", "half", "grey, even", "grey, variance", "regression"]
    table([*head, "regression, worst"], rows)


def cost(images: list[np.ndarray]) -> None:
    _, simulation = next(simulations(images, 1000, [200]))
    what = painting(simulation)
    began = time.perf_counter()
    uniform_filter(simulation.xray, 5)
    blur = time.perf_counter() - began
    began, first = time.perf_counter(), None
    for event in separate(what):
        if isinstance(event, Preview) and first is None:
            first = time.perf_counter() - began
    whole = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\n1000×1000: first preview {first:.2f} s, done {whole:.2f} s ({whole / blur:.0f} times")
    print(f"one 5×5 mean filter); peak memory of this process {memory:.2f} GB")


def main() -> None:
    images = photographs(arguments(__doc__.splitlines()[0]).parse_args().photographs)
    cost(images)
    gains(images)


if __name__ == "__main__":
    main()
