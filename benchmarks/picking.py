"""Whether the best of five restarts is found without knowing the truth.

    python benchmarks/picking.py [--photographs FOLDER] [--seed 600] [--cases 20] [--keep FOLDER]

Each simulated painting (128²) is separated five times by the connected auto-encoders from random
starts as in the paper, where restarts differ much; the preset `fast` otherwise, made shorter (12
channels, 10 epochs, learning rate 1e-3), so that a run takes seconds. Printed are the rank of what
`picking.pick` chooses by the true error (1 is the best of five), and for each number that needs no
truth, for the rule, for the rule with the remix test of its two finalists counted, too, and for the
trivial choices (the first restart, the lowest loss) how often they choose one of the best two,
which chance does in 40 % of cases, and the rank correlation (Spearman) with the true error over the
five, mean over the paintings. And for each painting the rank correlation over its pixels between
the true error of the result, the average of all restarts that are kept, and what says where it is:
the spread of the restarts, and the stored uncertainty, spread and unexplained detail together.

Every restart of every painting has a seed of its own. The rule was made on seeds 400 to 429; those
from 600 judge it. With ``--keep`` layers are stored and a second call does not make them again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from cases import arguments, painting, photographs, simulations, table
from scipy.stats import rankdata, spearmanr
from uncertainty import correlation, true_error

from napari_xraysep import Painting, separate
from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.outcomes import error
from napari_xraysep.separation import Event, Finished, Progress, RunOptions
from napari_xraysep.workflows.combining import spread, unexplained_deviation
from napari_xraysep.workflows.judging import apart, judge
from napari_xraysep.workflows.picking import (
    AMONG_THEMSELVES,
    BY_REFERENCE,
    left_out,
    pick,
    score,
)
from napari_xraysep.workflows.remix import remix_error
from napari_xraysep.workflows.restarts import by_regression

METHOD = "connected-autoencoder"
SETTINGS = {"start": "random", "epochs": 10, "channels": 12, "learning_rate": 1e-3}
SIDE, RESTARTS = 128, 5
NUMBERS = (
    "from_regression",
    "apart",
    "unexplained_rms",
    "cancellation",
    "exclusion",
    "leakage",
    "copy",
)


def begin(what: Painting, seed: int) -> Iterator[Event]:
    """Start one restart."""
    return separate(what, METHOD, SETTINGS, RunOptions(seed=seed, device="cpu"))


def restarts(
    what: Painting, seeds: Sequence[int], kept: Path | None
) -> list[dict[str, np.ndarray]]:
    """Separate from each seed; the layers, the loss of the last epoch, processor seconds."""
    made = []
    for seed in seeds:
        file = None if kept is None else kept / f"{seed}.npz"
        if file is not None and file.exists():
            made.append(dict(np.load(file)))
            continue
        began, losses = time.process_time(), {}
        for event in begin(what, seed):
            if isinstance(event, Progress) and "total" in event.losses:
                losses.setdefault(event.epoch, []).append(event.losses["total"])
        assert isinstance(event, Finished)
        run = {name: event.layers[name] for name in ("front", "back", "unexplained")}
        run["loss"] = np.array(np.mean(losses[max(losses)]))
        run["seconds"] = np.array(time.process_time() - began)
        made.append(run)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, **run)
    return made


def remix(what: Painting, run: Mapping[str, np.ndarray], seed: int, kept: Path | None) -> float:
    """Run the remix test on a restart."""
    file = None if kept is None else kept / f"remix-{seed}.txt"
    if file is not None and file.exists():
        return float(file.read_text())
    found = remix_error((run["front"], run["back"]), what, None, lambda again: begin(again, seed))
    if file is not None:
        file.write_text(f"{found}\n")
    return found


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=600)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    images = photographs(given.photographs)
    seeds = range(given.seed, given.seed + given.cases)
    choices: dict[str, list[float]] = {}
    correlations: dict[str, list[float]] = {}
    rows: list[list[object]] = []
    seconds: list[float] = []
    for seed, simulation in simulations(images, SIDE, seeds):
        what = painting(simulation)
        mixture = what.block()
        folder = None if given.keep is None else given.keep / str(seed)
        seeds_of_restarts = range(seed * RESTARTS, (seed + 1) * RESTARTS)
        runs = restarts(what, seeds_of_restarts, folder)
        pairs = [(run["front"], run["back"]) for run in runs]
        layers = [{name: run[name] for name in ("front", "back", "unexplained")} for run in runs]
        judged = {i: judge(results, mixture) for i, results in enumerate(layers)}
        _, reference = by_regression(what, RunOptions(), threading.Event())
        for i, distance in enumerate(apart(pairs, mixture.valid)):
            judged[i]["apart"] = distance
        for i, distance in enumerate(apart(pairs, mixture.valid, reference)):
            judged[i]["from_regression"] = distance
        scores = [score(judged[i], BY_REFERENCE) for i in judged]
        finalists = np.argsort(scores)[:2].tolist()
        for i in finalists:
            judged[i]["remix"] = remix(what, runs[i], seeds_of_restarts[i], folder)
        print(f"seed {seed}", file=sys.stderr, flush=True)
        truth = [evaluate(pair, mixture, simulation.truths) for pair in pairs]
        errors = np.array([error(found) for found in truth])
        ranks = rankdata(errors)
        picked = pick(judged)
        orders = {name: [number(judged[i], name) for i in judged] for name in NUMBERS}
        orders |= {
            "**the rule**": scores,
            "the same without the regression": [score(judged[i], AMONG_THEMSELVES) for i in judged],
            "lowest loss": [float(run["loss"]) for run in runs],
            "first restart": list(range(RESTARTS)),
        }
        for name, values in orders.items():
            choices.setdefault(name, []).append(ranks[int(np.argmin(values))])
            correlations.setdefault(name, []).append(float(spearmanr(values, errors)[0]))
        tested = min(finalists, key=lambda i: score(judged[i], (*BY_REFERENCE, "remix")))
        choices.setdefault("the rule and the remix test of its two finalists", []).append(
            ranks[tested]
        )
        gains = [found["gain"] for found in truth]
        seconds += [float(run["seconds"]) for run in runs]
        others = max(gains), float(np.mean(gains)), min(gains)
        kept = [run for i, run in enumerate(layers) if i not in left_out(judged)]
        first, second, unexplained = (
            np.mean([run[name] for run in kept], 0) for name in ("front", "back", "unexplained")
        )
        away = true_error((first, second), simulation)
        kept_pairs = [(run["front"], run["back"]) for run in kept]
        apart_ = spread(kept_pairs, (first, second), mixture.valid)
        stored = np.hypot(apart_, unexplained_deviation(unexplained, mixture.valid, shared=True))
        said = correlation(apart_, away), correlation(stored, away)
        rows.append([seed, int(ranks[picked]), gains[picked], *others, *said])
    print(f"{METHOD}, {SETTINGS}, {given.cases} paintings of {SIDE}², {RESTARTS} restarts each; ")
    print(f"a run took {np.median(seconds):.0f} s of processor time, at most {max(seconds):.0f}.\n")
    heads = ["seed", "rank of the picked", "its gain", "best", "mean", "worst"]
    heads += ["spread: rank correlation", "uncertainty: rank correlation"]
    table(heads, rows)
    for column, name in ((-2, "spread"), (-1, "uncertainty")):
        values = np.array([row[column] for row in rows], float)
        print(
            f"\n{name.capitalize()}: rank correlation with the true error positive in "
            f"{int((values > 0).sum())} of {len(values)}, least {values.min():.3f}, "
            f"mean {values.mean():.3f}."
        )
    print()
    lines = []
    for name, ranks_ in choices.items():
        best, two = (float(np.mean(np.array(ranks_) <= most)) for most in (1, 2))
        rho = float(np.mean(correlations[name])) if name in correlations else ""
        lines.append([name, f"{100 * two:.0f} %", f"{100 * best:.0f} %", rho])
    lines.append(["chance", "40 %", "20 %", 0.0])
    table(["chosen by", "among the best two", "the best", "rank correlation"], lines)


def number(judged: Mapping[str, float], name: str) -> float:
    """Return one of the numbers such that less is better."""
    if name == "leakage":
        return max(abs(judged[key]) for key in judged if key.startswith("leakage_"))
    if name == "copy":  # below 0.95 more is better: the layer follows its photograph
        return -(judged["copy_1"] + judged["copy_2"])
    return judged[name]


if __name__ == "__main__":
    main()
