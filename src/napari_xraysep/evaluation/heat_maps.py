"""The pictures of a sweep: the error and the shares of outcomes over the swept settings.

As in Figs. 8, 11 and 12 of Pu et al. (arXiv:2009.07889) and Fig. 8 of Pu, Huang et al. (2022): two
settings give heat maps, one gives lines, none gives bars.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_xraysep.evaluation.drawing import Page, as_png
from napari_xraysep.evaluation.metrics import Doubles
from napari_xraysep.evaluation.outcomes import JUDGED, Axis, Sweep, SweepRun, error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"good": "#2166ac", "empty": "#8c8c8c", "bleed": "#d6604d"}
MARKERS = {"good": "o", "empty": "s", "bleed": "^"}
MEAN = "#1a1a1a"
NAMES = {"good": "good", "empty": "a layer is empty", "bleed": "a layer bleeds"}
MOST_TICKS = 12
MOST_NUMBERS = 12
"""Cells of a heat map carry their number where there are at most this many in a row or column."""
ALIKE = 0.1
"""Errors that differ by less than this share of themselves are not made to look different."""
WIDTH, HEIGHT = 5.6, 4.6  # inches of one plot, its labels among them
LEFT, RIGHT, BELOW, ABOVE = 0.85, 0.5, 0.6, 0.3
MARGIN, HEADING, FOOTER = 0.25, 0.95, 0.85


def error_png(sweep: Sweep, runs: Sequence[SweepRun]) -> bytes:
    """Draw the mean error of each cell; with at most one setting, each run's error too."""
    figure, (axes,) = _sheet(sweep, 1, "Error of the layers")
    if len(sweep.over) == 2:
        scale, power = _unit([cell.error for cell in sweep.cells])
        means = [None if cell.error is None else cell.error / scale for cell in sweep.cells]
        title = f"mean {sweep.error}{power}"
        log = sweep.truths is not None
        _heat_map(figure, axes, sweep.over, _plane(sweep, means), title, log=log)
    else:
        ended = [run for run in runs if run.outcome != "failed"]
        draw = _errors_along if sweep.over else _errors_of_seeds
        draw(axes, sweep, ended, [COLOURS[run.outcome] for run in ended])
        axes.set_ylabel(sweep.error, fontsize=9)
        if sweep.truths is not None:
            axes.set_ylim(bottom=0)
        _legend(axes, {NAMES[kind]: COLOURS[kind] for kind in JUDGED} | {"mean": MEAN})
    return _png(sweep, figure)


def _errors_along(
    axes: Axes, sweep: Sweep, runs: Sequence[SweepRun], colours: Sequence[str]
) -> None:
    """Draw each run's error, and the mean, over the values of the one setting."""
    (axis,) = sweep.over
    at = [run.settings[axis.name] for run in runs]
    axes.scatter(at, [error(run.metrics) for run in runs], c=colours, s=22, zorder=2)
    at = [cell.settings[axis.name] for cell in sweep.cells]
    means = [np.nan if cell.error is None else cell.error for cell in sweep.cells]
    axes.plot(at, means, color=MEAN, lw=1.2, zorder=1)
    _label_x(axes, axis)


def _errors_of_seeds(
    axes: Axes, sweep: Sweep, runs: Sequence[SweepRun], colours: Sequence[str]
) -> None:
    """Draw a bar for each seed, and the mean."""
    axes.bar([str(run.seed) for run in runs], [error(run.metrics) for run in runs], color=colours)
    axes.set_xlabel("seed", fontsize=9)
    axes.tick_params(axis="x", labelrotation=90 if len(runs) > MOST_TICKS else 0)
    for cell in sweep.cells:
        if cell.error is not None:
            axes.axhline(cell.error, color=MEAN, lw=1.2)


def shares_png(sweep: Sweep) -> bytes:
    """Draw which shares of the runs were good, had an empty layer, bled."""
    title = "Shares of the outcomes" + ("" if sweep.truths else ", judged without the true layers")
    figure, plots = _sheet(sweep, 3 if len(sweep.over) == 2 else 1, title)
    if len(sweep.over) == 2:
        for kind, axes in zip(JUDGED, plots, strict=True):
            plane = _plane(sweep, [cell.shares.get(kind) for cell in sweep.cells])
            _heat_map(figure, axes, sweep.over, plane, NAMES[kind], ends=(0, 1))
        return _png(sweep, figure)
    axes = plots[0]
    ended = [cell for cell in sweep.cells if cell.ended]
    for kind in JUDGED:
        shares = [cell.shares[kind] for cell in ended]
        if sweep.over:
            at = [cell.settings[sweep.over[0].name] for cell in ended]
            axes.plot(at, shares, color=COLOURS[kind], marker=MARKERS[kind], ms=6, mfc="none")
        for share in () if sweep.over else shares:
            axes.bar([NAMES[kind]], [share], color=COLOURS[kind])
            axes.annotate(f"{share:.0%}", (NAMES[kind], share), ha="center", va="bottom")
    if sweep.over:
        _label_x(axes, sweep.over[0])
        _legend(axes, {NAMES[kind]: COLOURS[kind] for kind in JUDGED})
    axes.set_ylabel("share of the runs", fontsize=9)
    axes.set_ylim(-0.03 if sweep.over else 0, 1.08)
    return _png(sweep, figure)


def _sheet(sweep: Sweep, plots: int, title: str) -> tuple[Figure, list[Axes]]:
    """Return a page with a heading, a footer and plots side by side."""
    width, height = plots * WIDTH + (0.4 if plots == 1 else 0), HEADING + HEIGHT + FOOTER
    page = Page(width, height, MARGIN)
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - BELOW - ABOVE
    axes = [page.axes(i * WIDTH + LEFT, FOOTER + BELOW, across, up) for i in range(plots)]
    for one in axes:
        one.tick_params(labelsize=8)
    failed = sum(cell.failed for cell in sweep.cells)
    ended = sum(cell.ended for cell in sweep.cells)
    said = f"{sweep.method} ({sweep.preset}, allocation {sweep.allocation})"
    said += " on a simulated radiograph" if sweep.simulated else ""
    said += f"\n{ended} of {sweep.planned} runs ended"
    said += f", {failed} failed" if failed else ""
    said += f", {len(sweep.seeds)} seeds each" if sweep.over and len(sweep.seeds) > 1 else ""
    page.write(height - 0.35, title, fontsize=12, weight="bold")
    page.write(height - 0.5, said, fontsize=9, va="top", linespacing=1.4)
    lines = textwrap.wrap(f"{sweep.rule[:1].upper()}{sweep.rule[1:]}.", int(width * 18))
    lines += textwrap.wrap(f"Hypothetical separations. {sweep.warning}", int(width * 18))
    page.write(0.15, "\n".join(lines), fontsize=7, linespacing=1.4)
    return page.figure, axes


def _png(sweep: Sweep, figure: Figure) -> bytes:
    title = f"Sweep of {sweep.method}: {sweep.statement}s"
    if sweep.simulated:
        title += " of a simulated radiograph"
    return as_png(figure, {"Title": title, "Description": f"{title}. {sweep.warning}"})


def _plane(sweep: Sweep, values: Sequence[float | None]) -> Doubles:
    """Lay out a value a cell: rows the second setting, columns the first, NaN where None."""
    across, up = sweep.over
    plane = np.full((len(up.values), len(across.values)), np.nan)
    for cell, value in zip(sweep.cells, values, strict=True):
        row = up.values.index(cell.settings[up.name])
        column = across.values.index(cell.settings[across.name])
        plane[row, column] = np.nan if value is None else value
    return plane


def _heat_map(
    figure: Figure,
    axes: Axes,
    over: Sequence[Axis],
    values: Doubles,
    title: str,
    *,
    log: bool = False,
    ends: tuple[float, float] | None = None,
) -> None:
    """Draw a plane of cells with their numbers; grey where no run ended.

    With ``ends`` the values are shares; ``log`` spreads the colours by ratios.
    """
    from matplotlib.colors import LogNorm, Normalize

    across, up = over
    seen = values[np.isfinite(values)]
    low, high = ends or (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    room = ALIKE * abs(high) or 1.0
    if high - low < room:
        low, high = low - room / 2, high + room / 2
    norm = LogNorm(low, high) if log and low > 0 else Normalize(low, high)
    axes.set_facecolor("#d0d0d0")
    image = axes.imshow(values, cmap="viridis", norm=norm, origin="lower", aspect="auto")
    for axis, place, label in (
        (across, axes.set_xticks, axes.set_xlabel),
        (up, axes.set_yticks, axes.set_ylabel),
    ):
        step = -(-len(axis.values) // MOST_TICKS)
        at = list(range(0, len(axis.values), step))
        place(at, [f"{axis.values[i]:g}" for i in at])
        label(f"{axis.name} — {axis.title}", fontsize=9)
    axes.set_title(title, fontsize=9.5, loc="left")
    said = "{:.0%}" if ends else "{:#.3g}"
    ticks = (np.geomspace if log and low > 0 else np.linspace)(low, high, 5)
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03)
    bar.set_ticks(list(ticks), labels=[said.format(tick) for tick in ticks])
    bar.ax.tick_params(labelsize=7)
    bar.ax.minorticks_off()
    if max(values.shape) > MOST_NUMBERS:
        return
    for (y, x), value in np.ndenumerate(values):
        dark = np.isfinite(value) and norm(value) < 0.6
        text = said.format(value) if np.isfinite(value) else "none"
        axes.text(x, y, text, ha="center", va="center", fontsize=7, color="w" if dark else "k")


def _unit(values: Sequence[float | None]) -> tuple[float, str]:
    """Return a power of ten in which the values are easy to read, and how to say it."""
    known = [abs(value) for value in values if value]
    power = int(np.floor(np.log10(max(known)))) if known else 0
    if power >= -1:
        return 1.0, ""
    digits = str(-power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return 10.0**power, f" (× 10⁻{digits})"


def _label_x(axes: Axes, axis: Axis) -> None:
    axes.set_xlabel(f"{axis.name} — {axis.title}", fontsize=9)
    if len(axis.values) <= MOST_TICKS:
        axes.set_xticks(axis.values, [f"{value:g}" for value in axis.values])


def _legend(axes: Axes, colours: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], marker="o", ls="", color=colour) for colour in colours.values()]
    axes.legend(
        handles,
        list(colours),
        fontsize=8,
        frameon=False,
        ncols=len(colours),
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.99),
        handletextpad=0.1,
        columnspacing=1,
    )
