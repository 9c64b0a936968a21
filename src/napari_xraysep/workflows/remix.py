"""The remix test: whether a method finds layers again that it has made itself.

The second layer is flipped left to right and added to the first; the photographs follow. What this
makes is a radiograph whose layers are known, made of this painting's own shapes and textures. A
method that does not find them again is not to be trusted with the original. One that does may
still be wrong: what it could not separate the first time, it made no part of the test.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError
from napari_xraysep.evaluation import metrics
from napari_xraysep.io.results import RECORD, read_run
from napari_xraysep.painting import Domain, Floats, Painting
from napari_xraysep.records import RunRecord
from napari_xraysep.region import Region
from napari_xraysep.separation.events import Event, Finished
from napari_xraysep.separation.method import Allocation, Preset
from napari_xraysep.separation.options import Device, RunOptions
from napari_xraysep.workflows.measure import find_input, reread
from napari_xraysep.workflows.separating import separate


def remixed(layers: tuple[Floats, Floats], painting: Painting, region: Region | None) -> Painting:
    """Return the first layer plus the second one's mirror image, as a painting of its own.

    Where the second side has a photograph it is mirrored, too, and so is a drawing of where the
    concealed design lies; a surface made by hand and scribbles are of the original alone and left
    out. Pixels that the mask leaves out are left out at both places.

    Parameters
    ----------
    layers
        Two (h, w) float32 in the working domain, of the region.
    region
        What was separated; None: all.

    Raises
    ------
    InputError
        The mask and its mirror image leave nothing.
    """
    mixture = painting.block(region)
    valid = remixed_valid(mixture.valid)
    drawn = None if mixture.prior is None else mixture.prior[:, ::-1] > 0.5
    return Painting(
        xray=layers[0] + layers[1][:, ::-1],
        front=mixture.front,
        back=None if mixture.back is None else mixture.back[:, ::-1],
        mask=~valid,
        domain=Domain(),
        simulated=painting.simulated,
        prior_mask=drawn,
        prior_feather_px=0 if drawn is None else painting.prior_feather_px,
    )


def remixed_valid(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where both a painting and its mirror image are valid, (h, w) bool.

    Raises
    ------
    InputError
        That is nowhere.
    """
    both = valid & valid[:, ::-1]
    if not both.any():
        raise InputError(
            "mask",
            "it and its mirror image leave nothing to remix",
            "do without the remix test, or mask less",
        )
    return both


def remix_error(
    layers: tuple[Floats, Floats],
    painting: Painting,
    region: Region | None,
    begin: Callable[[Painting], Iterator[Event]],
    seen: Callable[[Event], None] = lambda _event: None,
) -> float:
    """Run the remix test.

    Parameters
    ----------
    layers, region
        As for `remixed`.
    begin
        Separates a painting as the layers were separated.
    seen
        Told every event of that.

    Returns
    -------
    float
        Mean squared error of the layers found again ÷ that of halving the remixed radiograph,
        means removed: 0 is perfect, 1 no better than halving. NaN where the run was stopped.
    """
    again = remixed(layers, painting, region)
    for event in begin(again):
        seen(event)
    assert isinstance(event, Finished), "a separation ends with Finished or raises"
    return found_again(event, layers, again) if event.complete else math.nan


def found_again(finished: Finished, layers: tuple[Floats, Floats], again: Painting) -> float:
    """Return the error of a separation of ``again``, which `remixed` made of ``layers``.

    Mean squared error ÷ that of halving, means removed; infinite where halving makes none.
    """
    known = layers[0], np.ascontiguousarray(layers[1][:, ::-1])
    mixture = again.block()
    first, second = list(finished.layers.values())[:2]
    gain = metrics.gain((first, second), known, mixture.xray, mixture.valid)
    return 1 / gain if gain > 0 else math.inf


def as_recorded(
    record: RunRecord,
    part: Region | None,
    cancel: threading.Event | None,
    beside: Path,
    device: Device = "auto",
) -> Callable[[Painting], Iterator[Event]]:
    """Return what separates a remix of a ``part`` of a painting as a run was, once.

    Where the mirrored mask leaves out all that the run learnt from, it learns from what is left.

    Parameters
    ----------
    beside
        The folder that the run's own lies in, where that of its warm start may lie, too.
    """
    learn_on = None if record.learn_on is None else Region.parse(record.learn_on)
    if learn_on is not None and part is not None:
        both = learn_on.intersection(part)
        held = both.y0 < both.y1 and both.x0 < both.x1
        learn_on = both.within(part) if held else None
    options = RunOptions(
        learn_on=learn_on,
        seed=record.seed,
        device=device,
        preset=cast(Preset, record.preset),
        allocation=cast(Allocation, record.allocation),
    )
    warm_from = None if record.warm_start_folder is None else Path(record.warm_start_folder)
    if warm_from is not None:
        found = find_input(str(warm_from / RECORD), beside)
        warm_from = warm_from if found is None else found.parent

    def begin(again: Painting) -> Iterator[Event]:
        own, mask = options, again.mask
        if learn_on is not None and mask is not None and np.all(mask[learn_on.slices]):
            own = replace(options, learn_on=None)
        return separate(again, record.method, record.settings, own, cancel, warm_from)

    return begin


def remix_run(
    folder: Path,
    cancel: threading.Event | None = None,
    seen: Callable[[Event], None] = lambda _event: None,
) -> float:
    """Run the remix test on a finished run, by the same method with the same settings, once.

    What the user said of a concealed design is not made use of.

    Raises
    ------
    InputError
        The folder holds no run, an input has moved or changed, or the method is not installed.
    SeparationError
        The remixed radiograph could not be separated.
    """
    run = read_run(folder)
    record = run.record
    region = None if record.region is None else Region.parse(record.region)
    beside = folder.absolute().parent
    begin = as_recorded(record, region, cancel, beside)
    first, second = (run.layers[name] for name in record.layers[:2])
    painting = reread(record, beside)
    return remix_error((first, second), painting, region, begin, seen)
