"""Coupled dictionary learning (Deligiannis et al., IEEE TIP 2017), for double-sided paintings."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.method import Settings as BaseSettings


class Settings(BaseSettings):
    """Settings of coupled dictionary learning."""

    patch: int = Field(
        default=8,
        ge=4,
        le=16,
        title="Patch size (pixels)",
        description="Side of the square patches, at every scale.",
    )
    stride: int = Field(
        default=1,
        ge=1,
        le=16,
        title="Stride (pixels)",
        description="From one patch to the next when the painting is separated.",
    )
    scales: int = Field(
        default=3,
        ge=1,
        le=5,
        title="Scales",
        description="At most; each has a fourth of the last one's resolution and dictionaries of "
        "its own.",
    )
    atoms: int = Field(
        default=256,
        ge=8,
        le=1024,
        title="Coupled atoms",
        description="Columns of Ψ and Φc, each a patch of photograph and one of radiograph.",
    )
    specific_atoms: int = Field(
        default=256,
        ge=4,
        le=1024,
        title="Atoms of the radiograph alone",
        description="Columns of Φ, for what no photograph shows.",
    )
    nonzeros: int = Field(
        default=16,
        ge=2,
        le=64,
        title="Atoms in a patch",
        description="How many coefficients of z1, z2 and v together may differ from zero.",
    )
    weight: float = Field(
        default=1,
        gt=0,
        le=10,
        title="Weight of the radiograph",
        description="Against that of the photographs when coefficients are chosen, each in units "
        "of its own contrast.",
    )
    samples: int = Field(
        default=20_000,
        ge=100,
        le=1_000_000,
        title="Training patches",
        description="At each scale, drawn at random.",
    )
    rounds: int = Field(
        default=20,
        ge=1,
        le=200,
        title="Rounds",
        description="How often coefficients and dictionaries are found in turn, at each scale.",
    )

    @model_validator(mode="after")
    def _patches_cover_the_image(self) -> Self:
        if self.stride > self.patch:
            raise ValueError("make stride no larger than patch")
        if self.nonzeros > self.atoms:
            raise ValueError("make nonzeros no larger than atoms")
        return self


METHOD = Method(
    name="coupled-dictionary",
    title="Coupled dictionary learning",
    paper=(
        "N. Deligiannis, J. F. C. Mota, B. Cornelis, M. R. D. Rodrigues, I. Daubechies, "
        "Multi-Modal Dictionary Learning for Image Separation With Application in Art "
        "Investigation, IEEE Trans. Image Process. 26(2), 751-764, 2017"
    ),
    summary=(
        "Learns pairs of small patterns, one of photograph and one of X-ray, and builds both "
        "sides out of those that the photographs show."
    ),
    kinds=frozenset({"double-sided"}),
    settings=Settings,
    presets={
        "paper": {
            "atoms": 256,
            "specific_atoms": 256,
            "stride": 1,
            "samples": 20_000,
            "rounds": 20,
        },
        "fast": {
            "atoms": 48,
            "specific_atoms": 16,
            "stride": 3,
            "samples": 2_000,
            "rounds": 2,
        },
    },
    implementation="napari_xraysep.separation.methods.coupled_dictionary.model:run",
    uses_torch=False,
    baseline=True,
    main_settings=("atoms", "nonzeros", "rounds", "stride"),
)
