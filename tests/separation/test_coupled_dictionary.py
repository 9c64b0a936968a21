"""Coupled dictionaries: the model's equations, coding, learning, scales, masks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.domain import luma
from napari_xraysep.errors import InputError
from napari_xraysep.region import Region
from napari_xraysep.separation import Finished, RunOptions, get_method
from napari_xraysep.separation.method import Context, Estimate
from napari_xraysep.separation.methods.coupled_dictionary import dictionaries, model, pyramid
from napari_xraysep.separation.methods.coupled_dictionary.dictionaries import (
    Dictionaries,
    Triples,
)
from napari_xraysep.separation.methods.coupled_dictionary.pyramid import Scale
from napari_xraysep.separation.methods.trivial.model import half
from separation.conftest import Known, error, photograph

SMALL = {"atoms": 24, "specific_atoms": 8, "nonzeros": 8, "samples": 1000, "rounds": 2, "stride": 4}


def nothing() -> None:
    pass


def invented(rng: np.random.Generator, count: int = 400) -> tuple[Dictionaries, Triples]:
    """Random dictionaries, and patches that follow the model with few coefficients."""

    def unit(columns: int) -> np.ndarray:
        atoms = rng.standard_normal((16, columns))
        return atoms / np.linalg.norm(atoms, axis=0)

    def sparse(rows: int, active: int) -> np.ndarray:
        codes = np.zeros((rows, count))
        for column in range(count):
            at = rng.choice(rows, active, replace=False)
            codes[at, column] = rng.choice([-1, 1], active) * rng.uniform(1, 2, active)
        return codes

    known = Dictionaries(unit(12), 0.7 * unit(12), unit(4))
    z1, z2, v = sparse(12, 1), sparse(12, 1), sparse(4, 1)
    y1, y2 = known.psi @ z1, known.psi @ z2
    x = known.phi_c @ (z1 + z2) + 2 * known.phi @ v
    return known, Triples(y1.T, y2.T, x.T)


def test_the_stacked_dictionary_is_the_model_written_out() -> None:
    rng = np.random.default_rng(0)
    known, _ = invented(rng)
    z1, z2, v = rng.standard_normal((3, 12))
    said = known.stacked() @ np.concatenate([z1, z2, v[:4]])
    for row in range(16):
        y1 = sum(known.psi[row, k] * z1[k] for k in range(12))
        y2 = sum(known.psi[row, k] * z2[k] for k in range(12))
        x = sum(known.phi_c[row, k] * (z1[k] + z2[k]) for k in range(12))
        x += 2 * sum(known.phi[row, k] * v[k] for k in range(4))
        assert said[[row, 16 + row, 32 + row]] == pytest.approx([y1, y2, x])


def test_codes_of_patches_that_follow_the_model_are_found_and_layers_add_up() -> None:
    known, triples = invented(np.random.default_rng(1))
    codes = known.code(triples, 3, nothing)
    assert ((codes.z1 != 0).sum(0) + (codes.z2 != 0).sum(0) + (codes.v != 0).sum(0)).max() <= 3
    first, second = known.layers(codes)
    exact = np.abs(first + second - triples.x).max(1) < 1e-8
    assert exact.mean() > 0.9  # pursuit is greedy: now and then it begins with a wrong atom
    np.testing.assert_allclose((known.psi @ codes.z1).T[exact], triples.y1[exact], atol=1e-8)


def test_coding_photographs_alone_does_not_look_at_the_radiograph() -> None:
    known, triples = invented(np.random.default_rng(1))
    spoilt = triples._replace(x=np.full_like(triples.x, 9))
    one, other = (known.code_photographs(t, 4, nothing) for t in (triples, spoilt))
    np.testing.assert_array_equal(one.z1, other.z1)
    np.testing.assert_array_equal(one.z2, other.z2)
    assert not one.v.any()


def test_swapping_the_sides_swaps_the_layers() -> None:
    known, triples = invented(np.random.default_rng(2))
    first, second = known.layers(known.code(triples, 3, nothing))
    swapped = Triples(triples.y2, triples.y1, triples.x)
    other_second, other_first = known.layers(known.code(swapped, 3, nothing))
    np.testing.assert_allclose(first, other_first, atol=1e-10)
    np.testing.assert_allclose(second, other_second, atol=1e-10)


def test_pursuit_takes_the_atom_of_greatest_product_however_long_it_is() -> None:
    atoms = np.array([[10.0, 0.0], [0.0, 0.1]])
    codes = dictionaries.pursue(atoms, np.array([[1.0, 3.0], [2.0, 0.0]]), 1, nothing)
    np.testing.assert_allclose(codes, [[0, 0.2], [30, 0]])


def test_atoms_are_fitted_by_ridge_least_squares() -> None:
    codes = np.array([[1.0, 2.0], [0.0, 1.0]])
    patches = np.array([[3.0], [4.0]])
    exact = dictionaries.fit(patches, codes, 0)
    np.testing.assert_allclose(exact @ codes, patches.T)
    # gram [[5, 2], [2, 1]], mean power 3, ridge 1: solve [[8, 2], [2, 4]] a = [11, 4]
    np.testing.assert_allclose(dictionaries.fit(patches, codes, 1), [[36 / 28, 10 / 28]])


def test_unused_atoms_are_drawn_anew_and_scaling_keeps_pairs_together() -> None:
    known, triples = invented(np.random.default_rng(3))
    psi = 3 * known.psi
    psi[:, 5] = 0
    given = Dictionaries(psi, known.phi_c.copy(), 2 * known.phi)
    mended = dictionaries.mended(given, triples.y1, triples.x, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(mended.psi, axis=0), 1)
    np.testing.assert_allclose(np.linalg.norm(mended.phi, axis=0), 1)
    np.testing.assert_allclose(mended.phi_c[:, 0], known.phi_c[:, 0] / 3)
    assert not mended.phi_c[:, 5].any()


def test_learning_explains_more_of_the_radiograph_round_by_round() -> None:
    _, triples = invented(np.random.default_rng(4))
    rng = np.random.default_rng(0)
    left = [error for _, error in dictionaries.learn(triples, (12, 4), 3, 8, rng, nothing)]
    assert len(left) == 8
    assert left[-1] < 0.75 * left[0]
    assert left[-1] < 0.5 * triples.x.std()


def images(shape: tuple[int, int] = (75, 90)) -> Scale:
    planes = np.random.default_rng(5).random((3, *shape), np.float32)
    return Scale(*planes, np.ones(shape, np.float32))


def test_scales_and_means_add_up_to_the_images() -> None:
    whole = images((150, 162))
    scales, means = pyramid.pyramid(whole, 3, 8)
    assert [scale.shape for scale in scales] == [(150, 162), (38, 41)]
    assert means.shape == (10, 11)
    again = means.x
    for scale in reversed(scales):
        again = pyramid.enlarge(again, scale.shape) + scale.x
    np.testing.assert_allclose(again, whole.x, atol=1e-6)


def test_a_scale_ends_where_too_few_patches_are_free_of_the_mask() -> None:
    whole = images((150, 162))
    masked = whole._replace(known=whole.known.copy())
    masked.known[::40, ::40] = 0
    scales, means = pyramid.pyramid(masked, 3, 8)
    assert len(scales) == 1
    assert 0 < means.known.min() < 1


def test_unmasked_patches_are_those_without_a_masked_pixel() -> None:
    known = np.ones((5, 6), np.float32)
    known[0, 2] = 0.9
    assert np.argwhere(~pyramid.unmasked(known, 3)).tolist() == [[0, 0], [0, 1], [0, 2]]
    assert pyramid.unmasked(known, 7).size == 0


def test_means_are_split_by_one_weight_and_a_constant() -> None:
    means = images((12, 10))
    means = means._replace(x=0.6 * (means.y1 + means.y2) - 0.1)
    means.known[3] = 0
    means.x[3] = 7
    first, second = pyramid.share_means(means)
    np.testing.assert_allclose(first, 0.6 * means.y1 - 0.05, atol=1e-5)
    np.testing.assert_allclose(second, 0.6 * means.y2 - 0.05, atol=1e-5)


@pytest.fixture
def told_by_grey() -> Known:
    """A painting whose law depends on light and dark alone, but not in proportion."""
    front, back = photograph(1), photograph(2)
    layers = 0.5 * luma(front) ** 2, 0.5 * luma(back) ** 2
    return Known(Painting.from_arrays(sum(layers), front, back), layers)


def separated(known: Known, **options: object) -> Finished:
    *_, last = separate(known.painting, "coupled-dictionary", SMALL, RunOptions(**options))
    assert isinstance(last, Finished)
    return last


def test_it_comes_much_closer_than_halving(told_by_grey: Known) -> None:
    result = separated(told_by_grey)
    mixture = told_by_grey.painting.block()
    for name, truth, halved in zip(
        ("front", "back"), told_by_grey.layers, half(mixture), strict=True
    ):
        assert error(result.layers[name], truth) < 0.5 * error(halved, truth)


def test_the_same_seed_gives_the_same_result(double_sided: Known) -> None:
    small = Region(0, 40, 0, 50)
    one, same, other = (separated(double_sided, seed=seed, region=small) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.layers["front"], same.layers["front"])
    assert not np.array_equal(one.layers["front"], other.layers["front"])


def test_masked_places_are_told_from_the_photographs(told_by_grey: Known) -> None:
    painting = told_by_grey.painting
    mask = np.zeros(painting.shape, bool)
    mask[40:52, 50:70] = True
    mixture = replace(painting, mask=mask).block()
    settings = get_method("coupled-dictionary").settings_for("fast", SMALL)
    *_, last = model.run(mixture, settings, Context(0, "cpu"))
    assert isinstance(last, Estimate)
    for layer, truth in zip((last.first, last.second), told_by_grey.layers, strict=True):
        inside = (layer - truth)[mask]
        assert inside.std() < 0.7 * truth[mask].std()


def test_too_small_a_region_and_contradicting_settings_are_refused(
    double_sided: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_xraysep.separation.options.MARGIN", 0)
    with pytest.raises(InputError, match="larger region"):
        list(
            separate(
                double_sided.painting,
                "coupled-dictionary",
                {**SMALL, "patch": 16},
                RunOptions(region=Region(0, 18, 0, 18)),
            )
        )
    method = get_method("coupled-dictionary")
    with pytest.raises(InputError, match="stride no larger than patch"):
        method.settings_for("fast", {"stride": 12})
    with pytest.raises(InputError, match="nonzeros no larger than atoms"):
        method.settings_for("fast", {"nonzeros": 60, "atoms": 32})
