from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from napari_xraysep.domain import Domain
from napari_xraysep.errors import InputError
from napari_xraysep.simulation import Simulation, SimulationSettings, simulate

Simulate = Callable[..., Simulation]


def working(simulation: Simulation) -> np.ndarray:
    return Domain(response=simulation.record.response, bits=16).forward(simulation.xray)


def test_a_seed_gives_one_simulation_and_another_seed_another(
    simulated: Simulate, front: Any, back: Any
) -> None:
    one, again, other = simulate(front, back), simulate(front, back), simulated(seed=6)
    assert np.array_equal(one.xray, again.xray)
    assert all(np.array_equal(a, b) for a, b in zip(one.truths, again.truths, strict=True))
    assert one.record == again.record
    assert np.abs(one.xray - other.xray).mean() > 0.01


@pytest.mark.parametrize("kind", ["double-sided", "concealed"])
@pytest.mark.parametrize("response", ["as-is", "linear", "film-density"])
def test_truths_and_noise_make_the_radiograph(
    simulated: Simulate, kind: str, response: str
) -> None:
    quiet = simulated(kind, response=response, noise=0)
    gap = working(quiet) - quiet.truths[0] - quiet.truths[1]
    assert np.quantile(np.abs(gap), 0.998) < 2e-3  # the 16 bits; beyond, the film's ceiling
    noisy = simulated(kind, response=response, noise=0.02)
    gap = working(noisy) - noisy.truths[0] - noisy.truths[1]
    assert 0.005 < gap.std() / noisy.record.scale < 0.06
    assert abs(gap.mean()) < 2e-3


def test_the_support_is_shared_half_and_half(simulated: Simulate) -> None:
    bare, carried = (
        simulated(support=support, response="linear", noise=0) for support in ("none", "panel")
    )
    for first, second in zip(bare.truths, carried.truths, strict=True):
        added = second - first - (carried.support - bare.support) / 2
        assert np.abs(added).max() < 1e-5


@pytest.mark.parametrize("kind", ["double-sided", "concealed"])
def test_the_range_is_used_and_hardly_clipped(simulated: Simulate, kind: str) -> None:
    for seed in range(3):
        grey = simulated(kind, seed, nails=8, bars="stretcher").xray
        assert grey.dtype == np.float32
        assert ((grey <= 0) | (grey >= 1)).mean() <= 1e-3
        assert np.quantile(grey, 0.999) - grey.min() > 0.7


def test_white_is_brighter_where_it_is_lead() -> None:
    halves = np.zeros((64, 96, 3), np.uint8)
    halves[:, :48] = (245, 240, 227)
    halves[:, 48:] = (35, 32, 30)
    dark = np.random.default_rng(0).integers(20, 40, (64, 96, 3), dtype=np.uint8)
    settings = SimulationSettings(ambiguity=0, relief=0, support="none", response="linear")
    layer = simulate(halves, dark, "concealed", 0, settings).truths[0]
    assert layer[:, :40].mean() > layer[:, 56:].mean() + 0.4


def test_the_back_is_mirrored_and_a_concealed_design_is_not(front: Any, back: Any) -> None:
    settings = SimulationSettings(relief=0, ambiguity=0, cracks=0, concealed_share=1)
    sided = simulate(front, back, "double-sided", 0, settings)
    hidden = simulate(front, back, "concealed", 0, settings)
    assert sided.back is not None
    assert hidden.back is None
    assert sided.back.shape == sided.front.shape == (*sided.xray.shape, 3)
    light = sided.back.mean(-1).ravel()
    follows = np.corrcoef(light, sided.truths[1].ravel())[0, 1]
    mirrored = np.corrcoef(light, sided.truths[1][:, ::-1].ravel())[0, 1]
    assert follows > mirrored + 0.3
    unmirrored = sided.back[:, ::-1].mean(-1).ravel()
    assert np.corrcoef(unmirrored, hidden.truths[1].ravel())[0, 1] > mirrored + 0.3


def test_sizes_are_brought_to_one_grid(front: Any, back: Any) -> None:
    plain = simulate(front, back)
    assert plain.xray.shape == front.shape[:2]
    small = simulate(front, back, settings=SimulationSettings(size=80))
    assert small.xray.shape == (60, 80)
    assert small.back is not None
    assert small.back.shape == (60, 80, 3)


def test_the_concealed_design_keeps_to_its_part(simulated: Simulate) -> None:
    part = simulated("concealed", concealed_share=0.3, support="none")
    everywhere = simulated("concealed", concealed_share=1, support="none")

    def extent(simulation: Simulation) -> float:
        paint = simulation.truths[1] - simulation.truths[1].min()
        return float((paint > 0.1 * np.quantile(paint, 0.99)).mean())

    assert extent(part) < 0.4
    assert extent(everywhere) > 0.6


@pytest.mark.parametrize("rms", [1.0, 4.0])
def test_misregistration_moves_the_photographs_alone(
    simulated: Simulate, front: Any, back: Any, rms: float
) -> None:
    straight, moved = simulated(), simulated(misregistration_px=rms)
    assert np.array_equal(straight.xray, moved.xray)
    assert not np.array_equal(straight.front, moved.front)
    # a picture of its own coordinates tells how far each pixel came from
    rows, cols = np.indices((120, 160))
    plan = np.stack([rows / 159, cols / 159, np.full(rows.shape, 0.5)], -1)
    shown = simulate(
        plan, back, settings=SimulationSettings(misregistration_px=rms, relief=0)
    ).front
    shift = (shown - plan)[8:-8, 8:-8, :2] * 159
    assert np.sqrt((shift**2).sum(-1).mean()) == pytest.approx(rms, rel=0.15)
    assert np.linalg.norm(shift.mean((0, 1))) > 0.4 * rms


def test_sides_of_a_painting_share_a_palette_and_a_concealed_one_has_its_own(
    simulated: Simulate,
) -> None:
    sided, hidden = simulated(ambiguity=0), simulated("concealed", ambiguity=0)
    assert sided.record.pigments[0] == sided.record.pigments[1]
    assert hidden.record.pigments[0] != hidden.record.pigments[1]


def test_bad_input_is_refused(front: Any, back: Any) -> None:
    with pytest.raises(InputError, match="front: a photograph needs three colour channels"):
        simulate(front[..., 0], back)
    with pytest.raises(InputError, match="back: it holds NaN"):
        simulate(front, np.where(back > 250, np.nan, back / 255.0))
    with pytest.raises(InputError, match="--seed: -1 is negative"):
        simulate(front, back, seed=-1)
    with pytest.raises(InputError, match="--kind: 'triptych' is unknown"):
        simulate(front, back, "triptych")  # type: ignore[arg-type]
