"""The picture of a separation: what was mixed, what it was split into, and what is left."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.evaluation.drawing import (
    PAINTINGS,
    Page,
    as_png,
    draw_left_out,
    draw_left_over,
    draw_scale_bar,
    halved,
    halvings,
    known,
    shrunk_mask,
    span,
    spread_end,
    symmetric_end,
)
from napari_xraysep.evaluation.report_words import LEFT_OUT, too_small
from napari_xraysep.painting import Floats
from napari_xraysep.records import RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_SIDE = 1200
"""Images are averaged down until they are at most this many pixels on a side."""
PANEL_INCHES = 3.6
MARGIN, HEADING, TITLE, SCALE, LINE = 0.25, 0.75, 0.3, 0.85, 0.17
"""Inches: the page's edge, its heading, a panel's title, a colour scale, a line of the caption."""
LETTERS = 15.5
"""Letters of the caption in an inch."""


def preview_png(
    layers: Mapping[str, Floats],
    xray: Floats,
    record: RunRecord,
    left_out: NDArray[np.bool_] | None = None,
) -> bytes:
    """Draw the radiograph, both layers, their sum, what is left and the uncertainty side by side.

    Radiograph, layers and sum share one contrast, so that they can be compared; residual and
    unexplained share one symmetric scale, which is stated. What the mask leaves out is hatched on
    the radiograph and hidden in all else.

    Parameters
    ----------
    layers
        By name: the two layers, ``residual``, ``unexplained`` and, where there is one,
        ``uncertainty``; (H, W) float32.
    xray
        (H, W) float32, the radiograph in the working domain.
    record
        What was done; gives captions, scale bar and the word *simulated*.
    left_out
        (H, W), True where the mask leaves out; None: nothing is.

    Returns
    -------
    bytes
        A PNG file.
    """
    first, second = list(layers)[:2]
    mixed = "mixed radiograph" + (" (simulated)" if record.simulated else "")
    in_grey = {
        mixed: xray,
        f"{first}: {record.statement}": layers[first],
        f"{second}: {record.statement}": layers[second],
        f"sum: {first} + {second}": layers[first] + layers[second],
    }
    left_over = {
        "residual: radiograph − sum": layers["residual"],
        "unexplained: before allocation": layers["unexplained"],
    }
    low, high = span([xray, known(layers[first], left_out), known(layers[second], left_out)])
    end = symmetric_end(
        [known(image, left_out) for image in left_over.values()], (high - low) / 1000
    )

    times = halvings((xray.shape[0], xray.shape[1]), PANEL_SIDE)
    mask = None if left_out is None else shrunk_mask(left_out, times)
    spread = layers.get("uncertainty")
    page = _Preview(
        xray.shape[0] / xray.shape[1], 3 if spread is None else 4, _caption(record, mask)
    )
    for i, (title, image) in enumerate((in_grey | left_over).items()):
        axes = page.panel(i, title)
        if title in in_grey:
            axes.imshow(halved(image, times), cmap="gray", vmin=low, vmax=high)
            draw_left_out(axes, mask, hidden=title != mixed)
        else:
            by_model = title.startswith("unexplained")
            draw_left_over(axes, halved(image, times), end, mask, by_model=by_model)
    grey, signed = (page.figure.axes[i].get_images()[0] for i in (0, 4))
    # without an uncertainty the sum is the first of the lower row, with one that row has room left
    grey_below, signed_below = ((0, 1), (1, 2)) if spread is None else ((3, 1), (0, 2))
    caption = "grey value; one contrast for radiograph, layers, sum"
    page.scale(page.below(*grey_below), caption, grey, None)
    caption = f"residual, unexplained: ±{end:g}, white is zero"
    page.scale(page.below(*signed_below), caption, signed, [-end, 0, end])
    if spread is not None:
        axes = page.panel(6, "uncertainty of either layer")
        most = spread_end(known(spread, left_out))
        drawn = axes.imshow(halved(spread, times), cmap="magma", vmin=0, vmax=most)
        draw_left_out(axes, mask)
        page.scale(page.below(2, 1), "uncertainty: dark is more certain", drawn, None)
    pixel_size = record.pixel_size_mm.value
    if isinstance(pixel_size, float | int):
        draw_scale_bar(page.figure.axes[0], pixel_size * 2**times)
    title = heading(record)
    page.write(page.height - 0.33, title, fontsize=14, weight="bold")
    page.write(page.height - 0.58, what_was_done(record), fontsize=9)
    page.write(0.18, page.caption, fontsize=8, linespacing=1.5)
    metadata = {"Title": title, "Description": f"{title}. {record.warning}"}
    return as_png(page.figure, metadata)


class _Preview(Page):
    """Two rows of panels with a caption below.

    ``aspect`` is a panel's height ÷ width; very long images leave white at their sides.
    """

    def __init__(self, aspect: float, columns: int, caption: str) -> None:
        self.columns = columns
        self.panel_height = PANEL_INCHES * min(max(aspect, 0.3), 2)
        width = columns * (PANEL_INCHES + MARGIN) + MARGIN
        lines = textwrap.wrap(caption, int((width - 2 * MARGIN) * LETTERS))
        self.caption = "\n".join(lines)
        self.footer = SCALE + LINE * len(lines)
        height = HEADING + 2 * (self.panel_height + TITLE) + MARGIN + self.footer
        super().__init__(width, height, MARGIN)

    def _left(self, column: int) -> float:
        return MARGIN + column * (PANEL_INCHES + MARGIN)

    def panel(self, index: int, title: str) -> Axes:
        """Add the panel for the image of that index, row by row."""
        row, column = divmod(index, self.columns)
        top = self.height - HEADING - TITLE - row * (self.panel_height + TITLE + MARGIN)
        left, bottom = self._left(column), top - self.panel_height
        return self.image_axes(left, bottom, PANEL_INCHES, self.panel_height, title)

    def below(self, column: int, columns: int) -> Axes:
        """Add axes for the colour scale of some columns, below the lower row."""
        across = columns * (PANEL_INCHES + MARGIN) - MARGIN
        # the numbers below the ends of a scale stand out to both sides
        return self.axes(self._left(column) + 0.15, self.footer - 0.37, across - 0.3, 0.1)


def heading(record: RunRecord) -> str:
    """Return the heading of a run's pictures: what it is, and what has to be known of it."""
    words = record.statement[:1].upper() + record.statement[1:]
    if record.simulated:
        words += ", from a simulated radiograph"
    if not record.complete:
        words += ", partial: stopped before its end"
    return words


def what_was_done(record: RunRecord) -> str:
    """Return painting, method, allocation, seed and date in a line."""
    return (
        f"{PAINTINGS[record.kind]} · {record.method_title} ({record.method}, {record.preset}), "
        f"allocation {record.allocation}, seed {record.seed} · {record.started[:10]}"
    )


def _caption(record: RunRecord, mask: NDArray[np.bool_] | None) -> str:
    """Say what has to be known of all panels."""
    hatched = f" {LEFT_OUT}." if mask is not None and mask.any() else ""
    uncertainty = " ".join([f"Uncertainty: {record.uncertainty}.", *too_small(record)])
    return f"{record.warning} {uncertainty}{hatched} {_assumptions(record)}"


def _assumptions(record: RunRecord) -> str:
    """Say polarity, response and pixel size, and which of them nobody stated."""
    parts = []
    for name, stated, unit in (
        ("polarity", record.polarity, ""),
        ("response", record.response, ""),
        ("pixel size", record.pixel_size_mm, " mm"),
    ):
        value = "unknown" if stated.value is None else f"{stated.value}{unit}"
        from_file = name == "pixel size" and stated.assumed and stated.value is not None
        how = " (the file's)" if from_file else " (assumed)" if stated.assumed else ""
        parts.append(f"{name} {value}{how if stated.value is not None else ''}")
    text = ", ".join(parts) + "."
    return text[:1].upper() + text[1:]
