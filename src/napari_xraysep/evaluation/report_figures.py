"""The pictures of a report: one contrast, a scale bar in each, small enough to be embedded."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import to_unit
from napari_xraysep.evaluation.drawing import (
    MARK,
    Page,
    as_png,
    draw_left_out,
    draw_left_over,
    draw_scale_bar,
    halved,
    halvings,
    known,
    nothing_left,
    shrunk_mask,
    span,
    spread_end,
    symmetric_end,
)
from napari_xraysep.evaluation.pages import data_uri
from napari_xraysep.evaluation.report_words import about_the_mask, mixed
from napari_xraysep.io.results import sum_of
from napari_xraysep.painting import ArrayLike, Floats, Painting
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = (2.3, 3.7)
"""Inches that a small picture may be wide and high: three of them go across an A4 page."""
LARGE = (7.1, 7.9)
"""Inches that a layer on its own may be wide and high."""
PANEL_DPI, LARGE_DPI = 240, 170
SIDE = 1200
"""Images are averaged down until they are at most this many pixels on a side."""
STRIP = (2.3, 0.42)
"""Inches of a colour scale, its title and numbers included."""

Store = Literal["grey", "colours", "photograph"]


@dataclass(frozen=True)
class Picture:
    """A picture that lies in the page itself.

    Attributes
    ----------
    title
        What stands below it.
    alt
        What it shows, for those who do not see it.
    source
        The whole file, as a data URI.
    """

    title: str
    alt: str
    source: str


@dataclass(frozen=True)
class Results:
    """What a separation looks like.

    Attributes
    ----------
    above, below
        Radiograph and layers; residual, unexplained and, where there is one, uncertainty.
    scales
        The colour scales of both.
    layers
        Each layer large, by name.
    contrast
        The grey values that are drawn black and white.
    note
        What hatching in them means, a sentence; empty where nothing is hatched.
    all_explained
        The model left nothing unexplained anywhere: there was nothing to share out.
    """

    above: tuple[Picture, ...]
    below: tuple[Picture, ...]
    scales: tuple[Picture, ...]
    layers: Mapping[str, Picture]
    contrast: tuple[float, float]
    note: str = ""
    all_explained: bool = False


def inputs_pictures(painting: Painting, record: RunRecord) -> tuple[Picture, ...]:
    """Draw the whole radiograph and the photographs as they lie on it.

    What the mask leaves out is hatched on the radiograph, the region that was separated outlined.
    """
    step = -(-max(painting.shape) // (2 * SIDE))
    xray = painting.domain.forward(to_unit(_every(painting.xray, step), painting.domain.bits))
    mask = None if painting.mask is None else _every(painting.mask, step) != 0
    low, high = span([xray])

    def draw_radiograph(axes: Axes) -> None:
        axes.imshow(xray, cmap="gray", vmin=low, vmax=high)
        draw_left_out(axes, mask, hidden=False)
        if record.region is not None:
            _outline(axes, Region.parse(record.region), step)
        _bar(axes, record, step)

    height, width = painting.shape
    title = mixed(record).capitalize()
    marked = "" if record.region is None else ". Outlined: the part that was separated"
    marked += "" if mask is None else ". Hatched: what was left out"
    found = [
        _picture(
            f"{title}, whole{marked}",
            f"{title}, {width} × {height} pixels{marked}.",
            draw_radiograph,
            painting.shape,
            PANEL,
            "grey" if mask is None and record.region is None else "colours",
        )
    ]
    first = record.layers[0]
    photographs = {f"Photograph of the {first}": painting.front}
    if painting.back is not None:
        photographs["Photograph of the back"] = painting.back
    for name, photograph in photographs.items():
        image = to_unit(_every(photograph, step))

        def draw(axes: Axes, image: Floats = image) -> None:
            axes.imshow(image)
            _bar(axes, record, step)

        alt = f"{name} as it lies on the radiograph."
        found.append(_picture(name, alt, draw, painting.shape, PANEL, "photograph"))
    return tuple(found)


def results_pictures(
    layers: Mapping[str, Floats], record: RunRecord, left_out: NDArray[np.bool_] | None = None
) -> Results:
    """Draw radiograph and layers in one contrast, and what is left over on one scale.

    What the mask leaves out is hatched on the radiograph and hidden in all else.

    Parameters
    ----------
    layers
        (H, W) float32 by name: the two layers, ``residual``, ``unexplained`` and, where there is
        one, ``uncertainty``.
    left_out
        (H, W), True where the mask leaves out; None: nothing is, or it is not known where.
    """
    xray = sum_of(layers)
    names = record.layers[:2]
    low, high = span([xray, *(known(layers[name], left_out) for name in names)])
    left_over = [known(layers[name], left_out) for name in ("residual", "unexplained")]
    end = symmetric_end(left_over, (high - low) / 1000)
    times = halvings((record.height, record.width), SIDE)
    small = {name: halved(image, times) for name, image in layers.items()}
    mask = None if left_out is None else shrunk_mask(left_out, times)
    note = about_the_mask(record, left_out)
    shape, step = xray.shape, 2**times

    def grey(
        title: str, image: Floats, box: tuple[float, float], dpi: int, *, hidden: bool = True
    ) -> Picture:
        def draw(axes: Axes) -> None:
            axes.imshow(image, cmap="gray", vmin=low, vmax=high)
            draw_left_out(axes, mask, hidden=hidden)
            _bar(axes, record, step)

        alt = f"{title}, in grey from {low:.3g} (black) to {high:.3g} (white). {note}".strip()
        return _picture(title, alt, draw, shape, box, "grey" if mask is None else "colours", dpi)

    captions = {name: f"{name.capitalize()}: {record.statement}" for name in names}
    title = mixed(record).capitalize()
    above = [grey(title, halved(xray, times), PANEL, PANEL_DPI, hidden=False)]
    above += [grey(captions[name], small[name], PANEL, PANEL_DPI) for name in names]
    below = []
    for name, title in (
        ("residual", "Residual: radiograph − layers"),
        ("unexplained", "Unexplained: before it was shared out"),
    ):

        def draw(axes: Axes, image: Floats = small[name], name: str = name) -> None:
            draw_left_over(axes, image, end, mask, by_model=name == "unexplained")
            _bar(axes, record, step)

        alt = f"{title}, from −{end:g} (blue) to +{end:g} (red), white is zero. {note}".strip()
        below.append(_picture(title, alt, draw, shape, PANEL, "colours"))
    scales = [
        _scale("Grey value: radiograph, layers", "gray", low, high),
        _scale("Residual, unexplained", "RdBu_r", -end, end),
    ]
    if "uncertainty" in layers:
        spread = small["uncertainty"]
        most = spread_end(known(spread, mask))

        def draw_spread(axes: Axes) -> None:
            axes.imshow(spread, cmap="magma", vmin=0, vmax=most)
            draw_left_out(axes, mask)
            _bar(axes, record, step)

        title = "Uncertainty"
        alt = f"{title}, {record.uncertainty}, from 0 (dark) to {most:g} (light). {note}".strip()
        below.append(_picture(title, alt, draw_spread, shape, PANEL, "colours"))
        scales.append(_scale("Uncertainty", "magma", 0, most))
    large = {name: grey(captions[name], small[name], LARGE, LARGE_DPI) for name in names}
    all_explained = nothing_left(known(small["unexplained"], mask), end)
    return Results(
        tuple(above), tuple(below), tuple(scales), large, (low, high), note, all_explained
    )


def _every(image: ArrayLike, step: int) -> NDArray[Any]:
    return np.asarray(image[::step, ::step])


def _outline(axes: Axes, region: Region, step: int) -> None:
    from matplotlib.patches import Rectangle

    corner = region.x0 / step, region.y0 / step
    size = (region.x1 - region.x0) / step, (region.y1 - region.y0) / step
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=MARK, linewidth=1.5))


def _bar(axes: Axes, record: RunRecord, step: int) -> None:
    """Draw a scale bar in millimetres, or in the radiograph's pixels where that is all we know."""
    size = record.pixel_size_mm.value
    if isinstance(size, float | int):
        draw_scale_bar(axes, size * step)
    else:
        draw_scale_bar(axes, step, "px")


def _picture(
    title: str,
    alt: str,
    draw: Callable[[Axes], None],
    shape: tuple[int, ...],
    box: tuple[float, float],
    store: Store,
    dpi: int = PANEL_DPI,
) -> Picture:
    """Let ``draw`` fill a picture as large as fits into ``box``, in inches."""
    height, width = shape[:2]
    across = min(box[0], box[1] * width / height)
    page = Page(across, across * height / width, 0, dpi)
    axes = page.axes(0, 0, page.width, page.height)
    axes.set_axis_off()
    draw(axes)
    left, right, bottom, top = axes.get_images()[0].get_extent()
    axes.set(xlim=(left, right), ylim=(bottom, top))  # as it was before anything was drawn on it
    axes.set_aspect("auto")
    return Picture(title, alt, _compact(page.figure, store, title))


def _compact(figure: Figure, store: Store, description: str) -> str:
    """Store a picture in as few bytes as its kind allows; only photographs lose anything."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    raw, file = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="rgba")
    size = figure.canvas.get_width_height()
    image = Image.frombytes("RGBA", size, raw.getvalue()).convert("RGB")
    if store == "photograph":
        image.save(file, "JPEG", quality=90, comment=description)
        return data_uri(file.getvalue(), "jpeg")
    words = PngInfo()
    words.add_itxt("Description", description)
    few = image.convert("L") if store == "grey" else image.quantize(256)
    few.save(file, "PNG", pnginfo=words)
    return data_uri(file.getvalue())


def _scale(caption: str, colours: str, low: float, high: float) -> Picture:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    page = Page(*STRIP, 0, PANEL_DPI)
    axes = page.axes(0.25, 0.17, STRIP[0] - 0.5, 0.09)
    ticks = [low, (low + high) / 2, high]
    page.scale(axes, caption, ScalarMappable(Normalize(low, high), colours), ticks)
    words = [f"{tick:.3g}".replace("-", "−") for tick in ticks]
    axes.set_xticks(ticks, words)
    alt = f"Colour scale of {caption.lower()}, from {words[0]} to {words[2]}."
    return Picture(caption, alt, data_uri(as_png(page.figure, {})))
