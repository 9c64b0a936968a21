from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.records import Landmark
from napari_xraysep.registration.landmarks import (
    centred,
    fit,
    leave_one_out,
    most_flexible,
    predict,
    residuals,
)
from napari_xraysep.transforms import (
    ORIENTATIONS,
    Matrix,
    Piece,
    Transform,
    apply,
    as_points,
    oriented,
)

SHAPE, PHOTOGRAPH = (1000, 1500), (1400, 1800)
FEW = [(120.0, 90.0), (870, 200), (140, 1390), (900, 1300), (480, 800), (300, 500)]


def landmarks(
    photograph: np.ndarray, xray: list[tuple[float, float]] | None = None
) -> list[Landmark]:
    """Name pairs 1, 2, ..."""
    pairs = zip(as_points(np.array(xray or FEW)), as_points(photograph), strict=True)
    return [
        Landmark(name=str(number), xray=first, photograph=second)
        for number, (first, second) in enumerate(pairs, 1)
    ]


def turned(orientation: str = "mirrored, turned left", angle: float = 6.0) -> Matrix:
    """An orientation with a turn, a scale, a shear and a shift on top: radiograph to photograph."""
    a = np.deg2rad(angle)
    linear = 0.8 * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a) + 0.03]])
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, (100, 150)
    return oriented(orientation, PHOTOGRAPH) @ matrix


def moved(landmark: Landmark, down: float) -> Landmark:
    row, column = landmark.photograph
    return landmark.model_copy(update={"photograph": (row + down, column)})


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_three_pairs_give_the_affine_map_in_any_orientation(orientation: str) -> None:
    matrix = turned(orientation)
    pairs = landmarks(apply(matrix, np.array(FEW[:3])), FEW[:3])
    found = fit(pairs, SHAPE, PHOTOGRAPH)
    assert found.orientation == orientation
    assert found.whole.warp is None
    np.testing.assert_allclose(found.whole.array, matrix, atol=1e-8)
    np.testing.assert_allclose(residuals(pairs, found), 0, atol=1e-8)


def test_four_pairs_give_the_projective_map() -> None:
    matrix = turned()
    matrix[2, :2] = 1e-4, -5e-5
    pairs = landmarks(apply(matrix, np.array(FEW[:4])), FEW[:4])
    np.testing.assert_allclose(fit(pairs, SHAPE, PHOTOGRAPH).whole.array, matrix, rtol=1e-6)
    assert residuals(pairs, fit(pairs, SHAPE, PHOTOGRAPH, "affine")).max() > 5


def test_more_pairs_than_needed_are_fitted_by_least_squares() -> None:
    rng = np.random.default_rng(4)
    xray = rng.uniform((50, 50), (950, 1450), (40, 2))
    clicked = apply(turned(), xray) + rng.normal(0, 1, (40, 2))
    pairs = landmarks(clicked, as_points(xray))
    for model in ("affine", "projective"):
        found = fit(pairs, SHAPE, PHOTOGRAPH, model)
        apart = found.to_photograph(xray) - apply(turned(), xray)
        assert np.linalg.norm(apart, axis=1).max() < 1.2, "clicks' errors average out"
        assert 0.5 < np.median(residuals(pairs, found)) < 3


def test_a_thin_plate_bends_through_every_pair_and_between_them() -> None:
    rng = np.random.default_rng(5)
    xray = rng.uniform((20, 20), (980, 1480), (60, 2))

    def bent(points: np.ndarray) -> np.ndarray:
        rows, columns = points.T / 200
        return apply(turned(), points + 8 * np.stack([np.sin(columns), np.cos(rows)], 1))

    pairs = landmarks(bent(xray), as_points(xray))
    found = fit(pairs, SHAPE, PHOTOGRAPH)
    assert found.whole.warp is not None
    assert residuals(pairs, found).max() < 0.05
    between = rng.uniform((100, 100), (900, 1400), (200, 2))
    apart = np.linalg.norm(found.to_photograph(between) - bent(between), axis=1)
    straight = fit(pairs, SHAPE, PHOTOGRAPH, "affine")
    assert np.median(apart) < 1.2
    assert np.median(np.linalg.norm(straight.to_photograph(between) - bent(between), axis=1)) > 4


@pytest.mark.parametrize("number", [6, 25, 60])
def test_clicks_a_pixel_off_are_still_gone_through(number: int) -> None:
    rng = np.random.default_rng(8)
    xray = rng.uniform((20, 20), (980, 1480), (number, 2))
    pairs = landmarks(apply(turned(), xray) + rng.normal(0, 1.0, (number, 2)), as_points(xray))
    found = fit(pairs, SHAPE, PHOTOGRAPH, "thin-plate")
    assert residuals(pairs, found).max() < 0.05
    assert found.whole.warp is not None
    assert len(found.whole.warp.rows) <= 65, "small enough for a project file"


def test_a_pair_that_is_not_enabled_has_a_residual_and_no_say() -> None:
    good = landmarks(apply(turned(), np.array(FEW)))
    bad = [good[0], moved(good[1], 50).model_copy(update={"enabled": False}), *good[2:]]
    found = fit(bad, SHAPE, PHOTOGRAPH, "affine")
    np.testing.assert_allclose(found.whole.array, turned(), atol=1e-8)
    left = residuals(bad, found)
    assert 45 < left[1] < 75, "50 pixels of a photograph at 0.8"
    assert np.delete(left, 1).max() < 1e-6
    assert np.isnan(leave_one_out(bad, SHAPE, "affine")[1])


def test_leaving_one_out_finds_the_mistaken_pair_that_the_residual_hides() -> None:
    rng = np.random.default_rng(7)
    xray = rng.uniform((20, 20), (980, 1480), (16, 2))
    pairs = landmarks(apply(turned(), xray), as_points(xray))
    pairs[9] = moved(pairs[9], 30)
    assert residuals(pairs, fit(pairs, SHAPE, PHOTOGRAPH)).max() < 0.05
    errors = leave_one_out(pairs, SHAPE)
    assert errors.argmax() == 9
    assert 30 < errors[9] < 45, "30 pixels at 0.8, predicted by pairs without error"


def test_leaving_one_out_needs_four_pairs() -> None:
    pairs = landmarks(apply(turned(), np.array(FEW)))
    assert np.isnan(leave_one_out(pairs[:3], SHAPE)).all()
    np.testing.assert_allclose(leave_one_out(pairs[:4], SHAPE), 0, atol=1e-6)
    assert leave_one_out([], SHAPE).shape == (0,)


@pytest.mark.parametrize("number", range(7))
def test_the_partner_is_predicted_better_with_every_pair(number: int) -> None:
    """None to six pairs correct a guess that is shifted, scaled and turned, and mirrored right."""
    start = centred("mirrored, turned left", SHAPE, PHOTOGRAPH)
    truth = Transform(
        radiograph_shape=SHAPE,
        photograph_shape=PHOTOGRAPH,
        whole=Piece.from_matrix(turned()),
    )
    xray = [(500.0, 750.0), (100, 100), (900, 200), (150, 1400), (850, 1300), (500, 300)]
    pairs = landmarks(truth.to_photograph(xray), xray)[:number]
    point = (620.0, 640.0)
    partner = tuple(truth.to_photograph([point])[0])
    ahead = np.array(predict(pairs, start, point, "photograph")) - partner
    back = np.array(predict(pairs, start, partner, "radiograph")) - point
    bound = (1000, 90, 15, 1e-6, 1e-6, 1e-6, 1e-6)[number]
    assert np.linalg.norm(ahead) < bound
    assert np.linalg.norm(back) < bound / 0.8
    if number == 0:
        assert np.linalg.norm(ahead) > 60


def test_pairs_on_a_line_still_predict() -> None:
    start = centred("as it is", SHAPE, PHOTOGRAPH)
    xray = [(100.0, 100.0), (300, 300), (500, 500), (500.2, 500)]
    pairs = landmarks(np.array(xray) + 7, xray)
    np.testing.assert_allclose(predict(pairs[:3], start, (200, 700), "photograph"), (207, 707))
    np.testing.assert_allclose(
        predict(pairs[2:], start, (500, 500), "photograph"), (507, 507), atol=1
    )


def test_the_first_guess_is_centred_and_has_the_orientation() -> None:
    for name in ORIENTATIONS:
        guess = centred(name, SHAPE, PHOTOGRAPH)
        assert guess.orientation == name
        middle = guess.to_photograph([[499.5, 749.5]])
        np.testing.assert_allclose(middle, [[699.5, 899.5]])


def flawed(pairs: list[Landmark], model: str | None = None) -> str:
    with pytest.raises(InputError) as caught:
        fit(pairs, SHAPE, PHOTOGRAPH, model)
    sentence = str(caught.value)
    assert sentence.startswith("landmarks: ")
    assert "\n" not in sentence
    return sentence


def test_what_does_not_determine_a_fit_is_said_in_a_sentence() -> None:
    exact = apply(turned(), np.array(FEW))
    pairs = landmarks(exact)
    assert "needs 3 enabled pairs, there are 2; add or enable 1 more" in flawed(pairs[:2])
    off = [pairs[0], *(p.model_copy(update={"enabled": False}) for p in pairs[1:])]
    assert "there are 1" in flawed(off)
    assert "thin-plate fit needs 6 enabled pairs" in flawed(pairs[:5], "thin-plate")
    line = [(100.0, 100.0), (300, 300), (600, 600.5)]
    on_line = landmarks(apply(turned(), np.array(line)), line)
    assert "1, 2 and 3 lie on one line in the radiograph" in flawed(on_line)
    in_photograph = landmarks(np.array(line), FEW[:3])
    assert "1, 2 and 3 lie on one line in the photograph" in flawed(in_photograph)
    twice = [*pairs[:5], pairs[4].model_copy(update={"name": "spot"})]
    assert "5 and spot are in the same place in the radiograph" in flawed(twice)
    assert "same place" in flawed(twice, "affine")


def test_a_projective_fit_that_is_not_determined_falls_back_unless_asked_for() -> None:
    xray = [(100.0, 100.0), (300, 300), (600, 600), (200, 1300)]
    pairs = landmarks(apply(turned(), np.array(xray)), xray)
    assert most_flexible(pairs, SHAPE) == "affine"
    np.testing.assert_allclose(fit(pairs, SHAPE, PHOTOGRAPH).whole.array, turned(), atol=1e-7)
    assert "1, 2 and 3 lie on one line" in flawed(pairs, "projective")


def test_a_projective_fit_from_an_impossible_angle_is_refused() -> None:
    pairs = landmarks(apply(turned(), np.array(FEW[:4])), FEW[:4])
    crossed = [*pairs[:3], moved(pairs[3], -700)]
    assert "impossible angle" in flawed(crossed, "projective")
    assert most_flexible(crossed, SHAPE) == "affine"
