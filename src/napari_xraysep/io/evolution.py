"""How a run's layers took shape: ``evolution.tif``, its kept previews."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_xraysep.domain import Floats
from napari_xraysep.errors import InputError
from napari_xraysep.io.staging import replacing
from napari_xraysep.records import HYPOTHETICAL

EVOLUTION = "evolution.tif"
RADIOGRAPH = "radiograph"
"""Name of the first page, beside those of the layers."""
SIDE = 512
"""Kept previews are at most this many pixels on a side."""
MOST_EPOCHS = 48
MOST_BYTES = 32_000_000
"""No ``evolution.tif`` is larger; where it would be, every second preview is dropped."""


@dataclass(frozen=True)
class Frame:
    """The layers as they stood after one epoch.

    Attributes
    ----------
    restart
        0 for the first.
    epoch
        Epochs done in this stage; 0 before the first.
    layers
        (h, w) float32 in the working domain, by name: the two layers and ``unexplained``.
    """

    stage: str
    restart: int
    epoch: int
    layers: Mapping[str, Floats]


@dataclass(frozen=True)
class Evolution:
    """The kept previews of one run, in the order in which they were made.

    Attributes
    ----------
    pixel_step
        Pixels of the result between two pixels of a frame.
    radiograph
        (h, w) float32, what was separated, as small as the frames.
    epochs
        Epochs that each stage ran, by its name.
    restarts
        How often the run was begun anew, the first time included.
    whole
        The run has ended: no more epochs will come.
    """

    frames: tuple[Frame, ...]
    pixel_step: float
    radiograph: Floats
    epochs: Mapping[str, int]
    restarts: int = 1
    whole: bool = True

    def title(self, frame: Frame) -> str:
        """Name a frame, as in ``first order, epoch 40 of 200``; a stage of its own goes unsaid."""
        parts = [] if self.restarts == 1 else [f"restart {frame.restart + 1} of {self.restarts}"]
        parts += [] if len(self.epochs) == 1 else [frame.stage]
        so_far = "" if self.whole else " so far"
        parts.append(f"epoch {frame.epoch} of {self.epochs[frame.stage]}{so_far}")
        return ", ".join(parts)


def thinned(frames: Sequence[Frame]) -> list[Frame]:
    """Drop every second frame, but neither the first nor the last."""
    return [*frames[:-1:2], frames[-1]]


def write_evolution(path: Path, evolution: Evolution, *, simulated: bool) -> None:
    """Write kept previews: one page for the radiograph, then one for each layer of each frame.

    The description of every page says in JSON what it is. Of too many frames every second one is
    left out until the file has at most `MOST_BYTES`.

    Parameters
    ----------
    simulated
        The radiograph was simulated, and every page says so.

    Raises
    ------
    InputError
        It cannot be written.
    """
    kept = list(evolution.frames)
    with replacing(path) as part:
        _write_pages(part, evolution, simulated)
        while part.stat().st_size > MOST_BYTES and len(kept) > 2:
            kept = thinned(kept)
            _write_pages(part, replace(evolution, frames=tuple(kept)), simulated)


def _write_pages(path: Path, evolution: Evolution, simulated: bool) -> None:
    statement = HYPOTHETICAL + (", from a simulated radiograph" if simulated else "")
    whole = {
        "layer": RADIOGRAPH,
        "pixel_step": evolution.pixel_step,
        "epochs": dict(evolution.epochs),
        "restarts": evolution.restarts,
    }
    with tifffile.TiffWriter(path) as tif:
        _write_page(tif, evolution.radiograph, {"statement": statement, **whole})
        for frame in evolution.frames:
            at = {"stage": frame.stage, "restart": frame.restart, "epoch": frame.epoch}
            for name, layer in frame.layers.items():
                _write_page(tif, layer, {"statement": statement, "layer": name, **at})


def _write_page(tif: tifffile.TiffWriter, image: Floats, said: Mapping[str, object]) -> None:
    tif.write(
        image,
        photometric="minisblack",
        compression="zlib",
        predictor=3,  # of floating-point numbers: what was rounded away takes no room
        description=json.dumps(said),
        metadata=None,
        contiguous=False,
    )


def read_evolution(path: Path) -> Evolution:
    """Read a run's kept previews.

    Raises
    ------
    InputError
        There is no such file, as in runs without previews and in older ones, or it is damaged.
    """
    if not path.is_file():
        raise InputError(
            path, "this run kept no previews", "choose a run of a method that learns in epochs"
        )
    try:
        with tifffile.TiffFile(path) as tif:
            pages = [page for page in tif.pages if isinstance(page, tifffile.TiffPage)]
            first, *others = [(json.loads(page.description), page.asarray()) for page in pages]
        return _evolution(first, others)
    except Exception as error:  # decoders raise anything
        raise InputError(path, "it is damaged", "copy the run's folder again") from error


def _evolution(
    first: tuple[Mapping[str, Any], Floats], pages: Sequence[tuple[Mapping[str, Any], Floats]]
) -> Evolution:
    said, radiograph = first
    frames: dict[tuple[str, int, int], dict[str, Floats]] = {}
    for page, image in pages:
        if image.shape != radiograph.shape or not np.isfinite(image).all():
            raise ValueError("a page that does not fit")
        at = str(page["stage"]), int(page["restart"]), int(page["epoch"])
        frames.setdefault(at, {})[str(page["layer"])] = image
    epochs = {str(stage): int(count) for stage, count in said["epochs"].items()}
    if len({frozenset(layers) for layers in frames.values()}) != 1:
        raise ValueError("no epochs, or epochs of different layers")
    if not {stage for stage, _, _ in frames} <= epochs.keys():
        raise ValueError("a stage that is not known")
    return Evolution(
        frames=tuple(Frame(*at, layers) for at, layers in frames.items()),
        pixel_step=float(said["pixel_step"]),
        radiograph=radiograph,
        epochs=epochs,
        restarts=int(said["restarts"]),
    )
