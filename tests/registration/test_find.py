from __future__ import annotations

import numpy as np
import pytest
from displaced import SIDE, errors, other, picture, placed

from napari_xraysep.errors import InputError
from napari_xraysep.registration import Cancelled
from napari_xraysep.registration.find import find_transform
from napari_xraysep.transforms import Piece, PlateOutline, Transform


def nearby(truth: Transform, shift: tuple[float, float]) -> Transform:
    """Return a start that is off by a few pixels and knows of no warp."""
    moved = np.eye(3)
    moved[:2, 2] = shift
    return truth.model_copy(update={"whole": Piece.from_matrix(truth.whole.array @ moved)})


@pytest.mark.parametrize("scale", [1.3, pytest.param(None, marks=pytest.mark.slow)])
def test_a_photograph_is_found_in_any_orientation(scale: float | None) -> None:
    truth = placed("mirrored, turned right", scale=1.3, turn=-6, shift=(25, -30), warp=4)
    stages: list[tuple[str, float]] = []
    found = find_transform(
        picture().xray,
        picture().photograph(truth),
        scale=scale,
        watch=lambda *told: stages.append(told),
    )
    assert found.quality.ok, found.quality.reason
    assert found.transform.orientation == truth.orientation
    assert found.candidates[0].orientation == truth.orientation
    assert len(found.candidates) == 8
    assert [c.score for c in found.candidates] == sorted(
        (c.score for c in found.candidates), reverse=True
    )
    left = errors(truth, found.transform)
    assert np.median(left) < 0.5
    assert np.percentile(left, 95) < 3
    assert found.quality.median_px == pytest.approx(np.median(left), abs=0.4)
    assert [fraction for _, fraction in stages] == sorted(fraction for _, fraction in stages)
    assert len({stage for stage, _ in stages}) >= 4
    for mark in found.matches:
        there = found.transform.to_photograph([mark.xray])[0]
        assert np.allclose(there, mark.photograph)
    assert len(found.matches) >= 8


def test_a_start_and_a_mask_are_kept_to() -> None:
    truth = placed("upside down", scale=0.9, turn=2)
    valid = np.ones((SIDE, SIDE), bool)
    valid[100:200, 150:300] = False
    spoilt = np.where(valid, picture().xray, 1).astype(np.float32)
    photograph = picture().photograph(truth)
    once, again = (
        find_transform(xray, photograph, valid=valid, start=nearby(truth, (4, -3)))
        for xray in (spoilt, np.where(valid, picture().xray, 0).astype(np.float32))
    )
    assert once.transform == again.transform  # also: the same images give the same transform
    assert once.candidates == ()
    assert once.quality.ok
    assert np.percentile(errors(truth, once.transform), 95) < 0.5


def test_another_painting_is_reported() -> None:
    truth = placed(shift=(10, 5))
    found = find_transform(picture().xray, other().photograph(truth), start=nearby(truth, (3, 3)))
    assert not found.quality.ok
    assert "do not agree" in found.quality.reason


def test_a_photograph_beside_the_radiograph_is_reported() -> None:
    truth = placed()
    found = find_transform(
        picture().xray, picture().photograph(truth), start=nearby(truth, (2 * SIDE, 0))
    )
    assert not found.quality.ok
    assert "too little" in found.quality.reason
    assert found.quality.median_px is None


@pytest.mark.parametrize("blank", ["radiograph", "photograph", "mask"])
def test_blank_images_are_refused(blank: str) -> None:
    truth = placed()
    xray, photograph = picture().xray, picture().photograph(truth)
    valid = np.full(xray.shape, blank != "mask")
    if blank == "radiograph":
        xray = np.full_like(xray, 0.5)
    if blank == "photograph":
        photograph = np.full_like(photograph, 90)
    with pytest.raises(InputError, match=blank):
        find_transform(xray, photograph, valid=valid, start=truth)


def test_it_is_stopped() -> None:
    def stop(stage: str, fraction: float) -> None:
        if fraction > 0.05:
            raise Cancelled

    truth = placed()
    with pytest.raises(Cancelled):
        find_transform(picture().xray, picture().photograph(truth), watch=stop, scale=1.0)


def test_films_that_jump_are_found_one_by_one() -> None:
    truth = placed(turn=1)
    photograph = picture().photograph(truth)
    half, jump = SIDE // 2, 20
    xray = picture().xray.copy()
    xray[:, :half] = np.roll(picture().xray, jump, 1)[:, :half]
    xray[:, half:] = np.roll(picture().xray, -jump, 1)[:, half:]
    edge = half - 0.5
    outlines = [
        PlateOutline(name="left", polygon=((-1, -1), (-1, edge), (SIDE, edge), (SIDE, -1))),
        PlateOutline(name="right", polygon=((-1, edge), (-1, SIDE), (SIDE, SIDE), (SIDE, edge))),
    ]
    found = find_transform(xray, photograph, start=truth, plates=outlines)
    assert found.quality.ok
    assert [plate.name for plate in found.transform.plates] == ["left", "right"]
    points = np.array([[60.0, 90], [240, 200], [400, 225], [100, 260], [300, 300], [420, 390]])
    shown = points - np.where(points[:, 1:] < half, [0, jump], [0, -jump])
    off = found.transform.to_photograph(points) - truth.to_photograph(shown)
    assert np.hypot(*off.T).max() < 2
