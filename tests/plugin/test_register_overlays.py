from __future__ import annotations

import numpy as np
import pytest
from register_cases import placed

from napari_xraysep.plugin.register_overlays import COLOUR, checkerboard, edges, straight
from napari_xraysep.transforms import Piece, Transform, Warp, apply


def test_every_other_square_of_the_checkerboard_lets_the_radiograph_through():
    photograph = np.full((24, 36, 3), 40000, np.uint16)
    valid = np.ones((24, 36), bool)
    valid[:, 30:] = False
    seen = checkerboard(photograph, valid)
    assert (seen.shape, seen.dtype) == ((24, 36, 4), np.uint8)
    assert np.all(seen[..., :3] == 155)  # of 255 as 40000 of 65535
    assert (seen[0, 0, 3], seen[0, 3, 3], seen[3, 3, 3]) == (255, 0, 255)
    assert not seen[:, 30:, 3].any()


def test_edges_are_where_the_photograph_changes_and_not_at_its_border():
    photograph = np.zeros((40, 40, 3), np.float32)
    photograph[:, 20:] = 0.8
    valid = np.zeros((40, 40), bool)
    valid[:, 6:] = True
    photograph[:, :6] = 0.5
    seen = edges(photograph, valid)
    assert tuple(seen[0, 0, :3]) == COLOUR
    assert seen[20, 19:21, 3].min() > 200
    assert seen[20, :10, 3].max() == 0


def test_a_photograph_of_one_colour_has_no_edges():
    assert not edges(np.full((20, 20, 3), 7, np.uint8), np.ones((20, 20), bool))[..., 3].any()


def test_a_straight_transform_is_its_affine_and_a_bent_one_only_nearly():
    transform = placed("mirrored", 3)
    affine, exact = straight(transform)
    points = np.array([[0.0, 0.0], [39, 55], [7, 31]])
    assert exact
    np.testing.assert_allclose(apply(affine, transform.to_photograph(points)), points, atol=1e-9)
    warp = Warp.sampled(lambda at: np.sin(at / 9), (40, 56), 9)
    bent = transform.model_copy(update={"whole": Piece(matrix=transform.whole.matrix, warp=warp)})
    affine, exact = straight(bent)
    assert not exact
    off = apply(affine, bent.to_photograph(points)) - points
    assert 0 < np.abs(off).max() < 2


def test_a_tilted_photograph_is_laid_by_an_affine_without_perspective():
    tilted = Piece.from_matrix([[1, 0, 2], [0, 1, 3], [1e-3, 0, 1]])
    transform = Transform(radiograph_shape=(40, 56), photograph_shape=(44, 60), whole=tilted)
    affine, exact = straight(transform)
    assert not exact
    assert affine[2] == pytest.approx([0, 0, 1])
