"""What a simulated painting and its radiograph are like."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SimulationSettings(BaseModel):
    """Settings of a simulation; the defaults are a small canvas in good condition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int | None = Field(
        default=None,
        ge=32,
        le=8192,
        title="Longer side (pixels)",
        description="None: that of the first photograph.",
    )
    pixel_size_mm: float = Field(
        default=0.2,
        ge=0.01,
        le=2,
        title="Pixel size (mm)",
        description="Size of a pixel on the painting; weave, grain and nails are drawn to it.",
    )

    ambiguity: float = Field(
        default=0.2,
        ge=0,
        le=1,
        title="Ambiguity of colours",
        description="How often one colour is another pigment in another passage of the painting.",
    )
    thickness_um: float = Field(
        default=30,
        ge=5,
        le=100,
        title="Thickness of the paint (µm)",
        description="Mean thickness; lights are thicker than darks.",
    )
    relief: float = Field(
        default=0.15,
        ge=0,
        le=1,
        title="Brush relief",
        description="Relative height of brush marks that no photograph shows: 0.05 is faint, "
        "0.15 moderate, above 0.4 it dominates the radiograph.",
    )
    concealed_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        title="Extent of the concealed design",
        description="Share of the picture that a concealed design takes; 1: it is everywhere.",
    )

    support: Literal["canvas", "panel", "none"] = Field(
        default="canvas", title="Support", description="Linen, an oak panel, or nothing at all."
    )
    threads_per_cm: float = Field(
        default=12,
        ge=4,
        le=40,
        title="Threads per cm",
        description="Of the canvas; what pixels cannot resolve is left out.",
    )
    weave: float = Field(
        default=0.4,
        ge=0,
        le=1,
        title="Contrast of the weave or the wood grain",
        description="How much the threads or the growth rings stand out.",
    )
    ground_um: float = Field(
        default=80,
        ge=0,
        le=500,
        title="Thickness of the ground (µm)",
        description="Chalk and lead white in oil, on every painted side.",
    )
    ground_lead: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        title="Lead white in the ground",
        description="Its share; the rest is chalk.",
    )
    bars: Literal["none", "stretcher", "cradle"] = Field(
        default="none", title="Bars", description="Wooden bars behind the support."
    )
    nails: int = Field(
        default=0, ge=0, le=200, title="Nails", description="Iron tacks along the edges."
    )
    losses: float = Field(
        default=0,
        ge=0,
        le=0.3,
        title="Losses",
        description="Share of each side where the paint is lost and retouched.",
    )
    fills: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Fills",
        description="Share of the losses filled with putty of lead white or chalk.",
    )
    cracks: float = Field(
        default=0.2, ge=0, le=1, title="Cracks", description="Depth of the network of fine cracks."
    )

    response: Literal["as-is", "linear", "film-density"] = Field(
        default="as-is",
        title="Response",
        description="What the radiograph's grey value measures: attenuation, transmitted "
        "intensity, or the transmission of a film whose density grows with the exposure.",
    )
    blur_px: float = Field(
        default=0.6,
        ge=0,
        le=5,
        title="Blur of the film (pixels)",
        description="Standard deviation of the blur by film and beam.",
    )
    noise: float = Field(
        default=0.006,
        ge=0,
        le=0.05,
        title="Noise",
        description="Relative noise where nothing absorbs; it grows with the attenuation as "
        "counted quanta do.",
    )
    misregistration_px: float = Field(
        default=0,
        ge=0,
        le=50,
        title="Misregistration (pixels)",
        description="Root mean square displacement of each photograph, half of it a smooth warp.",
    )
