"""Something harmless in the place of what the user's mask leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from napari_xraysep.painting import Mixture


def fill(valid: NDArray[np.bool_], *images: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Give each pixel that is left out the value of the nearest one that is not, in all images.

    So its own value has no influence on whatever looks at its neighbourhood, and no edge stands
    where the mask ends.

    Parameters
    ----------
    valid
        (H, W) bool, True somewhere.
    images
        (H, W) or (H, W, C).
    """
    if valid.all():
        return images
    nearest = tuple(distance_transform_edt(~valid, return_distances=False, return_indices=True))
    return tuple(np.asarray(image[nearest]) for image in images)


def filled(mixture: Mixture) -> Mixture:
    """Return the mixture as methods see it: left-out pixels are `fill`ed in all images."""
    if mixture.valid.all():
        return mixture
    images = {name: getattr(mixture, name) for name in ("xray", "front", "back", "guess")}
    given = {name: image for name, image in images.items() if image is not None}
    return replace(mixture, **dict(zip(given, fill(mixture.valid, *given.values()), strict=True)))
