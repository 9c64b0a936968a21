from __future__ import annotations

import torch

from napari_xraysep.separation.thresholds import hard, soft

VALUES = torch.tensor([-2.0, -0.5, 0.0, 0.3, 0.5, 3.0])


def test_soft_moves_towards_zero_and_no_further() -> None:
    torch.testing.assert_close(soft(VALUES, 0.4), torch.tensor([-1.6, -0.1, 0, 0, 0.1, 2.6]))


def test_hard_keeps_what_is_above() -> None:
    torch.testing.assert_close(hard(VALUES, 0.5), torch.tensor([-2.0, 0, 0, 0, 0, 3.0]))


def test_each_is_the_proximal_operator_of_its_norm() -> None:
    """No value on a fine grid costs less than what the operator returns."""
    grid = torch.linspace(-4, 4, 8001)[:, None]
    distance = (grid - VALUES) ** 2 / 2
    for cost, found in (
        (distance + 0.7 * grid.abs(), soft(VALUES, 0.7)),
        (distance + 0.7**2 / 2 * (grid.abs() > 1e-6), hard(VALUES, 0.7)),
    ):
        torch.testing.assert_close(grid[cost.argmin(0), 0], found, atol=2e-3, rtol=0)


def test_gradients() -> None:
    values = VALUES.double().requires_grad_()
    threshold = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    soft(values, threshold).sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([1.0, 1, 0, 0, 1, 1]).double())
    assert float(threshold.grad) == 2 - 2  # two negative values move up, two positive ones down
    values.grad = None
    hard(values, 0.4).sum().backward()
    torch.testing.assert_close(values.grad, torch.tensor([1.0, 1, 0, 0, 1, 1]).double())


def test_thresholds_broadcast_over_channels() -> None:
    image = torch.ones(2, 3, 4, 4)
    out = soft(image, torch.tensor([0.0, 0.5, 2.0]).reshape(1, 3, 1, 1))
    torch.testing.assert_close(out[1, :, 0, 0], torch.tensor([1.0, 0.5, 0.0]))
