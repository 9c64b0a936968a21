"""What a network learns from beforehand: a double-sided painting that is already separated."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_xraysep.errors import InputError
from napari_xraysep.io.results import read_run
from napari_xraysep.painting import Painting
from napari_xraysep.region import Region
from napari_xraysep.separation import engine
from napari_xraysep.separation.events import Finished
from napari_xraysep.separation.fill import fill
from napari_xraysep.separation.method import Cancelled, WarmStart
from napari_xraysep.separation.options import RunOptions
from napari_xraysep.workflows.measure import reread

TEACHER = "regression"
"""The method whose surface layer makes the pseudo pair."""


def pseudo_pair(painting: Painting, options: RunOptions, cancel: threading.Event) -> WarmStart:
    """Make a double-sided painting of this one's surface and its mirror image.

    Its front is the photograph that is there and the layer that the regression finds for it; its
    back's layer is the same layer flipped left to right: edges of one painting in new places.

    Parameters
    ----------
    options
        Those of the run that learns from it: the same region with its margin, the same seed.
    cancel
        Set it to stop.

    Raises
    ------
    Cancelled
        ``cancel`` was set.
    InputError
        The regression cannot use this painting.
    """
    shown = options.shown(painting.shape)
    its_own = replace(options, region=shown, preset="fast", device="cpu", allocation="none")
    *_, last = engine.separate(painting, TEACHER, options=its_own, cancel=cancel)
    assert isinstance(last, Finished)
    if not last.complete:
        raise Cancelled
    mixture = painting.block(shown)
    layer = last.layers[painting.layer_names[0]]
    photograph, layer = fill(mixture.valid, mixture.front, layer)
    return WarmStart(
        photograph,
        layer,
        np.ascontiguousarray(layer[:, ::-1]),
        f"pseudo pair: the {painting.layer_names[0]} layer of {TEACHER}, and its mirror image",
    )


def finished_run(folder: Path) -> WarmStart:
    """Read a finished double-sided separation, and the front's photograph that it was made from.

    Parameters
    ----------
    folder
        A run folder whose inputs are still where they were, or moved together with it.

    Raises
    ------
    InputError
        The folder holds no complete double-sided run, or an input has moved or changed.
    """
    stored = read_run(folder)
    record = stored.record
    if record.kind != "double-sided":
        raise InputError(
            folder,
            "the painting separated there has no back, so there is no second layer to learn from",
            "give the run of a double-sided painting",
        )
    if not record.complete:
        raise InputError(
            folder, "that separation was stopped before its end", "give one that is complete"
        )
    region = None if record.region is None else Region.parse(record.region)
    mixture = reread(record, folder.absolute().parent).block(region)
    layers = (stored.layers[name] for name in record.layers[:2])
    photograph, first, second = fill(mixture.valid, mixture.front, *layers)
    origin = f"{folder}: {record.method}, preset {record.preset}, seed {record.seed}"
    return WarmStart(photograph, first, second, origin, str(folder))


def check_pair(pair: WarmStart) -> None:
    """Raise `InputError` where the arrays of a warm start do not fit each other."""
    shape = pair.photograph.shape
    if len(shape) != 3 or shape[2] != 3 or not pair.first.shape == pair.second.shape == shape[:2]:
        raise InputError(
            pair.origin,
            f"its photograph has the shape {shape}, its layers {pair.first.shape} and "
            f"{pair.second.shape}",
            "give (H, W, 3), (H, W) and (H, W)",
        )
    if not all(np.isfinite(image).all() for image in (pair.photograph, pair.first, pair.second)):
        raise InputError(pair.origin, "it holds NaN or infinite values", "give finite images")
