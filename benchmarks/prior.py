"""A drawn prior: what it changes for each method that heeds one, and how well it must be drawn.

    python benchmarks/prior.py [--photographs FOLDER] [--quick]

The sample with a concealed design and simulated paintings of 256² that nothing was tuned on. The
drawing stands for one made by hand: twelve corners around the true extent, a tenth farther out,
each displaced by 3 % of the longer side at random, with a soft edge of 4 %. Prints, for the
regression, gains with drawings that are too small or too wide; then gains without and with the
drawing, beside the grey photograph and beside g1 itself, which is what drawing alone gains.
``--quick`` leaves out the methods that train.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from cases import SAMPLES, arguments, grey, painting, photographs, run, simulations, table
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.draw import polygon2mask

from napari_xraysep import Painting, Sources
from napari_xraysep.evaluation import metrics
from napari_xraysep.io.reading import read_layer
from napari_xraysep.separation.prior import guide
from napari_xraysep.simulation import SimulationSettings

METHODS = ("regression", "lcista", "concealed-autoencoder")
SHARES = (0.3, 0.5)
SEEDS = range(200, 204)
CORNERS, WIDER, JITTER, FEATHER = 12, 1.1, 0.03, 0.04
FACTORS = (0.8, 0.9, 1.0, 1.1, 1.3)


class Case(NamedTuple):
    """A painting with a concealed design, its true layers, and chance for its drawing."""

    name: str
    painting: Painting
    truths: tuple[np.ndarray, np.ndarray]
    seed: int


def cases(images: list[np.ndarray]) -> Iterator[Case]:
    """Return the sample, then the simulated paintings."""
    folder = SAMPLES / "concealed"
    truths = tuple(read_layer(folder / f"truth-{number}.tif") for number in (1, 2))
    yield Case("sample", Sources(folder / "xray.tif", folder / "front.tif").align(), truths, 0)
    for share in SHARES:
        settings = SimulationSettings(concealed_share=share)
        for seed, made in simulations(images, 256, SEEDS, "concealed", settings):
            yield Case(f"{seed}, share {share}", painting(made), made.truths, seed)


def extent(concealed: np.ndarray) -> NDArray[np.bool_]:
    """Say where a true concealed layer stands out from its support."""
    smooth = gaussian_filter(concealed, 3)
    low, high = np.quantile(smooth, (0.1, 0.95))
    return smooth > low + 0.15 * (high - low)


def drawing(where: NDArray[np.bool_], seed: int, wider: float = WIDER) -> NDArray[np.bool_]:
    """Draw a polygon around an extent as a hand might, ``wider`` than it."""
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(where)
    centre = np.array([rows.mean(), columns.mean()])
    angle, radius = (
        np.arctan2(rows - centre[0], columns - centre[1]),
        np.hypot(rows - centre[0], columns - centre[1]),
    )
    sector = ((angle + np.pi) / (2 * np.pi) * CORNERS).astype(int) % CORNERS
    reach = [
        np.quantile(radius[sector == s], 0.98) if (sector == s).any() else 0 for s in range(CORNERS)
    ]
    at = (np.arange(CORNERS) + 0.5) / CORNERS * 2 * np.pi - np.pi
    corners = centre + wider * np.array(reach)[:, None] * np.stack([np.sin(at), np.cos(at)], 1)
    return polygon2mask(
        where.shape, corners + rng.normal(0, JITTER * max(where.shape), corners.shape)
    )


def gain(case: Case, layers: tuple[np.ndarray, np.ndarray]) -> float:
    mixture = case.painting.block()
    return metrics.gain(layers, case.truths, mixture.xray, mixture.valid)


def separated(case: Case, method: str) -> float:
    first, second = list(run(case.painting, method, device="cpu").layers.values())[:2]
    return gain(case, (first, second))


def drawn(case: Case, wider: float = WIDER) -> tuple[Case, float]:
    """Return the case with its drawing, and how much of the true extent that leaves out."""
    where = extent(case.truths[1])
    marks = drawing(where, case.seed, wider)
    edge = round(FEATHER * max(where.shape))
    return case._replace(painting=case.painting.with_prior(marks, feather_px=edge)), float(
        (where & ~marks).sum() / where.sum()
    )


def compare(given: list[Case], methods: tuple[str, ...]) -> None:
    """Print gains without and with the drawing."""
    rows: list[list[object]] = []
    head = ["painting", "left out", "`grey`", "g1"]
    head += [f"{name}{how}" for name in methods for how in ("", ", drawn")]
    for case in given:
        with_it, left_out = drawn(case)
        mixture = with_it.painting.block()
        g1 = guide(mixture)
        plain = grey(mixture)
        left = (mixture.xray - plain[0] - plain[1]) / 2
        row: list[object] = [case.name, f"{left_out:.1%}"]
        row += [gain(case, (plain[0] + left, plain[1] + left)), gain(case, (g1, mixture.xray - g1))]
        for method in methods:
            row += [separated(case, method), separated(with_it, method)]
        rows.append(row)
        print(row, flush=True)
    middle = [float(np.median([row[n] for row in rows])) for n in range(2, len(head))]
    print()
    table(head, [*rows, ["median", "", *middle]])


def how_well(given: list[Case]) -> None:
    """Print the regression's gain with drawings of several widths."""
    rows: list[list[object]] = []
    for case in given:
        row: list[object] = [case.name, separated(case, "regression")]
        for wider in FACTORS:
            with_it, left_out = drawn(case, wider)
            row.append(f"{separated(with_it, 'regression'):.3g} ({left_out:.0%})")
        rows.append(row)
    print()
    table(["painting", "not drawn", *(f"× {wider}" for wider in FACTORS)], rows)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only methods that do not train")
    given = parser.parse_args()
    all_cases = list(cases(photographs(given.photographs)))
    how_well(all_cases)
    compare(all_cases, METHODS[:1] if given.quick else METHODS)


if __name__ == "__main__":
    main()
