from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.simulation.pigments import PIGMENTS
from napari_xraysep.simulation.settings import SimulationSettings
from napari_xraysep.simulation.support import bars, canvas, growth_rings, nails, support


def test_weave_has_the_thread_count() -> None:
    weave = canvas((60, 240), 0.2, np.random.default_rng(0))
    columns = np.mean([np.abs(np.fft.rfft(row - row.mean())) for row in weave], 0)
    per_px = int(columns[20:].argmax() + 20) / 240
    assert per_px == pytest.approx(0.2, rel=0.15)


def test_threads_that_pixels_cannot_resolve_are_left_out() -> None:
    assert not canvas((64, 64), 0.5, np.random.default_rng(0)).any()


def test_growth_rings_stand_upright() -> None:
    dy, dx = np.gradient(growth_rings((120, 160), 0.2, np.random.default_rng(0)))
    assert (dx**2).mean() > 3 * (dy**2).mean()


def test_a_plain_ground_absorbs_what_its_pigments_do() -> None:
    settings = SimulationSettings(
        support="canvas", weave=0, threads_per_cm=30, ground_um=100, ground_lead=0.5
    )
    layer = support((64, 64), 1, settings, np.random.default_rng(0))
    films = [PIGMENTS[name].attenuation_per_um for name in ("lead white", "chalk")]
    linen = layer - 100 * sum(films) / 2
    assert 0.01 < linen.min() <= linen.max() < 0.05


def test_nothing_carries_nothing() -> None:
    settings = SimulationSettings(support="none", ground_um=100)
    assert not support((64, 64), 2, settings, np.random.default_rng(0)).any()


def test_two_grounds_absorb_more_than_one() -> None:
    settings = SimulationSettings(support="panel", ground_um=200)
    one, two = (support((64, 64), n, settings, np.random.default_rng(0)) for n in (1, 2))
    assert two.mean() > one.mean() + 0.3


def test_stretcher_lies_along_the_edges_and_a_cradle_crosses_the_middle() -> None:
    stretcher = bars((120, 160), False, 0.2, np.random.default_rng(0))
    assert stretcher[5].mean() > 0.2
    assert stretcher[30, 40] < 0.02
    cradle = bars((120, 160), True, 0.2, np.random.default_rng(0))
    assert (cradle > 0.1).mean() > 0.4


def test_nails_lie_along_the_edges() -> None:
    heads = nails((120, 160), 12, 0.2, np.random.default_rng(0))
    assert heads.max() == 1
    assert not heads[20:-20, 20:-20].any()
    assert 0.001 < (heads > 0.5).mean() < 0.05
