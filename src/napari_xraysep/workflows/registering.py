"""Registering the photographs of a painting to its radiograph, each side by itself.

A radiograph is a shadow thrown by diverging beams: what lies on the back is displaced otherwise
than what lies on the front. So the two photographs are never registered to one another.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import ArrayLike, Floats
from napari_xraysep.errors import InputError
from napari_xraysep.records import InputRecord, Landmark, Quality
from napari_xraysep.registration import landmarks as by_hand
from napari_xraysep.registration.watching import Watch, quiet
from napari_xraysep.sources import Sources
from napari_xraysep.transforms import (
    SIDES,
    Orientation,
    PlateOutline,
    Side,
    SideTransform,
    Transform,
    Transforms,
)
from napari_xraysep.workflows.pictures import Pictures, read_pictures

if TYPE_CHECKING:
    from napari_xraysep.registration.find import Candidate
    from napari_xraysep.registration.quality import Measured


@dataclass(frozen=True)
class Registered:
    """How one photograph came to lie on the radiograph.

    Attributes
    ----------
    side
        In pixels. Where ``side.quality.ok`` is False it failed, and is not to be applied.
    candidates
        The orientations that were tried, best first; none where landmarks were given.
    seconds
        How long it took.
    by_hand
        ``side.landmarks`` were clicked, and alone say how it lies.
    left
        Where the displacement left was measured, and how much; None: it was not.
    """

    side: SideTransform
    candidates: tuple[Candidate, ...] = ()
    seconds: float = 0.0
    by_hand: bool = False
    left: Measured | None = None


def register_side(
    xray: Floats,
    photograph: ArrayLike,
    record: InputRecord,
    *,
    valid: NDArray[np.bool_] | None = None,
    sizes: tuple[float | None, float | None] = (None, None),
    orientation: Orientation | None = None,
    prefer: Orientation | None = None,
    landmarks: Sequence[Landmark] = (),
    model: by_hand.Model | None = None,
    plates: Sequence[PlateOutline] = (),
    start: Transform | None = None,
    watch: Watch = quiet,
) -> Registered:
    """Register one photograph.

    Parameters
    ----------
    xray
        (H, W) float32, the radiograph in the working domain.
    photograph
        (h, w, 3) as its file is read.
    record
        Says which file that is.
    valid
        (H, W), False where the radiograph is not to be looked at.
    sizes
        Millimetres a pixel of the radiograph and of the photograph, where known: they narrow
        the search for the scale.
    orientation, prefer
        How the photograph is to be turned; and which way is tried first where that is not known.
    landmarks, model
        Pairs clicked by hand: they alone say how the photograph lies. None: the most flexible
        model that they determine.
    plates
        Films of the radiograph that are registered one by one.
    start
        Where to begin, instead of the search.
    watch
        Told stage and fraction done; may raise `registration.Cancelled`.

    Returns
    -------
    Registered
        Also where it failed; ``side.quality`` then says why.

    Raises
    ------
    InputError
        An image is constant, or the landmarks do not determine a transform.
    """
    began = time.perf_counter()
    shape = int(photograph.shape[0]), int(photograph.shape[1])
    candidates: tuple[Candidate, ...] = ()
    left: Measured | None = None
    quality: Quality | None = None
    here, there = sizes
    scale = None if here is None or there is None else here / there
    if landmarks:
        if model is None:
            model = by_hand.most_flexible(landmarks, xray.shape)
        transform = by_hand.fit(landmarks, xray.shape, shape, model)
        how, pairs = f"landmarks, {model}", tuple(landmarks)
    else:
        from napari_xraysep.registration.find import find_transform

        found = find_transform(
            xray,
            photograph,
            valid=valid,
            scale=scale,
            orientation=orientation,
            prefer=prefer,
            start=start,
            plates=tuple(plates),
            watch=watch,
        )
        transform, quality, how, pairs = found.transform, found.quality, "intensity", found.matches
        candidates, left = found.candidates, found.left
    side = SideTransform(
        photograph=record,
        radiograph_pixel_mm=sizes[0],
        photograph_pixel_mm=sizes[1],
        transform=transform,
        how=how,
        quality=None if quality is None else _in_mm(quality, sizes[0]),
        landmarks=pairs,
    )
    seconds = time.perf_counter() - began
    return Registered(side, candidates, seconds, bool(landmarks), left)


def examine_side(
    xray: Floats,
    photograph: ArrayLike,
    registered: Registered,
    valid: NDArray[np.bool_] | None = None,
) -> Registered:
    """Measure on the images how well a photograph lies that landmarks placed.

    They are the user's word and stand, whatever the images say: where these do not confirm them,
    ``quality.reason`` says so.

    Parameters
    ----------
    xray, photograph, valid
        As in `register_side`.
    """
    from napari_xraysep.registration.examine import examined
    from napari_xraysep.registration.quality import judged

    side = registered.side
    left = examined(xray, photograph, side.transform, valid)
    quality = _in_mm(judged(left), side.radiograph_pixel_mm)
    if not quality.ok:
        reason = f"the images do not confirm the landmarks ({quality.reason})"
        return replace(registered, side=_judged(side, Quality(ok=True, reason=reason)))
    return replace(registered, side=_judged(side, quality), left=left)


def _judged(side: SideTransform, quality: Quality) -> SideTransform:
    return side.model_copy(update={"quality": quality})


def _in_mm(quality: Quality, size: float | None) -> Quality:
    """Say in millimetres, too, what displacement is left."""
    if size is None:
        return quality

    def scaled(pixels: float | None) -> float | None:
        return None if pixels is None else pixels * size

    lengths = {"median_mm": scaled(quality.median_px), "p95_mm": scaled(quality.p95_px)}
    return quality.model_copy(update=lengths)


def register_pictures(
    pictures: Pictures,
    *,
    prefer: Mapping[Side, Orientation] | None = None,
    orientations: Mapping[Side, Orientation] | None = None,
    landmarks: Mapping[Side, Sequence[Landmark]] | None = None,
    plates: Sequence[PlateOutline] = (),
    watch: Watch = quiet,
) -> dict[Side, Registered]:
    """Register each photograph; see `register_side`.

    Parameters
    ----------
    prefer, orientations, landmarks
        By side, where there are any.

    Raises
    ------
    InputError
        As `register_side`; it names the photograph's file.
    """
    landmarks = landmarks or {}
    found = {}
    # sides with landmarks come first: they take no time, and a flaw in them is said at once
    for side in sorted(pictures.photographs, key=lambda one: one not in landmarks):
        file = pictures.photographs[side]

        def told(stage: str, fraction: float, side: Side = side) -> None:
            watch(f"{side}: {stage}", fraction)

        try:
            found[side] = register_side(
                pictures.xray,
                file.pixels,
                file.record(side),
                valid=pictures.valid,
                sizes=(pictures.pixel_size_mm, file.pixel_size_mm),
                orientation=(orientations or {}).get(side),
                prefer=(prefer or {}).get(side),
                landmarks=landmarks.get(side, ()),
                plates=plates,
                watch=told,
            )
        except InputError as error:
            raise InputError(f"{file.path}, {error.subject}", error.problem, error.cure) from error
        if found[side].by_hand:
            told("measuring what is left", 0.0)
            found[side] = examine_side(pictures.xray, file.pixels, found[side], pictures.valid)
    return {side: found[side] for side in pictures.photographs}


def register(
    sources: Sources,
    *,
    orientations: Mapping[Side, Orientation] | None = None,
    landmarks: Mapping[Side, Sequence[Landmark]] | None = None,
    plates: Sequence[PlateOutline] = (),
    watch: Watch = quiet,
) -> Transforms:
    """Find how the photographs of a painting lie on its radiograph.

    ``dataclasses.replace(sources, transforms=found, mirror_back=False).align()`` then gives the
    painting; a side whose registration failed is refused there.

    Parameters
    ----------
    sources
        ``mirror_back``: the back is expected to be mirrored; any other way is found too.
    orientations
        By side, where it is known how a photograph is turned.
    landmarks
        By side, pairs that say how a photograph lies.
    plates
        Films of the radiograph that are registered one by one.
    watch
        Told stage and fraction done; may raise `registration.Cancelled`.

    Returns
    -------
    Transforms
        In pixels. ``quality.ok`` of each side says whether its registration succeeded.

    Raises
    ------
    InputError
        A file cannot be read or used, or landmarks do not determine a transform.
    """
    pictures = read_pictures(sources)
    found = register_pictures(
        pictures,
        prefer=expected(sources),
        orientations=orientations,
        landmarks=landmarks,
        plates=plates,
        watch=watch,
    )
    return transforms_of(pictures, found)


def expected(sources: Sources) -> dict[Side, Orientation]:
    """Return how the photographs are expected to lie, from ``mirror_back``."""
    return {"back": "mirrored"} if sources.mirror_back else {}


def transforms_of(pictures: Pictures, found: Mapping[Side, Registered]) -> Transforms:
    """Put the sides together."""
    front, back = (found[side].side if side in found else None for side in SIDES)
    return Transforms(radiograph=pictures.radiograph.record("radiograph"), front=front, back=back)
