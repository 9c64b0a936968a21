"""Connected auto-encoders (Pu et al., arXiv:2009.07889, 2020), for double-sided paintings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.schedule import Schedule


class Settings(Schedule):
    """Settings of the connected auto-encoders; the weights' defaults are the paper's."""

    lambda_1: float = Field(
        default=3,
        ge=0,
        le=100,
        title="λ1: radiograph from summed features",
        description="Weight of L2 = ‖x − Dx(f1 + f2)‖ (Eq. 5, 10).",
    )
    lambda_2: float = Field(
        default=5,
        ge=0,
        le=100,
        title="λ2: radiograph from summed layers",
        description="Weight of L3 = ‖x − x̂1 − x̂2‖ (Eq. 6, 10).",
    )
    lambda_3: float = Field(
        default=2,
        ge=0,
        le=100,
        title="λ3: energy of the layers",
        description="Weight of L4, against one layer staying empty (Eq. 7, 10).",
    )
    lambda_4: float = Field(
        default=0.3,
        ge=0,
        le=100,
        title="λ4: correlation of the features",
        description="Weight of L5, the squared correlation of f1 and f2 (Eq. 8–10).",
    )
    energy: Literal["printed", "balance"] = Field(
        default="printed",
        title="Energy loss",
        description="L4 as printed (Eq. 7), or the imbalance of the two layers' energies.",
    )
    channels: int = Field(
        default=128,
        ge=4,
        le=512,
        title="Feature maps",
        description="Channels of every hidden convolution.",
    )
    poolings: int = Field(
        default=3,
        ge=0,
        le=3,
        title="Poolings",
        description="How often the features' resolution is halved; the paper does it three times.",
    )
    layout: Literal["printed", "mended"] = Field(
        default="printed",
        title="Decoder layout",
        description="Upsampling after each convolution as printed, or before it.",
    )
    start: Literal["random", "colour"] = Field(
        default="random",
        title="Start",
        description="At random as in the paper, or near a law of colour that least squares find; "
        "the latter needs the mended layout.",
    )

    @model_validator(mode="after")
    def _start_needs_a_linear_end(self) -> Self:
        if self.start == "colour" and self.layout == "printed":
            raise ValueError("choose layout=mended with start=colour")
        return self


METHOD = Method(
    name="connected-autoencoder",
    title="Connected auto-encoders",
    paper=(
        "W. Pu, B. Sober, N. Daly, Z. Sabetsarvestani, C. Higgitt, I. Daubechies, "
        "M. R. D. Rodrigues, Image Separation with Side Information: A Connected "
        "Auto-Encoders Based Approach, arXiv:2009.07889, 2020"
    ),
    summary=(
        "Learns features shared by colour and X-ray from this painting alone; "
        "watch both layers take shape epoch by epoch."
    ),
    kinds=frozenset({"double-sided"}),
    settings=Settings,
    presets={
        "paper": {
            "epochs": 200,
            "patch": 64,
            "overlap": 56,
            "learning_rate": 1e-4,
            "assembly": "patches",
        },
        # Many small crops a batch: batch normalisation sees all of the painting at every step.
        # λ3 is small, since sides of unequal weight are common and 2 would force them equal; what
        # it is there for, that no layer stays empty, the start already sees to.
        "fast": {
            "epochs": 40,
            "channels": 24,
            "poolings": 0,
            "layout": "mended",
            "start": "colour",
            "energy": "balance",
            "lambda_3": 0.05,
            "sampling": "crops",
            "patch": 32,
            "crops": 160,
            "batch": 16,
            "learning_rate": 5e-4,
            "decay": "cosine",
        },
    },
    allocation={"fast": "even", "paper": "none"},
    implementation="napari_xraysep.separation.methods.connected_autoencoder.model:run",
    main_settings=("epochs", "lambda_3", "lambda_4", "channels"),
)
