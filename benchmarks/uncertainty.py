"""Whether a larger uncertainty means a larger error, on simulated paintings.

    python benchmarks/uncertainty.py [--photographs FOLDER] [--side 128] [--cases 4] [--seed 120]
                                     [--plot FILE]

Paintings are separated with five restarts by the methods named below, preset `fast` (the trained
ones made shorter). The true error at a pixel is the root mean square of both layers' differences
from the truth, means removed. Printed are its rank correlations (Spearman) with the plain spread of
the restarts and with the uncertainty that is stored (spread and unexplained detail together), at
single pixels and averaged over blocks of 8 × 8 pixels; and how large the error is, root mean
square, in units of either: 1 would be calibrated, 2 means errors twice as large as said. The plot
shows the error in each tenth of the pixels, sorted by spread or uncertainty.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from cases import arguments, painting, photographs, run, simulations, table
from scipy.stats import spearmanr

from napari_xraysep.records import HYPOTHETICAL
from napari_xraysep.simulation import Simulation
from napari_xraysep.workflows.combining import unexplained_deviation

SHORT = {"epochs": 10, "channels": 12, "learning_rate": 1e-3}
RUNS = (
    ("regression", "double-sided", {}),
    ("grey", "double-sided", {}),
    ("connected-autoencoder", "double-sided", {"start": "random", **SHORT}),
    ("two-pass-cnn", "double-sided", {"epochs": 6, "channels": 6}),
    ("regression", "concealed", {}),
    ("lcista", "concealed", {"epochs": 10}),
)
BLOCK, BINS, RESTARTS = 8, 10, 5


def blocks(image: np.ndarray) -> np.ndarray:
    """Average blocks of pixels."""
    height, width = (side // BLOCK for side in image.shape)
    whole = image[: height * BLOCK, : width * BLOCK]
    return whole.reshape(height, BLOCK, width, BLOCK).mean((1, 3))


def true_error(layers: tuple[np.ndarray, np.ndarray], simulation: Simulation) -> np.ndarray:
    """Return the root mean square of both layers' errors at each pixel, means removed."""
    away = [layer - truth for layer, truth in zip(layers, simulation.truths, strict=True)]
    return np.sqrt(np.mean([(one - one.mean()) ** 2 for one in away], 0))


def correlation(said: np.ndarray, errors: np.ndarray) -> float:
    """Return Spearman's rank correlation."""
    return float(spearmanr(said.ravel(), errors.ravel())[0])


def deciles(said: np.ndarray, errors: np.ndarray) -> tuple[list[float], list[float]]:
    """Return root mean squares of what was said and of the error, by tenths of the former."""
    parts = np.array_split(np.argsort(said.ravel()), BINS)
    rms = [[float(np.sqrt(np.mean(v.ravel()[p] ** 2))) for p in parts] for v in (said, errors)]
    return rms[0], rms[1]


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--cases", type=int, default=4)
    parser.add_argument("--seed", type=int, default=120)
    parser.add_argument("--plot", type=Path, help="a PNG or SVG file")
    given = parser.parse_args()
    images = photographs(given.photographs)
    rows: list[list[object]] = []
    curves: dict[str, list[tuple[tuple[list[float], list[float]], ...]]] = {}
    for method, kind, settings in RUNS:
        seeds = range(given.seed, given.seed + given.cases)
        for seed, simulation in simulations(images, given.side, seeds, kind):
            what = painting(simulation, back=kind == "double-sided")
            done = run(what, method, settings, restarts=RESTARTS, device="cpu")
            valid = what.block().valid
            first, second = list(done.layers.values())[:2]
            errors = true_error((first, second), simulation)
            shared = done.record.allocation != "none"
            left = unexplained_deviation(done.layers["unexplained"], valid, shared=shared)
            both = done.layers["uncertainty"]
            spread = np.sqrt(np.maximum(both**2 - left**2, 0))
            row: list[object] = [f"{method}, {kind}", seed]
            for said in (spread, both):
                row += [correlation(said, errors), correlation(blocks(said), blocks(errors))]
                row.append(float(np.sqrt(np.mean(errors**2) / np.mean(said**2))))
            rows.append(row)
            name = f"{method}, {kind}"
            curves.setdefault(name, []).append((deciles(spread, errors), deciles(both, errors)))
            print(name, seed, file=sys.stderr, flush=True)
    print(f"{given.cases} simulated paintings of {given.side}², {RESTARTS} restarts each.\n")
    kinds = ("pixel", f"{BLOCK} × {BLOCK}", "error ÷ it")
    head = [f"{what}: {kind}" for what in ("spread", "uncertainty") for kind in kinds]
    table(["method", "seed", *head], rows)
    numbers = np.array([row[2:] for row in rows], float)
    least = [numbers[:, column].min() for column in (0, 1, 3, 4)]
    spread_, uncertainty_ = (" and ".join(f"{v:.2f}" for v in least[i : i + 2]) for i in (0, 2))
    print(f"\nLeast rank correlations: spread {spread_}, uncertainty {uncertainty_}.")
    if given.plot is not None:
        plot(curves, given.plot)


def plot(curves: dict, path: Path) -> None:
    """Draw the error against the spread and against the uncertainty, tenth by tenth."""
    from matplotlib.figure import Figure

    figure = Figure((10, 4.6), layout="constrained")
    means = {
        name: np.mean(runs, 0) for name, runs in curves.items()
    }  # (which, said or error, tenth)
    most = 1.05 * max(float(mean.max()) for mean in means.values())
    for axes, which, title in zip(
        figure.subplots(1, 2),
        (0, 1),
        ("Spread of five restarts alone", "Uncertainty as stored"),
        strict=True,
    ):
        for name, mean in means.items():
            said, errors = mean[which]
            axes.plot(said, errors, "o-", ms=3, label=name)
        axes.plot([0, most], [0, most], color="0.6", lw=1, ls="--", label="error as said")
        axes.set(title=title, xlim=(0, most), ylim=(0, most), xlabel="said (working domain)")
        axes.set_aspect("equal")
    first, second = figure.axes
    first.set_ylabel("true error, root mean square")
    second.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(
        f"{HYPOTHETICAL.capitalize()} of simulated radiographs: each dot is a tenth of the pixels",
        fontsize=10,
    )
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
