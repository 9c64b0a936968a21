"""Trained methods, fast: three seeds on three paintings beside ``grey`` at the same allocation.

    python benchmarks/trained.py [--method NAME ...] [--photographs FOLDER] [--side 256]

Default: every installed method that trains. Paintings are of the kind that the method separates;
what a model leaves is split evenly. *Start* is the gain of the first preview, before or after the
first epoch: what a method gains beyond it, it has learnt. A layer is called empty when its DC-free
energy is below 5 % of the other's. Seconds are those of the run, beside the regression's.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from cases import arguments, gain, grey_gain, painting, photographs, run, simulations, table

from napari_xraysep import Painting, separate
from napari_xraysep.separation import (
    Finished,
    Preview,
    RunOptions,
    get_method,
    installed_methods,
)
from napari_xraysep.simulation import Simulation

PAINTINGS = range(200, 203)
SEEDS = range(3)


def measure(method: str, cases: Sequence[tuple[int, Simulation]]) -> None:
    """Run a method on every painting from every seed; print a table and its medians."""
    rows: list[list[object]] = []
    for number, simulation in cases:
        what = painting(simulation)
        mixture = what.block()
        baseline = grey_gain(simulation, mixture, "even")
        quick = run(what, "regression", allocation="even")
        reference = gain(list(quick.layers.values())[:2], simulation, mixture)
        for seed in SEEDS:
            begun, finished = first_and_last(what, method, seed)
            layers = list(finished.layers.values())[:2]
            ours = gain(layers, simulation, mixture)
            start = gain(list(begun.layers.values())[:2], simulation, mixture)
            energies = sorted(float(np.var(layer)) for layer in layers)
            empty = "yes" if energies[0] < 0.05 * energies[1] else "no"
            seconds = finished.record.seconds, quick.record.seconds
            gains = [baseline, start, ours, ours / baseline, reference]
            rows.append([number, seed, *gains, empty, *seconds])
            said = f"painting {number}, seed {seed}: grey {baseline:.2f}, {method} {ours:.2f}"
            print(said, file=sys.stderr, flush=True)
    print(f"\n{method}, fast, {cases[0][1].xray.shape[0]}², all at even allocation\n")
    head = ["painting", "seed", "grey", "start", method, "ratio to grey", "regression", "empty"]
    middle = [float(np.median([row[column] for row in rows])) for column in range(2, 7)]
    times = [float(np.median([row[column] for row in rows])) for column in (8, 9)]
    empty_layers = sum(row[7] == "yes" for row in rows)
    last = ["median", "", *middle, f"{empty_layers} of {len(rows)}", *times]
    table([*head, "seconds", "seconds, regression"], [*rows, last])
    above = sum(row[4] > row[2] for row in rows)  # type: ignore[operator]
    print(f"\nabove grey in {above} of {len(rows)}\n", flush=True)


def first_and_last(what: Painting, method: str, seed: int) -> tuple[Preview, Finished]:
    """Separate; return the first preview and the end."""
    options = RunOptions(seed=seed, device="cpu", allocation="even")
    events = list(separate(what, method, None, options))
    first = next(event for event in events if isinstance(event, Preview))
    assert isinstance(events[-1], Finished)
    return first, events[-1]


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    trained = [name for name, method in installed_methods().items() if method.uses_torch]
    parser.add_argument("--method", nargs="+", default=trained, choices=trained)
    parser.add_argument("--side", type=int, default=256)
    given = parser.parse_args()
    images = photographs(given.photographs)
    for name in given.method:
        kinds = get_method(name).kinds
        kind = "double-sided" if "double-sided" in kinds else "concealed"
        measure(name, list(simulations(images, given.side, PAINTINGS, kind)))


if __name__ == "__main__":
    main()
