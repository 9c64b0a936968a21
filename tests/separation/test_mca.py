"""Morphological component analysis: its dictionaries, its threshold, what goes to which layer."""

from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.painting import Mixture
from napari_xraysep.separation import get_method
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.mca import Settings, model
from napari_xraysep.separation.methods.mca.dictionaries import LocalCosines, Wavelets


def noise(shape: tuple[int, int] = (45, 70)) -> np.ndarray:
    return np.random.default_rng(4).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(45, 70), (64, 64), (16, 17), (5, 3)])
@pytest.mark.parametrize("wavelet", ["haar", "db2", "sym4", "sym8"])
def test_wavelets_put_an_image_of_any_size_together_again(
    shape: tuple[int, int], wavelet: str
) -> None:
    image, wavelets = noise(shape), Wavelets(wavelet, 3)
    again = wavelets.synthesise(*wavelets.analyse(image), shape)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, image, atol=1e-5)


def test_the_finest_haar_coefficients_are_differences_of_two_by_two_pixels() -> None:
    image, wavelets = noise(), Wavelets("haar", 2)
    _, bands = wavelets.analyse(image)
    diagonal = wavelets.unpadded(bands[-1], image.shape)[:-1, :-1]
    a, b, c, d = image[:-1, :-1], image[:-1, 1:], image[1:, :-1], image[1:, 1:]
    np.testing.assert_allclose(np.abs(diagonal), np.abs(a - b - c + d) / 2, atol=1e-5)


@pytest.mark.parametrize("shape", [(45, 70), (64, 64), (16, 17), (5, 3)])
def test_cosines_lose_nothing_but_the_constants_of_blocks(shape: tuple[int, int]) -> None:
    image, cosines = noise(shape), LocalCosines(16)
    again = cosines.synthesise(cosines.analyse(image), shape)
    sine = np.sin(np.pi * (np.arange(16) + 0.5) / 16)
    (top, bottom), (left, right) = ((8, -(-n // 16) * 16 + 16 - n) for n in shape)
    padded = np.pad(image.astype(np.float64), ((top, bottom), (left, right)), mode="reflect")
    constants = np.zeros_like(padded)
    window = np.outer(sine, sine)
    for y0 in (0, 8):
        for x0 in (0, 8):
            for y in range(y0, padded.shape[0] - 15, 16):
                for x in range(x0, padded.shape[1] - 15, 16):
                    at = slice(y, y + 16), slice(x, x + 16)
                    constants[at] += window * (padded[at] * window).mean()
    inside = constants[8 : 8 + shape[0], 8 : 8 + shape[1]]
    np.testing.assert_allclose(again, image - inside, atol=1e-5)


def test_a_cosine_coefficient_is_the_product_with_its_atom() -> None:
    image, cosines = noise((64, 64)), LocalCosines(8)
    second = cosines.analyse(image)[1]  # the tiling shifted along x by half a block
    position = np.arange(8) + 0.5
    wave = [np.sin(np.pi * position / 8) * np.cos(np.pi * k * position / 8) for k in (2, 3)]
    atom = np.outer(*wave) / 4  # √(2/8) along each axis
    assert np.linalg.norm(2 * atom) == pytest.approx(1)
    # padded by 4, so that block (2, 3) begins at row 2·8 − 4 and column 4 + 3·8 − 4
    assert second[2, 2, 3, 3] == pytest.approx((image[12:20, 24:32] * 2 * atom).sum(), abs=1e-5)


def test_noise_is_as_strong_in_every_band_of_both_dictionaries() -> None:
    image = noise((256, 256))
    bands = [*Wavelets("sym4", 2).analyse(image)[1], *LocalCosines(16).analyse(image)]
    for band in bands:
        assert band.std() == pytest.approx(1, abs=0.08)
    assert model.noise(bands[5]) == pytest.approx(1, abs=0.05)


def test_hard_thresholding_and_the_two_schedules() -> None:
    kept = model.hard([np.float32([-3, 2, 1])], 2)
    assert kept[0].tolist() == [-3, 0, 0]
    assert [model.scheduled(8, 2, t, "linear") for t in (0, 0.5, 1)] == [8, 5, 2]
    values = [model.scheduled(8, 2, t, "exponential") for t in (0, 0.5, 1)]
    assert values == pytest.approx([8, 4, 2])
    assert model.scheduled(8, 0, 0.5, "exponential") == 4  # without noise it cannot fall in ratio


def shapes_and_texture() -> tuple[np.ndarray, np.ndarray]:
    """A disc and a bar; a weave of two waves."""
    rows, columns = np.mgrid[:96, :112]
    shapes = 0.4 * ((rows - 40) ** 2 + (columns - 50) ** 2 < 25**2) + 0.3 * (abs(columns - 90) < 6)
    texture = 0.15 * np.cos(2 * np.pi * rows / 5.3) * np.cos(2 * np.pi * columns / 6.1)
    return shapes.astype(np.float32), texture.astype(np.float32)


def separated(mixture: Mixture, **changes: object) -> tuple[list[Step], list[Estimate]]:
    settings = get_method("mca").settings_for("fast", {"block": 16, **changes})
    assert isinstance(settings, Settings)
    plan, *said = model.run(mixture, settings, Context(0, "cpu"))
    assert isinstance(plan, Plan)
    steps = [one for one in said if isinstance(one, Step)]
    assert steps[-1].step == plan.total_steps
    return steps, [one for one in said if isinstance(one, Estimate)]


@pytest.mark.parametrize("threshold", ["mom", "linear", "exponential"])
def test_shapes_go_to_the_first_layer_and_texture_to_the_second(threshold: str) -> None:
    shapes, texture = shapes_and_texture()
    x = shapes + texture
    mixture = Mixture(x, np.zeros((*x.shape, 3), np.float32), None, np.ones(x.shape, bool))
    steps, estimates = separated(mixture, threshold=threshold, iterations=30)
    thresholds = [step.losses["threshold"] for step in steps]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(estimates) >= len(steps) // model.EVERY
    first, second = estimates[-1].first, estimates[-1].second
    wavelets = Wavelets("sym4", 4)
    smooth = wavelets.smooth_image(wavelets.analyse(x)[0], x.shape)
    # what neither can claim is halved: the rest of each layer is its own component
    assert np.corrcoef((second - smooth / 2).ravel(), texture.ravel())[0, 1] > 0.9
    error = first + smooth / 2 - shapes
    assert error.std() < 0.5 * texture.std()
    assert (x - first - second).std() < 0.3 * texture.std()


def test_masked_pixels_are_filled_from_both_components() -> None:
    shapes, texture = shapes_and_texture()
    valid = np.ones(shapes.shape, bool)
    valid[60:68, 20:30] = False
    rgb = np.zeros((*valid.shape, 3), np.float32)
    x = shapes + texture
    spoilt = np.where(valid, x, np.float32(9))
    _, clean = separated(Mixture(x, rgb, None, valid), iterations=25)
    _, filled = separated(Mixture(spoilt, rgb, None, valid), iterations=25)
    np.testing.assert_array_equal(clean[-1].first, filled[-1].first)
    hole = (filled[-1].first + filled[-1].second)[~valid]
    assert np.abs(hole - x[~valid]).max() < 0.06  # the mean of the whole lies 0.1 above
