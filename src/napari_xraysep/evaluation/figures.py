"""The picture of a separation: what was mixed, what it was split into, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_xraysep.evaluation.drawing import (
    as_png,
    draw_left_over,
    draw_scale_bar,
    halved,
    halvings,
    new_figure,
    span,
    symmetric_end,
)
from napari_xraysep.painting import Floats
from napari_xraysep.records import RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_SIDE = 1200
"""Images are averaged down until they are at most this many pixels on a side."""
PANEL_INCHES = 3.6
MARGIN, HEADING, TITLE, FOOTER = 0.25, 0.75, 0.3, 1.25  # inches


def preview_png(layers: Mapping[str, Floats], xray: Floats, record: RunRecord) -> bytes:
    """Draw the radiograph, both layers, their sum and what is left, side by side.

    Radiograph, layers and sum share one contrast, so that they can be compared; residual and
    unexplained share one symmetric scale, which is stated.

    Parameters
    ----------
    layers
        By name: the two layers, ``residual`` and ``unexplained``; (H, W) float32.
    xray
        (H, W) float32, the radiograph in the working domain.
    record
        What was done; gives captions, scale bar and the word *simulated*.

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
    low, high = span([xray, layers[first], layers[second]])
    end = symmetric_end(list(left_over.values()), (high - low) / 1000)

    times = halvings((xray.shape[0], xray.shape[1]), PANEL_SIDE)
    page = _Page(xray.shape[0] / xray.shape[1])
    for i, (title, image) in enumerate((in_grey | left_over).items()):
        axes = page.panel(i, title)
        if title in in_grey:
            axes.imshow(halved(image, times), cmap="gray", vmin=low, vmax=high)
        else:
            draw_left_over(axes, halved(image, times), end)
    page.scale(0, 1, "grey value; one contrast for radiograph, layers, sum", None)
    page.scale(4, 2, f"residual, unexplained: ±{end:g}, white is zero", [-end, 0, end])
    pixel_size = record.pixel_size_mm.value
    if isinstance(pixel_size, float | int):
        draw_scale_bar(page.figure.axes[0], pixel_size * 2**times)
    heading = _heading(record)
    page.text(page.height - 0.33, heading, fontsize=14, weight="bold")
    page.text(page.height - 0.58, _what_was_done(record), fontsize=9)
    page.text(
        0.18,
        f"{record.warning} Uncertainty: {record.uncertainty}.\n{_assumptions(record)}",
        fontsize=8,
        linespacing=1.5,
    )
    metadata = {"Title": heading, "Description": f"{heading}. {record.warning}"}
    return as_png(page.figure, metadata)


class _Page:
    """Three columns and two rows of panels, measured in inches from the bottom left.

    ``aspect`` is a panel's height ÷ width; very long images leave white at their sides.
    """

    def __init__(self, aspect: float) -> None:
        self.panel_height = PANEL_INCHES * min(max(aspect, 0.3), 2)
        self.width = 3 * PANEL_INCHES + 4 * MARGIN
        self.height = HEADING + 2 * (self.panel_height + TITLE) + MARGIN + FOOTER
        self.figure = new_figure(self.width, self.height)

    def _axes(self, column: int, bottom: float, across: float, up: float) -> Axes:
        left = MARGIN + column * (PANEL_INCHES + MARGIN)
        width, height = self.width, self.height
        return self.figure.add_axes((left / width, bottom / height, across / width, up / height))

    def panel(self, index: int, title: str) -> Axes:
        """Add the panel for the image of that index, row by row."""
        row, column = divmod(index, 3)
        top = self.height - HEADING - TITLE - row * (self.panel_height + TITLE + MARGIN)
        axes = self._axes(column, top - self.panel_height, PANEL_INCHES, self.panel_height)
        axes.set_title(title, fontsize=9.5, loc="left", pad=4)
        axes.set_xticks([])
        axes.set_yticks([])
        return axes

    def scale(self, index: int, columns: int, caption: str, ticks: list[float] | None) -> None:
        """Add the colour scale of a panel, below the lower row."""
        image = self.figure.axes[index].get_images()[0]
        across = columns * (PANEL_INCHES + MARGIN) - MARGIN
        axes = self._axes(index % 3, 0.88, across, 0.1)
        self.figure.colorbar(image, cax=axes, orientation="horizontal", ticks=ticks)
        axes.tick_params(labelsize=7, length=2, pad=2)
        axes.set_title(caption, fontsize=8, loc="left", pad=3)

    def text(self, bottom: float, text: str, **style: Any) -> None:
        """Write at the left margin, ``bottom`` inches up."""
        self.figure.text(MARGIN / self.width, bottom / self.height, text, **style)


def _heading(record: RunRecord) -> str:
    heading = record.statement[:1].upper() + record.statement[1:]
    if record.simulated:
        heading += ", from a simulated radiograph"
    if not record.complete:
        heading += ", partial: stopped before its end"
    return heading


def _what_was_done(record: RunRecord) -> str:
    kind = "Double-sided painting" if record.kind == "double-sided" else "Concealed design"
    return (
        f"{kind} · {record.method_title} ({record.method}, {record.preset}), "
        f"allocation {record.allocation}, seed {record.seed} · {record.started[:10]}"
    )


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
