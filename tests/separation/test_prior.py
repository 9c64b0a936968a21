from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_xraysep.domain import luma
from napari_xraysep.separation.prior import guide
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
    g1 = guide(replace(mixture, xray=xray, prior=prior))
    np.testing.assert_array_equal(g1[~prior], xray[~prior])
    np.testing.assert_allclose(g1[prior], (0.4 * grey + 0.1)[prior], atol=1e-5)
