"""Whether the best method is found without knowing the truth.

    python benchmarks/picking_methods.py [--photographs FOLDER] [--seed 100] [--cases 5]

Each simulated painting (128²) is separated by several methods, double-sided and concealed, the
trained one made shorter; every result is judged and goes through the remix test. Printed are the
true gain and the remix error of each, and for each number that needs no truth its rank correlation
(Spearman) with the true error over the methods, and how often it chooses the best of them. The rule
(`picking.best_first`) is the remix test; it was chosen on seeds 0 to 4.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from cases import arguments, painting, photographs, run, simulations, table
from picking import SETTINGS, SIDE
from picking import number as named
from scipy.stats import spearmanr

from napari_xraysep import Painting, separate
from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.outcomes import error
from napari_xraysep.records import Kind
from napari_xraysep.separation import RunOptions
from napari_xraysep.workflows.judging import judge
from napari_xraysep.workflows.picking import best_first
from napari_xraysep.workflows.remix import remix_error

SIMPLE: dict[str, dict[str, Any]] = {
    "half": {},
    "all-or-nothing": {},
    "grey": {},
    "mca": {},
    "regression": {},
}
METHODS: dict[Kind, dict[str, dict[str, Any]]] = {
    "double-sided": {**SIMPLE, "coupled-dictionary": {}, "connected-autoencoder": SETTINGS},
    "concealed": SIMPLE,
}
NUMBERS = ("remix", "cancellation", "exclusion", "unexplained_rms", "leakage")


def remix(what: Painting, method: str, settings: dict[str, Any], first: Any, second: Any) -> float:
    """Run the remix test of a result."""

    def begin(again: Painting) -> Any:
        return separate(again, method, settings, RunOptions(device="cpu"))

    return remix_error((first, second), what, None, begin)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--cases", type=int, default=5)
    given = parser.parse_args()
    images = photographs(given.photographs)
    for kind, methods in METHODS.items():
        rows: list[list[object]] = []
        found: dict[str, list[tuple[float, bool]]] = {}
        seeds = range(given.seed, given.seed + given.cases)
        for seed, simulation in simulations(images, SIDE, seeds, kind):
            what = painting(simulation, back=kind == "double-sided")
            mixture = what.block()
            judged, truth = {}, {}
            for method, settings in methods.items():
                done = run(what, method, settings, device="cpu")
                first, second = list(done.layers.values())[:2]
                judged[method] = judge(done.layers, mixture)
                judged[method]["remix"] = remix(what, method, settings, first, second)
                truth[method] = evaluate((first, second), mixture, simulation.truths)
            errors = [error(truth[method]) for method in methods]
            best = list(methods)[int(np.argmin(errors))]
            order = best_first(judged)
            places = [order.index(method) for method in methods]
            found.setdefault("the rule", []).append(
                (float(spearmanr(places, errors)[0]), order[0] == best)
            )
            for name in NUMBERS:
                if name == "leakage" and kind == "concealed":
                    continue
                values = [named(judged[method], name) for method in methods]
                chosen = list(methods)[int(np.nanargmin(values))]
                correlation = float(spearmanr(values, errors, nan_policy="omit")[0])
                found.setdefault(name, []).append((correlation, chosen == best))
            said = (f"{truth[m]['gain']:.2f} ({judged[m]['remix']:.2f})" for m in methods)
            rows.append([seed, order[0], *said])
            print(kind, seed, file=sys.stderr, flush=True)
        print(f"\n{kind.capitalize()}: gain (remix error) of each method.\n")
        table(["seed", "picked", *methods], rows)
        print()
        lines = [
            [name, float(np.mean([r for r, _ in v])), f"{100 * np.mean([b for _, b in v]):.0f} %"]
            for name, v in found.items()
        ]
        table(["number", "rank correlation", "chose the best"], lines)


if __name__ == "__main__":
    main()
