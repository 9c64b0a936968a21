"""The trivial separations."""

import numpy as np
import pytest

from napari_xraysep.evaluation import baselines, metrics
from napari_xraysep.painting import Mixture


def mixture(law, *, back=True, valid=None):
    rng = np.random.default_rng(3)
    front, other = rng.random((2, 20, 30, 3), np.float32)
    xray = law(metrics.grey(front), metrics.grey(other)).astype(np.float32)
    valid = np.ones((20, 30), bool) if valid is None else valid
    return Mixture(xray, front, other if back else None, valid)


def test_half_and_all_or_nothing_add_up_to_the_radiograph():
    painting = mixture(lambda a, b: a + b)
    first, second = baselines.half(painting)
    assert np.array_equal(first, painting.xray / 2)
    assert np.array_equal(second, painting.xray / 2)
    first, second = baselines.all_or_nothing(painting)
    assert np.array_equal(first, painting.xray)
    assert not second.any()


def test_grey_recovers_a_law_that_is_linear_in_grey():
    painting = mixture(lambda a, b: 0.5 * a - 0.2 * b + 0.3)
    first, second = baselines.grey(painting)
    np.testing.assert_allclose(first, 0.5 * metrics.grey(painting.front) + 0.15, atol=1e-5)
    np.testing.assert_allclose(second, -0.2 * metrics.grey(painting.back) + 0.15, atol=1e-5)


def test_grey_leaves_masked_pixels_out_of_the_fit():
    valid = np.ones((20, 30), bool)
    valid[:5] = False
    painting = mixture(lambda a, b: 0.5 * a + 0.1, back=False, valid=valid)
    painting.xray[:5] = 7
    surface, concealed = baselines.grey(painting)
    np.testing.assert_allclose(surface, 0.5 * metrics.grey(painting.front) + 0.1, atol=1e-5)
    np.testing.assert_allclose(surface + concealed, painting.xray, atol=1e-6)
    assert np.abs(concealed[5:]).max() < 1e-5


@pytest.mark.parametrize("name", baselines.BASELINES)
@pytest.mark.parametrize("back", [True, False])
def test_every_baseline_returns_two_layers_in_float32(name, back):
    painting = mixture(lambda a, b: a + b, back=back)
    for layer in baselines.BASELINES[name](painting):
        assert layer.shape == painting.shape
        assert layer.dtype == np.float32
