from __future__ import annotations

import numpy as np

from napari_xraysep.separation.fill import fill


def test_what_is_left_out_takes_the_nearest_value() -> None:
    image = np.array([[1, 2, 9, 9], [3, 4, 9, 5]], np.float32)
    (filled,) = fill(image < 9, image)
    np.testing.assert_array_equal(filled[:, :2], image[:, :2])
    assert filled[0, 2] == 2
    assert filled[0, 3] == 5
    assert filled[1, 2] in (4, 5)
    assert image[0, 2] == 9


def test_colours_stay_together_and_whole_images_as_they_are() -> None:
    image = np.random.default_rng(0).random((6, 5, 3), np.float32)
    valid = np.ones((6, 5), bool)
    assert fill(valid, image)[0] is image
    valid[2:, 3:] = False
    (filled,) = fill(valid, image)
    np.testing.assert_array_equal(filled[5, 3], image[5, 2])
    np.testing.assert_array_equal(filled[valid], image[valid])
