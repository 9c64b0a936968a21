"""How training went, as a picture of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_xraysep.evaluation.drawing import Page, as_png
from napari_xraysep.evaluation.pages import data_uri
from napari_xraysep.evaluation.report_figures import Picture

SIZE = (7.1, 2.7)
"""Inches across and up."""
DPI = 170
DECADES = 4
"""Of losses, shown below the highest: a term that touches zero would squeeze the others."""


def curves_picture(losses: Sequence[Mapping[str, Any]]) -> Picture | None:
    """Draw what training made small, step by step; None where nothing was trained.

    Of several restarts the first term is drawn, which is the total, of each from its own step 1.
    """
    stamps = ("stage", "restart", "epoch", "step")
    terms = list(dict.fromkeys(name for row in losses for name in row if name not in stamps))
    restarts = sorted({row["restart"] for row in losses})
    if not terms:
        return None
    begins: dict[int, int] = {}  # steps count on from one restart to the next
    for restart in restarts:
        earlier = (row["step"] for row in losses if row["restart"] < restart)
        begins[restart] = max(earlier, default=0)
    curves = {
        (term if len(restarts) == 1 else f"{term}, restart {restart + 1}"): [
            (row["step"] - begins[restart], row[term])
            for row in losses
            if row["restart"] == restart and row.get(term, 0) > 0
        ]
        for restart in restarts
        for term in (terms if len(restarts) == 1 else terms[:1])
    }
    page = Page(*SIZE, 0.1, DPI)
    axes = page.axes(0.62, 0.45, SIZE[0] - 2.5, SIZE[1] - 0.55)
    for number, (name, points) in enumerate(curves.items()):
        # dashes too: the page may be printed in black and white
        style = ("-", "--", "-.", ":")[number % 4]
        axes.plot(*np.transpose(points or [(np.nan, np.nan)]), style, label=name, lw=1.4)
    axes.set_yscale("log")
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for formatted in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        formatted(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    highest = max((value for points in curves.values() for _, value in points), default=1.0)
    axes.set_ylim(bottom=max(axes.get_ylim()[0], highest / 10**DECADES))
    axes.set_xlabel("step" if len(restarts) == 1 else "step of the restart", fontsize=8)
    axes.set_ylabel("loss", fontsize=8)
    axes.tick_params(which="both", labelsize=7)
    low, high = axes.get_ylim()
    if high > 10 * low:  # numbers between whole powers of ten would lie over each other
        axes.tick_params(axis="y", which="minor", labelleft=False)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    alt = "Losses against training steps: " + ", ".join(curves) + "."
    return Picture("Losses during training", alt, data_uri(as_png(page.figure, {"Title": alt})))
