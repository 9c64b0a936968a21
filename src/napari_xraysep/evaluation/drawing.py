"""What the pictures of results have in common: paper, panels, contrast, scale bars."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.evaluation.metrics import halve
from napari_xraysep.painting import Floats
from napari_xraysep.records import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI = 160

PAINTINGS: dict[Kind, str] = {
    "double-sided": "Double-sided painting",
    "concealed": "Concealed design",
}
"""How captions call a painting of each kind."""

MARK = "#e07000"
"""Colour of what is drawn on an image."""
CANNOT_TELL = "cannot be told with\nthis method: what it\ncannot explain it\ngives to its layers"
"""What stands in the picture of what was unexplained where it is zero by construction."""

LOOKED_AT = 4 * 10**6
"""Pixels of a large image that settle its scale."""


class Page:
    """A white sheet of paper whose parts are placed in inches from the bottom left.

    Figure and canvas by hand: pyplot keeps global state and may load a window system.
    """

    def __init__(self, width: float, height: float, margin: float, dpi: int = DPI) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height, self.margin = width, height, margin
        self.figure = Figure(figsize=(width, height), dpi=dpi, facecolor="white")
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, bottom: float, across: float, up: float) -> Axes:
        """Add axes, ``across`` inches wide and ``up`` high."""
        width, height = self.width, self.height
        return self.figure.add_axes((left / width, bottom / height, across / width, up / height))

    def image_axes(self, left: float, bottom: float, across: float, up: float, title: str) -> Axes:
        """Add axes for an image, without ticks."""
        axes = self.axes(left, bottom, across, up)
        axes.set_title(title, fontsize=9.5, loc="left", pad=4)
        axes.set_xticks([])
        axes.set_yticks([])
        return axes

    def scale(self, axes: Axes, caption: str, mappable: Any, ticks: list[float] | None) -> None:
        """Draw a colour scale that fills some axes."""
        self.figure.colorbar(mappable, cax=axes, orientation="horizontal", ticks=ticks)
        axes.tick_params(labelsize=7, length=2, pad=2)
        axes.set_title(caption, fontsize=8, loc="left", pad=3)

    def write(self, bottom: float, text: str, **style: Any) -> Text:
        """Write at the left margin, ``bottom`` inches up."""
        return self.figure.text(self.margin / self.width, bottom / self.height, text, **style)


def as_png(figure: Figure, metadata: Mapping[str, str]) -> bytes:
    """Return a figure as a PNG file with ``metadata`` as its text."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata=dict(metadata))
    return file.getvalue()


def halvings(shape: tuple[int, int], side: int) -> int:
    """How often an image is to be halved to be at most ``side`` pixels on a side."""
    return max(0, math.ceil(math.log2(max(shape) / side)))


def halved(image: Floats, times: int) -> Floats:
    """Average 2 × 2 pixels, so many times over."""
    for _ in range(times):
        image = halve(image)
    return image


def shrunk_mask(mask: NDArray[np.bool_], times: int) -> NDArray[np.bool_]:
    """Shrink a mask as `halved` does an image; what is left out in part is left out."""
    return halved(mask.astype(np.float32), times) > 0


def known(image: Floats, mask: NDArray[np.bool_] | None) -> Floats:
    """Return the values that the mask does not leave out, all where it leaves out everything.

    Of a large image only some, evenly spread, which is enough for a scale and spares memory.
    """
    if mask is None:
        return image
    step = -(-image.size // LOOKED_AT)
    found: Floats = image.ravel()[::step][~mask.ravel()[::step]]
    return found if found.size else image


def span(images: Sequence[Floats]) -> tuple[float, float]:
    """Return the values between which all but 0.2 % of each image's pixels lie.

    The outermost grey values (lead markers, nails) do not set the contrast.
    """
    # A million pixels settle a percentile; sorting a thousand million would take minutes.
    ends = [
        np.percentile(image.ravel()[:: -(-image.size // 10**6)], (0.1, 99.9)) for image in images
    ]
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def symmetric_end(left_over: Sequence[Floats], least: float) -> float:
    """Return the end of a scale from −end to +end for residuals, to two digits.

    ``least``, above zero, is where a residual is too small to be seen; 1 where that is 0.
    """
    low, high = span(left_over)
    return float(f"{max(-low, high, least):.2g}") or 1.0


def spread_end(image: Floats) -> float:
    """Return the end of a scale from zero for an uncertainty, to two digits."""
    return float(f"{np.percentile(image, 99.9):.2g}") or 1.0


def nothing_left(image: Floats, end: float) -> bool:
    """Whether a residual would be seen nowhere on a scale to ``end``."""
    return bool(np.abs(image).max() < end / 1000)


def draw_left_over(
    axes: Axes,
    image: Floats,
    end: float,
    left_out: NDArray[np.bool_] | None = None,
    *,
    by_model: bool = False,
) -> None:
    """Draw a residual: white is zero, red too little in the layers, blue too much.

    Parameters
    ----------
    by_model
        It is what the model itself left, before anything was shared out: where that is nothing,
        it does not mean that all was explained.
    """
    seen = image if left_out is None else np.where(left_out, np.float32(0), image)
    axes.imshow(seen, cmap="RdBu_r", vmin=-end, vmax=end)
    if nothing_left(seen, end):
        said = CANNOT_TELL if by_model else "nothing is left"
        axes.annotate(
            said, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", fontsize=9
        )
    draw_left_out(axes, left_out)


def draw_left_out(axes: Axes, mask: NDArray[np.bool_] | None, *, hidden: bool = True) -> None:
    """Hatch what the mask leaves out of the image that is drawn in ``axes``.

    Parameters
    ----------
    mask
        (H, W), True where left out; None: nothing is.
    hidden
        Nothing is known there: hide what is below the hatching. A radiograph stays to be seen.
    """
    if mask is None or not mask.any():
        return
    limits = axes.get_xlim(), axes.get_ylim()
    wide = np.pad(mask, 1, "edge").astype(np.float32)  # to the edge of the outermost pixels
    rows, columns = (np.arange(-1, side + 1) for side in mask.shape)
    colours = "white" if hidden else "none"
    drawn = axes.contourf(columns, rows, wide, levels=[0.5, 1.5], colors=colours, hatches=["/////"])
    drawn.set(edgecolor=MARK, linewidth=0.6)
    axes.set(xlim=limits[0], ylim=limits[1])


def draw_scale_bar(axes: Axes, pixel_size: float, unit: Literal["mm", "px"] = "mm") -> None:
    """Draw a bar of 1, 2 or 5 times a power of ten, about a quarter of the panel long.

    Parameters
    ----------
    pixel_size
        Of a pixel of the image drawn: in millimetres, or in pixels of the image it was made from.
    """
    columns = axes.get_xlim()[1] - axes.get_xlim()[0]
    rows = axes.get_ylim()[0] - axes.get_ylim()[1]
    wanted = columns * pixel_size / 4
    power = 10 ** math.floor(math.log10(wanted))
    length = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    in_cm = unit == "mm" and length >= 10
    label = f"{length / 10:g} cm" if in_cm else f"{length:g} {unit}"
    start, end = 0.04 * columns, 0.04 * columns + length / pixel_size
    # White on a black edge reads on any grey.
    for colour, thickness in (("black", 5), ("white", 3)):
        axes.plot(
            [start, end], [0.95 * rows] * 2, color=colour, lw=thickness, solid_capstyle="butt"
        )
    from matplotlib.patheffects import withStroke

    axes.text(
        (start + end) / 2,
        0.935 * rows,
        label,
        color="white",
        fontsize=8,
        ha="center",
        va="bottom",
        path_effects=[withStroke(linewidth=1.5, foreground="black")],
    )
