"""Additive colour-to-attenuation regression: ours, one solve, no random start."""

from __future__ import annotations

from pydantic import Field

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.method import Settings as BaseSettings


class Settings(BaseSettings):
    """Settings of the regression."""

    ridge: float = Field(
        default=1e-3,
        gt=0,
        le=10,
        title="Ridge",
        description="Strength of the pull towards small coefficients; larger is smoother.",
    )


METHOD = Method(
    name="regression",
    title="Colour-to-attenuation regression",
    paper="napari-xraysep (this tool)",
    summary="Predicts each layer from its photograph's colours by one least-squares fit; instant.",
    kinds=frozenset({"double-sided", "concealed"}),
    settings=Settings,
    presets={"fast": {}, "paper": {}},
    allocation={"fast": "variance", "paper": "variance"},
    implementation="napari_xraysep.separation.methods.regression.model:run",
    uses_torch=False,
    main_settings=("ridge",),
)
