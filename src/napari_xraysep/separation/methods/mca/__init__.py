"""Morphological component analysis (Bobin et al., IEEE TIP 2007): sparsity, no photographs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_xraysep.separation.method import Method
from napari_xraysep.separation.method import Settings as BaseSettings


class Settings(BaseSettings):
    """Settings of morphological component analysis."""

    iterations: int = Field(
        default=100,
        ge=2,
        le=1000,
        title="Iterations",
        description="At most how often both components are estimated anew.",
    )
    threshold: Literal["mom", "linear", "exponential"] = Field(
        default="mom",
        title="Threshold falls",
        description="With what is left (mom, the mean of maxima, the paper's Section II), evenly "
        "(linear), or evenly in ratio (exponential).",
    )
    final_threshold: float = Field(
        default=3,
        ge=0,
        le=100,
        title="Final threshold (noise units)",
        description="Coefficients below this many standard deviations of the radiograph's noise "
        "are left out of both layers.",
    )
    wavelet: Literal["haar", "db2", "sym4", "sym8"] = Field(
        default="sym4",
        title="Wavelet",
        description="Of the undecimated transform that the first layer is sparse in.",
    )
    levels: int = Field(
        default=4,
        ge=1,
        le=7,
        title="Wavelet levels",
        description="Whatever is smoother than 2^levels pixels is halved between the layers.",
    )
    block: int = Field(
        default=32,
        ge=4,
        le=256,
        multiple_of=2,
        title="Block (pixels)",
        description="Side of the blocks of the local cosine transform, which overlap by half.",
    )


METHOD = Method(
    name="mca",
    title="Morphological component analysis",
    paper=(
        "J. Bobin, J.-L. Starck, J. M. Fadili, Y. Moudden, D. L. Donoho, Morphological Component "
        "Analysis: An Adaptive Thresholding Strategy, IEEE Trans. Image Process. 16(11), "
        "2675-2681, 2007"
    ),
    summary=(
        "Looks at the radiograph alone: shapes with edges go to the first layer, repeating "
        "texture to the second, whichever side they belong to."
    ),
    kinds=frozenset({"double-sided", "concealed"}),
    settings=Settings,
    presets={
        "paper": {"iterations": 100, "threshold": "mom", "final_threshold": 3.0},
        "fast": {"iterations": 30, "threshold": "exponential", "final_threshold": 3.0},
    },
    implementation="napari_xraysep.separation.methods.mca.model:run",
    uses_torch=False,
    learns=False,
    deterministic=True,
    baseline=True,
    main_settings=("iterations", "threshold", "final_threshold", "block"),
)
