from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.evaluation import meaning
from napari_xraysep.painting import Mixture
from napari_xraysep.workflows import judging
from napari_xraysep.workflows.judging import apart, judge

SHAPE = (24, 32)


@pytest.fixture
def mixture() -> Mixture:
    rng = np.random.default_rng(0)
    front, back = rng.random((2, *SHAPE, 3), np.float32)
    valid = np.ones(SHAPE, bool)
    valid[:4] = False
    return Mixture(front[..., 0] / 2 + back[..., 0] / 2, front, back, valid)


def test_every_number_has_a_sentence_on_what_a_bad_value_means(mixture):
    halves = mixture.xray / 2
    found = judge({"front": halves, "back": halves, "unexplained": mixture.xray}, mixture)
    assert {"residual_rms", "exclusion", "cancellation", "leakage_1", "copy_1"} <= set(found)
    assert {"energy_ratio", "empty", "unexplained_rms"} <= set(found)
    assert all(meaning(name).endswith(".") for name in (*found, "apart", "remix"))
    rms = float(np.sqrt(np.mean(mixture.xray[mixture.valid] ** 2)))
    assert found["unexplained_rms"] == pytest.approx(rms, rel=1e-6)


def test_swapping_the_sides_swaps_the_numbers(mixture):
    first, second = 0.6 * mixture.xray, 0.4 * mixture.xray
    swapped = Mixture(mixture.xray, mixture.back, mixture.front, mixture.valid)
    one = judge({"front": first, "back": second}, mixture)
    other = judge({"front": second, "back": first}, swapped)
    assert one["leakage_1"] == pytest.approx(other["leakage_2"])
    assert one["copy_2"] == pytest.approx(other["copy_1"])
    assert one["energy_ratio"] == pytest.approx(other["energy_ratio"])


def test_apart_is_the_distance_from_the_middle_of_all_means_removed(mixture):
    x = mixture.xray
    pairs = [(share * x + c, (1 - share) * x - c) for share, c in [(0.5, 0), (0.6, 3), (0.3, -1)]]
    std = float(x[mixture.valid].std(dtype=np.float64))
    assert apart(pairs, mixture.valid) == pytest.approx([0, 0.1 * std, 0.2 * std], abs=1e-6)


def test_masked_pixels_have_no_say(mixture):
    x = mixture.xray
    wild = x.copy()
    wild[:4] = 100
    assert apart([(x, x), (wild, x), (x, x)], mixture.valid) == pytest.approx([0, 0, 0], abs=1e-6)


def test_of_a_large_painting_the_middle_of_what_is_valid_is_judged(mixture, monkeypatch):
    monkeypatch.setattr(judging, "JUDGED", 8)
    error = np.zeros(SHAPE, np.float32)
    error[10:18, 12:20] = 1  # rows 4 to 24 are valid
    layers = {"front": mixture.xray, "back": error, "unexplained": error}
    assert judge(layers, mixture)["unexplained_rms"] == 1
    hidden = Mixture(mixture.xray, mixture.front, mixture.back, mixture.valid & (error == 0))
    assert judge(layers, hidden)["unexplained_rms"] == 0


def test_where_the_middle_is_left_out_no_more_is_judged(monkeypatch):
    monkeypatch.setattr(judging, "JUDGED", 8)
    valid = np.zeros(SHAPE, bool)
    valid[0] = valid[-10:, 4:9] = True
    assert judging.middle(valid) == np.s_[14:22, 1:9]
    narrow = np.zeros((24, 5), bool)
    narrow[[0, 22]] = True
    assert judging.middle(narrow) == np.s_[0:8, 0:8]


def test_one_may_be_far_from_a_reference(mixture):
    x, std = mixture.xray, mixture.xray[mixture.valid].std()
    pairs = [(x, x), (1.2 * x + 1, 0.8 * x)]
    reference = (x + 3, x)  # means do not count
    assert apart(pairs, mixture.valid, reference) == pytest.approx(
        [0, 0.2 * std], rel=1e-4, abs=1e-6
    )


def test_one_alone_is_not_apart(mixture):
    assert apart([(mixture.xray, mixture.xray)], mixture.valid) == [0]
