from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.domain import Domain
from napari_xraysep.simulation.film import ceiling, expose
from napari_xraysep.simulation.settings import SimulationSettings

RAMP = np.repeat(np.linspace(0.3, 2.3, 200, dtype=np.float32)[None], 200, 0)


@pytest.mark.parametrize("response", ["as-is", "linear", "film-density"])
def test_the_working_domain_gives_attenuation_back(response: str) -> None:
    settings = SimulationSettings(response=response, noise=0)
    film = expose(RAMP, ceiling(RAMP), settings, np.random.default_rng(0))
    working = Domain(response=response, bits=16).forward(film.grey)
    assert working == pytest.approx(film.scale * RAMP + film.offset, abs=2e-3)


def test_grey_uses_the_range_and_is_of_16_bits() -> None:
    film = expose(RAMP, ceiling(RAMP), SimulationSettings(noise=0), np.random.default_rng(0))
    assert film.grey.min() == pytest.approx(0.04, abs=1e-3)
    assert 0.9 < film.grey.max() < 0.95
    levels = film.grey.astype(float) * 65535
    assert levels == pytest.approx(np.round(levels), abs=0.01)


def test_noise_is_that_of_quanta() -> None:
    settings = SimulationSettings(noise=0.01, response="linear")
    film = expose(RAMP, ceiling(RAMP), settings, np.random.default_rng(0))
    error = Domain(response="linear", bits=16).forward(film.grey) - (RAMP + film.offset)
    assert error[:, :20].std() == pytest.approx(0.01 * np.exp(0.05), rel=0.05)
    assert error[:, -20:].std() == pytest.approx(0.01 * np.exp(0.975), rel=0.05)
