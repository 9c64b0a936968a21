"""The preview picture: what stands in it, and how comparable its panels are."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_xraysep.evaluation.figures import PANEL_SIDE, preview_png
from napari_xraysep.records import RunRecord, Stated

ROWS, COLUMNS = 60, 80


def record(**changes):
    values = {
        "simulated": True,
        "kind": "double-sided",
        "method": "regression",
        "method_title": "Regression",
        "paper": "",
        "preset": "fast",
        "settings": {},
        "seed": 0,
        "device": "cpu",
        "allocation": "even",
        "height": ROWS,
        "width": COLUMNS,
        "polarity": Stated(value="white-absorbs", assumed=True),
        "response": Stated(value="as-is", assumed=True),
        "pixel_size_mm": Stated(value=0.5, assumed=False),
        "epsilon": 1e-5,
        "bits": 16,
        "inputs": (),
        "layers": ("front", "back", "residual", "unexplained"),
        "complete": True,
        "started": "2026-01-02T03:04:05+00:00",
        "seconds": 1.0,
        "versions": {},
    }
    return RunRecord(**values | changes)


def layers(shape=(ROWS, COLUMNS)):
    rng = np.random.default_rng(0)
    front, back = rng.random((2, *shape), np.float32) / 2
    zero = np.zeros(shape, np.float32)
    return {"front": front, "back": back, "residual": zero, "unexplained": back - 0.25}


def picture(found, xray, **changes):
    return Image.open(io.BytesIO(preview_png(found, xray, record(**changes))))


@pytest.fixture
def drawn():
    found = layers()
    return found, found["front"] + found["back"]


def test_the_file_says_that_it_is_hypothetical_and_simulated(drawn):
    with picture(*drawn) as image:
        assert image.format == "PNG"
        assert "Hypothetical separation" in image.text["Title"]
        assert "simulated" in image.text["Title"]
        assert "do not prove" in image.text["Description"]
    with picture(*drawn, simulated=False, complete=False) as image:
        assert "simulated" not in image.text["Title"]
        assert "partial" in image.text["Title"]


def panel(image, row, column):
    """Mean grey of the middle of a panel, found from the page's proportions."""
    pixels = np.asarray(image.convert("L"), float)
    height, width = pixels.shape
    x = int(width * (column + 0.5) / 3)
    y = int(height * (0.3 if row == 0 else 0.68))
    return pixels[y - 20 : y + 20, x - 20 : x + 20].mean()


def test_radiograph_layers_and_sum_share_one_contrast():
    ramp = np.tile(np.linspace(0, 1, COLUMNS, dtype=np.float32), (ROWS, 1))
    zero = np.zeros_like(ramp)
    found = {"front": ramp * 0.75, "back": ramp * 0.25, "residual": zero, "unexplained": zero}
    with picture(found, ramp, pixel_size_mm=Stated(value=None, assumed=True)) as image:
        mixed, front, back = (panel(image, 0, column) for column in range(3))
        assert panel(image, 1, 0) == pytest.approx(mixed, abs=2)
    # In the middle the radiograph is 0.5: half of the way from black to white.
    assert mixed == pytest.approx(127, abs=10)
    assert front == pytest.approx(0.75 * 127, abs=10)
    assert back == pytest.approx(0.25 * 127, abs=10)


def test_what_is_left_is_white_where_zero_and_coloured_by_sign(drawn):
    found, xray = drawn
    found["residual"] = np.full_like(xray, 0.1)
    found["unexplained"] = np.full_like(xray, -0.1)
    with picture(found, xray) as image:
        red, _, blue = (panel(band, 1, 1) for band in image.convert("RGB").split())
        assert red > blue
        red, _, blue = (panel(band, 1, 2) for band in image.convert("RGB").split())
        assert blue > red


def test_a_scale_bar_is_drawn_only_where_the_pixel_size_is_known(drawn):
    with picture(*drawn) as known, picture(*drawn) as again:
        assert known.tobytes() == again.tobytes()
        with picture(*drawn, pixel_size_mm=Stated(value=None, assumed=True)) as unknown:
            left = (0, 0, known.width // 3, known.height // 2)
            assert known.crop(left).tobytes() != unknown.crop(left).tobytes()
            assert known.size == unknown.size


@pytest.mark.parametrize("shape", [(16, 16), (20, 400), (400, 20), (3, PANEL_SIDE + 40)])
def test_odd_shapes_are_drawn(shape):
    found = layers(shape)
    with picture(found, found["front"] + found["back"]) as image:
        assert 1500 < image.width < 2500
        assert image.height < 3500


def test_a_constant_region_is_drawn():
    flat = np.full((ROWS, COLUMNS), 0.5, np.float32)
    zero = np.zeros_like(flat)
    found = {"surface": flat, "concealed": zero, "residual": zero, "unexplained": zero}
    with picture(found, flat, kind="concealed") as image:
        assert image.width > 1000


def test_no_window_system_or_global_state_is_touched():
    program = (
        "import sys, tests.evaluation.test_figures as t;"
        "f = t.layers(); t.preview_png(f, f['front'], t.record());"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)


def test_what_the_mask_leaves_out_is_hatched_and_has_no_say(drawn):
    found, xray = drawn
    left_out = np.zeros(xray.shape, bool)
    left_out[10:50, 10:70] = True
    found["uncertainty"] = np.full_like(xray, 0.1)
    plain = preview_png(found, xray, record())
    hatched = preview_png(found, xray, record(), left_out)
    wild = {name: np.where(left_out, np.float32(50), image) for name, image in found.items()}
    with (
        Image.open(io.BytesIO(hatched)) as one,
        Image.open(io.BytesIO(preview_png(wild, xray, record(), left_out))) as other,
    ):
        differ = np.asarray(one) != np.asarray(other)
    assert differ.mean() < 0.002  # nothing of it is shown; edges are drawn with their neighbours
    for data, least, most in ((plain, 0, 0), (hatched, 7, 7)):
        with Image.open(io.BytesIO(data)) as image:
            pixels = np.asarray(image.convert("RGB"), int)
        marked = np.abs(pixels - (0xE0, 0x70, 0)).max(2) < 8
        wide, high = marked.shape[1] // 4, marked.shape[0] // 2
        panels = [
            marked[high * row : high * (row + 1), wide * column : wide * (column + 1)].any()
            for row in range(2)
            for column in range(4)
        ]
        assert least <= sum(panels) <= most


def test_an_uncertainty_has_a_panel_of_its_own(drawn):
    found, xray = drawn
    with picture(found, xray) as without:
        pass
    low, high = (found | {"uncertainty": np.full_like(xray, u) * (xray > 0.5)} for u in (0.1, 0.2))
    with picture(low, xray) as image:
        assert image.width > without.width
        assert image.tobytes() != picture(high, xray).tobytes()  # the numbers of its scale


def test_a_long_caption_is_not_cut_off(drawn):
    with picture(*drawn, uncertainty="word " * 80) as image:
        dark = np.asarray(image.convert("L")) < 128
    assert np.nonzero(dark)[1].max() < image.width - 20
