"""The painting's files and their roles, and how they come onto the radiograph's grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Polarity, Response, to_unit
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Painting
from napari_xraysep.records import InputRecord, Role
from napari_xraysep.transforms import SIDES, Side, Transforms

if TYPE_CHECKING:
    from napari_xraysep.io.reading import ImageFile

LARGEST_PIXEL_MM = 10
"""No radiograph is scanned as coarsely as that: the size was given in another unit."""


@dataclass(frozen=True)
class Sources:
    """The files of a painting and their roles; any size, registered or not.

    Attributes
    ----------
    xray, front, back
        The radiograph and the photographs; no back: a concealed design is sought.
    mirror_back
        Flip the back left to right when it is read (a back is photographed from behind).
    mask, prior_mask
        Images, non-zero: left out, and where the concealed design lies.
    prior_reverse, prior_feather_px
        The prior mask marks where there is no concealed design; the width of its soft edge.
    prior_image
        The surface's X-ray made by hand, on the radiograph's grid and in its grey values.
    polarity, response, pixel_size_mm
        As the user states them; None: the default, recorded as assumed (pixel size: the file's).
    transforms
        How the original photographs lie on the radiograph, or a ``transforms.json``; they contain
        the mirroring. None: the photographs are on the radiograph's grid.
    """

    xray: Path | str
    front: Path | str
    back: Path | str | None = None
    mirror_back: bool = False
    mask: Path | str | None = None
    prior_mask: Path | str | None = None
    prior_reverse: bool = False
    prior_feather_px: float = 0
    prior_image: Path | str | None = None
    polarity: Polarity | None = None
    response: Response | None = None
    pixel_size_mm: float | None = None
    transforms: Transforms | Path | None = None

    def align(self) -> Painting:
        """Read the files onto the radiograph's grid; each photograph is resampled at most once.

        Returns
        -------
        Painting

        Raises
        ------
        InputError
            A file cannot be read or used, is not on the radiograph's grid, or is not the one that
            the transforms were made for.
        """
        from napari_xraysep.io.reading import read_mask, read_photograph, read_radiograph

        self.check_pixel_size()
        transforms = self._transforms()
        xray = read_radiograph(self.xray)
        files: dict[Role, ImageFile] = {"radiograph": xray, "front": read_photograph(self.front)}
        if self.back is not None:
            files["back"] = read_photograph(self.back)
        if self.mask is not None:
            files["mask"] = read_mask(self.mask)
        if self.prior_mask is not None:
            files["prior-mask"] = read_mask(self.prior_mask)
        if self.prior_image is not None:
            files["prior-image"] = read_radiograph(self.prior_image)
        records = {role: file.record(role) for role, file in files.items()}
        if transforms is not None:
            check_fit(transforms, records)
        grid = on_grid(
            records,
            {role: file.pixels for role, file in files.items()},
            [file.shown for file in files.values()],
            transforms,
        )
        flipped = {*grid.mirrored, *(("back",) if self.mirror_back else ())}
        notes = list(grid.notes)
        if transforms is not None:
            notes += [
                f"{files[side].path}: not registered, taken as lying on the radiograph's grid"
                for side in SIDES
                if side in files and side not in grid.registered
            ]
        inputs = [
            record.model_copy(update={"mirrored": role in flipped})
            for role, record in records.items()
        ]
        painting = Painting.from_arrays(
            xray.pixels,
            grid.pixels["front"],
            grid.pixels.get("back"),
            mirror_back=self.mirror_back,
            mask=grid.mask,
            polarity=self.polarity,
            response=self.response,
            pixel_size_mm=self.pixel_size_mm,
            simulated=xray.simulated,
            bits=xray.bits,
            inputs=inputs,
            notes=[f"{r.path}: {note}" for r in inputs for note in r.notes] + notes,
        )
        guess = files.get("prior-image")
        painting = painting.with_prior(
            grid.pixels.get("prior-mask"),
            reverse=self.prior_reverse,
            feather_px=self.prior_feather_px,
            image=None if guess is None else to_unit(guess.pixels, guess.bits),
        )
        if self.pixel_size_mm is None:
            painting = replace(painting, pixel_size_mm=xray.pixel_size_mm)
        return replace(painting, transforms=transforms)

    def check_pixel_size(self) -> None:
        """Raise `InputError` where the stated pixel size is no size, or none of a scan."""
        size = self.pixel_size_mm
        if size is not None and not (size > 0 and math.isfinite(size)):
            raise InputError("--pixel-size", f"{size} mm", "give a size above zero")
        if size is not None and size > LARGEST_PIXEL_MM:
            raise InputError(
                "--pixel-size",
                f"a pixel of {size:g} mm is larger than {LARGEST_PIXEL_MM} mm",
                "give it in millimetres: 0.05 for 50 µm",
            )

    def _transforms(self) -> Transforms | None:
        if self.transforms is None:
            return None
        if isinstance(self.transforms, Transforms):
            transforms = self.transforms.in_unit("px")
        else:
            from napari_xraysep.io.transforms import read_transforms

            transforms = read_transforms(self.transforms)
        if self.mirror_back and transforms.back is not None:
            raise InputError(
                "--mirror-back", "the transforms contain the mirroring already", "leave it out"
            )
        return transforms


def check_fit(transforms: Transforms, records: dict[Role, InputRecord]) -> None:
    """Raise `InputError` unless the transforms were made for these files.

    A radiograph or photograph whose content is another but whose size is the same is refused,
    too: a transform says where details lie, and they would lie elsewhere.
    """
    _check_same(records["radiograph"], transforms.radiograph, "the radiograph")
    for side in SIDES:
        if side not in records:
            continue
        registered = transforms.side(side)
        if registered is None:
            given, grid = records[side], records["radiograph"]
            if (given.height, given.width) == (grid.height, grid.width):
                continue  # it came on the radiograph's grid
            raise InputError(
                "--transforms",
                f"it does not say how the {side}'s photograph lies",
                "register that side, too",
            )
        _check_same(records[side], registered.photograph, f"the {side}'s photograph")
        if registered.quality is not None and not registered.usable:
            raise InputError(
                "--transforms",
                f"the registration of the {side} failed ({registered.quality.reason})",
                "register it with landmarks",
            )


def _check_same(given: InputRecord, known: InputRecord, what: str) -> None:
    subject = given.path or what
    if (given.height, given.width) != (known.height, known.width):
        raise InputError(
            subject,
            f"it has {given.height} rows and {given.width} columns, {what} that was registered "
            f"had {known.height} and {known.width}",
            "give the file that was registered, or register this one",
        )
    if None not in (given.sha256, known.sha256) and given.sha256 != known.sha256:
        raise InputError(
            subject,
            f"its content is not that of {what} that was registered",
            "give the file that was registered, or register this one",
        )


@dataclass(frozen=True)
class OnGrid:
    """Images as they lie on the radiograph's grid, but for the mirroring of a back as it came.

    Attributes
    ----------
    pixels
        By role; photographs that are registered are resampled, all else is as it was.
    covered
        (H, W) bool, False where a registered photograph does not reach.
    notes
        How much of the radiograph lies outside of which photograph.
    registered, mirrored
        The photographs that were resampled, and those of them that were mirrored.
    """

    pixels: dict[Role, NDArray[Any]]
    covered: NDArray[np.bool_]
    notes: tuple[str, ...]
    registered: tuple[Side, ...]
    mirrored: frozenset[Side]

    @property
    def mask(self) -> NDArray[Any] | None:
        """The mask, which also leaves out what is not covered; None where nothing is left out.

        One of another size is as it was: `Painting.from_arrays` refuses it by name.
        """
        mask = self.pixels.get("mask")
        if self.covered.all() or (mask is not None and mask.shape != self.covered.shape):
            return mask
        return ~self.covered if mask is None else (mask != 0) | ~self.covered


def on_grid(
    records: Mapping[Role, InputRecord],
    pixels: Mapping[Role, NDArray[Any]],
    shown: Iterable[NDArray[np.bool_] | None],
    transforms: Transforms | None,
    report: Callable[[float], None] = lambda fraction: None,
) -> OnGrid:
    """Bring images onto the radiograph's grid.

    Parameters
    ----------
    pixels
        (h, w) or (h, w, 3) as read.
    shown
        Where each photograph that came registered shows something; in the order of ``records``.
    transforms
        How photographs lie, of which `check_fit` has made sure; None: all as they came.
    report
        Told the fraction of a resampling that is done; may raise to stop.
    """
    from napari_xraysep.resampling import resample

    placed, notes = dict(pixels), []
    covered = np.ones(pixels["radiograph"].shape, bool)
    registered, mirrored = [], set()

    def cover(role: Role, valid: NDArray[np.bool_]) -> None:
        share = 1 - valid.mean()
        covered[~valid] = False
        if share:
            name = records[role].path or f"{role} photograph"
            notes.append(
                f"{name}: {share:.1%} of the radiograph lies outside of it and is left out"
            )

    for role, valid in zip(records, shown, strict=True):
        if valid is not None and valid.shape == covered.shape:
            cover(role, valid)
    for side in SIDES:
        known = None if transforms is None else transforms.side(side)
        if known is None or side not in pixels:
            continue
        placed[side], valid = resample(pixels[side], known.transform, report=report)
        cover(side, valid)
        registered.append(side)
        if "mirrored" in known.transform.orientation:
            mirrored.add(side)
    return OnGrid(placed, covered, tuple(notes), tuple(registered), frozenset(mirrored))
