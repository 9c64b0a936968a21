"""Scales of a painting as a Laplacian pyramid, and patches cut out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import zoom

from napari_xraysep.painting import Floats
from napari_xraysep.separation.blocks import shrink

Shape: TypeAlias = tuple[int, int]

STEP = 4
"""Pixels of a scale that one of the next coarser stands for, along each axis."""

ENOUGH = 1_000
"""A coarser scale is made where it has at least so many patches without a masked pixel."""


class Scale(NamedTuple):
    """Photographs y1, y2 and radiograph x at one scale, and the share of each pixel that is known.

    All (H, W) float32; pixels that the user's mask leaves out are not known.
    """

    y1: Floats
    y2: Floats
    x: Floats
    known: Floats

    @property
    def shape(self) -> Shape:
        """Height and width in pixels."""
        return int(self.x.shape[0]), int(self.x.shape[1])


def pyramid(whole: Scale, count: int, side: int) -> tuple[list[Scale], Scale]:
    """Take images apart into scales, the finest first, and the local means that are left.

    A scale is what the local means, enlarged, leave of its images; enlarging the means and adding
    the scales in turn gives the images again.

    Parameters
    ----------
    count
        Scales at most.
    side
        Of the patches; scales end where `ENOUGH` of them are not to be had.
    """
    scales: list[Scale] = []
    means = whole
    while not scales or (len(scales) < count and unmasked(means.known, side).sum() >= ENOUGH):
        images, means = means, Scale(*(reduce(image) for image in means))
        y1, y2, x = (
            image - enlarge(mean, images.shape)
            for image, mean in zip(images[:3], means[:3], strict=True)
        )
        scales.append(Scale(y1, y2, x, images.known))
    return scales, means


def share_means(means: Scale) -> tuple[Floats, Floats]:
    """Split local means: a·(y1 + y2) + b by least squares on x; each layer is a·y_i + b/2."""
    both = (means.y1 + means.y2).astype(np.float64).ravel()
    weights = means.known.ravel()
    columns = np.stack([both, np.ones_like(both)], 1) * weights[:, None]
    a, b = np.linalg.lstsq(columns, means.x.ravel() * weights, rcond=None)[0].astype(np.float32)
    return a * means.y1 + b / 2, a * means.y2 + b / 2


def reduce(image: Floats) -> Floats:
    """Average blocks of `STEP` × `STEP` pixels, the border's last pixels repeated to fill them."""
    padded = np.pad(image, [(0, -length % STEP) for length in image.shape], mode="edge")
    return shrink(padded, STEP)


def enlarge(image: Floats, shape: Shape) -> Floats:
    """Interpolate an image that `reduce` made to the given shape, linearly."""
    large: Floats = zoom(image, STEP, order=1, mode="nearest", grid_mode=True)
    return large[: shape[0], : shape[1]]


def unmasked(known: Floats, side: int) -> NDArray[np.bool_]:
    """At which top left corners a patch lies wholly inside and holds no pixel unknown in part."""
    if min(known.shape) < side:
        return np.zeros((0, 0), bool)
    return np.asarray((sliding_window_view(known, (side, side)) == 1).all((2, 3)))


def cut(images: Sequence[Floats], corners: NDArray[np.intp], side: int) -> list[Floats]:
    """Cut the same patches out of every image; each (N, side²)."""
    return [
        sliding_window_view(image, (side, side))[corners[:, 0], corners[:, 1]].reshape(
            len(corners), -1
        )
        for image in images
    ]
