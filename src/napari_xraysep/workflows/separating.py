"""Separating a painting, with what the method is to learn from beforehand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError
from napari_xraysep.painting import Painting
from napari_xraysep.separation import engine
from napari_xraysep.separation.events import Event
from napari_xraysep.separation.method import DEFAULT_METHOD, Settings, WarmStart, get_method
from napari_xraysep.separation.options import RunOptions
from napari_xraysep.workflows.restarts import separate_repeatedly
from napari_xraysep.workflows.warm_start import check_pair, finished_run, pseudo_pair


def separate(
    painting: Painting,
    method: str = DEFAULT_METHOD,
    settings: Settings | Mapping[str, Any] | None = None,
    options: RunOptions | None = None,
    cancel: threading.Event | None = None,
    warm_from: Path | WarmStart | None = None,
) -> Iterator[Event]:
    """Separate a painting's radiograph.

    Everything that can be checked is checked before this returns; the work happens as the
    iterator is consumed. Layers + residual = radiograph, in the working domain.

    Parameters
    ----------
    painting
        Radiograph and photographs on one grid.
    method
        Name of an installed method.
    settings
        The method's own settings, or changes to those of ``options.preset``.
    options
        Seed, device, preset, allocation, region, restarts.
    cancel
        Set it from any thread to stop: the last preview's layers become the partial result.
    warm_from
        For a method that learns from a separated double-sided painting first: the folder of such
        a run, or the arrays themselves. By default it learns from this painting's surface, as the
        regression sees it, and its mirror image.

    Returns
    -------
    iterator of Event
        One `Started`, then `Progress` and `Preview`, then one `Finished`; of several restarts, too.

    Raises
    ------
    InputError
        Unknown method or setting, a method that cannot use this painting or takes no warm start,
        a run to learn from that is not there, complete and double-sided, a region that does not
        lie wholly inside, a device that is not there.
    SeparationError
        While iterating: the run could not go on (memory, divergence).
    """
    options = options or RunOptions()
    cancel = cancel or threading.Event()
    chosen = get_method(method)
    if not isinstance(settings, Settings):
        settings = chosen.settings_for(options.preset, settings)
    if warm_from is not None:
        check_wanted(method, chosen.warm_start, settings)
    if isinstance(warm_from, Path):
        warm_from = finished_run(warm_from)

    def begin(own: RunOptions, learn_from: NDArray[np.bool_] | None = None) -> Iterator[Event]:
        make = _warm_start(painting, own, cancel, warm_from) if chosen.warm_start else None
        return engine.separate(painting, method, settings, own, cancel, make, learn_from)

    if options.restarts == 1:
        return begin(options)
    return separate_repeatedly(begin, painting, chosen, options, cancel)


def check_wanted(method: str, takes_one: bool, settings: Settings) -> None:
    """Raise `InputError` where a warm start is given to a method that makes no use of it."""
    if not takes_one:
        raise InputError("--warm-start", f"{method} takes no warm start", "leave it out")
    if not getattr(settings, "warm_start", True):
        raise InputError(
            "--warm-start", "the setting warm_start is off", "leave one of the two out"
        )


def _warm_start(
    painting: Painting,
    options: RunOptions,
    cancel: threading.Event,
    given: WarmStart | None,
) -> Callable[[], WarmStart]:
    """Return what makes the warm start once the run has begun, or gives the one there is."""
    if given is None:
        return partial(pseudo_pair, painting, options, cancel)
    check_pair(given)
    return lambda: given
