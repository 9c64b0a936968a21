from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reported import SHAPE, given, layers, record

from napari_xraysep.evaluation import report_figures
from napari_xraysep.evaluation.report_figures import (
    Picture,
    inputs_pictures,
    results_pictures,
)
from napari_xraysep.painting import Painting
from napari_xraysep.records import Stated


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(picture.source.partition(",")[2])))


def grey_at(picture: Picture, across: float, down: float = 0.3) -> float:
    """Grey value of a spot in a picture, away from its scale bar."""
    with opened(picture) as image:
        pixels = np.asarray(image.convert("L"), float)
    row, column = int(down * pixels.shape[0]), int(across * pixels.shape[1])
    return float(pixels[row - 2 : row + 3, column - 2 : column + 3].mean())


def test_radiograph_and_layers_share_one_contrast() -> None:
    results = results_pictures(layers(), record())
    xray, front, back = results.above
    assert results.contrast == pytest.approx((0, 1), abs=0.01)
    assert grey_at(xray, 0.75) == pytest.approx(255 * 0.75, abs=4)
    assert grey_at(front, 0.75) == pytest.approx(255 * 0.75 * 0.6, abs=4)
    assert grey_at(back, 0.75) == pytest.approx(255 * 0.75 * 0.3, abs=4)
    assert grey_at(results.layers["front"], 0.75) == pytest.approx(255 * 0.75 * 0.6, abs=4)
    assert [picture.title for picture in results.above] == [
        "Mixed radiograph",
        "Front: hypothetical separation",
        "Back: hypothetical separation",
    ]


def test_residual_and_unexplained_share_one_scale() -> None:
    found = layers()
    results = results_pictures(found, record())
    residual, unexplained = results.below
    assert grey_at(residual, 0.9) > grey_at(unexplained, 0.9)  # paler
    assert len(results.scales) == 2
    assert "−0.2 to 0.2" in results.scales[1].alt


def test_uncertainty_is_drawn_where_there_is_one() -> None:
    spread = np.full(SHAPE, 0.05, np.float32)
    said = record(uncertainty="standard deviation over 3 restarts")
    results = results_pictures(layers() | {"uncertainty": spread}, said)
    assert results.below[2].title == "Uncertainty"
    assert "standard deviation over 3 restarts" in results.below[2].alt
    assert "to 0.05" in results.scales[2].alt


def bar_of(picture: Picture) -> int:
    """Pixels of the white bar across the lower left of a black picture."""
    with opened(picture) as image:
        row = np.asarray(image.convert("L"))[int(0.958 * image.height)]
    return int((row > 200).sum())


def test_the_scale_bar_is_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[float, str]] = []
    real = report_figures.draw_scale_bar

    def noted(axes: Any, size: float, unit: Any = "mm") -> None:
        said.append((size, unit))
        real(axes, size, unit)

    monkeypatch.setattr(report_figures, "draw_scale_bar", noted)
    dark = {name: image / 100 for name, image in layers().items()}
    dark["front"][0, :4] = 1  # the contrast of the whole
    results = results_pictures(dark, record())
    assert set(said) == {(0.5, "mm")}
    # 80 pixels of 0.5 mm are 40 mm, a bar of 1 cm a quarter of them
    with opened(results.layers["back"]) as image:
        assert bar_of(results.layers["back"]) == pytest.approx(image.width / 4, abs=8)
    said.clear()
    results_pictures(dark, record(pixel_size_mm=Stated(value=None, assumed=True)))
    assert set(said) == {(1, "px")}


@pytest.mark.parametrize("shape", [(20, 400), (400, 20), (2500, 2000)])
def test_odd_shapes_fit_and_large_ones_are_averaged_down(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).random(shape, np.float32)
    found = dict.fromkeys(("front", "back", "residual", "unexplained"), noise / 4)
    results = results_pictures(found, record(height=shape[0], width=shape[1]))
    pictures = [*results.above, *results.below, *results.scales, *results.layers.values()]
    assert sum(len(picture.source) for picture in pictures) < 5_000_000
    for picture in results.layers.values():
        with opened(picture) as image:
            assert image.width <= 1210
            assert image.height <= 1350
            assert image.width / image.height == pytest.approx(shape[1] / shape[0], rel=0.08)


def painting(**changes: Any) -> Painting:
    rng = np.random.default_rng(0)
    photographs = rng.integers(0, 256, (2, *SHAPE, 3), np.uint8)
    xray = np.tile(np.linspace(0, 1, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
    return Painting.from_arrays(xray, *photographs, **changes)


def test_inputs_are_radiograph_and_photographs() -> None:
    pictures = inputs_pictures(painting(), record(simulated=True))
    assert [picture.title for picture in pictures] == [
        "Mixed radiograph (simulated), whole",
        "Photograph of the front",
        "Photograph of the back",
    ]
    assert [picture.source[:15] for picture in pictures[1:]] == ["data:image/jpeg"] * 2
    with opened(pictures[0]) as image:
        assert image.mode == "L"


def test_region_and_mask_are_drawn_on_the_radiograph() -> None:
    mask = np.zeros(SHAPE, np.uint8)
    mask[:, 60:] = 1
    (plain, *_), (region, *_), (masked, *_) = (
        inputs_pictures(painting(), record()),
        inputs_pictures(painting(), record(region="10:30,20:40", height=20, width=20)),
        inputs_pictures(painting(mask=mask), record()),
    )

    def colourful(picture: Picture) -> Any:
        with opened(picture) as image:
            return np.ptp(np.asarray(image.convert("RGB"), int), axis=2) > 60

    assert plain.title == "Mixed radiograph, whole"
    assert region.title == "Mixed radiograph, whole. Outlined: the part that was separated"
    assert masked.title == "Mixed radiograph, whole. Hatched: what was left out"
    assert not colourful(plain).any()
    rows, columns = (
        at / side
        for at, side in zip(np.nonzero(colourful(region)), colourful(region).shape, strict=True)
    )
    assert (rows.min(), rows.max()) == pytest.approx((10 / 60, 30 / 60), abs=0.03)
    assert (columns.min(), columns.max()) == pytest.approx((20 / 80, 40 / 80), abs=0.03)
    hatched = np.nonzero(colourful(masked))[1] / colourful(masked).shape[1]
    assert hatched.min() == pytest.approx(60 / 80, abs=0.03)


def test_what_is_left_out_is_hatched_in_every_picture_and_has_no_say() -> None:
    found = layers() | {"uncertainty": np.full(SHAPE, 0.05, np.float32)}
    left_out = np.zeros(SHAPE, bool)
    left_out[10:30, 30:60] = True
    results = results_pictures(found, record(), left_out)
    assert results.note == "Hatched: left out by the mask, nothing is known there."
    wild = {
        name: np.where(left_out, np.float32({"front": 60, "residual": -60}.get(name, 0)), image)
        for name, image in found.items()
    }
    again = results_pictures(wild, record(), left_out)
    pictures = [*results.above, *results.below, *results.layers.values()]
    repeated = [*again.above, *again.below, *again.layers.values()]
    assert again.scales == results.scales
    for picture, repeat in zip(pictures[1:], repeated[1:], strict=True):
        assert picture.alt == repeat.alt
        with opened(picture) as one, opened(repeat) as other:
            pixels = [np.asarray(image.convert("L"), int) for image in (one, other)]
        # all but the radiograph is hidden; edges are drawn with their neighbours
        assert (np.abs(pixels[0] - pixels[1]) > 8).mean() < 0.01
    for picture in pictures:
        assert results.note in picture.alt
        with opened(picture) as image:
            pixels = np.asarray(image.convert("RGB"), int)
        rows, columns = np.nonzero(np.abs(pixels - (0xE0, 0x70, 0)).max(2) < 12)
        assert rows.min() / len(pixels) == pytest.approx(10 / 60, abs=0.03)
        assert columns.max() / len(pixels[0]) == pytest.approx(60 / 80, abs=0.03)


def test_a_mask_that_is_lost_is_said() -> None:
    assert results_pictures(layers(), record()).note == ""
    nothing = results_pictures(layers(), record(), np.zeros(SHAPE, bool))
    assert nothing.note == ""
    lost = record(inputs=(*record().inputs, given("mask", "mask.tif")))
    assert "could not be read again" in results_pictures(layers(), lost).note


def test_a_model_that_leaves_nothing_is_not_said_to_have_explained_all() -> None:
    found = layers()
    assert not results_pictures(found, record()).all_explained
    found["unexplained"] = np.zeros(SHAPE, np.float32)
    plain = results_pictures(found, record(allocation="none"))
    assert plain.all_explained
    found["residual"] = found["unexplained"]
    residual, unexplained = results_pictures(found, record()).below
    with opened(residual) as one, opened(unexplained) as other:
        dark = [(np.asarray(image.convert("L")) < 64).sum() for image in (one, other)]
    assert dark[1] > 2 * dark[0]  # more words stand in it than "nothing is left"
