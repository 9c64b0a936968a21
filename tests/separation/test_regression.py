from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.errors import InputError
from napari_xraysep.painting import SCRIBBLES
from napari_xraysep.separation.methods.regression import evidence
from napari_xraysep.separation.methods.regression.basis import Colour, describe, typical
from napari_xraysep.separation.methods.regression.thickness import enlarge, fit_fields, hats
from separation.conftest import Known, attenuation, error, photograph

QUICK = {"colours": 30, "sample": 6000}


def layers_of(painting: Painting, **settings: object) -> tuple[np.ndarray, np.ndarray]:
    finished = list(separate(painting, "regression", {**QUICK, **settings}))[-1]
    first, second = (finished.layers[name] for name in painting.layer_names)
    radiograph = painting.block().xray
    np.testing.assert_allclose(first + second + finished.layers["residual"], radiograph, atol=1e-5)
    return first, second


@pytest.mark.parametrize("grainy", [False, True])
def test_a_linear_law_is_recovered(grainy: bool) -> None:
    front, back = photograph(1), photograph(2)
    if grainy:
        front, back = np.random.default_rng(0).random((2, *front.shape), np.float32)
    law = np.array([0.2, 0.15, 0.1], np.float32)
    painting = Painting.from_arrays((front + back) @ law, front, back)
    for layer, image in zip(layers_of(painting), (front, back), strict=True):
        assert error(layer, image @ law) < 1e-3


def test_a_curved_law_is_recovered(double_sided: Known) -> None:
    for layer, truth in zip(layers_of(double_sided.painting), double_sided.layers, strict=True):
        assert error(layer, truth) < 0.03 * truth.std()


def test_each_side_may_have_its_own_law() -> None:
    front, back = photograph(1), photograph(2)
    truths = attenuation(front), attenuation(1 - back)
    painting = Painting.from_arrays(sum(truths), front, back)
    own = layers_of(painting)
    shared = layers_of(painting, own_law=False)
    assert error(own[0], truths[0]) < 0.2 * error(shared[0], truths[0])


def test_uneven_thickness_is_found() -> None:
    front, back = photograph(1, (240, 300)), photograph(2, (240, 300))
    rows = np.linspace(0.6, 1.4, 240, dtype=np.float32)[:, None]
    truths = attenuation(front) * rows, attenuation(back) * (2 - rows)
    painting = Painting.from_arrays(sum(truths), front, back)
    mapped = layers_of(painting, sample=30_000)
    flat = layers_of(painting, sample=30_000, thickness_cells=0)
    assert error(mapped[0], truths[0]) < 0.4 * error(flat[0], truths[0])


def test_local_pigments_explain_a_paint_used_in_one_place() -> None:
    front, back = photograph(1), photograph(2)
    dense = np.zeros((96, 120), np.float32)
    dense[:, 60:] = 0.3 * (front[:, 60:, 0] > 0.5)
    painting = Painting.from_arrays(attenuation(front) + dense + attenuation(back), front, back)

    def unexplained(local_pigments: int) -> float:
        settings = {**QUICK, "thickness_cells": 0, "local_pigments": local_pigments}
        layers = list(separate(painting, "regression", settings))[-1].layers
        return float(layers["unexplained"].std())

    assert unexplained(40) < 0.7 * unexplained(0)


def test_swapping_the_sides_swaps_the_layers(double_sided: Known) -> None:
    painting = double_sided.painting
    swapped = replace(painting, front=painting.back, back=painting.front)
    first, second = layers_of(painting)
    other_first, other_second = layers_of(swapped)
    np.testing.assert_allclose(other_second, first, atol=1e-3)
    np.testing.assert_allclose(other_first, second, atol=1e-3)


def test_a_seed_makes_it_repeatable(double_sided: Known) -> None:
    first, again = layers_of(double_sided.painting), layers_of(double_sided.painting)
    np.testing.assert_array_equal(first[0], again[0])


def test_masked_pixels_do_not_matter(double_sided: Known) -> None:
    painting = double_sided.painting
    mask = np.zeros(painting.shape, bool)
    mask[30:50, 30:60] = True
    nail = np.where(mask, np.float32(0.99), painting.xray)
    first, _ = layers_of(replace(painting, xray=nail, mask=mask))
    assert error(first[~mask], double_sided.layers[0][~mask]) < 0.05 * double_sided.layers[0].std()


def test_a_concealed_design_stands_out(concealed: Known) -> None:
    surface, hidden = layers_of(concealed.painting)
    assert error(surface, concealed.layers[0]) < 0.25 * concealed.layers[0].std()
    assert np.corrcoef(hidden.ravel(), concealed.layers[1].ravel())[0, 1] > 0.97


def test_scribbles_keep_the_design_out_of_the_fit(concealed: Known) -> None:
    """A design that follows the surface fools the fit, unless the user marks where it is."""
    painting = concealed.painting
    rows, columns = np.mgrid[:160, :160]
    inside = (rows - 80) ** 2 + (columns - 70) ** 2 < 75**2
    follows = np.where(inside, 1.5 * (0.4 - concealed.layers[0]), 0).astype(np.float32)
    xray = concealed.layers[0] + follows
    plain, _ = layers_of(replace(painting, xray=xray))
    scribbles = np.where(inside, SCRIBBLES["concealed"], 0)
    marked, _ = layers_of(replace(painting, xray=xray).with_prior(scribbles=scribbles))
    assert error(marked, concealed.layers[0]) < 0.5 * error(plain, concealed.layers[0])


def test_a_drawing_leaves_the_rest_of_the_radiograph_to_the_surface(concealed: Known) -> None:
    """Outside, even what the photograph knows nothing of; inside, the level fits on."""
    rows, columns = np.mgrid[:160, :160]
    marks = np.hypot(rows - 80, columns - 70) < 50
    weave = 0.02 * np.cos(columns).astype(np.float32)
    painting = replace(concealed.painting, xray=concealed.painting.xray + weave)
    surface, _ = layers_of(painting.with_prior(marks))
    np.testing.assert_allclose(surface[~marks], painting.block().xray[~marks], atol=1e-6)
    plain, _ = layers_of(painting)
    truth = concealed.layers[0] + weave + 0.05  # the design's ground cannot be told apart
    assert np.sqrt(np.mean((surface - truth) ** 2)) < 0.7 * error(plain, truth)


def test_a_drawing_of_everything_says_nothing(concealed: Known) -> None:
    everywhere = np.ones(concealed.painting.shape, bool)
    drawn, plain = (
        layers_of(painting)[0]
        for painting in (concealed.painting.with_prior(everywhere), concealed.painting)
    )
    np.testing.assert_array_equal(drawn, plain)


def test_a_hand_made_guess_shows_where_the_design_lies(concealed: Known) -> None:
    xray = np.array(concealed.painting.xray)
    made = xray.copy()
    made[40:120, 30:110] = 0.3
    surface, _ = layers_of(concealed.painting.with_prior(image=made))
    outside = np.ones_like(xray, bool)
    outside[37:123, 27:113] = False
    np.testing.assert_allclose(surface[outside], xray[outside], atol=1e-6)
    assert np.abs(surface - xray)[60:100, 50:90].mean() > 0.05


def test_masks_that_leave_nothing_to_learn_from_are_refused(concealed: Known) -> None:
    mask = np.ones(concealed.painting.shape, bool)
    mask[:3, :3] = False
    with pytest.raises(InputError, match="too little of the painting"):
        layers_of(replace(concealed.painting, mask=mask))


def test_evidence_switches_off_what_explains_nothing() -> None:
    rng = np.random.default_rng(0)
    columns = rng.standard_normal((2000, 20)).astype(np.float32)
    target = (columns[:, :5] @ np.arange(1, 6) + 3 + rng.standard_normal(2000)).astype(np.float32)
    groups = np.repeat([0, 1], [5, 15])
    fit = evidence.fit(columns, groups, target, np.ones(2000, np.float32), 1.0)
    np.testing.assert_allclose(fit.weights[:5], np.arange(1, 6), atol=0.1)
    assert np.abs(fit.weights[5:]).max() < 0.05
    assert fit.constant == pytest.approx(3, abs=0.1)
    assert fit.used[0] == pytest.approx(5, abs=0.1)
    assert fit.used[1] < 6


def test_thickness_fields_follow_a_known_one() -> None:
    rng = np.random.default_rng(0)
    rows, columns = rng.random((2, 8000)).astype(np.float32)
    layers = rng.uniform(0.2, 1, (2, 8000)).astype(np.float32)
    true = 0.3 * np.sin(3 * rows)
    noise = 0.02 * rng.standard_normal(8000)
    weights = hats(rows, columns, (8, 8))
    wanted = (layers[0] * true + noise).astype(np.float32)
    fields = fit_fields(layers, wanted, np.ones(8000, np.float32), weights, (8, 8), 1.0)
    np.testing.assert_allclose(weights @ fields[0].ravel(), true, atol=0.03)
    assert np.abs(fields[1]).max() < 0.03


def test_hats_interpolate_and_enlarge_agrees() -> None:
    nodes = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    image = enlarge(nodes, (33, 49))
    rows, columns = (axis.ravel().astype(np.float32) for axis in np.mgrid[:33, :49])
    at = hats(rows / 32, columns / 48, (5, 7))
    np.testing.assert_allclose((at @ nodes.ravel()).reshape(33, 49), image, atol=1e-5)
    np.testing.assert_allclose(at.sum(1), 1, atol=1e-6)


def test_a_law_in_its_table_is_the_law() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((40, 50, 3), np.float32)
    described = describe(image.reshape(-1, 3))
    colour = Colour.around(described, 20, 0.3, rng)
    weights = rng.standard_normal(sum(colour.groups)).astype(np.float32)
    exact = (colour.features(described) @ weights).reshape(40, 50)
    assert np.abs(colour.law(weights)(image) - exact).std() < 0.03 * exact.std()


def test_typical_points_do_not_depend_on_their_order() -> None:
    points = np.random.default_rng(0).random((500, 3), np.float32)
    one = typical(points, 10, np.random.default_rng(1))
    other = typical(points[::-1], 10, np.random.default_rng(1))
    np.testing.assert_array_equal(one, other)
