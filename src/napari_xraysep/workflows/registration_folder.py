"""The folder that ``xraysep register`` leaves behind, also where a side failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from napari_xraysep.domain import luma
from napari_xraysep.io.reading import REGISTERED
from napari_xraysep.io.registration import (
    LandmarkReport,
    QualityReport,
    Resampled,
    SideReport,
    write_registration,
)
from napari_xraysep.records import Quality
from napari_xraysep.registration import landmarks as by_hand
from napari_xraysep.registration.pyramid import shrunk
from napari_xraysep.registration.refine import spread
from napari_xraysep.registration.watching import Watch, quiet
from napari_xraysep.resampling import resample
from napari_xraysep.transforms import Side
from napari_xraysep.workflows.pictures import Pictures
from napari_xraysep.workflows.registering import Registered, transforms_of
from napari_xraysep.workflows.registration_figure import Overlay, overlay_png

PANEL_SIDE = 1200
"""Pixels on a side that the images of ``overlay.png`` have at most."""


def write_folder(
    folder: Path,
    pictures: Pictures,
    found: Mapping[Side, Registered],
    watch: Watch = quiet,
) -> tuple[QualityReport, list[Path]]:
    """Resample the photographs that were registered, and write all files or none.

    Returns
    -------
    report
        As in ``quality.json``.
    files
        What was written.

    Raises
    ------
    InputError
        The folder cannot be written or holds a result already.
    """
    watch("drawing", 0.0)
    report = QualityReport(
        simulated=pictures.simulated,
        radiograph=str(pictures.radiograph.path),
        pixel_size_mm=pictures.pixel_size_mm,
        **{side: _report(registered) for side, registered in found.items()},
    )
    picture = _picture(pictures, found)
    transforms = transforms_of(pictures, found)
    photographs = _resampled(pictures, found, watch)
    return report, write_registration(folder, transforms, report, photographs, picture)


def _report(registered: Registered) -> SideReport:
    side = registered.side
    quality = side.quality or Quality(ok=True)
    clicked: tuple[LandmarkReport, ...] = ()
    if registered.by_hand:
        left = by_hand.residuals(side.landmarks, side.transform)
        shape = side.transform.radiograph_shape
        predicted = by_hand.leave_one_out(side.landmarks, shape)
        clicked = tuple(
            LandmarkReport(
                name=landmark.name,
                enabled=landmark.enabled,
                residual_px=round(residual, 3),
                leave_one_out_px=None if np.isnan(out) else round(out, 3),
            )
            for landmark, residual, out in zip(
                side.landmarks, left.tolist(), predicted.tolist(), strict=True
            )
        )
    return SideReport(
        **quality.model_dump(),
        photograph=side.photograph.path,
        how=side.how,
        orientation=side.transform.orientation,
        seconds=round(registered.seconds, 1),
        tried={one.orientation: one.score for one in registered.candidates},
        pairs=clicked,
    )


def _resampled(
    pictures: Pictures, found: Mapping[Side, Registered], watch: Watch
) -> Iterator[Resampled]:
    """Bring the photographs onto the radiograph's grid, one after the other."""
    for side, registered in found.items():
        if not registered.side.usable:
            continue
        file = pictures.photographs[side]

        def told(fraction: float, side: Side = side) -> None:
            watch(f"{side}: resampling", fraction)

        image, valid = resample(file.pixels, registered.side.transform, report=told)
        simulated = "simulated: " if file.simulated or pictures.simulated else ""
        onto = pictures.radiograph.path.name
        about = f"{simulated}photograph of the {side}, sRGB, {REGISTERED} {onto}"
        yield Resampled(side, image, valid, about)


def _picture(pictures: Pictures, found: Mapping[Side, Registered]) -> bytes:
    """Draw all sides, reduced before anything is resampled."""
    step = -(-max(pictures.xray.shape) // PANEL_SIDE)
    xray = shrunk(pictures.xray, step)
    sides = {}
    for side, registered in found.items():
        transform = registered.side.transform.resized(1 / step, 1)
        finer = max(1, int(spread(transform.whole.array)))
        photograph = shrunk(pictures.photographs[side].pixels, finer)
        transform = transform.resized(1, 1 / finer).model_copy(
            update={"radiograph_shape": xray.shape, "photograph_shape": photograph.shape[:2]}
        )
        image, valid = resample(photograph, transform)
        sides[side] = Overlay(
            grey=luma(image),
            valid=valid,
            left=registered.left if registered.side.usable else None,
            finding=_report(registered).finding,
            failed=not registered.side.usable,
        )
    return overlay_png(
        xray, sides, step=step, pixel_size_mm=pictures.pixel_size_mm, simulated=pictures.simulated
    )
