"""What a photograph's colours say of the radiograph: pigments absorb, and colours follow pigments.

Several functions of the colour together predict the radiograph's detail better than any one
channel. Both images are compared by their detail: slow changes, as of the support or of the
light, are taken off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats

Mask = NDArray[np.bool_]

RIDGE = 1e-3
"""Weight against large coefficients, relative to the features' mean variance."""


def features(colours: NDArray[Any]) -> Floats:
    """Return the nine linear and quadratic functions (..., 9) of sRGB colours (..., 3) in 0..1."""
    c = np.asarray(colours, np.float32) - np.float32(0.5)
    r, g, b = np.moveaxis(c, -1, 0)
    return np.stack([r, g, b, r * r, g * g, b * b, r * g, g * b, b * r], -1)


def detail(image: NDArray[Any], valid: NDArray[Any], fine: float, coarse: float) -> Floats:
    """Return what lies between two blurs of an image; what is not valid has no part in it.

    Parameters
    ----------
    image
        (H, W) or (H, W, C).
    valid
        (H, W), not zero where the image counts.
    fine, coarse
        Standard deviations of the two Gaussians, pixels; ``fine`` may be 0.

    Returns
    -------
    The same shape, float32; zero where not valid.
    """
    mask = np.asarray(valid, np.float32)
    if image.ndim == 3:
        planes = [detail(image[..., c], valid, fine, coarse) for c in range(image.shape[2])]
        return np.stack(planes, -1)
    inside = image * mask
    sharp = _mean(inside, mask, fine) if fine else inside
    return np.asarray((sharp - _mean(inside, mask, coarse)) * mask, np.float32)


def levelled(image: Floats, valid: NDArray[Any], scale: float) -> Floats:
    """Divide detail (H, W) by its strength around (Gaussian of ``scale`` pixels)."""
    mask = np.asarray(valid, np.float32)
    power = _mean(image * image, mask, scale)
    overall = np.sqrt((image * image).sum() / max(mask.sum(), 1))
    return np.asarray(image / (np.sqrt(np.maximum(power, 0)) + 0.25 * overall + 1e-9), np.float32)


def _mean(masked: NDArray[Any], mask: Floats, sigma: float) -> Floats:
    from scipy.ndimage import gaussian_filter

    total = gaussian_filter(masked, sigma, mode="constant", truncate=3)
    weight = gaussian_filter(mask, sigma, mode="constant", truncate=3)
    return np.asarray(total / (weight + 1e-4), np.float32)


def coefficients(radiograph: Floats, colour_features: Floats, both: Mask) -> Floats:
    """Fit the radiograph's detail (H, W) by that of the features (H, W, C), where ``both`` count.

    Returns
    -------
    (C,) float32; zeros where nothing is compared.
    """
    if not both.any():
        return np.zeros(colour_features.shape[2], np.float32)
    a = colour_features[both].astype(float)
    gram = a.T @ a
    gram += (RIDGE * np.trace(gram) / len(gram) + 1e-12) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram, a.T @ radiograph[both]), np.float32)
