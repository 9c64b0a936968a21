"""The picture of a registration: whether photograph and radiograph show the same things where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.evaluation.drawing import Page, as_png, draw_scale_bar, span
from napari_xraysep.transforms import Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from napari_xraysep.registration.quality import Measured

PANEL_INCHES, MARGIN = 5.0, 0.25  # inches
HEADING, LINE, TITLE, FOOTER = 0.8, 0.5, 0.3, 0.7
CHARACTERS = 150
"""Of a line that goes across the page."""
SQUARES = 8
"""Fields of the checkerboard along the longer side."""
EDGE_SIGMA = 2.0
"""Pixels of the picture over which edges are looked for."""
STRONG = (0.8, 0.92)
"""Shares of pixels with a weaker gradient than an edge has: where it goes on, where it starts."""
EDGE_COLOUR = (1.0, 0.55, 0.0)
LEAST_END_PX = 1.0
"""Displacements below this do not fill the scale, so that a good registration looks good."""
MARK_INCHES = 0.08
BOX = {"facecolor": "white"}

HOW_TO_READ = (
    "Lines should go on from field to field, and the photograph's edges lie on the radiograph's. "
    "Where no displacement could be measured, look for yourself."
)


@dataclass(frozen=True)
class Overlay:
    """What is drawn of one side.

    Attributes
    ----------
    grey
        (H, W) float32, the photograph's brightness on the reduced radiograph's grid.
    valid
        (H, W), False outside the photograph.
    left
        Where the displacement left was measured, and how much; None: it was not, or the side
        failed, so that it says nothing.
    finding
        How it was registered and how well, in words.
    failed
        It is not to be used.
    """

    grey: Floats
    valid: NDArray[np.bool_]
    left: Measured | None
    finding: str
    failed: bool


def overlay_png(
    xray: Floats,
    sides: Mapping[Side, Overlay],
    *,
    step: int = 1,
    pixel_size_mm: float | None = None,
    simulated: bool = False,
) -> bytes:
    """Draw a row for each side: checkerboard, edges, and how far it is still off where.

    Parameters
    ----------
    xray
        (H, W) float32 in the working domain, reduced.
    step
        How many pixels of the radiograph one of ``xray`` is wide.
    pixel_size_mm
        Of the radiograph.

    Returns
    -------
    bytes
        A PNG file.
    """
    page = _Sheet(xray.shape[0] / xray.shape[1], len(sides))
    radiograph = _stretched(xray)
    lengths = {
        name: np.hypot(*side.left.left.T)
        for name, side in sides.items()
        if side.left is not None and len(side.left.left)
    }
    end = max([LEAST_END_PX, *(float(np.percentile(one, 95)) for one in lengths.values())])
    marks = None
    for row, (name, side) in enumerate(sides.items()):
        photograph = _stretched(side.grey, side.valid)
        page.line(row, f"{name}: {side.finding}", side.failed)
        axes = page.panel(row, 0, "radiograph and photograph, field by field")
        axes.imshow(_checkerboard(radiograph, photograph), cmap="gray", vmin=0, vmax=1)
        if pixel_size_mm is not None:
            draw_scale_bar(axes, pixel_size_mm * step)
        axes = page.panel(row, 1, "radiograph, and edges of the photograph")
        axes.imshow(_with_edges(radiograph, photograph, side.valid))
        axes = page.panel(row, 2, "displacement left")
        axes.imshow(radiograph, cmap="gray", vmin=0, vmax=1)
        if name not in lengths or side.left is None:
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", bbox=BOX)
            continue
        y, x = ((side.left.centres - (step - 1) / 2) / step).T
        size = (MARK_INCHES * 72) ** 2
        marks = axes.scatter(
            x, y, size, lengths[name], marker="s", cmap="viridis", vmin=0, vmax=end
        )
    if marks is not None:
        in_mm = "" if pixel_size_mm is None else f" ({end * pixel_size_mm:.2g} mm)"
        caption = f"displacement left, 0 to {end:.2g} pixels of the radiograph{in_mm}, or more"
        page.scale(page.below(2), caption, marks, None)
    heading = "Registration to the radiograph" + (" (simulated)" if simulated else "")
    page.write(page.height - 0.33, heading, fontsize=14, weight="bold")
    page.write(page.height - 0.58, HOW_TO_READ, fontsize=9)
    return as_png(page.figure, {"Title": heading, "Description": f"{heading}. {HOW_TO_READ}"})


class _Sheet(Page):
    """A row of three panels for each side, a line of text above each row."""

    def __init__(self, aspect: float, rows: int) -> None:
        self.panel_height = PANEL_INCHES * min(max(aspect, 0.3), 2)
        height = HEADING + rows * (LINE + TITLE + self.panel_height) + MARGIN + FOOTER
        super().__init__(3 * PANEL_INCHES + 4 * MARGIN, height, MARGIN)

    def _top(self, row: int) -> float:
        return self.height - HEADING - row * (LINE + TITLE + self.panel_height)

    def line(self, row: int, text: str, failed: bool) -> None:
        """Write above a row, in red where the registration failed."""
        colour = "#b00020" if failed else "black"
        style = {"fontsize": 10, "weight": "bold", "va": "top", "color": colour}
        self.write(self._top(row) - 0.1, fill(text, CHARACTERS), **style)

    def panel(self, row: int, column: int, title: str) -> Axes:
        """Add the panel of a row and a column."""
        bottom = self._top(row) - LINE - TITLE - self.panel_height
        return self.image_axes(self._left(column), bottom, PANEL_INCHES, self.panel_height, title)

    def below(self, column: int) -> Axes:
        """Add axes for a colour scale below a column."""
        return self.axes(self._left(column), 0.45, PANEL_INCHES, 0.1)

    def _left(self, column: int) -> float:
        return MARGIN + column * (PANEL_INCHES + MARGIN)


def _stretched(image: Floats, valid: NDArray[np.bool_] | None = None) -> Floats:
    """Return grey values as 0..1 with all but the outermost told apart."""
    counted = image[valid] if valid is not None and valid.any() else image
    low, high = span([counted])
    return np.asarray(np.clip((image - low) / max(high - low, 1e-6), 0, 1), np.float32)


def _checkerboard(radiograph: Floats, photograph: Floats) -> Floats:
    """Show one image in the black fields of a chessboard and the other in the white ones."""
    side = max(1, round(max(radiograph.shape) / SQUARES))
    rows, columns = (np.arange(length) // side for length in radiograph.shape)
    first = (rows[:, None] + columns[None]) % 2 == 0
    return np.where(first, radiograph, photograph)


def _with_edges(radiograph: Floats, photograph: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Draw the photograph's edges in colour on the radiograph, (H, W, 3)."""
    from skimage.feature import canny

    picture = np.repeat(radiograph[..., None], 3, 2)
    found = canny(photograph, EDGE_SIGMA, *STRONG, mask=valid, use_quantiles=True)
    picture[found] = EDGE_COLOUR
    return picture
