from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.simulation.palette import assign, main_palette, unmix
from napari_xraysep.simulation.pigments import FAMILIES, PIGMENTS


def test_a_pure_pigment_is_recognised() -> None:
    palette = main_palette(np.random.default_rng(0))
    shares = unmix(np.array([pigment.srgb for pigment in palette]), palette)
    assert np.diag(shares).min() > 0.98
    assert shares.sum(1) == pytest.approx(1)


def test_pink_is_vermilion_with_much_white() -> None:
    palette = tuple(PIGMENTS[name] for name in ("lead white", "vermilion", "ultramarine"))
    white, red, blue = unmix(np.array([[0.93, 0.72, 0.68]]), palette)[0]
    assert white > red > 0.01
    assert blue < 0.02


def test_main_palette_has_every_family_and_lead_white() -> None:
    palette = main_palette(np.random.default_rng(3))
    assert tuple(pigment.family for pigment in palette) == FAMILIES
    assert palette[0].name == "lead white"


def flat_white() -> np.ndarray:
    return np.full((96, 128, 3), PIGMENTS["lead white"].srgb, np.float32)


def test_one_colour_is_two_pigments_in_one_painting() -> None:
    palette = main_palette(np.random.default_rng(0))
    paint = assign(flat_white(), palette, 1.0, np.random.default_rng(4))
    lead = PIGMENTS["lead white"].attenuation_per_um
    assert paint.attenuation_per_um.max() == pytest.approx(lead, rel=0.1)
    assert paint.attenuation_per_um.min() < 0.6 * lead
    assert len({"chalk", "gypsum", "zinc white"} & set(paint.pigments)) > 0


def test_without_ambiguity_a_colour_is_one_paint() -> None:
    palette = main_palette(np.random.default_rng(0))
    paint = assign(flat_white(), palette, 0.0, np.random.default_rng(4))
    lead = PIGMENTS["lead white"].attenuation_per_um
    assert paint.attenuation_per_um == pytest.approx(lead, rel=0.02)
    assert set(paint.pigments) == {pigment.name for pigment in palette}
