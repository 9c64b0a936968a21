"""What is written down beside the images: who made them, from what, and how."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

HYPOTHETICAL = "hypothetical separation"
"""The words that every layer name, file description and caption carries."""

RECOMBINATION_WARNING = (
    "Layers that add up to the radiograph do not prove that the split between them is right."
)

Role = Literal["radiograph", "front", "back", "mask", "prior-mask"]
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
    notes: tuple[str, ...] = ()


class Stated(Record):
    """A property of the radiograph, and whether the user stated it or it was assumed."""

    value: str | float | None
    assumed: bool


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
    height: int
    width: int
    polarity: Stated
    response: Stated
    pixel_size_mm: Stated
    epsilon: float = Field(description="half a grey level, the floor under logarithms")
    bits: int | None = Field(description="bits of the radiograph's file; None for floats")
    inputs: tuple[InputRecord, ...]
    layers: tuple[str, ...] = Field(description="names of the result images")
    findings: dict[str, float] = Field(default={}, description="what the method measured itself")
    warm_start: str | None = Field(default=None, description="what it learnt from beforehand")
    warm_start_folder: str | None = Field(
        default=None, description="the run that this came from, as given; None if from no folder"
    )
    uncertainty: str = "not estimated"
    complete: bool = Field(description="False: cancelled, the layers are a partial result")
    started: str = Field(description="ISO 8601, UTC")
    seconds: float
    versions: dict[str, str]
    operator: str = ""
    notes: tuple[str, ...] = ()
