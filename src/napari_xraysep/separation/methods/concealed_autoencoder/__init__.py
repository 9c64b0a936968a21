"""Concealed auto-encoders (Pu et al., 2021), for designs hidden under a painting."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.schedule import Schedule


class Settings(Schedule):
    """Settings of the concealed auto-encoders; its presets state patches and epochs."""

    warm_start: bool = Field(
        default=True,
        title="Warm start",
        description="Learn from a double-sided painting first; otherwise start at random.",
    )
    warm_epochs: int = Field(
        default=100,
        ge=1,
        le=5000,
        title="Epochs of the warm start",
        description="How often the training on the double-sided painting is repeated.",
    )
    first_learning_rate: float = Field(
        default=1e-4,
        gt=0,
        le=1,
        title="Learning rate at first",
        description="Of the warm start; without one, of the whole training. The other learning "
        "rate is that of the training after a warm start.",
    )
    exclusion: float = Field(
        default=0.1,
        ge=0,
        le=100,
        title="λ: edges shared with the surface",
        description="Weight of the exclusion loss, which keeps the surface's edges out of the "
        "concealed layer (Eq. 5, 7); the paper does not give it.",
    )
    exclusion_form: Literal["run", "printed"] = Field(
        default="run",
        title="Exclusion loss",
        description="As printed (Eq. 7), or as those compute it from whom the paper takes it.",
    )
    channels: int = Field(
        default=128,
        ge=4,
        le=512,
        title="Feature maps",
        description="Channels of every hidden convolution.",
    )
    start: Literal["random", "centred"] = Field(
        default="random",
        title="Filters at the start",
        description="Random, or with their weight moved to the middle, which spares the network "
        "learning not to blur.",
    )


METHOD = Method(
    name="concealed-autoencoder",
    title="Concealed auto-encoders",
    paper=(
        "W. Pu, J. Huang, B. Sober, N. Daly, C. Higgitt, P. L. Dragotti, I. Daubechies, "
        "M. R. D. Rodrigues, A Learning Based Approach to Separate Mixed X-Ray Images Associated "
        "with Artwork with Concealed Designs, EUSIPCO 2021"
    ),
    summary=(
        "Learns from a painting whose layers are known, then from this one, to keep the edges of "
        "the surface out of the concealed design."
    ),
    kinds=frozenset({"concealed"}),
    settings=Settings,
    heeds_prior=True,
    presets={
        "paper": {
            "exclusion": 0.1,
            "patch": 50,
            "overlap": 45,
            "sampling": "cover",
            "batch": 32,
            "warm_epochs": 100,
            "epochs": 100,
            "first_learning_rate": 1e-4,
            "learning_rate": 1e-6,
            "decay": "constant",
            "channels": 128,
            "start": "random",
            "exclusion_form": "printed",
            "assembly": "patches",
        },
        # λ is what lets training improve on the warm start at all; trained for longer, some
        # surfaces lose what the warm start knew of them.
        "fast": {
            "patch": 32,
            "sampling": "crops",
            "crops": 160,
            "batch": 16,
            "warm_epochs": 16,
            "epochs": 6,
            "first_learning_rate": 2e-3,
            "learning_rate": 3e-4,
            "decay": "cosine",
            "channels": 24,
            "exclusion": 2,
            "start": "centred",
            "exclusion_form": "run",
            "assembly": "whole",
        },
    },
    allocation={"fast": "even", "paper": "even"},
    implementation="napari_xraysep.separation.methods.concealed_autoencoder.model:run",
    warm_start=True,
    main_settings=("warm_epochs", "epochs", "exclusion", "channels"),
)
