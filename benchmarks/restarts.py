"""How restarts of the connected auto-encoders end: good, with an empty layer, or bleeding.

    python benchmarks/restarts.py [--photographs FOLDER] [--side 128] [--restarts 20]

The paper (Pu et al. 2020, Section IV-B) counts 64.6 % good, 19.8 % with one layer empty and 16.6 %
in which one layer shows the other, with λ3 = λ4 = 0; with λ3 = 2 and λ4 = 0.3 its Fig. 12 shows
fewer of the bad ones. Here one simulated painting is separated from many random starts, with the
network as printed (three poolings, decoders that end in ReLU and upsampling; 32 channels) and
mended as in the preset ``fast`` but without its start near a law of colour. Batches are 16 random
crops of 32²; L4 is as printed; nothing is allocated, since half of a large residual in each layer
would look like bleeding. The gain is printed, too, since a run that is neither empty nor bleeding
may still be worse than half of the radiograph (gain 1).
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
from cases import arguments, grey_gain, painting, photographs, run, simulations, table

from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.outcomes import JUDGED, outcome, rule

SEED = 210
NETWORKS = {
    "as printed": {"layout": "printed", "poolings": 3, "channels": 32, "learning_rate": 1e-3},
    "mended": {},
}
WEIGHTS = ((0.0, 0.0), (2.0, 0.3))


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--restarts", type=int, default=20)
    given = parser.parse_args()
    images = photographs(given.photographs)
    ((_, simulation),) = simulations(images, given.side, [SEED])
    what = painting(simulation)
    mixture = what.block()
    rows: list[list[object]] = [["the paper", 0.0, 0.0, "64.6 %", "19.8 %", "16.6 %", *4 * [""]]]
    for network, changes in NETWORKS.items():
        for lambda_3, lambda_4 in WEIGHTS:
            ends: Counter[str] = Counter()
            gains = []
            for seed in range(given.restarts):
                settings = {
                    "start": "random",
                    "energy": "printed",
                    "epochs": 20,
                    "lambda_3": lambda_3,
                    "lambda_4": lambda_4,
                    **changes,
                }
                options = {"seed": seed, "device": "cpu", "allocation": "none"}
                done = run(what, "connected-autoencoder", settings, **options)
                layers = done.layers["front"], done.layers["back"]
                found = evaluate(layers, mixture, simulation.truths)
                ends[outcome(found)] += 1
                gains.append(found["gain"])
                said = f"{network}, {lambda_3:g}, {lambda_4:g}, restart {seed}: "
                print(said + f"{outcome(found)}, gain {gains[-1]:.2f}", file=sys.stderr, flush=True)
            shares = [f"{100 * ends[kind] / given.restarts:.0f} %" for kind in JUDGED]
            spread = [float(np.min(gains)), float(np.median(gains)), float(np.max(gains))]
            worse = f"{100 * np.mean(np.array(gains) < 1):.0f} %"
            rows.append([network, lambda_3, lambda_4, *shares, *spread, worse])
    print(f"{given.restarts} restarts on {given.side}², nothing allocated; {rule(True)}.")
    print(f"`grey` gains {grey_gain(simulation, mixture, 'none'):.3g}.\n")
    head = ["network", "λ3", "λ4", *JUDGED, "gain, least", "median", "most", "below 1"]
    table(head, rows)


if __name__ == "__main__":
    main()
