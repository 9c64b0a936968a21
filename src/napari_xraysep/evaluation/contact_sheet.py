"""The picture of a comparison: one row a method, everything in one contrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from napari_xraysep.evaluation.comparison import Comparison, MethodRow, heading, how_allocated
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
    symmetric_end,
)
from napari_xraysep.evaluation.report_words import LEFT_OUT
from napari_xraysep.painting import Floats, Mixture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_SIDE = 500
"""Images are averaged down until they are at most this many pixels on a side."""
DPI = 240
"""Small panels of many pixels, since the sheet is shrunk to a page's width, its words too."""
PANEL_INCHES = 1.9
LABEL, GAP, MARGIN = 1.85, 0.1, 0.2  # inches
HEADING, COLUMN_TITLE, FOOTER = 0.75, 0.26, 1.3


def small(image: Floats) -> Floats:
    """Average an image, (H, W) or (H, W, 3), down to a panel's size."""
    times = halvings((image.shape[0], image.shape[1]), PANEL_SIDE)
    if image.ndim == 2:
        return halved(image, times)
    return np.stack([halved(image[..., band], times) for band in range(image.shape[2])], -1)


def contact_sheet(
    comparison: Comparison,
    results: Mapping[str, Mapping[str, Floats]],
    mixture: Mixture,
    truths: tuple[Floats, Floats] | None,
    pixel_size_mm: float | None = None,
) -> bytes:
    """Draw each method's layers, their sum and what is left, one row a method.

    All grey images share one contrast: from the least to the greatest value of radiograph, true
    layers and results, no further beyond radiograph and true layers than their own span, so that
    one wild result does not flatten the rest. All residuals share one scale.

    Parameters
    ----------
    results
        By method: the two layers, ``residual`` and ``unexplained``, by name, as `small` gives
        them; methods without any are left out.
    mixture
        The painting. Above the methods stand the radiograph and the true layers, or where those
        are not known the photographs.
    truths
        (H, W) float32, in the working domain.
    pixel_size_mm
        Of the radiograph, for a scale bar.

    Returns
    -------
    bytes
        A PNG file.
    """
    first, second = comparison.layers
    xray = small(mixture.xray)
    mask = None
    if not mixture.valid.all():
        mask = shrunk_mask(~mixture.valid, halvings(mixture.shape, PANEL_SIDE))
    true = {} if truths is None else {f"true {first}": truths[0], f"true {second}": truths[1]}
    above = {name: small(image) for name, image in true.items()}
    shown = [xray, *above.values()]
    least, most = span(shown)
    room = most - least
    layers = [known(images[name], mask) for images in results.values() for name in (first, second)]
    low, high = span(shown + layers)
    low, high = max(low, least - room), min(high, most + room)
    names = ("residual", "unexplained")
    left_over = [known(images[name], mask) for images in results.values() for name in names]
    end = symmetric_end(left_over, room / 1000) if left_over else room

    sheet = _Sheet(xray.shape[0] / xray.shape[1], len(comparison.rows))
    if truths is None:
        photographs = {f"photograph: {first}": mixture.front}
        if mixture.back is not None:
            photographs[f"photograph: {second}"] = mixture.back
        for column, (title, photograph) in enumerate(photographs.items()):
            sheet.panel(0, column, title).imshow(small(photograph))
    for column, (title, image) in enumerate(above.items()):
        sheet.panel(0, column, title).imshow(image, cmap="gray", vmin=low, vmax=high)
    mixed = "mixed radiograph" + (" (simulated)" if comparison.simulated else "")
    axes = sheet.panel(0, 2, mixed)
    grey = axes.imshow(xray, cmap="gray", vmin=low, vmax=high)
    draw_left_out(axes, mask, hidden=False)
    if pixel_size_mm is not None:
        draw_scale_bar(axes, pixel_size_mm * 2 ** halvings(mixture.shape, PANEL_SIDE))

    titles = (first, second, f"sum: {first} + {second}", "residual", "unexplained")
    for line, row in enumerate(comparison.rows, 1):
        sheet.label(line, row.method, _about(row))
        images = results.get(row.method)
        for column, title in enumerate(titles if images else ()):
            assert images is not None
            axes = sheet.panel(line, column, title if line == 1 else "")
            if title in ("residual", "unexplained"):
                by_model = title == "unexplained"
                draw_left_over(axes, images[title], end, mask, by_model=by_model)
            else:
                image = images[title] if column < 2 else images[first] + images[second]
                axes.imshow(image, cmap="gray", vmin=low, vmax=high)
                draw_left_out(axes, mask)
        if not images:
            sheet.sentence(line, row.problem)
    ends = f"{low:.2f} to {high:.2f}".replace("-", "−")
    sheet.scale(sheet.below(0, 3), f"grey value, {ends}: one contrast for all", grey, None)
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    signed = ScalarMappable(Normalize(-end, end), "RdBu_r")
    caption = f"residual, unexplained: ±{end:g}; red: the layers hold too little"
    sheet.scale(sheet.below(3, 2), caption, signed, [-end, 0, end])

    title = heading(comparison)
    sheet.write(sheet.height - 0.38, title, fontsize=14, weight="bold")
    sheet.write(sheet.height - 0.65, _what_was_done(comparison), fontsize=9)
    hatched = "" if mask is None else f" {LEFT_OUT}."
    sheet.write(
        0.2,
        f"{comparison.warning}{hatched}\nresidual = radiograph − sum; unexplained = what the "
        f"method itself left, before it was shared out.\n{how_allocated(comparison)}",
        fontsize=8,
        linespacing=1.5,
    )
    return as_png(sheet.figure, {"Title": title, "Description": f"{title}. {comparison.warning}"})


class _Sheet(Page):
    """Labels at the left, five columns of panels.

    ``aspect`` is a panel's height ÷ width; very long images leave white at their sides.
    """

    def __init__(self, aspect: float, methods: int) -> None:
        self.panel_height = PANEL_INCHES * min(max(aspect, 0.35), 1.6)
        width = 2 * MARGIN + LABEL + 5 * (PANEL_INCHES + GAP)
        rows = (methods + 1) * (self.panel_height + GAP) + 2 * COLUMN_TITLE
        super().__init__(width, HEADING + rows + FOOTER, MARGIN, DPI)

    def _bottom(self, row: int) -> float:
        titles = COLUMN_TITLE * min(row + 1, 2)  # those of the first row and of the methods
        return self.height - HEADING - titles - row * (self.panel_height + GAP) - self.panel_height

    def _left(self, column: int) -> float:
        return MARGIN + LABEL + column * (PANEL_INCHES + GAP)

    def panel(self, row: int, column: int, title: str) -> Axes:
        """Add the panel of a row, 0 the topmost, and column."""
        left, bottom = self._left(column), self._bottom(row)
        return self.image_axes(left, bottom, PANEL_INCHES, self.panel_height, title)

    def label(self, row: int, name: str, lines: list[str]) -> None:
        """Write a method's name, and what is to be said of it, at the left of its row."""
        top = self._bottom(row) + self.panel_height
        self.write(top - 0.13, name, fontsize=9.5, weight="bold")
        self.write(top - 0.25, "\n".join(lines), fontsize=8, va="top", linespacing=1.5)

    def sentence(self, row: int, text: str) -> None:
        """Write why a row has no panels in their place."""
        bottom = self._bottom(row) + self.panel_height / 2
        written = self.write(bottom, text, fontsize=9, wrap=True)
        written.set_x(self._left(0) / self.width)

    def below(self, column: int, columns: int) -> Axes:
        """Add axes for the colour scale of some columns."""
        across = columns * (PANEL_INCHES + GAP) - 4 * GAP
        return self.axes(self._left(column), 0.95, across, 0.09)


def _about(row: MethodRow) -> list[str]:
    lines = ["baseline"] if row.baseline else []
    if row.metrics and not row.complete:
        lines.append("partial: stopped before its end")
    if "gain" in row.metrics:
        lines.append(f"gain {row.metrics['gain']:.2f}")
    if row.seconds is not None:
        lines.append(f"{row.preset}, {row.seconds:.1f} s")
    return lines


def _what_was_done(comparison: Comparison) -> str:
    region = "" if comparison.region is None else f", rows and columns {comparison.region}"
    count = len(comparison.rows)
    methods = f"{count} method{'s' if count > 1 else ''}"
    return f"{PAINTINGS[comparison.kind]}{region} · {methods}, seed {comparison.rows[0].seed}"
