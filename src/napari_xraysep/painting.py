"""The painting on one grid: radiograph, photographs, masks and what their values mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
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
    check_grid,
    check_image,
    contradictions,
    sample_bits,
    to_unit,
)
from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Kind, Stated
from napari_xraysep.region import Region
from napari_xraysep.soft_edges import nearness, soft_edged
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

SCRIBBLES = {"surface": 1, "concealed": 2, "support": 3}
"""What a scribble says that the radiograph shows in its pixels, and nothing else."""


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
        (H, W) bool, False where the user's mask leaves pixels out, or where nothing is to be
        learnt from them.
    prior
        (H, W) float32 in 0..1, or None: 1 where the user says that the concealed design lies,
        0 where the surface is all that the radiograph shows, between them in a soft edge.
    guess
        (H, W) float32 in the working domain, or None: the surface's X-ray as made by hand.
    scribbles
        (H, W) uint8, or None: what the radiograph shows there by the numbers of `SCRIBBLES`;
        0 is unknown.
    known
        (H, W) bool, True where ``xray`` may be looked at, though perhaps not learnt from; None:
        where ``valid`` is.
    """

    xray: Floats
    front: Floats
    back: Floats | None
    valid: NDArray[np.bool_]
    prior: Floats | None = None
    guess: Floats | None = None
    scribbles: NDArray[np.uint8] | None = None
    known: NDArray[np.bool_] | None = None

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
    prior_reverse
        The prior mask marks where there is no concealed design.
    prior_feather_px
        Width of the prior mask's soft edge in pixels, half of it on either side.
    prior_image
        (H, W) array-like of grey values as in the radiograph, by its polarity and response: the
        surface's X-ray made by hand.
    scribbles
        (H, W) array-like, the numbers of `SCRIBBLES`.
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
    prior_reverse: bool = False
    prior_feather_px: float = 0
    prior_image: ArrayLike | None = None
    scribbles: ArrayLike | None = None

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
        if mirror_back and any(record.registered for record in inputs if record.role == "back"):
            raise InputError(
                "--mirror-back",
                f"{_subject('back', inputs)} was mirrored when it was registered",
                "leave it out",
            )
        images = {"radiograph": xray, "front": front, "back": back}
        masks = {"mask": mask}
        for role, image in images.items():
            if image is not None:
                check_image(_subject(role, inputs), image, colour=role != "radiograph")
        for role, image in images.items():
            check_grid(_subject(role, inputs), image, xray.shape, "register it first")
        check_grid(_subject("mask", inputs), mask, xray.shape)
        if mask is not None and bool(np.all(np.asarray(mask) != 0)):
            raise InputError(
                _subject("mask", inputs), "it leaves out every pixel", "leave some at zero"
            )
        stated = {"polarity": polarity, "response": response, "pixel_size_mm": pixel_size_mm}
        painting = cls(
            xray=xray,
            front=front,
            back=back if back is None or not mirror_back else back[:, ::-1],
            mask=mask,
            domain=Domain.assumed(
                polarity,
                response,
                bits if bits is not None else sample_bits(np.dtype(xray.dtype)),
            ),
            pixel_size_mm=pixel_size_mm,
            assumed=tuple(name for name, value in stated.items() if value is None),
            simulated=simulated,
            inputs=tuple(inputs) or _array_records(images | masks, mirror_back),
            notes=(*notes, *contradictions(polarity, response)),
        )
        return painting if prior_mask is None else painting.with_prior(prior_mask)

    def with_prior(
        self,
        mask: ArrayLike | None = None,
        *,
        reverse: bool = False,
        feather_px: float = 0,
        image: ArrayLike | None = None,
        scribbles: ArrayLike | None = None,
    ) -> Painting:
        """Return the painting with what the user says of its concealed design, and nothing else.

        Parameters are as the attributes. Arrays of which ``inputs`` knows nothing are added there.

        Raises
        ------
        InputError
            An array is not on the radiograph's grid, the mask marks no pixel or, in reverse, all,
            the image is not grey, constant or out of range, a scribble's number has no meaning, the
            soft edge is below zero, or there is an edge or reverse of no mask.
        """
        given = {"prior-mask": mask, "prior-image": image, "scribbles": scribbles}
        if image is not None:
            check_image(_subject("prior-image", self.inputs), image, colour=False)
        for role, array in given.items():
            check_grid(_subject(role, self.inputs), array, self.shape)
        if mask is not None and (np.all if reverse else np.any)(np.asarray(mask) != 0) == reverse:
            raise InputError(
                _subject("prior-mask", self.inputs),
                "it leaves no place for a concealed design" if reverse else "it marks no pixel",
                "mark where there is none" if reverse else "mark where the design lies",
            )
        if scribbles is not None and not 0 <= np.min(scribbles) <= np.max(scribbles) <= 3:
            meanings = ", ".join(f"{number} {name}" for name, number in SCRIBBLES.items())
            raise InputError(
                _subject("scribbles", self.inputs),
                "it has numbers without a meaning",
                f"use 0 for unknown, {meanings}",
            )
        if mask is None and (reverse or feather_px):
            option = "--prior-reverse" if reverse else "--prior-feather"
            raise InputError(option, "nothing was drawn", "give --prior-mask, too")
        if not 0 <= feather_px < np.inf:
            raise InputError("--prior-feather", f"{feather_px:g} px", "give zero or more")
        known = {record.role for record in self.inputs}
        new = {role: array for role, array in given.items() if role not in known}
        return replace(
            self,
            inputs=(*self.inputs, *_array_records(new, False)),
            prior_mask=mask,
            prior_reverse=reverse,
            prior_feather_px=feather_px,
            prior_image=image,
            scribbles=scribbles,
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
        valid = np.ones((region.y1 - region.y0, region.x1 - region.x0), bool)
        if self.mask is not None:
            valid &= np.asarray(self.mask[at]) == 0
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
            prior=self._prior(region),
            guess=None
            if self.prior_image is None
            else self.domain.forward(to_unit(self.prior_image[at])),
            scribbles=None if self.scribbles is None else np.asarray(self.scribbles[at], np.uint8),
        )

    def _prior(self, region: Region) -> Floats | None:
        """Return `Mixture.prior` of a region, its soft edge as in the whole.

        Scribbles add to the drawing and take from it, with soft edges outside of them, so that a
        thin one counts in full.
        """
        if self.prior_mask is None:
            return None
        around = int(self.prior_feather_px / 2) + 2
        y0, x0 = max(0, region.y0 - around), max(0, region.x0 - around)
        wide = np.s_[y0 : region.y1 + around, x0 : region.x1 + around]
        inside = (np.asarray(self.prior_mask[wide]) != 0) != self.prior_reverse
        prior = soft_edged(inside, self.prior_feather_px)
        if self.scribbles is not None:
            scribbles = np.asarray(self.scribbles[wide])
            near = partial(nearness, reach=self.prior_feather_px / 2)
            prior = np.maximum(prior, near(scribbles == SCRIBBLES["concealed"]))
            prior = np.minimum(prior, 1 - near(scribbles == SCRIBBLES["surface"]))
        return prior[region.y0 - y0 : region.y1 - y0, region.x0 - x0 : region.x1 - x0]


def _subject(role: str, inputs: Sequence[InputRecord]) -> str:
    """Name the file of a role as the user gave it, or the role where there is no file."""
    return next((record.path for record in inputs if record.role == role and record.path), role)


def _array_records(
    images: Mapping[str, ArrayLike | None], mirror_back: bool
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
