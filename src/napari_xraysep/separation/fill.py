"""Something harmless in the place of what the user's mask leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from napari_xraysep.painting import Mixture


def fill(image: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[Any]:
    """Give each pixel that is left out the value of the nearest one that is not.

    So its own value has no influence on whatever looks at its neighbourhood, and no edge stands
    where the mask ends.

    Parameters
    ----------
    image
        (H, W) or (H, W, C).
    valid
        (H, W) bool, True somewhere.
    """
    if valid.all():
        return image
    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)])


def filled(mixture: Mixture) -> Mixture:
    """Return the mixture as methods see it: left-out pixels are `fill`ed in all images."""
    if mixture.valid.all():
        return mixture
    return replace(
        mixture,
        xray=fill(mixture.xray, mixture.valid),
        front=fill(mixture.front, mixture.valid),
        back=None if mixture.back is None else fill(mixture.back, mixture.valid),
    )
