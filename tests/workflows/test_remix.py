from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Region
from napari_xraysep.separation import Progress, RunOptions
from napari_xraysep.workflows.remix import remix_error, remixed

SHAPE = (32, 48)


@pytest.fixture
def painting() -> Painting:
    rng = np.random.default_rng(2)
    front, back = rng.random((2, *SHAPE, 3), np.float32)
    grey = [np.mean(photograph, 2) for photograph in (front, back)]
    mask = np.zeros(SHAPE, bool)
    mask[:, :5] = True
    return Painting.from_arrays(0.4 * grey[0] + 0.5 * grey[1], front, back, mask=mask)


def test_the_second_layer_and_all_of_its_side_are_flipped(painting):
    region = Region(0, 32, 2, 48)
    first, second = np.random.default_rng(3).random((2, 32, 46), np.float32)
    mixture = remixed((first, second), painting, region).block()
    assert mixture.xray == pytest.approx(first + second[:, ::-1])
    assert mixture.front == pytest.approx(painting.front[:, 2:])
    assert mixture.back == pytest.approx(painting.back[:, :1:-1])
    assert np.flatnonzero(~mixture.valid[0]).tolist() == [0, 1, 2, 43, 44, 45]


def test_a_drawn_concealed_design_is_flipped_with_its_layer(painting):
    drawn = np.zeros(SHAPE, bool)
    drawn[8:16, 8:16] = True
    concealed = replace(painting, back=None).with_prior(drawn)
    halves = painting.block().xray / 2
    prior = remixed((halves, halves), concealed, None).block().prior
    assert (prior > 0.5).tolist() == drawn[:, ::-1].tolist()


def test_layers_that_a_method_finds_again_have_no_error_and_halves_one(painting):
    front, back = (np.mean(p, 2) for p in (painting.front, painting.back))
    mean_of_three = 0.2 * front, 0.7 * back

    def grey(again: Painting):
        return separate(again, "regression", options=RunOptions(allocation="even"))

    def half(again: Painting):
        return separate(again, "half")

    seen: list[object] = []
    assert remix_error(mean_of_three, painting, None, grey, seen.append) < 0.05
    assert any(isinstance(event, Progress) for event in seen)
    assert remix_error(mean_of_three, painting, None, half) == pytest.approx(1)


def test_stopped_there_is_no_error(painting):
    cancel = threading.Event()
    cancel.set()
    halves = (painting.block().xray / 2,) * 2
    found = remix_error(halves, painting, None, lambda p: separate(p, "half", cancel=cancel))
    assert np.isnan(found)


def test_a_mask_that_leaves_nothing_is_said(painting):
    mask = np.zeros(SHAPE, bool)
    mask[:, 20:] = True
    halves = (painting.block().xray / 2,) * 2
    with pytest.raises(InputError, match="mirror image"):
        remixed(halves, replace(painting, mask=mask), None)
