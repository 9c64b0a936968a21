"""Painters' pigments: their colour, and how strongly a film of paint absorbs X-rays.

Paintings are radiographed at 25 to 40 kV; the tables hold for an effective energy of 20 keV. The
attenuation of a mixture is that of its elements, by weight (Hubbell and Seltzer, equation 2):

    μ = ρ_film · Σ_i w_i (μ/ρ)_i

Sources
-------
- Mass attenuation coefficients: W. T. Elam, B. D. Ravel, J. R. Sieber, "A new atomic database for
  X-ray spectroscopic calculations", Radiation Physics and Chemistry 63 (2002) 121; at 20 keV they
  are those of J. H. Hubbell and S. M. Seltzer, "Tables of X-Ray Mass Attenuation Coefficients",
  NIST Standard Reference Database 126, to the digits given here.
- Composition and specific gravity: R. J. Gettens and G. L. Stout, "Painting Materials" (1942),
  table of the physical properties of pigments. Not in it: lead-tin yellow (type I, density from
  its crystal cell); verdigris, smalt and charcoal, whose densities are estimates. Smalt is made up
  as by Church (below) with a little arsenic; earths and lakes vary, and a typical make-up stands
  here for all of them.
- Pigment by volume of the film: from the weight of oil that a pigment needs, A. H. Church, "The
  Chemistry of Paints and Painting" (4th edition, 1915), with oil at 0.93 g/cm³.
- Colours are mass tones in oil, chosen by eye.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

EFFECTIVE_ENERGY_KEV = 20.0

MASS_ATTENUATION = {
    "H": 0.370, "C": 0.442, "N": 0.618, "O": 0.865, "Na": 2.06, "Mg": 2.76, "Al": 3.44,
    "Si": 4.46, "P": 5.35, "S": 6.71, "K": 10.9, "Ca": 13.1, "Cr": 20.4, "Mn": 22.5,
    "Fe": 25.7, "Co": 28.0, "Cu": 33.8, "Zn": 37.2, "As": 45.6, "Sn": 21.5, "Sb": 22.7,
    "Hg": 81.2, "Pb": 86.4,
}  # fmt: skip
"""(μ/ρ) of the elements at 20 keV, cm²/g."""

ATOMIC_MASS = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Na": 22.990, "Mg": 24.305, "Al": 26.982,
    "Si": 28.085, "P": 30.974, "S": 32.06, "K": 39.098, "Ca": 40.078, "Cr": 51.996, "Mn": 54.938,
    "Fe": 55.845, "Co": 58.933, "Cu": 63.546, "Zn": 65.38, "As": 74.922, "Sn": 118.710,
    "Sb": 121.760, "Hg": 200.592, "Pb": 207.2,
}  # fmt: skip

Family = Literal["white", "yellow", "red", "brown", "green", "blue", "black"]

_KAOLIN = "Al2Si2O9H4"
_LAKE_SUBSTRATE = "AlO3H3"
_DYE = "C14H8O4"
_OIL_FORMULA, _OIL_DENSITY = "C18H32O3", 0.98  # linseed oil, dried (it has taken up oxygen)


@dataclass(frozen=True)
class Pigment:
    """A pigment as ground in oil.

    Attributes
    ----------
    colour
        sRGB mass tone, hexadecimal.
    family
        The colour for which a painter reaches for it.
    composition
        Chemical formulas with their shares by weight.
    density
        Of the pigment, g/cm³.
    volume
        Share of pigment in the volume of the dry film; the rest is oil.
    use
        How often it is chosen within its family, relative to the others.
    """

    name: str
    colour: str
    family: Family
    composition: tuple[tuple[float, str], ...]
    density: float
    volume: float
    use: float = 1.0

    @property
    def srgb(self) -> tuple[float, float, float]:
        """Red, green, blue in 0..1."""
        r, g, b = (int(self.colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
        return r, g, b

    @property
    def mass_attenuation(self) -> float:
        """μ/ρ of the dry pigment at 20 keV, cm²/g."""
        total = sum(share for share, _ in self.composition)
        return sum(s * mass_attenuation(f) for s, f in self.composition) / total

    @property
    def attenuation_per_um(self) -> float:
        """Linear attenuation of a film of the paint at 20 keV, per µm."""
        pigment = self.volume * self.density * self.mass_attenuation
        oil = (1 - self.volume) * _OIL_DENSITY * mass_attenuation(_OIL_FORMULA)
        return (pigment + oil) * 1e-4


def mass_attenuation(formula: str) -> float:
    """Return μ/ρ at 20 keV, cm²/g, of a chemical formula without brackets, such as ``Pb3C2O8H2``.

    Raises
    ------
    KeyError
        An element is not in `MASS_ATTENUATION`.
    """
    atoms = [(e, float(n or 1)) for e, n in re.findall(r"([A-Z][a-z]?)([\d.]*)", formula)]
    mass = sum(ATOMIC_MASS[e] * n for e, n in atoms)
    return sum(MASS_ATTENUATION[e] * ATOMIC_MASS[e] * n for e, n in atoms) / mass


def _pure(formula: str) -> tuple[tuple[float, str], ...]:
    return ((1.0, formula),)


_TABLE = (
    Pigment("lead white", "F5F0E3", "white", _pure("Pb3C2O8H2"), 6.70, 0.47, 6),
    Pigment("chalk", "EDE8DA", "white", _pure("CaCO3"), 2.70, 0.40),
    Pigment("gypsum", "F0EDE4", "white", _pure("CaSO6H4"), 2.36, 0.40, 0.5),
    Pigment("zinc white", "F7F6F2", "white", _pure("ZnO"), 5.65, 0.44, 1.5),
    Pigment("lead-tin yellow", "E9CF5B", "yellow", _pure("Pb2SnO4"), 8.3, 0.38, 3),
    Pigment("Naples yellow", "E6C77A", "yellow", _pure("Pb3Sb2O8"), 6.58, 0.40),
    Pigment(
        "yellow ochre", "C08A3A", "yellow", ((0.4, "FeO2H"), (0.4, _KAOLIN), (0.2, "SiO2")),
        2.9, 0.35, 3,
    ),
    Pigment("orpiment", "E5B73B", "yellow", _pure("As2S3"), 3.4, 0.40, 0.5),
    Pigment("vermilion", "D2402C", "red", _pure("HgS"), 8.1, 0.33, 3),
    Pigment("red lead", "DB5A2A", "red", _pure("Pb3O4"), 8.73, 0.40),
    Pigment("red lake", "8E1F33", "red", ((0.7, _LAKE_SUBSTRATE), (0.3, _DYE)), 1.66, 0.45, 2),
    Pigment("red ochre", "9C4A2E", "red", ((0.6, "Fe2O3"), (0.4, _KAOLIN)), 3.6, 0.28, 2),
    Pigment(
        "umber", "5B4632", "brown",
        ((0.45, "FeO2H"), (0.12, "MnO2"), (0.33, _KAOLIN), (0.1, "CaCO3")), 3.2, 0.23, 3,
    ),
    Pigment("burnt sienna", "7A4327", "brown", ((0.6, "Fe2O3"), (0.4, _KAOLIN)), 3.56, 0.22, 1.5),
    Pigment("Cassel earth", "4A3628", "brown", _pure("C60H60O30"), 1.66, 0.35),
    Pigment("malachite", "4F9A7B", "green", _pure("Cu2CO5H2"), 4.0, 0.40),
    Pigment("verdigris", "2F8C7B", "green", _pure("Cu3C4H10O8"), 2.1, 0.40, 1.5),
    Pigment(
        "green earth", "7A8B6A", "green", _pure("K0.8Fe1.5Mg0.6Al0.4Si3.8O12H2"), 2.6, 0.34, 1.5,
    ),
    Pigment("viridian", "1F6B55", "green", _pure("Cr2O5H4"), 3.32, 0.36),
    Pigment("azurite", "3C6E9E", "blue", _pure("Cu3C2O8H2"), 3.80, 0.40, 2),
    Pigment(
        "smalt", "3A4C8C", "blue",
        ((0.68, "SiO2"), (0.16, "K2O"), (0.07, "CoO"), (0.05, "Al2O3"), (0.04, "As2O3")),
        2.6, 0.40, 1.5,
    ),
    Pigment("ultramarine", "2B3C9C", "blue", _pure("Na7Al6Si6O24S3"), 2.35, 0.50, 2),
    Pigment("Prussian blue", "12284C", "blue", _pure("Fe7C18N18"), 1.83, 0.40),
    Pigment("bone black", "1F1B1A", "black", ((0.84, "Ca5P3O13H"), (0.16, "C")), 2.29, 0.29, 2),
    Pigment("charcoal", "24262A", "black", _pure("C"), 1.6, 0.30),
)  # fmt: skip

PIGMENTS: dict[str, Pigment] = {pigment.name: pigment for pigment in _TABLE}
FAMILIES: tuple[Family, ...] = ("white", "yellow", "red", "brown", "green", "blue", "black")


def family(name: Family) -> tuple[Pigment, ...]:
    """All pigments of one family."""
    return tuple(pigment for pigment in PIGMENTS.values() if pigment.family == name)
