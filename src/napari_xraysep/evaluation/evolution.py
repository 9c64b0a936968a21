"""How a run's layers took shape, as pictures: an animation, a strip, the papers' sheet."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_xraysep.domain import Floats
from napari_xraysep.evaluation.drawing import (
    Page,
    as_png,
    draw_left_over,
    draw_scale_bar,
    span,
    symmetric_end,
)
from napari_xraysep.evaluation.figures import heading, what_was_done
from napari_xraysep.io.evolution import Evolution, Frame
from napari_xraysep.records import RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FRAME_MS, LAST_MS = 200, 2000
"""How long the animation shows an epoch, and the last one."""
PANEL, LEAST = 320, 250
"""Of the animation, in pixels: the longer side of each picture, and the room that each has."""
GAP, LINE, TEXT = 10, 20, 13
"""Of the animation, in pixels: between pictures, a line of text, its letters."""
LETTER = 8
"""Pixels that a letter takes, so that lines are broken in time."""

LEFT_OVER, MODELLED = "unexplained", "radiograph\nas modelled"
STRIP, SHEET = 8, 7
"""Epochs shown in a strip and in the papers' sheet."""
PANEL_INCHES, LEAST_INCHES = 1.75, 9.0
"""Width of each picture, and of the sheet, whose words need it."""
MARGIN, BETWEEN, LABEL = 0.2, 0.08, 1.15
HEADING, COLUMN_TITLE, FOOTER = 0.75, 0.5, 0.95  # inches


def animation(evolution: Evolution, record: RunRecord) -> bytes:
    """Draw both layers and what is unexplained side by side, one picture an epoch.

    Returns
    -------
    bytes
        An animated GIF, repeated for ever.
    """
    scales = _scales(evolution, _layers(evolution.frames[-1]))
    frames = [_picture(evolution, frame, record, scales) for frame in evolution.frames]
    file = io.BytesIO()
    frames[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[FRAME_MS] * (len(frames) - 1) + [LAST_MS],
        loop=0,
        comment=f"{record.statement}. {record.warning}".encode(),
    )
    return file.getvalue()


def strip(evolution: Evolution, record: RunRecord) -> bytes:
    """Draw both layers and what is unexplained at epochs evenly spread over the run.

    Returns
    -------
    bytes
        A PNG file.
    """
    count = len(evolution.frames)
    chosen = np.linspace(0, count - 1, min(STRIP, count)).round().astype(int)
    return _sheet(evolution, [evolution.frames[at] for at in chosen], record, as_printed=False)


def reconstruction_sheet(evolution: Evolution, record: RunRecord) -> bytes:
    """Draw the radiograph as modelled, both layers and what is left, against epochs.

    As in Pu et al. 2020, Figs. 15 and 19, and 2021, Fig. 12: epochs follow each other closely at
    the beginning, where most happens. What the papers call the reconstructed mixture is the
    radiograph without what the model left unexplained.

    Returns
    -------
    bytes
        A PNG file.
    """
    count = len(evolution.frames)
    order = np.arange(min(SHEET, count))
    spread = np.geomspace(1, count, len(order)).round().astype(int) - 1
    chosen = np.maximum.accumulate(spread - order) + order  # none of them twice
    return _sheet(evolution, [evolution.frames[at] for at in chosen], record, as_printed=True)


def _layers(frame: Frame) -> dict[str, Floats]:
    return {name: image for name, image in frame.layers.items() if name != LEFT_OVER}


@dataclass(frozen=True)
class _Scales:
    """The grey range of all layers, and ±``end`` of what is unexplained."""

    low: float
    high: float
    end: float

    @property
    def words(self) -> str:
        grey = f"{self.low:.2f} to {self.high:.2f}".replace("-", "−")
        return f"Grey: one contrast for all epochs, {grey}. Unexplained: ±{self.end:g}"


def _scales(evolution: Evolution, shown: Mapping[str, Floats]) -> _Scales:
    """Choose the scales for pictures of ``shown``; a wild beginning does not flatten the end."""
    low, high = span(list(shown.values()))
    low, high = (low, high) if high > low else (low, low + 1)
    left = evolution.frames[-1].layers[LEFT_OVER]
    return _Scales(low, high, symmetric_end([left], (high - low) / 1000))


def _picture(evolution: Evolution, frame: Frame, record: RunRecord, scales: _Scales) -> Image:
    """Draw one epoch of the animation in 256 greys."""
    from PIL.Image import Resampling, fromarray, new
    from PIL.ImageDraw import Draw

    height, width = evolution.radiograph.shape
    share = min(1.0, PANEL / max(height, width))
    size = max(1, round(width * share)), max(1, round(height * share))
    room = max(size[0], LEAST)
    across = 3 * room + 4 * GAP
    title = f"{heading(record)}: {record.method}, {evolution.title(frame)}"
    words = f"{scales.words}, mid-grey is zero. Uncertainty: {record.uncertainty}. {record.warning}"
    above, below = (textwrap.wrap(text, across // LETTER) for text in (title, words))
    top = LINE * (len(above) + 1) + GAP
    picture = new("L", (across, top + size[1] + LINE * len(below) + GAP), 255)
    draw, font = Draw(picture), _font()
    draw.text((GAP, 4), "\n".join(above), 0, font)
    draw.text((GAP, top + size[1] + 4), "\n".join(below), 0, font)
    for column, (name, image) in enumerate(frame.layers.items()):
        left = GAP + column * (room + GAP)
        draw.text((left, top - LINE), name, 0, font)
        low, high = scales.low, scales.high
        if name == LEFT_OVER:
            low, high = -scales.end, scales.end
        grey = np.clip((image - low) / (high - low) * 255, 0, 255).round().astype(np.uint8)
        picture.paste(fromarray(grey).resize(size, Resampling.BOX), (left, top))
    return picture


def _font() -> FreeTypeFont:
    from matplotlib import get_data_path
    from PIL.ImageFont import truetype

    return truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", TEXT)


def _sheet(
    evolution: Evolution, frames: Sequence[Frame], record: RunRecord, *, as_printed: bool
) -> bytes:
    """Draw one column an epoch; ``as_printed`` adds what the papers show besides the layers."""
    rows = [*([MODELLED] if as_printed else []), *frames[0].layers]
    shown = _layers(evolution.frames[-1])
    if as_printed:
        shown[MODELLED] = evolution.radiograph
    scales = _scales(evolution, shown)
    shape = evolution.radiograph.shape
    page = _Grid(shape[0] / shape[1], len(rows), len(frames))
    for column, frame in enumerate(frames):
        for row, name in enumerate(rows):
            axes = page.panel(row, column)
            if row == 0:
                title = evolution.title(frame).replace(", ", "\n")
                axes.set_title(title, fontsize=8, pad=4)
            if name == LEFT_OVER:
                draw_left_over(axes, frame.layers[name], scales.end, by_model=True)
                continue
            modelled = name == MODELLED
            image = (
                evolution.radiograph - frame.layers[LEFT_OVER] if modelled else frame.layers[name]
            )
            axes.imshow(image, cmap="gray", vmin=scales.low, vmax=scales.high)
    for row, name in enumerate(rows):
        page.label(row, name)
    pixel_size = record.pixel_size_mm.value
    if isinstance(pixel_size, float | int):
        draw_scale_bar(page.figure.axes[0], pixel_size * evolution.pixel_step)
    title = heading(record)
    page.write(page.height - 0.33, f"{title}: epochs", fontsize=13, weight="bold")
    page.write(page.height - 0.57, what_was_done(record), fontsize=9)
    words = (
        f"{record.warning} Uncertainty: {record.uncertainty}.\n"
        f"{scales.words}, white is zero; red: the layers hold too little."
    )
    if as_printed:
        words += (
            "\nradiograph as modelled = radiograph − unexplained, what the model itself makes "
            "before the rest is shared out."
        )
    page.write(0.2, words, fontsize=8, linespacing=1.5)
    return as_png(page.figure, {"Title": title, "Description": f"{title}. {record.warning}"})


class _Grid(Page):
    """Labels at the left, one column an epoch; ``aspect`` is a panel's height ÷ width."""

    def __init__(self, aspect: float, rows: int, columns: int) -> None:
        self.panel_height = PANEL_INCHES * min(max(aspect, 0.3), 2)
        height = HEADING + COLUMN_TITLE + rows * (self.panel_height + BETWEEN) + FOOTER
        width = LABEL + columns * (PANEL_INCHES + BETWEEN)
        super().__init__(max(width, LEAST_INCHES) + 2 * MARGIN, height, MARGIN)

    def _bottom(self, row: int) -> float:
        top = self.height - HEADING - COLUMN_TITLE - row * (self.panel_height + BETWEEN)
        return top - self.panel_height

    def panel(self, row: int, column: int) -> Axes:
        """Add the panel of a row, 0 the topmost, and column."""
        left = MARGIN + LABEL + column * (PANEL_INCHES + BETWEEN)
        return self.image_axes(left, self._bottom(row), PANEL_INCHES, self.panel_height, "")

    def label(self, row: int, text: str) -> None:
        """Name a row."""
        self.write(self._bottom(row) + self.panel_height / 2, text, fontsize=9.5, va="center")
