import numpy as np

from napari_xraysep.registration.colours import coefficients, detail, features, levelled


def test_features_are_the_quadratic_functions_of_colour() -> None:
    colour = np.array([[[0.5, 0.75, 1.0]]], np.float32)
    assert np.allclose(features(colour), [0, 0.25, 0.5, 0, 0.0625, 0.25, 0, 0.125, 0])


def test_what_is_left_out_has_no_part_in_detail() -> None:
    rng = np.random.default_rng(0)
    image, valid = rng.random((40, 40)).astype(np.float32), np.ones((40, 40), bool)
    valid[10:20, 10:25] = False
    spoilt = np.where(valid, image, 9).astype(np.float32)
    once, again = detail(image, valid, 1, 4), detail(spoilt, valid, 1, 4)
    assert np.array_equal(once, again)
    assert not once[~valid].any()
    assert once[valid].std() > 0.05


def test_slow_changes_are_no_detail() -> None:
    ramp = np.tile(np.linspace(0, 1, 60, dtype=np.float32), (60, 1))
    assert np.abs(detail(ramp, np.ones(ramp.shape), 0, 3)[:, 15:-15]).max() < 1e-3


def test_levelled_detail_is_as_strong_everywhere() -> None:
    noise = np.random.default_rng(1).standard_normal((80, 80)).astype(np.float32)
    noise[:, 40:] *= 10
    even = levelled(noise, np.ones(noise.shape), 6)
    assert noise[:, 50:].std() / noise[:, :30].std() > 9
    assert even[:, 50:].std() / even[:, :30].std() < 4


def test_coefficients_are_found_again_from_what_both_show() -> None:
    rng = np.random.default_rng(2)
    planes = rng.standard_normal((30, 30, 9)).astype(np.float32)
    wanted = np.arange(9, dtype=np.float32)
    both = np.zeros((30, 30), bool)
    both[5:] = True
    radiograph = planes @ wanted
    radiograph[~both] = 1e6
    assert np.allclose(coefficients(radiograph, planes, both), wanted, atol=0.05)
    assert not coefficients(radiograph, planes, np.zeros_like(both)).any()
