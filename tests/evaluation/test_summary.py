"""All metrics of one separation at once."""

import numpy as np
import pytest

from napari_xraysep import evaluate
from napari_xraysep.errors import InputError
from napari_xraysep.evaluation import MEANINGS, meaning
from napari_xraysep.evaluation.summary import measured_over, numbers
from napari_xraysep.painting import Mixture
from napari_xraysep.region import Region
from napari_xraysep.separation.methods.trivial.model import all_or_nothing, half


@pytest.fixture
def painted():
    rng = np.random.default_rng(5)
    front, back = rng.random((2, 32, 40, 3), np.float32)
    truths = rng.random((2, 32, 40), np.float32)
    valid = np.ones((32, 40), bool)
    valid[:4] = False
    return Mixture(truths[0] + truths[1], front, back, valid), (truths[0], truths[1])


def test_the_truth_scores_best(painted):
    mixture, truths = painted
    found = evaluate(truths, mixture, truths)
    assert found["gain"] == np.inf
    assert (found["own_1"], found["leak_1"]) == pytest.approx((1, 0), abs=1e-5)
    assert found["mse_1"] == found["mse_dc_free_2"] == found["bleed"] == found["empty"] == 0
    assert found["ssim_1"] == pytest.approx(1)


def test_half_gains_nothing_and_bleeds(painted):
    mixture, truths = painted
    found = evaluate(half(mixture), mixture, truths)
    assert found["gain"] == pytest.approx(1)
    assert found["leak_2"] == pytest.approx(0.5, abs=1e-4)
    assert found["bleed"] == 1
    assert found["energy_ratio"] == 1


def test_all_or_nothing_recombines_perfectly_and_is_empty(painted):
    mixture, _ = painted
    found = evaluate(all_or_nothing(mixture), mixture)
    assert found["residual_rms"] == found["cancellation"] == 0
    assert found["empty"] == 1
    assert np.isnan(found["leakage_2"])


def test_masked_pixels_change_nothing(painted):
    mixture, truths = painted
    before = evaluate(half(mixture), mixture, truths)
    mixture.xray[:4], truths[0][:4], mixture.front[:4] = 50, -9, 0
    after = evaluate(half(mixture), mixture, truths)
    assert after == pytest.approx(before)


def test_a_concealed_design_has_no_photograph_of_its_own(painted):
    mixture, truths = painted
    concealed = Mixture(mixture.xray, mixture.front, None, mixture.valid)
    found = evaluate(truths, concealed, truths)
    assert "leakage_1" not in found
    assert "copy_2" not in found
    assert "leakage_2" in found


def test_every_metric_has_its_plain_sentence(painted):
    mixture, truths = painted
    named = {meaning(name) for name in evaluate(truths, mixture, truths)}
    assert named <= set(MEANINGS.values())


def test_another_grid_is_refused(painted):
    mixture, truths = painted
    with pytest.raises(InputError, match=r"truth 2.*grid"):
        evaluate(truths, mixture, (truths[0], truths[1][:-1]))
    with pytest.raises(InputError, match="layer 1"):
        evaluate((truths[0][1:], truths[1]), mixture)


def test_metrics_that_are_no_numbers_can_be_left_out():
    assert numbers({"gain": 1.0, "psnr_1": float("inf"), "copy_2": float("nan")}) == {"gain": 1.0}


def test_rows_and_columns_of_a_part_are_counted_with_their_ends():
    said = measured_over(Region(20, 200, 31, 311))
    assert "Only 280 × 180 pixels" in said
    assert "rows 20 to 199 and columns 31 to 310." in said
