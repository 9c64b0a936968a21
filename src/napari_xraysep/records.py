"""What is written down beside the images: who made them, from what, and how."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

HYPOTHETICAL = "hypothetical separation"
"""The words that every layer name, file description and caption carries."""

RECOMBINATION_WARNING = (
    "Layers that add up to the radiograph do not prove that the split between them is right."
)

Role = Literal["radiograph", "front", "back", "mask", "prior-mask", "prior-image", "scribbles"]
Kind = Literal["double-sided", "concealed"]


class Record(BaseModel):
    """A frozen record; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InputRecord(Record):
    """One file, or one array where no file is known, as it was read."""

    role: Role
    path: str | None = Field(default=None, description="as given; None for an array without a file")
    sha256: str | None = None
    height: int
    width: int
    bits: int | None = Field(default=None, description="bits of an integer sample; None for floats")
    pixel_size_mm: float | None = None
    icc_profile: str | None = Field(default=None, description="name of the profile converted from")
    mirrored: bool = False
    registered: bool = Field(default=False, description="by xraysep register, and mirrored then")
    outlines: tuple[tuple[tuple[float, float], ...], ...] = Field(
        default=(), description="drawn on the radiograph: corners, row and column"
    )
    notes: tuple[str, ...] = ()


class Stated(Record):
    """A property of the radiograph, and whether the user stated it or it was assumed."""

    value: str | float | None
    assumed: bool


class Landmark(Record):
    """One detail, found in the radiograph and in a photograph."""

    name: str
    xray: tuple[float, float] = Field(description="row, column in the radiograph, pixels")
    photograph: tuple[float, float] = Field(
        description="row, column in the photograph as its file is read, pixels"
    )
    enabled: bool = True


class Quality(Record):
    """How well a photograph is registered, as measured on the images themselves."""

    ok: bool = Field(description="False: the registration failed and is not to be used")
    reason: str = Field(default="", description="why it failed, in one sentence")
    median_px: float | None = Field(
        default=None, description="local displacement left, in pixels of the radiograph"
    )
    p95_px: float | None = Field(default=None, description="its 95th percentile")
    median_mm: float | None = None
    p95_mm: float | None = None
    tiles: int = Field(default=0, description="places where it could be measured")
    agreement: float | None = Field(
        default=None, description="share of the radiograph's variance that the photograph explains"
    )


class RestartRecord(Record):
    """One restart of a separation, and what can be said of it without the true layers."""

    seed: int
    resampled: bool = Field(
        default=False, description="it learnt from half of the painting's blocks, drawn by its seed"
    )
    judgement: dict[str, float] = Field(
        default={}, description="what it was judged by, as xraysep evaluate names it"
    )
    picked: bool = Field(
        default=False,
        description="the best of all by the rule; where others are resampled the first, which "
        "alone is the result",
    )
    kept: bool = Field(
        description="it is part of the result and of the uncertainty; one that is resampled of "
        "the uncertainty only"
    )
    why: str = Field(default="", description="why it was left out")


class RunRecord(Record):
    """Everything needed to repeat a separation; ``run.json``."""

    statement: str = HYPOTHETICAL
    warning: str = RECOMBINATION_WARNING
    simulated: bool = Field(description="the radiograph was simulated, not taken")
    kind: Kind
    method: str
    method_title: str
    paper: str
    preset: str
    settings: dict[str, Any]
    seed: int
    device: str
    allocation: str
    region: str | None = Field(default=None, description="Y0:Y1,X0:X1 on the radiograph's grid")
    learn_on: str | None = Field(
        default=None, description="the part that the method learnt from; None: from all"
    )
    height: int
    width: int
    polarity: Stated
    response: Stated
    pixel_size_mm: Stated
    epsilon: float = Field(description="half a grey level, the floor under logarithms")
    bits: int | None = Field(description="bits of the radiograph's file; None for floats")
    inputs: tuple[InputRecord, ...]
    transforms: dict[str, Any] | None = Field(
        default=None, description="how the photographs were registered, as in transforms.json"
    )
    prior: str | None = Field(
        default=None, description="what the user said of the concealed design, in words"
    )
    layers: tuple[str, ...] = Field(description="names of the result images")
    findings: dict[str, float] = Field(default={}, description="what the method measured itself")
    warm_start: str | None = Field(default=None, description="what it learnt from beforehand")
    warm_start_folder: str | None = Field(
        default=None, description="the run that this came from, as given; None if from no folder"
    )
    uncertainty: str = Field(
        default="not estimated", description="what uncertainty.tif is, in words"
    )
    restarts: tuple[RestartRecord, ...] = Field(
        default=(), description="all restarts in order; none where it ran once"
    )
    complete: bool = Field(description="False: cancelled, the layers are a partial result")
    started: str = Field(description="ISO 8601, UTC")
    seconds: float
    versions: dict[str, str]
    operator: str = ""
    notes: tuple[str, ...] = ()
