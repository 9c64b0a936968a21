from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.simulation.pigments import (
    ATOMIC_MASS,
    FAMILIES,
    MASS_ATTENUATION,
    PIGMENTS,
    family,
    mass_attenuation,
)


def test_water_absorbs_as_tabulated() -> None:
    # NIST, water at 20 keV: 0.8096 cm²/g
    assert mass_attenuation("H2O") == pytest.approx(0.8096, rel=2e-3)


def test_lead_white_from_its_elements_by_hand() -> None:
    lead, rest = 3 * 207.2, 2 * 12.011 * 0.442 + 8 * 15.999 * 0.865 + 2 * 1.008 * 0.370
    mass = lead + 2 * 12.011 + 8 * 15.999 + 2 * 1.008
    assert PIGMENTS["lead white"].mass_attenuation == pytest.approx((lead * 86.4 + rest) / mass)
    assert lead / mass == pytest.approx(0.801, abs=2e-3)


def test_film_of_lead_white_stops_a_third_to_two_thirds_at_40_um() -> None:
    passes = np.exp(-40 * PIGMENTS["lead white"].attenuation_per_um)
    assert 0.33 < passes < 0.67


@pytest.mark.parametrize(
    ("heavy", "light"),
    [("lead white", "chalk"), ("vermilion", "red lake"), ("lead-tin yellow", "yellow ochre"),
     ("azurite", "ultramarine")],
)  # fmt: skip
def test_one_colour_two_attenuations(heavy: str, light: str) -> None:
    heavy_pigment, light_pigment = PIGMENTS[heavy], PIGMENTS[light]
    assert heavy_pigment.family == light_pigment.family
    assert heavy_pigment.attenuation_per_um > 5 * light_pigment.attenuation_per_um


def test_every_family_offers_a_choice() -> None:
    assert all(len(family(name)) > 1 for name in FAMILIES)


def test_table_is_plausible() -> None:
    assert MASS_ATTENUATION.keys() == ATOMIC_MASS.keys()
    for pigment in PIGMENTS.values():
        assert 1 < pigment.density < 9.5
        assert 0.15 < pigment.volume < 0.6
        assert all(0 <= channel <= 1 for channel in pigment.srgb)
        assert sum(share for share, _ in pigment.composition) == pytest.approx(1)
        assert 0.04e-3 < pigment.attenuation_per_um < 30e-3
