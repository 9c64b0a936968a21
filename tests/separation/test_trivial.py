"""The trivial separations."""

import numpy as np
import pytest

from napari_xraysep import separate
from napari_xraysep.domain import luma
from napari_xraysep.painting import Mixture
from napari_xraysep.separation import Finished, RunOptions, get_method
from napari_xraysep.separation.methods.trivial import model


def mixture(law, *, back=True, valid=None):
    rng = np.random.default_rng(3)
    front, other = rng.random((2, 20, 30, 3), np.float32)
    xray = law(luma(front), luma(other)).astype(np.float32)
    valid = np.ones((20, 30), bool) if valid is None else valid
    return Mixture(xray, front, other if back else None, valid)


def test_half_and_all_or_nothing_add_up_to_the_radiograph():
    painting = mixture(lambda a, b: a + b)
    first, second = model.half(painting)
    assert np.array_equal(first, painting.xray / 2)
    assert np.array_equal(second, painting.xray / 2)
    first, second = model.all_or_nothing(painting)
    assert np.array_equal(first, painting.xray)
    assert not second.any()


def test_grey_recovers_a_law_that_is_linear_in_grey():
    painting = mixture(lambda a, b: 0.5 * a - 0.2 * b + 0.3)
    first, second = model.grey(painting)
    np.testing.assert_allclose(first, 0.5 * luma(painting.front) + 0.15, atol=1e-5)
    np.testing.assert_allclose(second, -0.2 * luma(painting.back) + 0.15, atol=1e-5)


def test_grey_leaves_masked_pixels_out_of_the_fit():
    valid = np.ones((20, 30), bool)
    valid[:5] = False
    painting = mixture(lambda a, b: 0.5 * a + 0.1, back=False, valid=valid)
    painting.xray[:5] = 7
    surface, concealed = model.grey(painting)
    np.testing.assert_allclose(surface, 0.5 * luma(painting.front) + 0.1, atol=1e-5)
    np.testing.assert_allclose(surface + concealed, painting.xray, atol=1e-6)
    assert np.abs(concealed[5:]).max() < 1e-5


@pytest.mark.parametrize("name", model.BASELINES)
@pytest.mark.parametrize("back", [True, False])
def test_every_baseline_returns_two_layers_in_float32(name, back):
    painting = mixture(lambda a, b: a + b, back=back)
    for layer in model.BASELINES[name](painting):
        assert layer.shape == painting.shape
        assert layer.dtype == np.float32


@pytest.mark.parametrize("kind", ["double_sided", "concealed"])
@pytest.mark.parametrize("name", model.BASELINES)
def test_each_runs_as_a_method(name, kind, request):
    painting = request.getfixturevalue(kind).painting
    assert get_method(name).baseline
    options = RunOptions(allocation="none")
    *_, finished = separate(painting, name, options=options)
    assert isinstance(finished, Finished)
    expected = model.BASELINES[name](painting.block())
    for layer, values in zip(painting.layer_names, expected, strict=True):
        np.testing.assert_array_equal(finished.layers[layer], values)
