"""The remix test: whether a method finds layers again that it has made itself.

The second layer is flipped left to right and added to the first; the photographs follow. What this
makes is a radiograph whose layers are known, made of this painting's own shapes and textures. A
method that does not find them again is not to be trusted with the original. One that does may
still be wrong: what it could not separate the first time, it made no part of the test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator

import numpy as np

from napari_xraysep.errors import InputError
from napari_xraysep.evaluation import metrics
from napari_xraysep.painting import Domain, Floats, Painting
from napari_xraysep.region import Region
from napari_xraysep.separation.events import Event, Finished


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
    valid = mixture.valid & mixture.valid[:, ::-1]
    if not valid.any():
        raise InputError("mask", "its mirror image leaves nothing to remix", "leave --remix out")
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


def remix_error(
    layers: tuple[Floats, Floats],
    painting: Painting,
    region: Region | None,
    begin: Callable[[Painting], Iterator[Event]],
) -> Generator[Event, None, float]:
    """Run the remix test; a generator that yields the separation's events and returns its error.

    Parameters
    ----------
    begin
        Separates a painting as the layers were separated.

    Returns
    -------
    float
        Mean squared error of the layers found again ÷ that of halving the remixed radiograph,
        means removed: 0 is perfect, 1 no better than halving. NaN where the run was stopped.
    """
    known = layers[0], np.ascontiguousarray(layers[1][:, ::-1])
    again = remixed(layers, painting, region)
    finished = None
    for event in begin(again):
        yield event
        finished = event
    if not isinstance(finished, Finished) or not finished.complete:
        return math.nan
    mixture = again.block()
    first, second = list(finished.layers.values())[:2]
    return 1 / metrics.gain((first, second), known, mixture.xray, mixture.valid)
