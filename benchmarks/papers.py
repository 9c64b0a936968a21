"""The papers' experiments in kind, on simulated paintings: published beside measured.

    python benchmarks/papers.py [--size small|full] [--photographs FOLDER] [--only KEY ...]

Prints a page in Markdown. ``small`` is what two cores finish in less than half an hour: smaller
details, fewer channels and epochs, which the page says; patches, overlap, λ and η are as printed.
``full`` has the sizes, channels and epochs as printed and wants a GPU and large photographs.

No real painting's numbers can be reproduced here: the paintings are others, and simulated. What can
be is the order of the methods, and how both compare with what separates without effort.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from cases import arguments, cut, painting, photographs, run

from napari_xraysep.evaluation.metrics import mse
from napari_xraysep.painting import Mixture
from napari_xraysep.records import Kind
from napari_xraysep.separation import Finished, get_method
from napari_xraysep.simulation import Simulation, simulate

Quantity = Literal["recombination", "layers", "reference"]
QUANTITIES: Mapping[Quantity, str] = {
    "recombination": "mean (x − x̂1 − x̂2)², x stretched between its 1 % and 99 % quantiles",
    "layers": "mean (x̂_i − x_i)² of each layer, x_i the truth",
    "reference": "mean (x̂_i − y_i)² of each layer, y_i the connected auto-encoders' layers",
}
BESIDE = ("half", "all-or-nothing", "grey", "mca", "coupled-dictionary", "regression")
"""What stands beside the papers' methods: the baselines, and our own."""

SEED = 200


@dataclass(frozen=True)
class Experiment:
    """One experiment of a paper.

    Attributes
    ----------
    shape, small
        Rows and columns, as printed and as two cores can do them.
    one_painting
        Both layers are details of one painting, as the papers' synthetic mixtures are.
    published
        The printed numbers by method.
    printed
        What the paper sets for this experiment alone.
    """

    key: str
    title: str
    source: str
    shape: tuple[int, int]
    small: tuple[int, int]
    kind: Kind
    quantity: Quantity
    published: Mapping[str, tuple[float, ...]]
    one_painting: bool = False
    printed: Mapping[str, Any] = field(default_factory=dict)


GHENT = "Sabetsarvestani et al. 2019, Figs. 3, 4"
EXPERIMENTS = (
    Experiment(
        "adam",
        "double-sided panel, detail 1 (Adam)",
        GHENT,
        (604, 331),
        (151, 83),
        "double-sided",
        "recombination",
        {"two-pass-cnn": (0.0094, 0.0145, 0.0016)},
    ),
    Experiment(
        "eve",
        "double-sided panel, detail 2 (Eve)",
        GHENT,
        (852, 630),
        (170, 126),
        "double-sided",
        "recombination",
        {"two-pass-cnn": (0.0053, 0.0126, 0.0020)},
    ),
    Experiment(
        "mixture-2020",
        "two details of one painting, mixed",
        "Pu et al. 2020, Fig. 16",
        (1000, 1000),
        (128, 128),
        "double-sided",
        "layers",
        {"connected-autoencoder": (0.00062, 0.00057), "two-pass-cnn": (0.0016, 0.0021)},
        one_painting=True,
    ),
    Experiment(
        "ghent-2020",
        "double-sided panel",
        "Pu et al. 2020, Fig. 20",
        (1000, 1000),
        (128, 128),
        "double-sided",
        "recombination",
        {"connected-autoencoder": (0.0017,), "two-pass-cnn": (0.0050,)},
    ),
    Experiment(
        "mixture-2022",
        "two details of one painting, mixed; one photograph",
        "Pu, Huang et al. 2022, Fig. 13",
        (500, 500),
        (128, 128),
        "concealed",
        "layers",
        {"lcista": (0.0032, 0.0052), "concealed-autoencoder": (0.0039, 0.0058)},
        one_painting=True,
    ),
    Experiment(
        "ghent-2022",
        "double-sided panel, the front's photograph alone",
        "Pu, Huang et al. 2022, Fig. 15",
        (680, 500),
        (170, 125),
        "concealed",
        "reference",
        {"lcista": (0.0057, 0.0063), "concealed-autoencoder": (0.0078, 0.0098)},
        printed={"overlap": 40},
    ),
)

REDUCED: Mapping[str, Mapping[str, Any]] = {
    "two-pass-cnn": {"channels": 8, "epochs": 60},
    "connected-autoencoder": {"channels": 32, "epochs": 100},
    "concealed-autoencoder": {"channels": 16, "warm_epochs": 20, "epochs": 20},
    "lcista": {"channels": 16, "epochs": 30},
}
"""What ``small`` changes of the preset ``paper``."""


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--only", nargs="*", choices=[e.key for e in EXPERIMENTS])
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    given = parser.parse_args()
    images = photographs(given.photographs)
    small = given.size == "small"
    started = time.perf_counter()
    lines: list[str] = []
    for number, experiment in enumerate(EXPERIMENTS):
        if given.only and experiment.key not in given.only:
            continue
        simulation, reference = simulated(experiment, images, SEED + number, small)
        lines += section(experiment, simulation, reference, small, given.device)
    page(lines, small, time.perf_counter() - started)


def simulated(
    experiment: Experiment, images: Sequence[np.ndarray], seed: int, small: bool
) -> tuple[Simulation, Simulation | None]:
    """Simulate the experiment's painting; with the same seen from both sides where that is meant.

    A double-sided painting whose back is left out is a concealed design to a method.
    """
    shape = experiment.small if small else experiment.shape
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(images), 2, replace=False)
    if experiment.one_painting:
        chosen[1] = chosen[0]
    longer = max(shape)
    front, back = (cut(images[i], longer, rng)[: shape[0], : shape[1]] for i in chosen)
    if experiment.quantity != "reference":
        return simulate(front, back, experiment.kind, seed), None
    both = simulate(front, back, "double-sided", seed)
    return both, both


def section(
    experiment: Experiment,
    simulation: Simulation,
    reference: Simulation | None,
    small: bool,
    device: str,
) -> Iterator[str]:
    """Run an experiment; yield the rows of its table."""
    what = painting(simulation, back=experiment.kind == "double-sided")
    mixture = what.block()
    truths = simulation.truths
    if reference is not None:
        said(experiment, "connected-autoencoder, the reference")
        preset = "fast" if small else "paper"
        done = run(painting(reference), "connected-autoencoder", device=device, preset=preset)
        truths = done.layers["front"], done.layers["back"]
    for method, printed in experiment.published.items():
        paper: dict[str, Any] = {**experiment.printed}
        if small:
            paper |= REDUCED[method]
        said(experiment, f"{method}, paper")
        options = {"seed": SEED, "device": device, "allocation": "none"}
        as_paper = run(what, method, paper, preset="paper", **options)
        said(experiment, f"{method}, fast")
        fast = run(what, method, **options)
        measured = [figures(experiment, done, mixture, truths) for done in (as_paper, fast)]
        yield row(experiment, method, numbers(printed), *measured, as_paper, fast)
    for method in BESIDE:
        if experiment.kind not in get_method(method).kinds:
            continue
        said(experiment, method)
        done = run(what, method, allocation="none")
        yield row(experiment, method, "", "", figures(experiment, done, mixture, truths))


def said(experiment: Experiment, what: str) -> None:
    """Say on stderr what is being run."""
    print(f"{experiment.key}: {what}", file=sys.stderr, flush=True)


def figures(
    experiment: Experiment,
    done: Finished,
    mixture: Mixture,
    truths: tuple[np.ndarray, np.ndarray],
) -> str:
    """Measure a run as the experiment does."""
    first, second = list(done.layers.values())[:2]
    if experiment.quantity == "recombination":
        orders = [v for k, v in done.record.findings.items() if "MSE" in k and "order" in k]
        return numbers([*orders, recombination(first, second, mixture)])
    pairs = list(zip((first, second), truths, strict=True))
    raw = [mse(layer, truth, mixture.valid) for layer, truth in pairs]
    free = [mse(layer, truth, mixture.valid, means_removed=True) for layer, truth in pairs]
    return f"{numbers(raw)} ({numbers(free)})"


def recombination(first: np.ndarray, second: np.ndarray, mixture: Mixture) -> float:
    """Mean square of what the layers' sum misses, on the scale of the 2019 paper."""
    low, high = np.quantile(mixture.xray, (0.01, 0.99))
    x = np.clip((mixture.xray - low) / (high - low), 0, 1)
    return float(np.mean((x - (first + second - low) / (high - low)) ** 2))


def numbers(values: Sequence[float]) -> str:
    """Two figures each, as the papers print them."""
    return " / ".join(f"{value:.2g}" for value in values)


def row(
    experiment: Experiment,
    method: str,
    published: str,
    paper: str,
    fast: str,
    *runs: Finished,
) -> str:
    """Put a row of the table together."""
    seconds = " / ".join(f"{done.record.seconds:.0f}" for done in runs)
    cells = (experiment.key, method, published, paper, fast, seconds)
    return "| " + " | ".join(cells) + " |"


def page(rows: Sequence[str], small: bool, seconds: float) -> None:
    """Print the page."""
    print("# The papers' experiments, in kind\n")
    print(__doc__.split("\n\n")[3] + "\n")
    print("| experiment | what | in print | quantity | size here |\n|---|---|---|---|---|")
    for e in EXPERIMENTS:
        size = "{} × {}".format(*(e.small if small else e.shape))
        printed = "{} × {}".format(*e.shape)
        print(
            f"| {e.key} | {e.title}, {printed} | {e.source} | {QUANTITIES[e.quantity]} | {size} |"
        )
    print(
        "\nGrey values 0..1, nothing allocated. LCISTA's paper divides by 2MN, so that its printed "
        "figures may be half of what stands here. Recombination of the two-pass CNN: first order / "
        "second order / combined; it says nothing of the separation, `all-or-nothing` has none. "
        "Layers: first / second, in brackets with the means removed, since a layer's mean cannot "
        "be known. `ghent-2022`: y_i are those of the preset "
        + ("`fast`" if small else "`paper`")
        + ", evenly allocated under `fast`. What is no paper's method has one preset here. "
        "Seconds: paper / fast.\n"
    )
    if small:
        print("`paper` here is the preset with", end=" ")
        print(
            "; ".join(
                f"{method}: " + ", ".join(f"{k}={v}" for k, v in changes.items())
                for method, changes in REDUCED.items()
            )
            + ".\n"
        )
    print("| experiment | method | published | measured, paper | measured, fast | seconds |")
    print("|---|---|---|---|---|---|")
    print("\n".join(rows))
    print(f"\n{seconds / 60:.0f} minutes in all.")


if __name__ == "__main__":
    main()
