"""Measure a finished run: its folder and its inputs read again, the baselines beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.areas import marked
from napari_xraysep.errors import InputError
from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.metrics import residual_rms, rms
from napari_xraysep.io.reading import read_layer, read_mask
from napari_xraysep.io.results import StoredRun, open_layer, read_record
from napari_xraysep.painting import (
    Floats,
    Mixture,
    Painting,
    Polarity,
    Region,
    Response,
)
from napari_xraysep.project import Area
from napari_xraysep.records import RunRecord
from napari_xraysep.separation.allocation import allocate
from napari_xraysep.separation.method import Allocation
from napari_xraysep.separation.methods.trivial.model import BASELINES
from napari_xraysep.sources import Sources
from napari_xraysep.transforms import Transforms
from napari_xraysep.workflows import judging

NOT_MEASURED = ("prior-mask", "prior-image", "scribbles")
"""Inputs that guide a separation and have no say in what it is measured by."""


@dataclass(frozen=True)
class Measured:
    """A run's metrics and those of each baseline, by name.

    Attributes
    ----------
    part
        Where on the radiograph's grid they were measured, of a large painting; None: all that
        was separated.
    """

    record: RunRecord
    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    part: Region | None = None


def measure(folder: Path, truths: tuple[Path, Path] | None = None) -> Measured:
    """Evaluate the run in ``folder``; of a large one only the part that `judging.judge` looks at.

    No more than that is worked on, so that the memory it takes hardly grows with the painting.
    The baseline ``grey`` leaves a residual too; it is allocated as the run's own was, so that the
    two are comparable.

    Parameters
    ----------
    truths
        Images of the two true layers, on the radiograph's grid or the region's.

    Raises
    ------
    InputError
        The folder holds no run or a damaged one, an input has moved or changed, or a truth does
        not fit.
    """
    record = read_record(folder)
    layers = {name: open_layer(folder, name, record) for name in record.layers}
    painting = reread(record, folder.absolute().parent)
    return measure_run(StoredRun(record, layers, []), painting, truths)


def measure_run(
    run: StoredRun, painting: Painting, truths: tuple[Path, Path] | None = None
) -> Measured:
    """Evaluate a run whose ``painting`` was read again; else as `measure`."""
    record = run.record
    region = None if record.region is None else Region.parse(record.region)
    true = read_truths(truths, painting, region)
    at, part = (slice(None), slice(None)), None
    if max(record.height, record.width) > judging.JUDGED:
        part, at = judging.middle_part(painting, region)
    names = (*record.layers[:2], "unexplained")
    first, second, left_over = (run.layers[name][at] for name in names)
    for name, image in zip(names, (first, second, left_over), strict=True):
        if not np.isfinite(image).all():
            raise InputError(
                f"{name}.tif", "it holds NaN or infinite values", "copy the run's folder again"
            )
    mixture = painting.block(region if part is None else part)
    if true is not None:
        true = true[0][at], true[1][at]
    return replace(_measured(record, (first, second), left_over, mixture, true), part=part)


def _measured(
    record: RunRecord,
    pair: tuple[Floats, Floats],
    left_over: Floats,
    mixture: Mixture,
    true: tuple[Floats, Floats] | None,
) -> Measured:
    """Evaluate two layers and what was unexplained, and the baselines of the same mixture."""
    baselines = {}
    for name, separate in BASELINES.items():
        modelled = separate(mixture)
        unexplained = {"unexplained_rms": residual_rms(modelled, mixture.xray, mixture.valid)}
        layers = _allocated(modelled, mixture, record)
        baselines[name] = evaluate(layers, mixture, true) | unexplained
    unexplained = {"unexplained_rms": rms(left_over, mixture.valid)}
    metrics = evaluate(pair, mixture, true) | unexplained
    return Measured(record, metrics, baselines)


def find_input(path: str, beside: Path | None) -> Path | None:
    """Find the file of an input: where its path leads to from here, or else from ``beside``."""
    places = [Path(path)] if beside is None else [Path(path), beside / path]
    return next((place for place in places if place.is_file()), None)


def left_out(record: RunRecord, beside: Path | None = None) -> NDArray[np.bool_] | None:
    """Return where a run's mask left out, though its other inputs may have moved or changed.

    Parameters
    ----------
    beside
        The folder that the run's own lies in, where files may lie, too.

    Returns
    -------
    (H, W) bool on the run's grid, or None: there was no mask, or it cannot be read again
    """
    mask = next((one for one in record.inputs if one.role == "mask"), None)
    if mask is None or (mask.path is None and not mask.outlines):
        return None
    pixels = marked(Area(polygons=mask.outlines), (mask.height, mask.width))
    if mask.path is not None:
        path = find_input(mask.path, beside)
        try:
            file = None if path is None else read_mask(path)
        except InputError:
            file = None
        if file is None or file.sha256 != mask.sha256:
            return None
        pixels |= file.pixels != 0
    return pixels if record.region is None else pixels[Region.parse(record.region).slices]


def reread(record: RunRecord, beside: Path | None = None) -> Painting:
    """Read the painting of a run again from the files that its record names.

    Parameters
    ----------
    beside
        The folder that the run's own lies in, where files may lie, too.

    Raises
    ------
    InputError
        An input was an array without a file, has moved, or is no longer the same file.
    """
    by_role = {one.role: one for one in record.inputs if one.role not in NOT_MEASURED}
    paths: dict[str, Path] = {}
    drawn = Area(polygons=by_role["mask"].outlines) if "mask" in by_role else Area()
    for role, one in by_role.items():
        if one.path is None and one.outlines:
            continue
        if one.path is None:
            raise _an_array(role)
        path = find_input(one.path, beside)
        if path is None:
            raise InputError(
                one.path,
                f"this {role} of the run is no longer there",
                "put it back, or call from the folder in which the run was started",
            )
        paths[role] = path
    for role in ("radiograph", "front"):
        if role not in paths:
            raise _an_array(role)
    transforms = None if record.transforms is None else Transforms.model_validate(record.transforms)
    painting = Sources(
        xray=paths["radiograph"],
        front=paths["front"],
        back=paths.get("back"),
        mirror_back=(
            "back" in by_role
            and by_role["back"].mirrored
            and (transforms is None or transforms.back is None)
        ),
        mask=paths.get("mask"),
        polarity=cast(Polarity, record.polarity.value),
        response=cast(Response, record.response.value),
        pixel_size_mm=cast("float | None", record.pixel_size_mm.value),
        transforms=transforms,
    ).align()
    for now in painting.inputs:
        if now.sha256 != by_role[now.role].sha256:
            raise InputError(
                now.path,
                f"this {now.role} has changed since the run (its SHA-256 differs)",
                "put back the file that was separated, or separate again",
            )
    if drawn == Area():
        return painting
    mask = marked(drawn, painting.shape)
    if painting.mask is not None:
        mask |= np.asarray(painting.mask) != 0
    return replace(painting, mask=mask)


def _an_array(role: str) -> InputError:
    return InputError(role, "it was given as an array, without a file", "separate from files")


def _allocated(
    layers: tuple[Floats, Floats], mixture: Mixture, record: RunRecord
) -> tuple[Floats, Floats]:
    unexplained = mixture.xray - layers[0] - layers[1]
    return allocate(*layers, unexplained, mixture.valid, cast(Allocation, record.allocation))


def read_truths(
    paths: tuple[Path, Path] | None, painting: Painting, region: Region | None
) -> tuple[Floats, Floats] | None:
    """Read the true layers, where there are any, for a separation of the region.

    Raises
    ------
    InputError
        One cannot be read or is neither on the radiograph's grid nor on the region's.
    """
    if paths is None:
        return None
    return _read_truth(paths[0], painting, region), _read_truth(paths[1], painting, region)


def _read_truth(path: Path, painting: Painting, region: Region | None) -> Floats:
    """Read a true layer, cut to the region where it is of the whole radiograph."""
    truth = read_layer(path)
    shape = painting.shape if region is None else (region.y1 - region.y0, region.x1 - region.x0)
    if region is not None and truth.shape == painting.shape:
        truth = truth[region.slices]
    if truth.shape != shape:
        raise InputError(
            path,
            f"it has {truth.shape[0]} rows and {truth.shape[1]} columns, the run {shape[0]} and "
            f"{shape[1]}",
            "give the true layer on the radiograph's grid",
        )
    return truth
