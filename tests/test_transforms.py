"""Transforms: known answers, there and back, orientations, units, plates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from napari_xraysep.records import InputRecord
from napari_xraysep.transforms import (
    ORIENTATIONS,
    Piece,
    Plate,
    SideTransform,
    Transform,
    Transforms,
    Warp,
    compose,
    inverted,
    orientation_of,
    oriented,
)

SHAPE = (60, 90)
POINTS = np.random.default_rng(0).uniform(0, 59, (50, 2))


def bending(points: np.ndarray) -> np.ndarray:
    """Displace by a few pixels, smoothly."""
    return np.stack([3 * np.sin(points[:, 1] / 30), 2 * np.cos(points[:, 0] / 25)], 1)


def bent(matrix: np.ndarray | None = None) -> Piece:
    turned = np.array([[1.4, -0.1, 7], [0.12, 1.3, -4], [0, 0, 1.0]])
    return Piece.from_matrix(turned if matrix is None else matrix, Warp.sampled(bending, SHAPE))


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_an_oriented_picture_shows_what_numpy_shows(name):
    picture = np.random.default_rng(1).random((5, 8))
    mirrored, turns = ORIENTATIONS[name]
    turned = np.rot90(np.fliplr(picture) if mirrored else picture, turns)
    rows, columns = np.indices(turned.shape)
    points = Piece.from_matrix(oriented(name, picture.shape))(
        np.stack([rows.ravel(), columns.ravel()], 1)
    )
    there = np.rint(points).astype(int)
    np.testing.assert_array_equal(picture[there[:, 0], there[:, 1]], turned.ravel())


@given(
    name=st.sampled_from(sorted(ORIENTATIONS)),
    turn=st.floats(-40, 40),
    scale=st.floats(0.3, 3),
)
def test_the_orientation_is_found_in_a_matrix(name, turn, scale):
    c, s = np.cos(np.radians(turn)) * scale, np.sin(np.radians(turn)) * scale
    assert orientation_of(oriented(name, SHAPE) @ [[c, -s, 3], [s, c, 5], [0, 0, 1]]) == name


def test_a_warp_goes_through_its_nodes_and_between_them():
    warp = Warp.sampled(bending, SHAPE)
    np.testing.assert_allclose(warp.at(POINTS), bending(POINTS), atol=2e-3)


def test_there_and_back():
    piece = bent()
    np.testing.assert_allclose(piece.inverse(piece(POINTS)), POINTS, atol=1e-5)


def test_mirrored_twice_nothing_moves():
    mirror = Piece.from_matrix(oriented("mirrored", SHAPE))
    np.testing.assert_allclose(compose(mirror, mirror, SHAPE)(POINTS), POINTS)


def test_one_after_the_other():
    first, then = bent(np.eye(3)), bent()
    inner = POINTS * 0.8 + 5  # both displacements are known there
    np.testing.assert_allclose(compose(first, then, SHAPE)(inner), then(first(inner)), atol=5e-3)


def test_the_way_back_as_a_map_of_its_own():
    piece = bent()
    inner = POINTS * 0.6 + 12
    np.testing.assert_allclose(inverted(piece, (120, 160))(piece(inner)), inner, atol=2e-2)


def plated() -> Transform:
    shifted = Piece.from_matrix([[1.0, 0, 0], [0, 1, 40], [0, 0, 1]])
    corners = ((-0.5, 45.0), (-0.5, 90), (60, 90), (60, 45))
    return Transform(
        radiograph_shape=SHAPE,
        photograph_shape=(60, 130),
        whole=Piece.from_matrix(np.eye(3)),
        plates=(Plate(name="right", polygon=corners, piece=shifted),),
    )


def test_a_plate_goes_its_own_way():
    found = plated().to_photograph([[30, 44], [30, 46]])
    np.testing.assert_allclose(found, [[30, 44], [30, 86]])


def test_back_from_a_plate():
    points = np.array([[30.0, 10], [30, 46], [12, 80]])
    transform = plated()
    np.testing.assert_allclose(transform.to_radiograph(transform.to_photograph(points)), points)


def test_between_resized_pictures():
    transform = Transform(radiograph_shape=SHAPE, photograph_shape=(120, 180), whole=bent())
    small = transform.resized(0.5, 0.25)
    # the middle of the first block of 2 pixels, and of 4
    there = transform.to_photograph([[20.5, 30.5]])
    np.testing.assert_allclose(
        small.to_photograph([[10, 15]]), (there + 0.5) * 0.25 - 0.5, atol=1e-6
    )
    assert small.photograph_shape == (30, 45)


def side() -> SideTransform:
    record = InputRecord(role="front", height=120, width=180)
    return SideTransform(
        photograph=record,
        radiograph_pixel_mm=0.1,
        photograph_pixel_mm=0.05,
        transform=Transform(radiograph_shape=SHAPE, photograph_shape=(120, 180), whole=bent()),
        how="by hand",
    )


def test_in_millimetres_and_back():
    registered = side()
    mm = registered.in_unit("mm")
    np.testing.assert_allclose(
        mm.transform.to_photograph(POINTS * 0.1),
        registered.transform.to_photograph(POINTS) * 0.05,
        atol=1e-9,
    )
    np.testing.assert_allclose(
        mm.in_unit("px").transform.to_photograph(POINTS),
        registered.transform.to_photograph(POINTS),
        atol=1e-9,
    )


def test_without_pixel_sizes_it_stays_in_pixels():
    unknown = side().model_copy(update={"photograph_pixel_mm": None})
    record = InputRecord(role="radiograph", height=60, width=90)
    assert Transforms(radiograph=record, front=unknown).in_unit("mm").front.unit == "px"


def test_millimetres_without_a_size_are_refused():
    dumped = side().in_unit("mm").model_dump() | {"photograph_pixel_mm": None}
    with pytest.raises(ValidationError, match="how large a pixel is"):
        SideTransform.model_validate(dumped)


@pytest.mark.parametrize(
    "matrix", [((1, 0, 0), (0, 0, 0), (0, 0, 1)), ((1, 0), (0, 1)), ((1, 0, 0), (0, 1, 0))]
)
def test_a_matrix_that_is_none_is_refused(matrix):
    with pytest.raises(ValidationError, match=r"can be inverted|table"):
        Piece(matrix=matrix)
