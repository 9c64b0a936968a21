from __future__ import annotations

import numpy as np
import pytest
import pywt
import torch

from napari_xraysep.separation.wavelets import analyse, mean_magnitudes, spread, synthesise


def image(height: int = 12, width: int = 10) -> torch.Tensor:
    return torch.rand(2, 1, height, width, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(12, 10), (7, 9), (2, 2)])
def test_what_is_taken_apart_goes_together_again(shape: tuple[int, int]) -> None:
    whole = image(*shape)
    torch.testing.assert_close(synthesise(analyse(whole)), whole)


def test_it_is_the_union_of_four_shifted_orthogonal_transforms() -> None:
    """Every second coefficient is PyWavelets' transform of the image shifted by that start."""
    whole = image()
    bands = analyse(whole, padded=False)[0].numpy()
    for y in (0, 1):
        for x in (0, 1):
            shifted = whole[0, 0, y : y + 10, x : x + 8].numpy()
            sums, (along_y, along_x, along_both) = pywt.dwt2(shifted, "haar", "periodization")
            ours = bands[:, y : y + 10 : 2, x : x + 8 : 2]
            for band, theirs in zip(ours, (sums, along_x, along_y, along_both), strict=True):
                np.testing.assert_allclose(np.abs(band[:5, :4]), np.abs(theirs), atol=1e-12)


def test_each_transform_is_orthogonal() -> None:
    whole = image()[:1]
    energy = float((whole[:, :, :-2, :-2] ** 2).sum())
    coefficients = analyse(whole[:, :, :-2, :-2], padded=False)[:, :, ::2, ::2]
    assert float((coefficients**2).sum()) == pytest.approx(energy)


def test_synthesis_is_the_adjoint_divided_by_four() -> None:
    whole = image()
    coefficients = torch.rand(2, 4, 11, 9, dtype=torch.float64)
    inner = (analyse(whole, padded=False) * coefficients).sum() / 4
    torch.testing.assert_close((whole * synthesise(coefficients, padded=False)).sum(), inner)


def test_without_padding_the_border_darkens() -> None:
    ones = torch.ones(1, 1, 4, 5)
    out = synthesise(analyse(ones, padded=False), padded=False)[0, 0]
    torch.testing.assert_close(out[1:-1, 1:-1], torch.ones(2, 3))
    torch.testing.assert_close(out[0], torch.tensor([0.25, 0.5, 0.5, 0.5, 0.25]))
    torch.testing.assert_close(out[1:-1, 0], torch.full((2,), 0.5))


def test_magnitudes_are_taken_for_each_transform() -> None:
    coefficients = torch.zeros(1, 4, 4, 5)
    coefficients[0, 2, 1::2, 0::2] = -3.0  # the transform shifted by one row
    norms = mean_magnitudes(coefficients)
    torch.testing.assert_close(norms, torch.tensor([[0, 0, 0.75, 0]]))
    laid = spread(norms, (4, 5))
    assert laid.shape == (1, 1, 4, 5)
    torch.testing.assert_close(laid[0, 0, 1::2, 0::2], torch.full((2, 3), 0.75))
    assert float(laid.sum()) == pytest.approx(0.75 * 6)
