from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.simulation.damage import age
from napari_xraysep.simulation.settings import SimulationSettings

SOUND = np.full((150, 200), 0.5, np.float32)


def aged(**changes: float) -> np.ndarray:
    settings = SimulationSettings(**{"cracks": 0, **changes})
    return age(SOUND, settings, np.random.default_rng(0))


def test_sound_paint_stays_as_it_is() -> None:
    assert np.array_equal(aged(), SOUND)


def test_losses_take_the_share_asked() -> None:
    assert (aged(losses=0.1, fills=0) == 0).mean() == pytest.approx(0.1, abs=5e-3)


def test_fills_close_losses() -> None:
    assert not (aged(losses=0.1, fills=1) == 0).any()
    assert (aged(losses=0.1, fills=1) != 0.5).mean() == pytest.approx(0.1, abs=5e-3)


def test_cracks_are_fine_and_only_take_away() -> None:
    cracked = aged(cracks=1)
    assert cracked.max() <= 0.5
    assert cracked.min() < 0.4
    assert 0.005 < (cracked < 0.45).mean() < 0.15
