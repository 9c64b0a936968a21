from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from napari_xraysep.separation import losses


def pair(seed: int = 0, shape: tuple[int, ...] = (2, 1, 8, 8)) -> tuple[Tensor, Tensor]:
    torch.manual_seed(seed)
    return torch.rand(shape, dtype=torch.float64), torch.rand(shape, dtype=torch.float64)


def literally_as_run(x1: np.ndarray, x2: np.ndarray) -> float:
    """One patch (h, w), written out with loops."""
    total = 0.0
    for level in range(3):
        if level:
            x1, x2 = (
                x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2).mean((1, 3)) for x in (x1, x2)
            )
        for axis in (0, 1):
            g1, g2 = np.diff(x1, axis=axis), np.diff(x2, axis=axis)
            alpha = 2 * np.abs(g1).mean() / np.abs(g2).mean()
            s1 = 2 / (1 + np.exp(-g1)) - 1
            s2 = 2 / (1 + np.exp(-alpha * g2)) - 1
            total += np.mean(s1**2 * s2**2) ** 0.25
    return total / 3


def literally_as_printed(x1: np.ndarray, x2: np.ndarray) -> float:
    def edges(x: np.ndarray) -> np.ndarray:
        out = np.zeros_like(x)
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                down = x[i + 1, j] - x[i, j] if i + 1 < x.shape[0] else 0
                right = x[i, j + 1] - x[i, j] if j + 1 < x.shape[1] else 0
                out[i, j] = np.hypot(down, right)
        return out

    weight = np.sqrt(np.linalg.norm(x2) / np.linalg.norm(x1))
    e1, e2 = weight * edges(x1), edges(x2) / weight
    total = 0.0
    for level in range(3):
        # halving bilinearly samples the middle of four pixels, at every scale
        factor = 2**level
        low, high = (factor // 2 - 1, factor // 2 + 1) if level else (0, 1)
        s1, s2 = (
            e.reshape(e.shape[0] // factor, factor, e.shape[1] // factor, factor)[
                :, low:high, :, low:high
            ].mean((1, 3))
            for e in (e1, e2)
        )
        total += np.linalg.norm(np.tanh(s1) * np.tanh(s2))
    return total


@pytest.mark.parametrize(
    ("form", "literal"), [("run", literally_as_run), ("printed", literally_as_printed)]
)
def test_exclusion_is_its_formula(form, literal) -> None:
    x1, x2 = pair()
    expected = np.mean([literal(a[0], b[0]) for a, b in zip(x1.numpy(), x2.numpy(), strict=True)])
    assert float(losses.exclusion(x1, x2, form)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("form", ["run", "printed"])
def test_edges_in_other_places_do_not_exclude(form) -> None:
    left, right = torch.zeros(2, 1, 1, 32, 32)
    left[..., :8] = 1
    right[..., 24:] = 1
    apart = float(losses.exclusion(left, right, form))
    together = float(losses.exclusion(left, left, form))
    assert apart < 0.05 * together


@pytest.mark.parametrize("form", ["run", "printed"])
def test_exclusion_has_finite_gradients_even_of_blank_images(form) -> None:
    blank = torch.zeros(1, 1, 16, 16, requires_grad=True)
    other = torch.rand(1, 1, 16, 16, requires_grad=True)
    losses.exclusion(blank, other, form).backward()
    assert torch.isfinite(blank.grad).all()
    assert torch.isfinite(other.grad).all()


def test_gradients_of_the_printed_form() -> None:
    x1, x2 = (x.requires_grad_() for x in pair(1))
    assert torch.autograd.gradcheck(lambda a, b: losses.exclusion(a, b, "printed"), (x1, x2))


def test_gradient_of_the_form_as_run_holds_its_factor_fixed() -> None:
    """Against finite differences with the factor kept from the undisturbed images."""
    x1, x2 = pair(2, (1, 1, 4, 4))
    x1.requires_grad_()
    means = [x.diff(dim=3).abs().mean() for x in (x1.detach(), x2)]
    s1 = torch.tanh(x1.diff(dim=3) / 2)
    s2 = torch.tanh(means[0] / means[1] * x2.diff(dim=3))
    term = (s1**2 * s2**2).mean() ** 0.25
    (by_hand,) = torch.autograd.grad(term, x1)
    columns = torch.zeros_like(x1)
    (all_terms,) = torch.autograd.grad(losses.exclusion(x1, x2), x1)
    # what is left once the term of this axis and level is taken out belongs to the others
    means = [x.diff(dim=2).abs().mean() for x in (x1.detach(), x2)]
    down = (torch.tanh(x1.diff(dim=2) / 2) ** 2) * (
        torch.tanh(means[0] / means[1] * x2.diff(dim=2)) ** 2
    )
    (rows,) = torch.autograd.grad(down.mean() ** 0.25, x1)
    small = [torch.nn.functional.avg_pool2d(x, 2) for x in (x1, x2)]
    for axis in (2, 3):
        g1, g2 = small[0].diff(dim=axis), small[1].diff(dim=axis)
        alpha = 2 * g1.detach().abs().mean() / g2.abs().mean()
        term = (torch.tanh(g1 / 2) ** 2 * torch.tanh(alpha * g2 / 2) ** 2).mean() ** 0.25
        columns = columns + torch.autograd.grad(term, x1, retain_graph=True)[0]
    torch.testing.assert_close(all_terms, (by_hand + rows + columns) / 3, rtol=1e-3, atol=1e-6)


def test_rms_by_hand() -> None:
    difference = torch.full((2, 3, 2, 2), 0.5)
    valid = torch.ones(2, 1, 2, 2)
    assert float(losses.rms(difference, valid)) == pytest.approx(0.5, rel=1e-4)


def test_a_patch_wholly_masked_does_no_harm() -> None:
    difference = torch.ones(1, 1, 4, 4, requires_grad=True)
    value = losses.rms(difference, torch.zeros(1, 1, 4, 4))
    value.backward()
    assert float(value.detach()) < 1e-3
    assert float(difference.grad.abs().max()) == 0
