"""LCISTA (Pu, Huang et al., IEEE Transactions on Image Processing 2022), for concealed designs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.methods.lcista.variants import SCHEDULES, Name
from napari_xraysep.separation.schedule import Schedule


class Settings(Schedule):
    """Settings of LCISTA; what is not given follows from the variant."""

    variant: Name = Field(
        default="as-printed",
        title="Variant",
        description="The paper as printed, as its authors ran it, or corrected; brings its own "
        "weights, photograph channels, signs, wavelets, start, loss, optimiser and schedule.",
    )
    unrolled: int = Field(
        default=5,
        ge=1,
        le=50,
        title="L: unrolled layers",
        description="Iterations of the sparse coding that become layers (Eq. 11).",
    )
    channels: int = Field(
        default=64,
        ge=4,
        le=512,
        title="K: codes",
        description="Convolutional filters of the dictionary, and sparse codes (Eq. 4).",
    )
    eta_1: float = Field(
        default=0.5,
        ge=0,
        le=100,
        title="η1: photograph",
        description="Weight of the photograph's reconstruction (Eq. 15).",
    )
    eta_2: float = Field(
        default=0.1,
        ge=0,
        le=100,
        title="η2: exclusion",
        description="Weight of edges that both layers have in the same places (Eq. 15).",
    )
    thresholding: Literal["soft", "hard"] = Field(
        default="soft",
        title="Thresholding of the codes",
        description="Soft: ℓ1 (Eq. 10). Hard: ℓ0 (Fig. 19), whose thresholds are not learnt.",
    )
    sparsity: bool = Field(
        default=True,
        title="Sparse codes",
        description="Off: the codes are not thresholded (Fig. 19, row 3).",
    )
    exclude: bool = Field(
        default=True,
        title="Exclusion",
        description="Off: no exclusion in the layers of Eq. 11 nor in the loss (Fig. 19, row 4).",
    )

    @model_validator(mode="before")
    @classmethod
    def _variant_brings_its_schedule(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        variant = given.get("variant", cls.model_fields["variant"].default)
        return {**SCHEDULES.get(variant, {}), **given}


METHOD = Method(
    name="lcista",
    title="LCISTA (unrolled sparse coding)",
    paper=(
        "W. Pu, J.-J. Huang, B. Sober, N. Daly, C. Higgitt, I. Daubechies, P. L. Dragotti, "
        "M. R. D. Rodrigues, Mixed X-Ray Image Separation for Artworks with Concealed Designs, "
        "IEEE Transactions on Image Processing 31, 2022, doi:10.1109/TIP.2022.3185488"
    ),
    summary=(
        "Takes the surface out of the X-ray step by step, starting from the grey photograph: "
        "what both layers would show at the same edge goes to one of them."
    ),
    kinds=frozenset({"concealed"}),
    settings=Settings,
    heeds_prior=True,
    deterministic=True,  # as corrected: from another seed it errs ten times as much as it changes
    presets={"paper": {"variant": "as-printed"}, "fast": {"variant": "corrected"}},
    allocation={"fast": "even", "paper": "none"},
    implementation="napari_xraysep.separation.methods.lcista.model:run",
    main_settings=("variant", "epochs", "eta_1", "eta_2"),
)
