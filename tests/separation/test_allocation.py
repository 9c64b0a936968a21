from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.separation.allocation import allocate, residual_variance


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def layers(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    first, second = rng.uniform(0.1, 1, (2, 200, 200)).astype(np.float32)
    return first, second


def test_none_and_even(rng: np.random.Generator) -> None:
    first, second = layers(rng)
    error = rng.normal(0, 0.1, first.shape).astype(np.float32)
    valid = np.ones(first.shape, bool)
    assert allocate(first, second, error, valid, "none") == (first, second)
    one, other = allocate(first, second, error, valid, "even")
    np.testing.assert_allclose(one - first, error / 2, atol=1e-6)
    np.testing.assert_allclose(other - second, error / 2, atol=1e-6)


def test_variance_follows_what_multiplies_each_layer(rng: np.random.Generator) -> None:
    """Errors of 20 % of the first and 5 % of the second layer, and noise, are told apart."""
    first, second = layers(rng)
    normal = rng.standard_normal((3, *first.shape)).astype(np.float32)
    error = 0.2 * first * normal[0] + 0.05 * second * normal[1] + 0.03 * normal[2]
    ours, other = residual_variance(first, second, error)
    np.testing.assert_allclose(ours.mean(), np.mean((0.2 * first) ** 2) + 0.03**2 / 2, rtol=0.05)
    expected = np.mean((0.05 * second) ** 2) + 0.03**2 / 2
    np.testing.assert_allclose(other.mean(), expected, rtol=0.35)


def test_variance_split_errs_less_than_an_even_one(rng: np.random.Generator) -> None:
    first, second = layers(rng)
    truths = (
        first * (1 + 0.3 * rng.standard_normal(first.shape)),
        second * (1 + 0.05 * rng.standard_normal(first.shape)),
    )
    error = (sum(truths) - first - second).astype(np.float32)
    valid = np.ones(first.shape, bool)
    squares = {
        how: sum(
            np.mean((estimate - truth) ** 2)
            for estimate, truth in zip(
                allocate(first, second, error, valid, how), truths, strict=True
            )
        )
        for how in ("even", "variance")
    }
    assert squares["variance"] < 0.2 * squares["even"]


def test_swapping_the_layers_swaps_the_shares(rng: np.random.Generator) -> None:
    first, second = layers(rng)
    error = (0.3 * first * rng.standard_normal(first.shape)).astype(np.float32)
    valid = np.ones(first.shape, bool)
    one, other = allocate(first, second, error, valid, "variance")
    swapped = allocate(second, first, error, valid, "variance")
    np.testing.assert_allclose(swapped[0], other, atol=1e-5)
    np.testing.assert_allclose(swapped[1], one, atol=1e-5)


def test_nothing_is_shared_out_under_the_mask(rng: np.random.Generator) -> None:
    first, second = layers(rng)
    error = rng.normal(0, 0.1, first.shape).astype(np.float32)
    valid = np.ones(first.shape, bool)
    valid[50:60] = False
    for how in ("even", "variance"):
        one, other = allocate(first, second, error, valid, how)
        np.testing.assert_array_equal(one[50:60], first[50:60])
        np.testing.assert_array_equal(other[50:60], second[50:60])
