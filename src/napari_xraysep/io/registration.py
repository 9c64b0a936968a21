"""The folder that a registration leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_xraysep.io.json_records import write_record
from napari_xraysep.io.landmarks import write_landmarks
from napari_xraysep.io.results import RECORD, write_image
from napari_xraysep.io.staging import check_output, staged_folder
from napari_xraysep.io.transforms import TRANSFORMS, write_transforms
from napari_xraysep.records import Quality, Record
from napari_xraysep.transforms import SIDES, Orientation, Side, Transforms

LANDMARKS, QUALITY, OVERLAY = "landmarks.csv", "quality.json", "overlay.png"


class LandmarkReport(Record):
    """How far a pair of landmarks is from agreeing, in pixels of the radiograph."""

    name: str
    enabled: bool
    residual_px: float
    leave_one_out_px: float | None = Field(description="with the others alone; None: too few")


class SideReport(Quality):
    """What is to be known of one side's registration before it is used."""

    photograph: str | None
    how: str
    orientation: Orientation
    seconds: float
    tried: dict[Orientation, float] = Field(default={}, description="how well each one fits")
    pairs: tuple[LandmarkReport, ...] = Field(default=(), description="clicked by hand")

    @property
    def finding(self) -> str:
        """How it was registered and how well, in a few words."""
        start = f"{self.orientation}, from {self.how}"
        if not self.ok:
            return f"{start}: FAILED, {self.reason}"
        return f"{start}: {'; '.join(self._measures()) or 'not measured'}"

    def _measures(self) -> list[str]:
        found = []
        if self.median_px is not None and self.p95_px is not None:
            median, high = (
                _length(self.median_px, self.median_mm),
                _length(self.p95_px, self.p95_mm),
            )
            found.append(
                f"displacement left: median {median}, 95 % within {high}, in {self.tiles} places"
            )
        residuals = [pair.residual_px for pair in self.pairs if pair.enabled]
        if residuals:
            found.append(f"the pairs agree to {max(residuals):.2g} px")
        predicted = [p.leave_one_out_px for p in self.pairs if p.leave_one_out_px is not None]
        if predicted:
            found.append(f"each predicted by the others to {max(predicted):.2g} px")
        return [*found, *filter(None, [self.reason])]


class QualityReport(Record):
    """``quality.json``: both sides, also those whose registration failed."""

    format: Literal["napari-xraysep registration"] = "napari-xraysep registration"
    version: Literal[1] = 1
    simulated: bool = Field(description="the radiograph was simulated, not taken")
    radiograph: str | None
    pixel_size_mm: float | None
    front: SideReport | None = None
    back: SideReport | None = None

    @property
    def sides(self) -> dict[Side, SideReport]:
        """The sides that were registered or failed."""
        both: dict[Side, SideReport | None] = {"front": self.front, "back": self.back}
        return {side: one for side, one in both.items() if one is not None}


class Resampled(NamedTuple):
    """A photograph on the radiograph's grid.

    Attributes
    ----------
    side
        Front or back.
    image
        (H, W, 3) in its own bit depth.
    valid
        (H, W), False where the radiograph shows what lies outside the photograph.
    description
        For the file.
    """

    side: Side
    image: NDArray[Any]
    valid: NDArray[np.bool_]
    description: str


def _length(pixels: float, mm: float | None) -> str:
    return f"{pixels:.2g} px" + ("" if mm is None else f" ({mm:.2g} mm)")


def registration_file_names(sides: Iterable[Side] = SIDES) -> list[str]:
    """Names of the files that a registration of these sides may write."""
    images = [f"{side}{kind}.tif" for side in sides for kind in ("", "-valid")]
    return [*images, TRANSFORMS, LANDMARKS, QUALITY, OVERLAY]


def check_registration_folder(folder: Path) -> None:
    """Raise `InputError` where a folder cannot be written or holds a result already."""
    check_output(folder, [*registration_file_names(), RECORD])


def write_registration(
    folder: Path,
    transforms: Transforms,
    report: QualityReport,
    photographs: Iterator[Resampled],
    overlay_png: bytes,
) -> list[Path]:
    """Write a registration's files, all or nothing.

    Parameters
    ----------
    folder
        Made where it does not exist.
    transforms
        Also of sides that failed, so that whoever applies them is told.
    photographs
        Made one after the other as they are written, since they are large.
    overlay_png
        The picture ``overlay.png``.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        The folder cannot be written or holds a registration or a run already.
    """
    check_registration_folder(folder)
    with staged_folder(folder) as stage:
        for side, image, valid, description in photographs:
            write_image(stage / f"{side}.tif", image, description, report.pixel_size_mm)
            shown = np.where(valid, np.uint8(255), np.uint8(0))
            inside = f"{description}; 255: the photograph shows it, 0: it lies outside"
            write_image(stage / f"{side}-valid.tif", shown, inside, report.pixel_size_mm)
        registered = {side: transforms.side(side) for side in SIDES}
        write_landmarks(
            stage / LANDMARKS,
            {side: one.landmarks for side, one in registered.items() if one is not None},
        )
        write_transforms(stage / TRANSFORMS, transforms)
        write_record(stage / QUALITY, report)
        (stage / OVERLAY).write_bytes(overlay_png)
        names = sorted(file.name for file in stage.iterdir())
    return [folder / name for name in names]
