from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_xraysep.domain import luma
from napari_xraysep.separation.prior import drawn, guide, in_words, surface_alone
from separation.conftest import Known


def test_it_is_the_grey_photograph_scaled_by_least_squares(concealed: Known) -> None:
    mixture = concealed.painting.block()
    grey = luma(mixture.front)
    mixture = replace(mixture, xray=0.4 * grey + 0.1)
    np.testing.assert_allclose(guide(mixture), mixture.xray, atol=1e-5)


def test_masked_pixels_do_not_bend_it(concealed: Known) -> None:
    mixture = concealed.painting.block()
    xray = 0.4 * luma(mixture.front) + 0.1
    valid = np.ones_like(mixture.valid)
    valid[:40, :40] = False
    spoilt = np.where(valid, xray, np.float32(5))
    np.testing.assert_allclose(guide(replace(mixture, xray=spoilt, valid=valid)), xray, atol=1e-5)


def test_a_drawn_prior_is_replaced_by_the_photograph(concealed: Known) -> None:
    mixture = concealed.painting.block()
    grey = luma(mixture.front)
    prior = np.zeros_like(mixture.valid)
    prior[50:90, 40:100] = True
    xray = np.where(prior, mixture.xray, 0.4 * grey + 0.1).astype(np.float32)
    g1 = guide(replace(mixture, xray=xray, prior=prior.astype(np.float32)))
    np.testing.assert_array_equal(g1[~prior], xray[~prior])
    np.testing.assert_allclose(g1[prior], (0.4 * grey + 0.1)[prior], atol=1e-4)


def test_a_drawing_that_is_too_small_does_not_bend_the_match(concealed: Known) -> None:
    """A tenth of what lies outside shows the design, too."""
    mixture = concealed.painting.block()
    surface = 0.4 * luma(mixture.front) + 0.1
    prior = np.zeros(mixture.shape, np.float32)
    prior[60:100, 60:100] = 1
    xray = surface.copy()
    xray[50:110, 50:110] += 0.5
    g1 = guide(replace(mixture, xray=xray, prior=prior))
    inside = prior > 0
    assert np.abs(g1 - surface)[inside].max() < 0.02


def test_in_the_soft_edge_one_fades_into_the_other(concealed: Known) -> None:
    marks = np.zeros(concealed.painting.shape, bool)
    marks[:, 80:] = True
    mixture = concealed.painting.with_prior(marks, feather_px=8).block()
    surface = 0.4 * luma(mixture.front) + 0.1
    g1 = guide(replace(mixture, xray=surface + np.float32(0.3) * (mixture.prior > 0)))
    np.testing.assert_allclose(g1[:, :76], surface[:, :76], atol=1e-4)
    left = (g1 - surface)[:, 76:84]
    np.testing.assert_allclose(
        left, 0.3 * (1 - np.tile(np.arange(8) / 8 + 1 / 16, (160, 1))), atol=1e-3
    )
    np.testing.assert_allclose(g1[:, 84:], surface[:, 84:], atol=1e-3)


def test_a_guess_made_by_hand_comes_before_all_else(concealed: Known) -> None:
    marks = np.ones(concealed.painting.shape, bool)
    made = np.linspace(0, 1, marks.size, dtype=np.float32).reshape(marks.shape)
    mixture = concealed.painting.with_prior(marks, image=made).block()
    np.testing.assert_array_equal(guide(mixture), made)


def test_where_a_guess_is_the_radiograph_nothing_is_concealed(concealed: Known) -> None:
    xray = concealed.painting.xray
    made = xray.copy()
    made[40:80, 40:80] += np.float32(0.2)
    where = drawn(concealed.painting.with_prior(image=np.clip(made, 0, 1)).block())
    assert where is not None
    assert where[40:80, 40:80].all()
    assert not where[:30].any()
    other = np.clip(xray + np.float32(0.3), 0, 1)
    assert drawn(concealed.painting.with_prior(image=other).block()) is None
    assert drawn(concealed.painting.block()) is None


def test_the_surface_alone_is_looked_for_where_nothing_is_learnt_only_if_it_must(
    concealed: Known,
) -> None:
    prior = np.zeros(concealed.painting.shape, bool)
    prior[:100] = True
    mixture = concealed.painting.with_prior(prior).block()
    np.testing.assert_array_equal(surface_alone(mixture), ~prior)
    learnt = np.zeros_like(prior)
    learnt[:110] = True
    there = replace(mixture, valid=learnt, known=mixture.valid)
    np.testing.assert_array_equal(surface_alone(there), learnt & ~prior)
    learnt[100:] = False
    nowhere = replace(mixture, valid=learnt, known=mixture.valid)
    np.testing.assert_array_equal(surface_alone(nowhere), ~prior)
    np.testing.assert_array_equal(surface_alone(replace(nowhere, known=None)), learnt)


def test_what_the_user_said_in_words(concealed: Known) -> None:
    painting = concealed.painting
    marks = np.zeros(painting.shape, np.uint8)
    marks[:80] = 1
    assert in_words(painting) is None
    assert in_words(painting.with_prior(marks, feather_px=12)) == (
        "drawn: the concealed design lies in 50.0% of the radiograph, soft edge of 12 px"
    )
    assert "no concealed design lies in 50.0%" in str(
        in_words(painting.with_prior(marks, reverse=True))
    )
    scribbled = painting.with_prior(image=painting.xray, scribbles=2 * marks)
    assert in_words(scribbled) == ("the surface's X-ray (g1) made by hand; scribbles: concealed")


def test_a_guess_made_by_hand_takes_the_place_of_a_drawing(concealed: Known) -> None:
    marks = np.zeros(concealed.painting.shape, bool)
    marks[:20, :20] = True
    made = concealed.painting.xray.copy()
    made[60:100, 60:100] += np.float32(0.2)
    made = np.clip(made, 0, 1)
    both, alone = (concealed.painting.with_prior(m, image=made).block() for m in (marks, None))
    where = drawn(both)
    assert where is not None
    assert where[60:100, 60:100].all()
    np.testing.assert_array_equal(where, drawn(alone))
