from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from napari_xraysep.registration.local import Matches, matched, smooth

SHAPE = (300, 400)


def texture() -> np.ndarray:
    return gaussian_filter(np.random.default_rng(3).standard_normal(SHAPE), 1.5).astype(np.float32)


def grid(step: int = 20) -> np.ndarray:
    rows, columns = np.meshgrid(
        np.arange(10.0, SHAPE[0], step), np.arange(10.0, SHAPE[1], step), indexing="ij"
    )
    return np.stack([rows, columns], -1).reshape(-1, 2)


def matches(shifts: np.ndarray, centres: np.ndarray | None = None) -> Matches:
    count, centres = len(shifts), grid() if centres is None else centres
    sure = np.tile(1e4 * np.eye(2), (count, 1, 1))
    return Matches(centres, shifts, sure, np.ones(count), np.ones(count, bool), np.ones(count))


def test_a_shift_is_found_to_a_fraction_of_a_pixel() -> None:
    image = texture()
    moved = shift(image, (2.3, -1.6), order=3, mode="nearest")  # what was at p is at p + shift
    found = matched(image, moved, np.ones(SHAPE, bool), 48, 40, 6)
    assert len(found.centres) == 7 * 9
    assert found.inside.all()
    assert np.abs(found.shifts - [2.3, -1.6])[10:-10].max() < 0.1
    assert found.likeness[10:-10].min() > 0.9


def test_tiles_that_are_left_out_are_not_matched() -> None:
    image, valid = texture(), np.ones(SHAPE, bool)
    valid[:, 200:] = False
    found = matched(image * valid, image * valid, valid, 48, 24, 4)
    assert found.centres[:, 1].max() < 215
    assert np.abs(found.shifts).max() < 0.1


def test_no_tile_at_all() -> None:
    image = texture()
    assert matched(image, image, np.zeros(SHAPE, bool), 48, 24, 4).shifts.shape == (0, 2)


def test_a_straight_displacement_is_kept_straight() -> None:
    centres = grid()
    wanted = centres @ np.array([[0.01, 0.002], [-0.004, 0.006]]) + [3, -2]
    noise = np.random.default_rng(0).normal(0, 0.2, wanted.shape)
    fit = smooth(matches(wanted + noise), wanted + noise, SHAPE)
    assert fit.stiffness > 100
    assert np.abs(fit(centres) - wanted).max() < 0.15


def test_a_bent_displacement_is_followed_past_false_matches() -> None:
    centres, rng = grid(), np.random.default_rng(1)
    phase = 2 * np.pi * centres / 400
    wanted = 6 * np.column_stack([np.sin(phase[:, 1]), np.cos(phase[:, 0])])
    seen = wanted + rng.normal(0, 0.1, wanted.shape)
    false = rng.random(len(seen)) < 0.25
    seen[false] = rng.uniform(-16, 16, (false.sum(), 2))
    fit = smooth(matches(seen), seen, SHAPE)
    errors = np.hypot(*(fit(centres) - wanted).T)
    assert np.median(errors) < 0.2
    assert np.percentile(errors, 95) < 0.6
    assert fit.weights[false].mean() < 0.3 < 0.6 < fit.weights[~false].mean()


def test_a_match_by_chance_is_hardly_believed() -> None:
    image = texture()
    other = gaussian_filter(np.random.default_rng(4).standard_normal(SHAPE), 1.5)
    valid = np.ones(SHAPE, bool)
    assert matched(image, other.astype(np.float32), valid, 48, 24, 8).belief.mean() < 0.3
    assert matched(image, image, valid, 48, 24, 8).belief.min() > 0.9


def test_an_error_that_neighbours_share_does_not_bend_it() -> None:
    rng = np.random.default_rng(2)
    field = gaussian_filter(rng.standard_normal((*SHAPE, 2)), (7, 7, 0))  # as tiles overlap
    centres = grid(12)
    seen = 2 * field[tuple(centres.astype(int).T)] / field.std()
    fit = smooth(matches(seen, centres), seen, SHAPE)
    assert fit.stiffness > 100
