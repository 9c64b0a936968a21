from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.separation.patches import Overlap, cover, crops


@pytest.mark.parametrize(
    ("shape", "side", "overlap", "count"),
    [
        ((904, 904), 64, 56, 11_236),  # connected auto-encoders, what their count fits
        ((1000, 1000), 64, 56, 13_924),  # connected auto-encoders, as printed
        ((600, 600), 50, 45, 12_321),  # LCISTA
        ((680, 500), 50, 40, 2_944),  # LCISTA, as printed
        ((128, 128), 64, 56, 81),
    ],
)
def test_the_papers_numbers_of_patches(shape, side, overlap, count) -> None:
    assert len(cover(shape, side, overlap)) == count


def test_every_pixel_is_covered() -> None:
    seen = np.zeros((101, 77), int)
    for y, x in cover(seen.shape, 32, 20):
        seen[y : y + 32, x : x + 32] += 1
    assert seen.min() >= 1


def test_crops_lie_inside_and_reach_the_borders() -> None:
    corners = crops((40, 100), 32, 2000, np.random.default_rng(0))
    assert corners.min() == 0
    assert tuple(corners.max(0)) == (8, 68)


def test_overlapping_patches_are_averaged() -> None:
    whole = Overlap(1, (3, 4))
    whole.add(np.array([[0, 0], [0, 1]]), np.array([[np.full((2, 2), 1.0), np.full((2, 2), 3.0)]]))
    expected = [[1, 2, 3, 9], [1, 2, 3, 9], [9, 9, 9, 9]]
    np.testing.assert_allclose(whole.mean(9.0)[0], expected)
