"""The one loop: how a separation runs, is watched, is cancelled and ends."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError, SeparationError, XraysepError
from napari_xraysep.painting import Floats, Mixture, Painting
from napari_xraysep.records import RunRecord
from napari_xraysep.separation.allocation import allocate
from napari_xraysep.separation.blocks import shrink
from napari_xraysep.separation.events import (
    PREVIEW_SIDE,
    Event,
    Finished,
    Preview,
    Progress,
    Started,
)
from napari_xraysep.separation.fill import filled
from napari_xraysep.separation.method import (
    DEFAULT_METHOD,
    Allocation,
    Cancelled,
    Context,
    Estimate,
    Finding,
    Method,
    Plan,
    Settings,
    Step,
    WarmStart,
    get_method,
)
from napari_xraysep.separation.options import Device, RunOptions
from napari_xraysep.separation.prior import in_words
from napari_xraysep.transforms import Transforms


def separate(
    painting: Painting,
    method: str = DEFAULT_METHOD,
    settings: Settings | Mapping[str, Any] | None = None,
    options: RunOptions | None = None,
    cancel: threading.Event | None = None,
    warm_start: Callable[[], WarmStart] | None = None,
    learn_from: NDArray[np.bool_] | None = None,
) -> Iterator[Event]:
    """Separate a painting's radiograph; the only way in which a separation runs.

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
    cancel
        Set it from any thread to stop: the last preview's layers become the partial result.
    warm_start
        Makes what the method is to learn from first; called inside the run, may raise `Cancelled`.
    learn_from
        (H, W) bool on the radiograph's grid: learn from these pixels alone, inside
        ``options.learn_on``, and apply that to all; None: from all that options allow.

    Returns
    -------
    iterator of Event
        One `Started`, then `Progress` and `Preview`, then one `Finished`.

    Raises
    ------
    InputError
        Unknown method or setting, a method that cannot use this painting, a negative seed, a
        region that does not lie wholly inside, a method that does not learn and a region to learn
        from, a device that is not there.
    SeparationError
        While iterating: the run could not go on (memory, divergence, a fault in the method).
    """
    options = options or RunOptions()
    chosen = get_method(method)
    chosen.check_kind(painting.kind)
    if not isinstance(settings, Settings):
        settings = chosen.settings_for(options.preset, settings)
    elif not isinstance(settings, chosen.settings):
        raise InputError("settings", f"these are not settings of {method}", "use its own class")
    options.check(painting.shape)
    if options.learn_on is not None and not chosen.learns:
        raise InputError(
            "--learn-on",
            f"{method} learns nothing that could be applied elsewhere",
            f"leave it out, or leave out {method}",
        )
    if options.seed < 0:
        raise InputError("--seed", f"{options.seed} is negative", "give 0 or more")
    device = resolve_device(options.device, chosen)
    if warm_start is not None and not chosen.warm_start:
        raise InputError("--warm-start", f"{method} takes none", "leave it out")
    cancel = cancel or threading.Event()
    return _events(painting, chosen, settings, options, device, cancel, warm_start, learn_from)


def resolve_device(wanted: Device, method: Method) -> str:
    """Return ``cpu`` or ``cuda`` for a method; ``auto`` takes the GPU where there is one."""
    if not method.uses_torch:
        if wanted == "cuda":
            raise InputError("--device", f"{method.name} runs on the CPU alone", "use auto or cpu")
        return "cpu"
    if wanted == "cpu":
        return "cpu"
    cuda = _import_torch().cuda.is_available()
    if wanted == "cuda" and not cuda:
        raise InputError(
            "--device", "torch finds no CUDA device", "use cpu, or install a CUDA torch"
        )
    return "cuda" if cuda else "cpu"


def _one_blas_thread(method: Method) -> AbstractContextManager[Any]:
    """Keep linear algebra to one thread in methods without torch.

    Their matrices are small: a second thread gains nothing on an idle machine, and where other
    programs run, threads that spin while they wait for each other make a run ten times longer.
    """
    if method.uses_torch:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits


def _import_torch() -> Any:
    # threads that wait without spinning leave the window and the rest of a laptop their share
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import torch
    except (ImportError, OSError) as error:
        raise SeparationError(
            "torch",
            f"it cannot be loaded ({error})",
            "install it again, and on Windows the Visual C++ runtime, then restart",
        ) from error
    return torch


def _events(
    painting: Painting,
    method: Method,
    settings: Settings,
    options: RunOptions,
    device: str,
    cancel: threading.Event,
    warm_start: Callable[[], WarmStart] | None,
    learn_from: NDArray[np.bool_] | None,
) -> Iterator[Event]:
    """Run the method and translate what it yields; see `separate`."""
    started, clock = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    allocation = options.allocation or method.allocation.get(options.preset, "even")
    names = painting.layer_names

    def checkpoint() -> None:
        if cancel.is_set():
            raise Cancelled

    learnt_from: dict[str, str | None] = {}

    def warm() -> WarmStart:
        assert warm_start is not None
        made = warm_start()
        learnt_from.update(warm_start=made.origin, warm_start_folder=made.folder)
        return made

    shown = options.shown(painting.shape)
    separated = options.region or shown
    at = separated.within(shown).slices
    if learn_from is None and options.learn_on is not None:
        learn_from = np.zeros(painting.shape, bool)
        learn_from[options.learn_on.slices] = True
    layers: dict[str, Floats] = {}
    findings: dict[str, float] = {}
    complete = True
    try:
        if method.uses_torch:
            _import_torch().manual_seed(options.seed)
        mixture = painting.block(shown)
        xray, valid = mixture.xray[at], mixture.valid[at]
        if not valid.any():
            raise InputError("mask", "it leaves out the whole region", "choose another region")
        given = None if warm_start is None else warm
        seen = filled(mixture)
        run = method.load()(
            seen if learn_from is None else _learning_on(learn_from[shown.slices], seen),
            settings,
            Context(options.seed, device, checkpoint, given),
        )
        with _one_blas_thread(method):
            for said in run:
                if isinstance(said, Plan):
                    yield Started(said.stages, said.total_steps, device)
                elif isinstance(said, Step):
                    yield Progress(said.stage, 0, said.step, said.epoch, dict(said.losses))
                elif isinstance(said, Finding):
                    findings[said.name] = said.value
                else:
                    said = replace(said, first=said.first[at], second=said.second[at])
                    layers = _results(said, xray, valid, names, allocation)
                    yield _preview(said, layers)
                checkpoint()
    except Cancelled:
        complete = False
    except XraysepError:
        raise
    except MemoryError as error:
        raise _out_of_memory(method, device) from error
    except Exception as error:  # a comparison goes on after it, and a window has to say it
        if "out of memory" in str(error).lower() or "can't allocate" in str(error).lower():
            raise _out_of_memory(method, device) from error
        what = f"{type(error).__name__}: {error}"
        raise SeparationError(method.name, f"it failed ({what})", "please report this") from error
    prior, heeded = in_words(painting), method.heeds_prior and painting.kind == "concealed"
    unheeded = (
        (f"{method.name} makes no use of the prior: {prior}",) if prior and not heeded else ()
    )
    record = RunRecord(
        simulated=painting.simulated,
        kind=painting.kind,
        method=method.name,
        method_title=method.title,
        paper=method.paper,
        preset=options.preset,
        settings=settings.model_dump(mode="json"),
        seed=options.seed,
        device=device,
        allocation=allocation,
        region=None if options.region is None else str(options.region),
        learn_on=None if options.learn_on is None else str(options.learn_on),
        height=separated.y1 - separated.y0,
        width=separated.x1 - separated.x0,
        polarity=painting.stated("polarity"),
        response=painting.stated("response"),
        pixel_size_mm=painting.stated("pixel_size_mm"),
        epsilon=painting.domain.epsilon,
        bits=painting.domain.bits,
        inputs=painting.inputs,
        transforms=_written(painting.transforms),
        prior=prior if heeded else None,
        layers=tuple(layers),
        findings=findings,
        warm_start=learnt_from.get("warm_start"),
        warm_start_folder=learnt_from.get("warm_start_folder"),
        complete=complete,
        started=started,
        seconds=round(time.perf_counter() - clock, 3),
        versions=_versions(),
        notes=(*painting.notes, *unheeded),
    )
    yield Finished(layers, record, complete)


def _learning_on(pixels: NDArray[np.bool_], mixture: Mixture) -> Mixture:
    """Return the mixture with only these pixels, (H, W) bool, to learn from.

    Raises
    ------
    InputError
        The mask leaves nothing to learn from.
    """
    learnt = mixture.valid & pixels
    if not learnt.any():
        raise InputError(
            "--learn-on", "the mask leaves out the whole region", "choose another region"
        )
    return replace(mixture, valid=learnt, known=mixture.valid)


def _written(transforms: Transforms | None) -> dict[str, Any] | None:
    return None if transforms is None else transforms.in_unit("mm").model_dump(mode="json")


def _results(
    estimate: Estimate,
    xray: Floats,
    valid: NDArray[np.bool_],
    names: tuple[str, str],
    allocation: Allocation,
) -> dict[str, Floats]:
    """Name the layers, share out what the model left, and keep what is left of that."""
    first, second = estimate.first, estimate.second
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise SeparationError(
            "training", "the layers are no longer finite numbers", "lower the learning rate"
        )
    unexplained = xray - first - second
    first, second = allocate(first, second, unexplained, valid, allocation)
    return {
        names[0]: first,
        names[1]: second,
        "residual": xray - first - second,
        "unexplained": unexplained,
    }


def _preview(estimate: Estimate, layers: Mapping[str, Floats]) -> Preview:
    """Shrink the layers by averaging whole blocks of pixels, into copies."""
    height, width = next(iter(layers.values())).shape
    step = -(-max(height, width) // PREVIEW_SIDE)
    return Preview(
        estimate.stage,
        0,
        estimate.epoch,
        {name: shrink(layer, step) for name, layer in layers.items()},
        step,
    )


def _out_of_memory(method: Method, device: str) -> SeparationError:
    return SeparationError(
        method.name,
        f"there is not enough memory on the {device}",
        "separate a smaller region (--roi)" + (", or use the CPU" if device == "cuda" else ""),
    )


def _versions() -> dict[str, str]:
    """Return versions of what a result depends on; torch only where it was loaded."""
    found = {"python": platform.python_version()}
    for package in ("napari-xraysep", "numpy", "scipy", "torch"):
        if package == "torch" and "torch" not in sys.modules:
            continue
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found
