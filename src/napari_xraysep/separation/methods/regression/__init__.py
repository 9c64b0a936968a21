"""Additive colour-to-attenuation regression: ours, a few solves, no descent."""

from __future__ import annotations

from pydantic import Field

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.method import Settings as BaseSettings


class Settings(BaseSettings):
    """Settings of the regression; none needs touching for a first look."""

    colours: int = Field(
        default=150,
        ge=4,
        le=400,
        title="Colour centres",
        description="How many typical colours of the photographs the fit may tell apart.",
    )
    colour_width: float = Field(
        default=10,
        ge=2,
        le=60,
        title="Colour width (L* units)",
        description="Colours closer than this are taken for nearly the same paint.",
    )
    own_law: bool = Field(
        default=True,
        title="A law of its own for each side",
        description="Let the same colour absorb differently on front and back; double-sided only.",
    )
    local_pigments: int = Field(
        default=0,
        ge=0,
        le=400,
        title="Local pigments",
        description="How many places may have a paint of their own behind a colour; 0 is none, "
        "which has done better wherever the thickness map is on. Double-sided only.",
    )
    thickness_cells: int = Field(
        default=14,
        ge=0,
        le=40,
        title="Thickness cells",
        description="Cells, along the longer side, of the map of how thickly each side is "
        "painted; 0 switches this off. Double-sided only.",
    )
    sample: int = Field(
        default=30_000,
        ge=1_000,
        le=1_000_000,
        title="Sampled pixels",
        description="How many pixels, chosen at random, the fit looks at.",
    )


METHOD = Method(
    name="regression",
    title="Colour-to-attenuation regression",
    paper="napari-xraysep (this tool)",
    summary=(
        "Learns from the painting itself how strongly each colour absorbs and how thickly each "
        "side is painted. Seconds, and the same result every time."
    ),
    kinds=frozenset({"double-sided", "concealed"}),
    settings=Settings,
    heeds_prior=True,
    presets={"fast": {}, "paper": {}},
    allocation={"fast": "variance", "paper": "variance"},
    implementation="napari_xraysep.separation.methods.regression.model:run",
    uses_torch=False,
    deterministic=True,
    main_settings=("colours", "thickness_cells", "own_law"),
)
