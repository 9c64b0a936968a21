"""Numbers that say how good a separation is, with the true layers at hand or without.

Images are (H, W) float32 in the working domain, ``valid`` is (H, W) bool, and only valid pixels
count; a difference between two neighbours counts where both are valid. Notation: x the mixed
radiograph, x1, x2 the true layers, x̂1, x̂2 the estimates, r1, r2 the photographs in grey.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.painting import Floats

Valid: TypeAlias = NDArray[np.bool_]
Doubles: TypeAlias = NDArray[np.float64]

SSIM_WINDOW = 7
EXCLUSION_LEVELS = 3
EMPTY_BELOW = 0.05
"""A layer is empty when its energy without the mean is below this share of the other's."""
BLEED_ABOVE = 0.3
"""A layer bleeds when the other's gradients appear in it with a weight above this."""
LEAKAGE_ABOVE = 0.25
"""Without the true layers, one is taken to bleed when its `leakage` is above this.

Calibrated on simulated paintings, where the leak is known. True layers have a leakage of −0.02 to
0.04; mixed until the leak is 0.3, one of 0.11 to 0.42. Of 45 trained results none that did not
bleed lay above 0.25, and one bleeding result in five below.

A negative value tells nothing: what a model draws by colour alone follows its own photograph more
closely than true paint does, and by that the other one less. Of 24 double-sided paintings (128²,
seeds 0 to 23) the regression's layers, gain 5.8 to 34 and leak never beyond ±0.1, had −0.39 to
−0.01, those of ``grey`` mostly −0.52 to −0.12; the regression's concealed layers (16 paintings)
−0.52 to −0.12; a connected auto-encoder's (5 of the 24, gain 6 to 10) −0.02 to 0.05. True layers
with a real ghost, the leak −0.3, had −0.41 to −0.04: no bound sets these apart from good ones.
"""


def gradients(image: Floats, valid: Valid) -> Doubles:
    """Forward differences down and across, where both pixels are valid, as one vector."""
    return np.concatenate([_differences(image, valid, axis) for axis in (0, 1)])


def _differences(image: Floats, valid: Valid, axis: int) -> Doubles:
    """Forward differences along one axis, where both pixels are valid, as a vector."""
    swapped, kept = np.moveaxis(image, axis, 0), np.moveaxis(valid, axis, 0)
    return np.diff(swapped, axis=0)[kept[1:] & kept[:-1]].astype(np.float64)


def mse(estimate: Floats, truth: Floats, valid: Valid, *, means_removed: bool = False) -> float:
    """Mean square error, ``mean (x̂ − x)²``.

    With ``means_removed`` the mean of the error is taken out first: (x1 + c, x2 − c) explains a
    radiograph as well as (x1, x2), so a layer's mean cannot be known.
    """
    error = (estimate - truth)[valid].astype(np.float64)
    if means_removed:
        error -= error.mean()
    return float(np.mean(error**2))


def psnr(estimate: Floats, truth: Floats, valid: Valid, data_range: float) -> float:
    """Peak signal-to-noise ratio in dB, ``10 log10(range² ÷ MSE)``, means removed.

    ``data_range`` is the span of grey values that counts as the peak, above zero.
    """
    error = mse(estimate, truth, valid, means_removed=True)
    return float("inf") if error == 0 else float(10 * np.log10(data_range**2 / error))


def ssim(estimate: Floats, truth: Floats, valid: Valid, data_range: float) -> float:
    """Structural similarity (Wang et al., IEEE TIP 2004), the estimate's mean set to the truth's.

    Averaged over the pixels whose 7×7 window is wholly inside the image and valid; NaN where
    there is none.
    """
    if min(truth.shape) < SSIM_WINDOW:
        return float("nan")
    from scipy.ndimage import minimum_filter
    from skimage.metrics import structural_similarity

    anchored = estimate + (truth - estimate)[valid].mean(dtype=np.float64).astype(np.float32)
    _, similarity = structural_similarity(
        anchored, truth, win_size=SSIM_WINDOW, data_range=data_range, full=True
    )
    whole = minimum_filter(valid, SSIM_WINDOW, mode="constant", cval=0)
    return float(similarity[whole].mean()) if whole.any() else float("nan")


def own_and_leak(estimate: Floats, own: Floats, other: Floats, valid: Valid) -> tuple[float, float]:
    """Least squares of ∇x̂1 on [∇x1, ∇x2]: the weights of its own and of the other layer.

    A perfect layer has (1, 0); half the radiograph has (0.5, 0.5).
    """
    columns = np.stack([gradients(own, valid), gradients(other, valid)], axis=1)
    weights = np.linalg.lstsq(columns, gradients(estimate, valid), rcond=None)[0]
    return float(weights[0]), float(weights[1])


def gain(
    layers: tuple[Floats, Floats], truths: tuple[Floats, Floats], xray: Floats, valid: Valid
) -> float:
    """How many times smaller the error is than that of halving the radiograph.

    ``Σ_i MSE(x/2, x_i) ÷ Σ_i MSE(x̂_i, x_i)``, each MSE with its mean removed.
    """

    def error(of: tuple[Floats, Floats]) -> float:
        pairs = zip(of, truths, strict=True)
        return sum(mse(a, b, valid, means_removed=True) for a, b in pairs)

    halved = xray / np.float32(2)
    reached = error(layers)
    return float("inf") if reached == 0 else error((halved, halved)) / reached


def energy_ratio(layers: tuple[Floats, Floats], valid: Valid) -> float:
    """Energy without the mean, of the weaker layer ÷ of the stronger one, 0..1."""
    low, high = sorted(float(layer[valid].var(dtype=np.float64)) for layer in layers)
    return low / high if high > 0 else 0.0


def rms(image: Floats, valid: Valid) -> float:
    """Root mean square."""
    return math.sqrt(np.mean(image[valid].astype(np.float64) ** 2))


def residual_rms(layers: tuple[Floats, Floats], xray: Floats, valid: Valid) -> float:
    """Root mean square of ``x − x̂1 − x̂2``."""
    return math.sqrt(mse(layers[0] + layers[1], xray, valid))


def cancellation(layers: tuple[Floats, Floats], xray: Floats, valid: Valid) -> float:
    """``mean(|∇x̂1| + |∇x̂2| − |∇x|)``, zero where no edge in one layer undoes one in the other."""
    first, second, mixed = (np.abs(gradients(image, valid)) for image in (*layers, xray))
    return float(np.mean(first + second - mixed)) if mixed.size else float("nan")


def exclusion(layers: tuple[Floats, Floats], valid: Valid) -> float:
    """Exclusion score, as run by Zhang et al. (CVPR 2018) and those after them.

    Per level and axis, with forward differences g1, g2, α = 2 mean|g1| ÷ mean|g2| and
    s(t) = 2σ(t) − 1: ``(mean s(g1)² s(α g2)²)^(1/4)``; summed over the axes, mean over 3 levels,
    the images averaged 2 × 2 between levels. Zero where no edge stands in both layers.
    """
    first, second = layers
    total, levels = 0.0, 0
    while levels < EXCLUSION_LEVELS and min(first.shape) > 1:
        for axis in (0, 1):
            g1, g2 = _differences(first, valid, axis), _differences(second, valid, axis)
            if np.any(g1) and np.any(g2):
                alpha = 2 * np.abs(g1).mean() / np.abs(g2).mean()
                # 2σ(t) − 1 = tanh(t/2)
                both = np.tanh(g1 / 2) ** 2 * np.tanh(alpha * g2 / 2) ** 2
                total += float(both.mean() ** 0.25)
        levels += 1
        first, second = halve(first), halve(second)
        valid = halve(valid.astype(np.float32)) == 1
    return total / levels if levels else float("nan")


def copy_score(layer: Floats, photograph: Floats, valid: Valid) -> float:
    """Correlation of ∇x̂1 with ∇r1, −1..1; above 0.95 the layer is the photograph."""
    return _partial_correlation(gradients(layer, valid), gradients(photograph, valid))


def leakage(layer: Floats, wrong: Floats, right: Floats | None, valid: Valid) -> float:
    """Partial correlation of ∇x̂1 with the wrong photograph's ∇r2, given the right one's ∇r1.

    −1..1; plain correlation where ``right`` is None, as for a concealed design, which has no
    photograph of its own.
    """
    given = None if right is None else gradients(right, valid)
    return _partial_correlation(gradients(layer, valid), gradients(wrong, valid), given)


def _partial_correlation(a: Doubles, b: Doubles, given: Doubles | None = None) -> float:
    """Pearson correlation of what ``given`` leaves of a and b; NaN where nothing varies."""
    if a.size == 0:
        return float("nan")
    a, b = a - a.mean(), b - b.mean()
    whole = float(a @ a), float(b @ b)
    if given is not None:
        given = given - given.mean()
        power = float(given @ given)
        if power > 0:
            a, b = a - given * (given @ a / power), b - given * (given @ b / power)
    left = float(a @ a), float(b @ b)
    # What rounding leaves of a signal that ``given`` explains wholly is no signal.
    if any(part <= 1e-10 * all_of_it for part, all_of_it in zip(left, whole, strict=True)):
        return float("nan")
    return float(a @ b / np.sqrt(left[0] * left[1]))


def halve(image: Floats) -> Floats:
    """Average 2 × 2 blocks; an odd last row or column is left out."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    blocks = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    return np.asarray(blocks.mean((1, 3)), np.float32)
