"""What every trained method lets the user set: epochs, patches, learning rate."""

from __future__ import annotations

from math import cos, pi
from typing import Literal, Self

from pydantic import Field, model_validator

from napari_xraysep.separation.method import Settings

Decay = Literal["constant", "cosine", "tenfold", "stairs"]


class Schedule(Settings):
    """Settings of a method that trains on patches; its presets state them as data."""

    epochs: int = Field(
        default=100, ge=1, le=5000, title="Epochs", description="How often training is repeated."
    )
    patch: int = Field(
        default=64,
        ge=16,
        le=1024,
        title="Patch size (pixels)",
        description="Side of the square patches that training sees.",
    )
    overlap: int = Field(
        default=0,
        ge=0,
        title="Overlap (pixels)",
        description="Overlap of neighbouring patches of the regular cover.",
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
    decay: Decay = Field(
        default="constant",
        title="Learning rate falls",
        description="Not at all; along half a cosine; or tenfold over each third of the run, "
        "smoothly (tenfold) or at once (stairs).",
    )
    assembly: Literal["patches", "whole"] = Field(
        default="whole",
        title="Result put together",
        description="From overlapping patches, averaged, or the network on the whole image.",
    )

    @model_validator(mode="after")
    def _overlap_below_patch(self) -> Self:
        if self.overlap >= self.patch:
            raise ValueError("make overlap smaller than patch")
        return self

    def rate(self, epoch: int) -> float:
        """Learning rate of an epoch, counted from 0."""
        done = epoch / self.epochs
        factors = {
            "constant": 1.0,
            "cosine": 0.5 * (1 + cos(pi * done)),
            "tenfold": 10 ** (-3 * done),
            "stairs": 10.0 ** -int(3 * done),
        }
        return self.learning_rate * factors[self.decay]
