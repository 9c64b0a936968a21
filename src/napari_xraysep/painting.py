"""The painting on one grid: radiograph, photographs, masks and what their values mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import (
    POLARITIES,
    RESPONSES,
    ArrayLike,
    Domain,
    Floats,
    Polarity,
    Response,
    check_image,
    contradictions,
    sample_bits,
    to_unit,
)
from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Kind, Stated
from napari_xraysep.region import Region
from napari_xraysep.transforms import Transforms

__all__ = [
    "POLARITIES",
    "RESPONSES",
    "ArrayLike",
    "Domain",
    "Floats",
    "Mixture",
    "Painting",
    "Polarity",
    "Region",
    "Response",
    "sample_bits",
    "to_unit",
]


@dataclass(frozen=True)
class Mixture:
    """One block of a painting in numbers: what a separation method is given.

    Attributes
    ----------
    xray
        (H, W) float32, the mixed radiograph in the working domain.
    front, back
        (H, W, 3) float32, sRGB 0..1; the back mirrored to the radiograph. ``back`` is None where
        a concealed design is sought.
    valid
        (H, W) bool, False where the user's mask leaves pixels out.
    prior
        (H, W) bool, True where the user says that the concealed design lies, or None.
    """

    xray: Floats
    front: Floats
    back: Floats | None
    valid: NDArray[np.bool_]
    prior: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.xray.shape[0]), int(self.xray.shape[1])


@dataclass(frozen=True)
class Painting:
    """A radiograph and its photographs on one grid; only this can be separated.

    Attributes
    ----------
    xray
        (H, W) array-like of grey values as in the file.
    front, back
        (H, W, 3) array-likes, sRGB, integers or floats in 0..1; the back already mirrored.
        Without a back, a concealed design is sought.
    mask, prior_mask
        (H, W) array-likes; non-zero: left out, and where the concealed design lies.
    domain
        How grey values become the values in which layers add.
    pixel_size_mm
        Size of a pixel of the radiograph on the painting, or None where unknown.
    assumed
        Which of ``polarity``, ``response``, ``pixel_size_mm`` nobody stated.
    simulated
        The radiograph was simulated; every view of it must say so.
    transforms
        How the original photographs were brought onto the grid; None: they came on it.
    """

    xray: ArrayLike
    front: ArrayLike
    back: ArrayLike | None = None
    mask: ArrayLike | None = None
    prior_mask: ArrayLike | None = None
    domain: Domain = field(default_factory=Domain)
    pixel_size_mm: float | None = None
    assumed: tuple[str, ...] = ("polarity", "response", "pixel_size_mm")
    simulated: bool = False
    inputs: tuple[InputRecord, ...] = ()
    notes: tuple[str, ...] = ()
    transforms: Transforms | None = None

    @classmethod
    def from_arrays(
        cls,
        xray: ArrayLike,
        front: ArrayLike,
        back: ArrayLike | None = None,
        *,
        mirror_back: bool = False,
        mask: ArrayLike | None = None,
        prior_mask: ArrayLike | None = None,
        polarity: Polarity | None = None,
        response: Response | None = None,
        pixel_size_mm: float | None = None,
        simulated: bool = False,
        bits: int | None = None,
        inputs: Sequence[InputRecord] = (),
        notes: Sequence[str] = (),
    ) -> Painting:
        """Make a painting from arrays that share one grid.

        Parameters
        ----------
        xray
            (H, W) unsigned integers, or floats in 0..1.
        front, back
            (H, W, 3) likewise; ``mirror_back`` flips the back left to right.
        polarity, response, pixel_size_mm
            None: the default is taken and recorded as assumed.
        bits
            Bits of the radiograph's samples where fewer than its type holds (DICOM).

        Raises
        ------
        InputError
            Shapes differ, a value is NaN or outside 0..1, or an image is constant.
        """
        if mirror_back and back is None:
            raise InputError("--mirror-back", "there is no back", "give the back's photograph too")
        images = {"radiograph": xray, "front": front, "back": back}
        masks = {"mask": mask, "prior-mask": prior_mask}
        for role, image in images.items():
            if image is not None:
                check_image(_subject(role, inputs), image, colour=role != "radiograph")
        height, width = xray.shape
        for role, image in (images | masks).items():
            if image is not None and tuple(image.shape[:2]) != (height, width):
                photograph = role in images
                raise InputError(
                    _subject(role, inputs),
                    f"it has {image.shape[0]} rows and {image.shape[1]} columns, the radiograph "
                    f"{height} and {width}",
                    "register it first" if photograph else "draw it on the radiograph",
                )
        if mask is not None and bool(np.all(np.asarray(mask) != 0)):
            raise InputError(
                _subject("mask", inputs), "it leaves out every pixel", "leave some at zero"
            )
        if prior_mask is not None and not np.any(np.asarray(prior_mask)):
            raise InputError(
                _subject("prior-mask", inputs), "it marks no pixel", "mark where the design lies"
            )
        stated = {"polarity": polarity, "response": response, "pixel_size_mm": pixel_size_mm}
        return cls(
            xray=xray,
            front=front,
            back=back if back is None or not mirror_back else back[:, ::-1],
            mask=mask,
            prior_mask=prior_mask,
            domain=Domain(
                polarity or "white-absorbs",
                response or "as-is",
                bits if bits is not None else sample_bits(np.dtype(xray.dtype)),
            ),
            pixel_size_mm=pixel_size_mm,
            assumed=tuple(name for name, value in stated.items() if value is None),
            simulated=simulated,
            inputs=tuple(inputs) or _array_records(images | masks, mirror_back),
            notes=(*notes, *contradictions(polarity, response)),
        )

    @property
    def kind(self) -> Kind:
        """``double-sided`` with a back, ``concealed`` without."""
        return "concealed" if self.back is None else "double-sided"

    @property
    def layer_names(self) -> tuple[str, str]:
        """Names of the two layers: front and back, or surface and concealed."""
        return ("surface", "concealed") if self.back is None else ("front", "back")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the radiograph in pixels."""
        return int(self.xray.shape[0]), int(self.xray.shape[1])

    def stated(self, name: Literal["polarity", "response", "pixel_size_mm"]) -> Stated:
        """Return a property with whether it was stated or assumed."""
        value = self.pixel_size_mm if name == "pixel_size_mm" else getattr(self.domain, name)
        return Stated(value=value, assumed=name in self.assumed)

    def block(self, region: Region | None = None) -> Mixture:
        """Read a region (by default all) as float32.

        Raises
        ------
        InputError
            The region does not lie wholly inside, or nothing in it is to be separated.
        """
        if region is None:
            region = Region(0, self.shape[0], 0, self.shape[1])
        region.check_inside(self.shape)
        at = region.slices

        def marked(mask: ArrayLike | None) -> NDArray[np.bool_] | None:
            return None if mask is None else np.asarray(mask[at]) != 0

        left_out = marked(self.mask)
        valid = np.ones((region.y1 - region.y0, region.x1 - region.x0), bool)
        if left_out is not None:
            valid &= ~left_out
            if not valid.any():
                raise InputError(
                    _subject("mask", self.inputs),
                    "it leaves out the whole region",
                    "choose another region",
                )
        return Mixture(
            xray=self.domain.forward(to_unit(self.xray[at], self.domain.bits)),
            front=to_unit(self.front[at]),
            back=None if self.back is None else to_unit(self.back[at]),
            valid=valid,
            prior=marked(self.prior_mask),
        )


def _subject(role: str, inputs: Sequence[InputRecord]) -> str:
    """Name the file of a role as the user gave it, or the role where there is no file."""
    return next((record.path for record in inputs if record.role == role and record.path), role)


def _array_records(
    images: dict[str, ArrayLike | None], mirror_back: bool
) -> tuple[InputRecord, ...]:
    """Describe arrays that come without a file."""
    return tuple(
        InputRecord(
            role=role,
            height=image.shape[0],
            width=image.shape[1],
            bits=sample_bits(np.dtype(image.dtype)),
            mirrored=mirror_back and role == "back",
        )
        for role, image in images.items()
        if image is not None
    )
