"""What a separation says while it runs: small frozen messages to whoever watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from napari_xraysep.painting import Floats
from napari_xraysep.records import RunRecord

PREVIEW_SIDE = 1024
"""A preview is at most this many pixels on a side."""


@dataclass(frozen=True)
class Started:
    """The run has begun.

    Attributes
    ----------
    stages
        Names of the stages, in order.
    total_steps
        Steps of the whole run, over all stages.
    device
        ``cpu`` or ``cuda``.
    """

    stages: tuple[str, ...]
    total_steps: int
    device: str


@dataclass(frozen=True)
class Progress:
    """One step is done.

    Attributes
    ----------
    step
        Steps done so far, of `Started.total_steps`.
    epoch
        Epochs begun so far (1 is the first); 0 where the method has none.
    losses
        The latest value of each loss term, by name; empty where a step has none.
    """

    stage: str
    restart: int
    step: int
    epoch: int
    losses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """The layers as they stand, small enough to draw at once.

    Attributes
    ----------
    layers
        Copies, float32, by name: the two layers, ``residual`` and ``unexplained``; each at most
        `PREVIEW_SIDE` pixels on a side.
    pixel_step
        Pixels of the full result between two pixels of the preview.
    """

    stage: str
    restart: int
    epoch: int
    layers: Mapping[str, Floats]
    pixel_step: int


@dataclass(frozen=True)
class Finished:
    """The run has ended.

    Attributes
    ----------
    layers
        The full results by name, float32, in the working domain; empty where a run was cancelled
        before its first preview.
    record
        What was done, for ``run.json``.
    complete
        False where the run was cancelled: the layers are those of the last preview.
    """

    layers: Mapping[str, Floats]
    record: RunRecord
    complete: bool


Event: TypeAlias = Started | Progress | Preview | Finished
