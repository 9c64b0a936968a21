"""A radiograph from photographs and physics, together with the layers it is truly made of."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal, get_args

import numpy as np
from pydantic import Field
from skimage.color import rgb2gray

from napari_xraysep.domain import Floats, Response
from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Kind, Record
from napari_xraysep.simulation.brushwork import thickness
from napari_xraysep.simulation.damage import age
from napari_xraysep.simulation.fields import Rng, smooth_noise
from napari_xraysep.simulation.film import blurred, ceiling, expose
from napari_xraysep.simulation.palette import Palette, assign, main_palette
from napari_xraysep.simulation.photographs import common_grid, misregistered, read_picture
from napari_xraysep.simulation.pigments import EFFECTIVE_ENERGY_KEV
from napari_xraysep.simulation.settings import SimulationSettings
from napari_xraysep.simulation.support import nails, support

SIMULATED: Literal["simulated"] = "simulated"
"""The word that every file, layer and caption of a simulation carries."""


class SimulationRecord(Record):
    """How a simulation was made; ``simulation.json``."""

    statement: Literal["simulated"] = SIMULATED
    kind: Kind
    seed: int
    settings: SimulationSettings
    height: int
    width: int
    pixel_size_mm: float
    response: Response
    energy_kev: float = Field(description="effective energy of the X-rays")
    scale: float = Field(description="working domain = scale × attenuation + offset")
    offset: float
    pigments: tuple[tuple[str, ...], tuple[str, ...]] = Field(
        description="at hand for layers 1 and 2, the main palette first"
    )
    sources: tuple[InputRecord, ...]
    versions: dict[str, str]


@dataclass(frozen=True)
class Simulation:
    """A simulated radiograph, its photographs on its grid, and its true layers.

    Attributes
    ----------
    xray
        (H, W) float32, grey values in 0..1 at 16 bits.
    front, back
        (H, W, 3) float32, sRGB 0..1, misregistered if that was asked; the back mirrored, as it
        lies behind the front. None for a concealed design.
    truths
        Two (H, W) float32 in the working domain; their sum is the radiograph in that domain but
        for the noise. Support and ground are shared half and half.
    support
        (H, W) float32, the part of ``truths`` that is support, ground and film: both halves.
    """

    xray: Floats
    front: Floats
    back: Floats | None
    truths: tuple[Floats, Floats]
    support: Floats
    record: SimulationRecord


def simulate(
    front: Any,
    back: Any,
    kind: Kind = "double-sided",
    seed: int = 0,
    settings: SimulationSettings | None = None,
) -> Simulation:
    """Simulate the radiograph of a painting made of two.

    Parameters
    ----------
    front, back
        Photographs: paths, or (H, W, 3) unsigned integers or floats in 0..1. The back is seen from
        behind, and is mirrored; for ``concealed`` it is the design under the front, seen from the
        front. It is cut to the front's proportions.
    seed
        The same seed gives the same simulation.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        A photograph cannot be read or is none, the kind is unknown, or the seed is negative.
    """
    settings = settings or SimulationSettings()
    if kind not in get_args(Kind):
        raise InputError("--kind", f"'{kind}' is unknown", "choose double-sided or concealed")
    if seed < 0:
        raise InputError("--seed", f"{seed} is negative", "give zero or more")
    (first_side, first_source), (second_side, second_source) = (
        read_picture(front, "front"),
        read_picture(back, "back"),
    )
    pictures = common_grid(first_side, second_side, settings.size)
    if kind == "double-sided":
        pictures = (pictures[0], np.ascontiguousarray(pictures[1][:, ::-1]))
    shape = pictures[0].shape[:2]
    # one stream of chance for each matter: changing a setting leaves the others' draws alone
    chance = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(7)]

    # one workshop paints both sides of a panel; a concealed design is of another time
    palettes = [main_palette(chance[6]) for _ in range(2)]
    if kind == "double-sided":
        palettes[1] = palettes[0]
    first, first_pigments = _paint(pictures[0], palettes[0], settings, chance[0])
    second, second_pigments = _paint(pictures[1], palettes[1], settings, chance[1])
    if kind == "concealed" and settings.concealed_share < 1:
        second = second * _extent(shape, settings.concealed_share, chance[2])
    carrier = support(shape, 2 if kind == "double-sided" else 1, settings, chance[3])
    first, second, carrier = (
        blurred(layer, settings.blur_px) for layer in (first, second, carrier)
    )
    top = ceiling(first + second + carrier)
    if settings.nails:  # iron reaches the ceiling whatever the paint over it: layers still add up
        iron = blurred(
            nails(shape, settings.nails, settings.pixel_size_mm, chance[3]), settings.blur_px
        )
        carrier = carrier + iron * np.maximum(top - first - second - carrier, 0)
    film = expose(first + second + carrier, top, settings, chance[4])
    shared = np.asarray(film.scale * carrier + film.offset, np.float32)
    truths = tuple(
        np.asarray(film.scale * layer + shared / 2, np.float32) for layer in (first, second)
    )
    photographs = [misregistered(p, settings.misregistration_px, chance[5]) for p in pictures]
    record = SimulationRecord(
        kind=kind,
        seed=seed,
        settings=settings,
        height=shape[0],
        width=shape[1],
        pixel_size_mm=settings.pixel_size_mm,
        response=settings.response,
        energy_kev=EFFECTIVE_ENERGY_KEV,
        scale=film.scale,
        offset=film.offset,
        pigments=(first_pigments, second_pigments),
        sources=(first_source, second_source),
        versions={name: version(name) for name in ("napari-xraysep", "numpy", "scipy")},
    )
    return Simulation(
        xray=film.grey,
        front=photographs[0],
        back=photographs[1] if kind == "double-sided" else None,
        truths=(truths[0], truths[1]),
        support=shared,
        record=record,
    )


def _paint(
    picture: Floats, palette: Palette, settings: SimulationSettings, rng: Rng
) -> tuple[Floats, tuple[str, ...]]:
    """Attenuation of one side's paint, and its pigments."""
    paint = assign(picture, palette, settings.ambiguity, rng)
    luminance = np.asarray(rgb2gray(picture), np.float32)
    depth = thickness(luminance, settings.thickness_um, settings.relief, rng)
    return age(paint.attenuation_per_um * depth, settings, rng), paint.pigments


def _extent(shape: tuple[int, int], share: float, rng: Rng) -> Floats:
    """Where a concealed design lies, 0..1, with soft borders, covering about ``share``."""
    rows, cols = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    centre = rng.uniform(-0.3, 0.3, 2)
    field = np.hypot(rows[:, None] - centre[0], cols[None, :] - centre[1])
    field = field + 0.15 * smooth_noise(shape, max(shape) / 5, rng)
    edge = float(np.quantile(field, share))
    return np.asarray(1 / (1 + np.exp(np.clip((field - edge) / 0.04, -50, 50))), np.float32)
