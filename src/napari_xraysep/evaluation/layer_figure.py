"""One result on a page of its own, with its scale and what has to be known of it."""

from __future__ import annotations

import textwrap
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.evaluation.drawing import (
    Page,
    as_png,
    draw_left_out,
    draw_left_over,
    draw_scale_bar,
)
from napari_xraysep.evaluation.figures import heading, what_was_done
from napari_xraysep.evaluation.report_words import about_the_mask, too_small
from napari_xraysep.painting import Floats
from napari_xraysep.records import RunRecord

SIDE = 2000
"""Images are to be averaged down to at most this many pixels on a side before they are drawn."""
INCHES, LEAST = 8.0, 6.0
"""The image's longer side, and the least width of the text."""
DPI = 250
MARGIN, HEADING, SCALE, LINE = 0.25, 1.05, 0.75, 0.16
"""Of the page, in inches: its edge, what is above the image, a scale, a line of text."""
LETTERS, LARGE_LETTERS = 15.5, 10.0
"""Letters of text and of the heading in an inch."""

Sort = Literal["grey", "signed", "spread"]
"""A layer; what is left over, around zero; an uncertainty, from zero up."""


def layer_figure(
    image: Floats,
    title: str,
    record: RunRecord,
    sort: Sort,
    scale: tuple[float, float],
    pixel_size_mm: float | None,
    left_out: NDArray[np.bool_] | None = None,
) -> bytes:
    """Draw one result.

    Parameters
    ----------
    image
        (h, w) float32 in the working domain, at most about `SIDE` pixels on a side.
    scale
        Values at the ends of the scale, the same for all images of one sort.
    pixel_size_mm
        Of the image that is drawn; None: no scale bar.
    left_out
        (h, w), True where the mask leaves out: hatched; None: nothing is, or it is not known where.

    Returns
    -------
    bytes
        A PNG file.
    """
    low, high = scale
    share = INCHES / max(image.shape)
    up, across = (max(0.5, side * share) for side in image.shape)
    wide = max(across, LEAST)
    where = "" if record.region is None else f"Rows and columns {record.region} of the radiograph. "
    said = " ".join(
        [f"{record.warning} {where}Uncertainty: {record.uncertainty}.", *too_small(record)]
    )
    said = f"{said} {about_the_mask(record, left_out)}".strip()
    caution = textwrap.wrap(said, int(wide * LETTERS))
    footer = SCALE + MARGIN + LINE * len(caution)
    page = Page(wide + 2 * MARGIN, HEADING + up + footer, MARGIN, DPI)
    axes = page.image_axes(MARGIN, footer, across, up, title)
    if sort == "signed":
        by_model = title.startswith("unexplained")
        draw_left_over(axes, image, high, left_out, by_model=by_model)
    else:
        colours = "gray" if sort == "grey" else "magma"
        axes.imshow(image, cmap=colours, vmin=low, vmax=high)
        draw_left_out(axes, left_out)
    if pixel_size_mm is not None:
        draw_scale_bar(axes, pixel_size_mm)
    spread = textwrap.shorten(record.uncertainty, int(wide * LETTERS), placeholder="…")
    caption = {
        "grey": "grey value; one contrast for the radiograph and its layers",
        "signed": f"±{high:g}, white is zero; red: the layers hold too little",
        "spread": spread,
    }[sort]
    ticks = [low, 0, high] if sort == "signed" else None
    below = page.axes(MARGIN, footer - 0.42, min(wide, 4.0), 0.1)
    page.scale(below, caption, axes.get_images()[0], ticks)
    words = heading(record)
    lines = textwrap.wrap(words, int(wide * LARGE_LETTERS))
    page.write(page.height - 0.12, "\n".join(lines), fontsize=11, weight="bold", va="top")
    below_words = page.height - 0.2 - 0.18 * len(lines)
    lines = textwrap.wrap(what_was_done(record), int(wide * LETTERS))
    page.write(below_words, "\n".join(lines), fontsize=8, va="top")
    page.write(footer - SCALE, "\n".join(caution), fontsize=8, va="top", linespacing=1.4)
    return as_png(page.figure, {"Title": f"{words}: {title}", "Description": said})
