from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image

from napari_xraysep.plugin.compare_values import along, difference, profile, refusal
from napari_xraysep.plugin.panes import KEY


def image(data: Any, pane: str = "", **look: Any) -> Image:
    return Image(data, metadata={KEY: {"pane": pane, "run": "r"}}, **look)


RAMP = np.add.outer(np.arange(6.0), 10 * np.arange(8.0)).astype(np.float32)
"""Grey value is row + 10 × column."""


def test_a_difference_is_signed_and_of_whole_files_in_one_domain() -> None:
    low, high = np.full((600, 4), 51, np.uint8), np.full((600, 4), 0.6, np.float32)
    values, largest = difference(image(low), image(high))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, 0.2 - 0.6, atol=1e-6)
    assert largest == pytest.approx(0.4, abs=1e-6)
    np.testing.assert_allclose(difference(image(high), image(low))[0], 0.4, atol=1e-6)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (image(np.zeros((6, 8, 3), np.uint8), rgb=True), "B is a colour photograph"),
        (image(np.zeros((6, 9))), "do not have the same pixels"),
        (image(RAMP, translate=(1, 0)), "do not have the same pixels"),
        (image(RAMP, scale=(2, 2)), "do not have the same pixels"),
    ],
)
def test_a_difference_that_would_mean_nothing_is_refused(other: Image, why: str) -> None:
    assert why in refusal(image(RAMP), other)
    assert refusal(image(RAMP), image(RAMP + 1)) == ""


def test_values_along_a_line_lie_between_the_pixels_and_where_the_layer_lies() -> None:
    straight = along(image(RAMP), (0, 0), (5, 5), 11)
    np.testing.assert_allclose(straight, 11 * np.linspace(0, 5, 11), rtol=1e-6)
    moved = along(image(RAMP, translate=(100, 200)), (101, 203), (102, 205), 3)
    np.testing.assert_allclose(moved, [31, 41.5, 52], rtol=1e-6)
    shrunk = along(image(RAMP, scale=(4, 4), translate=(1.5, 1.5)), (5.5, 1.5), (5.5, 9.5), 2)
    np.testing.assert_allclose(shrunk, [1, 21], rtol=1e-6)
    outside = along(image(RAMP), (0, -2), (0, 2), 5)
    assert np.isnan(outside[:2]).all()
    np.testing.assert_allclose(outside[2:], [0, 10, 20])


def test_only_the_pixels_beside_the_line_are_read() -> None:
    read: list[int] = []

    def block(block_info: Any = None) -> Any:
        read.append(1)
        return np.ones((100, 100), np.float32)

    lazy = da.map_blocks(
        block, chunks=((100,) * 20, (100,) * 20), dtype=np.float32, meta=np.empty((0, 0))
    )
    layer = image(lazy, contrast_limits=(0, 1))
    read.clear()
    assert along(layer, (550, 20), (550, 180), 100).sum() == 100
    assert len(read) <= 4  # of 400


def test_a_profile_adds_up() -> None:
    residual, unexplained = np.full_like(RAMP, 0.5), np.full_like(RAMP, 2)
    layers = {
        "front": image(RAMP, "front"),
        "back": image(3 * RAMP, "back"),
        "residual": image(residual, "residual"),
        "unexplained": image(unexplained, "unexplained"),
    }
    distance, values = profile(layers, (0, 0), (3, 4))
    np.testing.assert_allclose(distance, np.linspace(0, 5, 6))
    assert list(values) == ["radiograph", "front", "back", "sum", "residual", "unexplained"]
    np.testing.assert_allclose(values["front"], 43 * np.linspace(0, 1, 6), atol=1e-5)
    np.testing.assert_allclose(values["sum"], 4 * values["front"], rtol=1e-5)
    np.testing.assert_allclose(values["radiograph"], values["sum"] + 0.5, rtol=1e-5)
    assert (values["unexplained"] == 2).all()
    del layers["front"]  # by the user: what is left is neither sum nor radiograph
    assert list(profile(layers, (0, 0), (3, 4))[1]) == ["back", "residual", "unexplained"]
