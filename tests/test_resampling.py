"""Resampling: exact where it must be, whatever the blocks; smoothed where it gets smaller."""

from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.resampling import resample
from napari_xraysep.transforms import ORIENTATIONS, Piece, Transform, Warp, oriented


def picture(shape=(40, 56)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65536, (*shape, 3), dtype=np.uint16)


def smooth(shape) -> np.ndarray:
    rows, columns = np.indices(shape) / 9
    grey = 0.5 + 0.2 * np.sin(rows) + 0.2 * np.cos(columns)
    return np.stack([grey] * 3, 2).astype(np.float32)


def transform(matrix, radiograph, photograph, warp=None) -> Transform:
    return Transform(
        radiograph_shape=radiograph,
        photograph_shape=photograph,
        whole=Piece.from_matrix(matrix, warp),
    )


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_flips_and_quarter_turns_move_pixels_and_change_none(name):
    photograph = picture()
    mirrored, turns = ORIENTATIONS[name]
    expected = np.rot90(np.fliplr(photograph) if mirrored else photograph, turns)
    image, valid = resample(
        photograph, transform(oriented(name, (40, 56)), expected.shape[:2], (40, 56))
    )
    assert valid.all()
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, expected)


def test_the_size_of_the_blocks_changes_nothing():
    warp = Warp.sampled(lambda p: 2 * np.sin(p / 20), (50, 60))
    how = transform([[0.8, 0.1, 1], [-0.1, 0.9, 3], [0, 0, 1]], (50, 60), (70, 80), warp)
    photograph = smooth((70, 80))
    whole, valid = resample(photograph, how)
    parts, valid_parts = resample(photograph, how, block=17)
    np.testing.assert_array_equal(valid, valid_parts)
    np.testing.assert_allclose(whole, parts, atol=2e-3)


def test_known_displacement():
    how = transform([[1, 0, 3.25], [0, 1, -2.5], [0, 0, 1]], (30, 30), (60, 60))
    image, valid = resample(smooth((60, 60)), how)
    rows, columns = np.indices((30, 30))
    expected = 0.5 + 0.2 * np.sin((rows + 3.25) / 9) + 0.2 * np.cos((columns - 2.5) / 9)
    np.testing.assert_array_equal(valid, columns >= 2)
    np.testing.assert_allclose(image[valid][:, 0], expected[valid], atol=2e-3)


def test_outside_there_is_nothing():
    image, valid = resample(
        picture(), transform([[1, 0, 500], [0, 1, 0], [0, 0, 1]], (9, 9), (40, 56))
    )
    assert not valid.any()
    assert not image.any()


def test_smaller_means_averaged():
    photograph = picture((160, 160))  # noise: its average is flat
    image, _ = resample(photograph, transform(np.diag([4.0, 4, 1]), (40, 40), (160, 160)))
    assert image.std() < 0.4 * photograph.std()


def test_a_preview_shows_every_nth_pixel():
    how = transform(np.eye(3), (40, 56), (40, 56))
    photograph = smooth((40, 56))
    small, valid = resample(photograph, how, step=4)
    assert small.shape == (10, 14, 3)
    assert valid.shape == (10, 14)
    np.testing.assert_allclose(small, photograph[::4, ::4], atol=0.05)


def test_it_can_be_stopped():
    class Stop(Exception):
        pass

    def stop(fraction: float) -> None:
        assert 0 < fraction <= 1
        raise Stop

    with pytest.raises(Stop):
        resample(picture(), transform(np.eye(3), (40, 56), (40, 56)), report=stop)


def test_a_photograph_smoothed_for_its_size_has_no_seams():
    warp = Warp.sampled(lambda p: 6 * np.sin(p / 15), (90, 120))
    how = transform(np.diag([2.0, 2, 1]), (90, 120), (200, 260), warp)
    photograph = picture((200, 260))
    whole, _ = resample(photograph, how)
    parts, _ = resample(photograph, how, block=31)
    assert np.abs(whole.astype(int) - parts.astype(int)).max() <= 1
