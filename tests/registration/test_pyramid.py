import numpy as np

from napari_xraysep.registration.pyramid import SLAB, divisor, scaled, shrunk


def test_squares_are_averaged_and_the_ends_dropped() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 65536, (3 * (SLAB + 5) + 2, 31, 3), dtype=np.uint16)
    small = shrunk(image, 3)
    assert small.shape == (SLAB + 5, 10, 3)
    assert small.dtype == np.float32
    for row, column in ((0, 0), (SLAB - 1, 4), (SLAB, 4), (SLAB + 4, 9)):
        square = image[3 * row : 3 * row + 3, 3 * column : 3 * column + 3] / 65535
        assert np.allclose(small[row, column], square.mean((0, 1)), atol=1e-6)


def test_the_divisor_keeps_within_the_limit() -> None:
    assert divisor((300, 400), 400) == 1
    assert divisor((300, 401, 3), 400) == 2
    assert max(shrunk(np.zeros((300, 1999)), divisor((300, 1999), 400)).shape) <= 400


def test_resizing_keeps_the_mean() -> None:
    image = np.random.default_rng(1).random((90, 60)).astype(np.float32)
    assert scaled(image, 0.4).shape == (36, 24)
    assert abs(scaled(image, 0.4).mean() - image.mean()) < 0.01
