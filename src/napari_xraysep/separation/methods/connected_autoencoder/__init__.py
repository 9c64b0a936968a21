"""Connected auto-encoders (Pu et al., arXiv:2009.07889, 2020), for double-sided paintings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.method import Settings as BaseSettings


class Settings(BaseSettings):
    """Settings of the connected auto-encoders; defaults are those printed in the paper."""

    epochs: int = Field(
        default=200, ge=1, le=5000, title="Epochs", description="How often training is repeated."
    )
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
    patch: int = Field(
        default=64,
        ge=16,
        le=1024,
        multiple_of=8,
        title="Patch size (pixels)",
        description="Side of the square patches that training sees.",
    )
    overlap: int = Field(
        default=56,
        ge=0,
        title="Overlap (pixels)",
        description="Overlap of neighbouring patches; used with the regular cover.",
    )
    sampling: Literal["cover", "crops"] = Field(
        default="cover",
        title="Sampling",
        description="Every patch of a regular cover each epoch, or random crops.",
    )
    crops: int = Field(
        default=32,
        ge=1,
        title="Crops an epoch",
        description="Random crops in one epoch; used with random crops.",
    )
    batch: int = Field(default=32, ge=1, le=1024, title="Batch size")
    learning_rate: float = Field(default=1e-4, gt=0, le=1, title="Learning rate")
    decay: bool = Field(
        default=False,
        title="Falling learning rate",
        description="Lower the learning rate along half a cosine instead of keeping it.",
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

    @model_validator(mode="after")
    def _overlap_below_patch(self) -> Self:
        if self.sampling == "cover" and self.overlap >= self.patch:
            raise ValueError("make overlap smaller than patch")
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
        "paper": {},
        # Many small crops a batch: batch normalisation sees all of the painting at every step.
        # λ3 is small, since sides of unequal weight are common and 2 would force them equal; what
        # it is there for, that no layer stays empty, the start already sees to.
        "fast": {
            "epochs": 40,
            "channels": 24,
            "poolings": 0,
            "layout": "mended",
            "energy": "balance",
            "lambda_3": 0.05,
            "sampling": "crops",
            "patch": 32,
            "crops": 160,
            "batch": 16,
            "learning_rate": 5e-4,
            "decay": True,
        },
    },
    allocation={"fast": "even", "paper": "none"},
    implementation="napari_xraysep.separation.methods.connected_autoencoder.model:run",
    main_settings=("epochs", "lambda_3", "lambda_4", "channels"),
)
