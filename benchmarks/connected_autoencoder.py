"""Connected auto-encoders, fast: ten seeds on 256² beside ``grey`` at the same allocation.

    python benchmarks/connected_autoencoder.py [--photographs FOLDER] [--side 256] [--runs 10]

Every run has its own painting and its own random start. A layer is called empty when its DC-free
energy is below 5 % of the other's. Seconds are printed beside those of the regression.
"""

from __future__ import annotations

import numpy as np
from cases import arguments, gain, grey_gain, painting, photographs, run, simulations, table

METHOD = "connected-autoencoder"


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--runs", type=int, default=10)
    given = parser.parse_args()
    rows = []
    for seed, simulation in simulations(
        photographs(given.photographs), given.side, range(200, 200 + given.runs)
    ):
        what = painting(simulation)
        mixture = what.block()
        finished = run(what, METHOD, seed=seed, device="cpu")
        quick = run(what, "regression", seed=seed, allocation="even")
        layers = [finished.layers[name] for name in ("front", "back")]
        energies = sorted(float(np.var(layer)) for layer in layers)
        ours, baseline = gain(layers, simulation, mixture), grey_gain(simulation, mixture, "even")
        reference = gain([quick.layers[n] for n in ("front", "back")], simulation, mixture)
        rows.append(
            [
                seed,
                baseline,
                ours,
                ours / baseline,
                reference,
                "yes" if energies[0] < 0.05 * energies[1] else "no",
                finished.record.seconds,
                quick.record.seconds,
            ]
        )
        print(f"seed {seed}: grey {baseline:.2f}, {METHOD} {ours:.2f}", flush=True)
    print(f"\n{given.side}², all at even allocation")
    head = ["seed", "grey", METHOD, "ratio to grey", "regression", "empty layer"]
    table([*head, "seconds", "seconds, regression"], rows)
    above = sum(row[2] > row[1] for row in rows)
    ratio = np.median([row[3] for row in rows])
    print(f"\nabove grey in {above} of {len(rows)}; median ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
