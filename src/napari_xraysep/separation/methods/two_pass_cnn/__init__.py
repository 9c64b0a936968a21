"""Two-pass CNN (Sabetsarvestani et al., Science Advances, 2019), for double-sided paintings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.schedule import Schedule


class Settings(Schedule):
    """Settings of the two-pass CNN; every epoch is run twice, once in either order."""

    channels: int = Field(
        default=128,
        ge=4,
        le=512,
        title="Feature maps",
        description="Channels of the first three convolutions; the next three have twice as many.",
    )
    statistics: Literal["first", "both"] = Field(
        default="first",
        title="Normalised by",
        description="Brightness of features is normalised by that of the side given first, "
        "or by both sides together.",
    )
    start: Literal["random", "colour"] = Field(
        default="random",
        title="Start",
        description="Random filters as printed, or near a law of colour.",
    )
    constants: Literal["kept", "averaged"] = Field(
        default="kept",
        title="Mean of each layer",
        description="As its own order left it, or the average over both orders.",
    )


METHOD = Method(
    name="two-pass-cnn",
    title="Two-pass CNN",
    paper=(
        "Z. Sabetsarvestani, B. Sober, C. Higgitt, I. Daubechies, M. R. D. Rodrigues, Artificial "
        "intelligence for art investigation: Meeting the challenge of separating x-ray images of "
        "the Ghent Altarpiece, Science Advances 5, eaaw7416, 2019"
    ),
    summary=(
        "Learns to turn colour into X-ray, twice: once with the front first, once with the back; "
        "each layer comes from the training in which its side was first."
    ),
    kinds=frozenset({"double-sided"}),
    settings=Settings,
    presets={
        "paper": {
            "channels": 128,
            "statistics": "first",
            "start": "random",
            "constants": "kept",
            "epochs": 300,
            "sampling": "cover",
            "patch": 64,
            "overlap": 52,
            "batch": 32,
            "learning_rate": 1e-4,
            "decay": "constant",
            "assembly": "patches",
        },
        # Many small crops a batch: batch normalisation sees all of the painting at every step.
        # More channels, larger patches or a higher rate gained nothing.
        "fast": {
            "channels": 8,
            "statistics": "both",
            "start": "colour",
            "constants": "averaged",
            "epochs": 30,
            "sampling": "crops",
            "patch": 32,
            "crops": 160,
            "batch": 16,
            "learning_rate": 3e-4,
            "decay": "cosine",
            "assembly": "whole",
        },
    },
    allocation={"fast": "even", "paper": "none"},
    implementation="napari_xraysep.separation.methods.two_pass_cnn.model:run",
    main_settings=("epochs", "channels"),
)
