"""Whether the best method is found without knowing the truth.

    python benchmarks/picking_methods.py [--photographs FOLDER] [--seed 520] [--cases 12]
                                         [--kind double-sided|concealed]

Simulated paintings (128²), in turn ordinary ones, ones with strong brushwork that no photograph
shows, ones whose photographs lie 2 pixels off, and ones where one colour is several pigments, are
separated as ``xraysep compare --remix`` does it, at even allocation, the trained methods made
shorter. Printed are the true gain and the remix error of each method; and for the rule
(`ranking.rank`), for numbers that need no truth, and for always taking the same method: the rank
correlation (Spearman) with the true error over all methods, and over those that separate at all
(not `half`, `all-or-nothing`, `mca`); how often the best is chosen; and how many times larger than
the least the error of the chosen one is, on average and at most.

The rule was chosen on seeds 0 to 6 (concealed designs, ordinary ones); seeds from 500 judge it.
"""

from __future__ import annotations

import sys
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tifffile
from cases import arguments, painting, photographs, simulations, table
from picking import SETTINGS, SIDE, number
from scipy.stats import spearmanr

from napari_xraysep.evaluation.comparison import Comparison, not_told_apart
from napari_xraysep.evaluation.outcomes import error
from napari_xraysep.records import Kind
from napari_xraysep.separation import RunOptions
from napari_xraysep.simulation import Simulation, SimulationSettings
from napari_xraysep.workflows.compare import compare

NOTHING = ("half", "all-or-nothing", "mca")
"""What separates nothing."""
METHODS: dict[Kind, tuple[str, ...]] = {
    "double-sided": (
        *NOTHING,
        "grey",
        "coupled-dictionary",
        "regression",
        "connected-autoencoder",
    ),
    "concealed": (*NOTHING, "grey", "regression", "lcista", "concealed-autoencoder"),
}
SHORT = {
    **{f"connected-autoencoder.{key}": str(value) for key, value in SETTINGS.items()},
    "lcista.epochs": "4",
    "lcista.channels": "16",
    "concealed-autoencoder.epochs": "8",
    "concealed-autoencoder.warm_epochs": "4",
    "concealed-autoencoder.channels": "12",
}
PAINTINGS = {
    "ordinary": SimulationSettings(),
    "brushwork": SimulationSettings(relief=0.4),
    "2 px off": SimulationSettings(misregistration_px=2),
    "pigments": SimulationSettings(ambiguity=0.7),
}
NUMBERS = ("cancellation", "exclusion", "leakage")


def compared(simulation: Simulation, kind: Kind, folder: Path) -> Comparison:
    """Separate a painting by all methods, rank them, and measure them against the truth."""
    truths = folder / "truth-1.tif", folder / "truth-2.tif"
    for path, truth in zip(truths, simulation.truths, strict=True):
        tifffile.imwrite(path, truth)
    methods = METHODS[kind]
    changes = {key: value for key, value in SHORT.items() if key.partition(".")[0] in methods}
    *_, last = compare(
        painting(simulation, back=kind == "double-sided"),
        methods,
        folder / "runs",
        changes=changes,
        options=RunOptions(device="cpu"),
        truths=(truths[0], truths[1]),
        ranked=True,
    )
    assert isinstance(last, Comparison)
    return last


def orders(comparison: Comparison) -> dict[str, list[float]]:
    """Return by each way of choosing a number for each method, less is better."""
    rows = comparison.rows
    metrics = [row.metrics for row in rows]
    found = {
        "**the rule**": [float(comparison.ranking.index(row.method)) for row in rows],
        "its own remix alone": [
            100 * row.metrics["empty"] + row.remix.get(row.method, 1.0) for row in rows
        ],
    }
    for name in NUMBERS:
        if not (name == "leakage" and comparison.kind == "concealed"):
            found[name] = [number(one, name) for one in metrics]
    for row in rows:
        if row.method not in NOTHING:
            found[f"always `{row.method}`"] = [float(one.method != row.method) for one in rows]
    return found


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=520)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--kind", choices=tuple(METHODS))
    given = parser.parse_args()
    images = photographs(given.photographs)
    for kind, methods in METHODS.items():
        if given.kind in (None, kind):
            ranked(images, kind, methods, range(given.seed, given.seed + given.cases))


def ranked(images: list[np.ndarray], kind: Kind, methods: tuple[str, ...], seeds: range) -> None:
    """Compare methods on paintings of one kind and print how well they were ranked."""
    rows: list[list[object]] = []
    groups: list[tuple[int, bool]] = []
    found: dict[str, list[tuple[float, ...]]] = {}
    simulated = simulations(images, SIDE, seeds, kind, tuple(PAINTINGS.values()))
    for name, (seed, simulation) in zip(cycle(PAINTINGS), simulated, strict=False):
        with TemporaryDirectory() as folder:
            comparison = compared(simulation, kind, Path(folder))
        errors = np.array([error(row.metrics) for row in comparison.rows])
        separates = np.array([method not in NOTHING for method in methods])
        for way, values in orders(comparison).items():
            found.setdefault(way, []).append(scores(np.array(values), errors, separates))
        worst = {row.method: row.metrics.get("remix", np.inf) for row in comparison.rows}
        group = not_told_apart({method: worst[method] for method in comparison.ranking})
        groups.append((len(group), methods[int(errors.argmin())] in group))
        said = (
            f"{row.metrics['gain']:.2f} ({row.metrics.get('remix', np.inf):.2f})"
            for row in comparison.rows
        )
        rows.append([seed, name, " or ".join(group), *said])
        print(kind, seed, name, file=sys.stderr, flush=True)
    print(f"\n{kind.capitalize()}: gain (worst remix error) of each method.\n")
    table(["seed", "painting", "picked", *methods], rows)
    print()
    heads = ["chosen by", "rank correlation", "of those that separate", "chose the best"]
    table([*heads, "error ÷ least: mean", "most"], [line(*item) for item in found.items()])
    sizes, holds = zip(*groups, strict=True)
    print(
        f"\nThe best is among those that the rule cannot tell apart, {np.mean(sizes):.1f} methods "
        f"on average, in {sum(holds)} of {len(holds)}."
    )


def scores(values: np.ndarray, errors: np.ndarray, separates: np.ndarray) -> tuple[float, ...]:
    """Return how well numbers rank methods by their true errors."""
    chosen = int(np.nanargmin(values))
    return (
        _correlation(values, errors),
        _correlation(values[separates], errors[separates]),
        float(errors[chosen] == errors.min()),
        float(errors[chosen] / errors.min()),
    )


def line(way: str, cases: list[tuple[float, ...]]) -> list[object]:
    """Sum up a way of choosing over all paintings."""
    all_, some, best, regret = np.array(cases).T
    constant = way.startswith("always")
    correlations = ["", ""] if constant else [float(all_.mean()), float(some.mean())]
    share = f"{int(best.sum())} of {len(best)}"
    return [way, *correlations, share, float(regret.mean()), float(regret.max())]


def _correlation(values: np.ndarray, errors: np.ndarray) -> float:
    if np.nanmin(values) == np.nanmax(values):
        return np.nan
    return float(spearmanr(values, errors, nan_policy="omit")[0])


if __name__ == "__main__":
    main()
