"""What photographs that lie a few pixels off cost a separation, and what registering them saves.

    python benchmarks/misregistration.py [--photographs FOLDER] [--method NAME ...]
        [--side 256] [--paintings 3] [--picture docs/images/misregistration.png] --table FILE.csv

Double-sided paintings are simulated with a margin around them. Both photographs are shifted by
0, 1, 2, 4 and 8 pixels, front and back in different directions, and separated as they are; then
the shifted photographs, with their margins, are registered as ``xraysep register`` does, and
separated again. Prints the median gain over halving the radiograph, and draws it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from cases import arguments, gain, painting, photographs, run, simulations, table

from napari_xraysep.records import InputRecord
from napari_xraysep.resampling import resample
from napari_xraysep.simulation import Simulation
from napari_xraysep.workflows.registering import register_side

SHIFTS = (0, 1, 2, 4, 8)
MARGIN = 24
"""Pixels rendered around the radiograph, so that shifted photographs have content everywhere."""
AROUND = 12
"""Pixels of margin that the photographs to be registered have."""
WAYS = np.array([[0, 1], [1, 0], [0, -1], [-1, 0]])
SHIFTED, REGISTERED = "as shifted", "then registered"


def window(image: np.ndarray, shift: np.ndarray, around: int = 0) -> np.ndarray:
    """Cut the painting out of its margins, ``shift`` pixels off, with ``around`` pixels more."""
    low = MARGIN + shift - around
    high = np.array(image.shape[:2]) - MARGIN + shift + around
    return image[low[0] : high[0], low[1] : high[1]]


def shifted(whole: Simulation, shift: int, seed: int) -> tuple[Simulation, Simulation]:
    """Return the painting with its photographs shifted, and with margins around them, too."""
    rng = np.random.default_rng(seed)
    ways = shift * WAYS[rng.choice(len(WAYS), 2, replace=False)]
    still = np.zeros(2, int)
    assert whole.back is not None
    xray = window(whole.xray, still)
    truths = window(whole.truths[0], still), window(whole.truths[1], still)
    off, larger = (
        replace(
            whole,
            xray=xray,
            truths=truths,
            front=window(whole.front, ways[0], around),
            back=window(whole.back, ways[1], around),
        )
        for around in (0, AROUND)
    )
    return off, larger


def registered(case: Simulation) -> Simulation | None:
    """Bring the photographs onto the radiograph; None where a registration failed."""
    images = []
    for role, photograph in (("front", case.front), ("back", case.back)):
        assert photograph is not None
        height, width = photograph.shape[:2]
        record = InputRecord(role=role, height=height, width=width)
        side = register_side(case.xray, photograph, record, sizes=(0.2, 0.2)).side
        if not side.usable:
            return None
        images.append(resample(photograph, side.transform)[0])
    return replace(case, front=images[0], back=images[1])


def measured(
    images: Sequence[np.ndarray], methods: Sequence[str], side: int, paintings: int, kept: Path
) -> dict[tuple[int, str, str], list[float]]:
    """Return gains by shift, how it was treated, and method; NaN where a registration failed.

    What was measured is kept in a table, and not measured again.
    """
    known = {}
    if kept.exists():
        for row in csv.reader(kept.read_text().splitlines()):
            known[tuple(row[:-1])] = float(row[-1])
    gains: dict[tuple[int, str, str], list[float]] = {}
    seeds = range(200, 200 + paintings)
    wholes = dict(simulations(images, side + 2 * MARGIN, seeds))
    for how, seed, shift in product((SHIFTED, REGISTERED), seeds, SHIFTS):
        keys = {m: (str(side), str(seed), str(shift), how, m) for m in methods}
        missing = [m for m in methods if keys[m] not in known]
        if missing:
            off, larger = shifted(wholes[seed], shift, seed)
            case = off if how == SHIFTED else registered(larger)
            for method in missing:
                found = np.nan if case is None else separated(case, method)
                known[keys[method]] = found
                with kept.open("a", encoding="utf-8") as file:
                    file.write(",".join([*keys[method], f"{found:.4g}"]) + "\n")
                print(*keys[method], f"{found:.2f}", file=sys.stderr, flush=True)
        for method in methods:
            gains.setdefault((shift, how, method), []).append(known[keys[method]])
    return gains


def separated(case: Simulation, method: str) -> float:
    """Separate and return the gain."""
    what = painting(case)
    return gain(list(run(what, method, device="cpu").layers.values())[:2], case, what.block())


def draw(gains: dict[tuple[int, str, str], list[float]], methods: Sequence[str], to: Path) -> None:
    """Draw the gain against the shift; the band goes from the least to the most."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for number, method in enumerate(methods):
        for how, line in ((SHIFTED, "-o"), (REGISTERED, "--s")):
            rows = np.array([gains[shift, how, method] for shift in SHIFTS])
            style = {"color": f"C{number}", "label": f"{method}, {how}", "markersize": 4}
            axes.plot(SHIFTS, np.nanmedian(rows, 1), line, **style)
            if how == SHIFTED:
                low, high = np.nanmin(rows, 1), np.nanmax(rows, 1)
                axes.fill_between(SHIFTS, low, high, color=f"C{number}", alpha=0.12)
    axes.axhline(1, color="grey", lw=1)
    axes.text(SHIFTS[-1], 1, "half of the radiograph", ha="right", va="bottom", color="grey")
    axes.set(
        xlabel="both photographs shifted by so many pixels",
        ylabel="gain (logarithmic)",
        yscale="log",
        xticks=SHIFTS,
        title="Gain against misregistration (simulated paintings)",
    )
    ticks = [t for t in (0.5, 1, 2, 5, 10, 20, 50) if axes.get_ylim()[0] < t < axes.get_ylim()[1]]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=130)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument(
        "--method", nargs="+", default=["regression", "connected-autoencoder", "grey"]
    )
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--paintings", type=int, default=3)
    parser.add_argument("--table", type=Path, required=True, help="kept between calls, as CSV")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    images = photographs(given.photographs)
    gains = measured(images, given.method, given.side, given.paintings, given.table)
    rows: list[list[object]] = []
    for shift in SHIFTS:
        columns = [gains[shift, how, m] for m in given.method for how in (SHIFTED, REGISTERED)]
        failed = int(np.isnan(gains[shift, REGISTERED, given.method[0]]).sum())
        rows.append([shift, *(float(np.nanmedian(column)) for column in columns), failed])
    head = [f"{m}, {how}" for m in given.method for how in (SHIFTED, REGISTERED)]
    table(["shift, px", *head, "registrations failed"], rows)
    if given.picture is not None:
        draw(gains, given.method, given.picture)


if __name__ == "__main__":
    main()
