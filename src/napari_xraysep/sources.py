"""The painting's files and their roles, and how they come onto the radiograph's grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
        pixels: dict[Role, NDArray[Any]] = {role: file.pixels for role, file in files.items()}
        mirrored = {"back": self.mirror_back}
        notes: list[str] = []
        mask = pixels.get("mask")
        for file in files.values():
            if file.shown is not None:
                mask = without(mask, file.shown)
                notes += outside(str(file.path), file.shown)
        if transforms is not None:
            check_fit(transforms, {role: file.record(role) for role, file in files.items()})
            photographs = {side: pixels[side] for side in SIDES if side in pixels}
            aligned = on_grid(transforms, photographs)
            for side, (image, valid) in aligned.items():
                pixels[side] = image
                mask = without(mask, valid)
                notes += outside(str(files[side].path), valid)
                registered = transforms.side(side)
                assert registered is not None
                mirrored[side] = "mirrored" in registered.transform.orientation
            for side in photographs.keys() - aligned.keys():
                notes.append(
                    f"{files[side].path}: not registered, taken as lying on the radiograph's grid"
                )
        inputs = [
            file.record(role, mirrored=mirrored.get(role, False)) for role, file in files.items()
        ]
        painting = Painting.from_arrays(
            xray.pixels,
            pixels["front"],
            pixels.get("back"),
            mirror_back=self.mirror_back,
            mask=mask,
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
            pixels.get("prior-mask"),
            reverse=self.prior_reverse,
            feather_px=self.prior_feather_px,
            image=None if guess is None else to_unit(guess.pixels, guess.bits),
        )
        if self.pixel_size_mm is None:
            painting = replace(painting, pixel_size_mm=xray.pixel_size_mm)
        return replace(painting, transforms=transforms)

    def check_pixel_size(self) -> None:
        """Raise `InputError` where the stated pixel size is no size."""
        size = self.pixel_size_mm
        if size is not None and not (size > 0 and math.isfinite(size)):
            raise InputError("--pixel-size", f"{size} mm", "give a size above zero")

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


def on_grid(
    transforms: Transforms,
    photographs: dict[Side, NDArray[Any]],
    report: Callable[[float], None] = lambda fraction: None,
) -> dict[Side, tuple[NDArray[Any], NDArray[np.bool_]]]:
    """Resample photographs to the radiograph's grid.

    Parameters
    ----------
    photographs
        (h, w, 3) as read, by side.

    Returns
    -------
    dict
        By side: the photograph (H, W, 3) and where it covers the radiograph (H, W).
    """
    from napari_xraysep.resampling import resample

    found = {}
    for side, photograph in photographs.items():
        registered = transforms.side(side)
        if registered is not None:
            found[side] = resample(photograph, registered.transform, report=report)
    return found


def without(mask: NDArray[Any] | None, valid: NDArray[np.bool_]) -> NDArray[Any] | None:
    """Return a mask that also leaves out what is not valid; None where nothing is left out.

    A mask of another size is returned as it is: `Painting.from_arrays` refuses it by name.
    """
    if valid.all() or (mask is not None and mask.shape != valid.shape):
        return mask
    return ~valid if mask is None else (mask != 0) | ~valid


def outside(name: str, valid: NDArray[np.bool_]) -> Sequence[str]:
    """Say how much of the radiograph a photograph does not show."""
    share = 1 - valid.mean()
    if share == 0:
        return []
    return [f"{name}: {share:.1%} of the radiograph lies outside of it and is left out"]
