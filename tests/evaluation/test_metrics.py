"""Metrics against values worked out by hand."""

import numpy as np
import pytest

from napari_xraysep.evaluation import metrics

ALL = np.ones((2, 2), bool)


def image(*rows):
    return np.array(rows, np.float32)


def noise(seed, shape=(40, 50)):
    return np.random.default_rng(seed).random(shape, np.float32)


def test_gradients_skip_pairs_with_an_invalid_pixel():
    valid = np.array([[True, True], [True, False]])
    assert metrics.gradients(image([1, 4], [6, 100]), valid).tolist() == [5, 3]


def test_mse_raw_and_with_means_removed():
    estimate, truth = image([1, 2], [3, 6]), image([0, 1], [2, 3])
    assert metrics.mse(estimate, truth, ALL) == (1 + 1 + 1 + 9) / 4
    # errors 1, 1, 1, 3 have mean 1.5
    assert metrics.mse(estimate, truth, ALL, means_removed=True) == (3 * 0.25 + 2.25) / 4


def test_mse_leaves_invalid_pixels_out():
    valid = np.array([[True, True], [True, False]])
    assert metrics.mse(image([1, 2], [3, 99]), image([0, 1], [2, 0]), valid) == 1


def test_psnr_of_an_error_of_a_tenth_is_20_db():
    estimate = image([0.1, -0.1], [0.1, -0.1])
    truth = np.zeros((2, 2), np.float32)
    assert metrics.psnr(estimate, truth, ALL, 1) == pytest.approx(20)
    assert metrics.psnr(estimate, truth, ALL, 2) == pytest.approx(20 + 20 * np.log10(2))
    assert metrics.psnr(truth + 3, truth, ALL, 1) == np.inf


def test_ssim_is_one_for_the_truth_up_to_a_constant_and_less_for_noise():
    truth, valid = noise(0), np.ones((40, 50), bool)
    assert metrics.ssim(truth + 0.25, truth, valid, 1) == pytest.approx(1, abs=1e-6)
    assert abs(metrics.ssim(noise(1), truth, valid, 1)) < 0.1


def test_ssim_ignores_what_the_mask_leaves_out():
    truth, valid = noise(0), np.ones((40, 50), bool)
    spoiled = truth.copy()
    spoiled[10:20, 10:20] = 9
    valid[10:20, 10:20] = False
    assert metrics.ssim(spoiled, truth, valid, 1) == pytest.approx(1, abs=1e-6)
    assert np.isnan(metrics.ssim(truth[:5], truth[:5], valid[:5], 1))
    valid[::5] = False
    assert np.isnan(metrics.ssim(truth, truth, valid, 1))


def test_own_and_leak_are_the_weights_of_the_two_truths():
    own, other = noise(0), noise(1)
    valid = np.ones(own.shape, bool)
    weights = metrics.own_and_leak(0.8 * own - 0.3 * other + 5, own, other, valid)
    assert weights == pytest.approx((0.8, -0.3), abs=1e-5)


def test_gain_compares_with_half_the_radiograph():
    truths = image([1, 0], [0, 0]), image([0, 0], [0, 2])
    xray = truths[0] + truths[1]
    assert metrics.gain((xray / 2, xray / 2), truths, xray, ALL) == 1
    assert metrics.gain(truths, truths, xray, ALL) == np.inf
    # Errors three times smaller have squares nine times smaller.
    closer = tuple(truth + (xray / 2 - truth) / 3 for truth in truths)
    assert metrics.gain(closer, truths, xray, ALL) == pytest.approx(9, rel=1e-5)


def test_gain_is_of_mean_errors_not_the_mean_of_gains():
    zero = np.zeros((2, 2), np.float32)
    truths = image([4, -4], [4, -4]), zero
    layers = image([3, -3], [3, -3]), image([1, -1], [-1, 1])
    # half errs by 2 in both: 4 + 4; the layers by 1 in both: 1 + 1
    assert metrics.gain(layers, truths, truths[0], ALL) == 4


def test_energy_ratio_is_blind_to_means_and_order():
    first, second = image([1, -1], [1, -1]), image([8, 4], [8, 4])
    assert metrics.energy_ratio((first, second), ALL) == 0.25
    assert metrics.energy_ratio((second, first), ALL) == 0.25
    assert metrics.energy_ratio((first * 0, second * 0), ALL) == 0


def test_residual_rms():
    layers = image([1, 1], [1, 1]), image([1, 1], [1, 1])
    assert metrics.residual_rms(layers, image([2, 2], [2, 6]), ALL) == 2


def test_cancellation_counts_edges_that_undo_each_other():
    up, down = image([0, 1], [0, 1]), image([0, -1], [0, -1])
    flat = np.zeros((2, 2), np.float32)
    assert metrics.cancellation((up, flat), up, ALL) == 0
    # Two differences across of 1 + 1 − 0, two down of 0.
    assert metrics.cancellation((up, down), flat, ALL) == 1


def test_exclusion_by_hand_on_one_level():
    first, second = image([0, 0.5], [0, 0.5]), image([0, 0.25], [0, 0.25])
    # Across: g1 = 0.5, α g2 = 2·(0.5/0.25)·0.25 = 1, one value in all: s(0.5)·s(1) under a
    # square root; down: nothing. The second level is one pixel, so there is one level.
    s = lambda t: 2 / (1 + np.exp(-t)) - 1  # noqa: E731
    expected = (s(0.5) * s(1)) ** 0.5
    assert metrics.exclusion((first, second), ALL) == pytest.approx(expected)


def test_exclusion_is_zero_for_edges_in_different_places():
    first, second = np.zeros((2, 16, 16), np.float32)
    first[:, 4:], second[:, 12:] = 1, 1
    valid = np.ones((16, 16), bool)
    assert metrics.exclusion((first, second), valid) == 0
    assert metrics.exclusion((first, first), valid) > 0.3
    valid[:, :6] = False
    assert metrics.exclusion((first, first), valid) == 0


def test_copy_score_is_the_correlation_of_gradients():
    photograph, valid = noise(0), np.ones((40, 50), bool)
    assert metrics.copy_score(3 * photograph + 1, photograph, valid) == pytest.approx(1)
    assert metrics.copy_score(-photograph, photograph, valid) == pytest.approx(-1)
    assert abs(metrics.copy_score(noise(1), photograph, valid)) < 0.1
    assert np.isnan(metrics.copy_score(np.zeros_like(photograph), photograph, valid))


def test_leakage_counts_only_what_the_right_photograph_does_not_explain():
    right, noise_2, valid = noise(0), noise(1), np.ones((40, 50), bool)
    wrong = right + noise_2  # the two paintings look alike
    own_detail = right + 0.5 * noise(2)
    assert metrics.leakage(own_detail, wrong, None, valid) > 0.5
    assert abs(metrics.leakage(own_detail, wrong, right, valid)) < 0.1
    assert metrics.leakage(right + noise_2, wrong, right, valid) == pytest.approx(1, abs=1e-4)
    assert np.isnan(metrics.leakage(right, wrong, right, valid))
