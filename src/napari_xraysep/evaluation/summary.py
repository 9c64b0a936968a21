"""All metrics of one separation at once, and what each means in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from napari_xraysep.domain import luma
from napari_xraysep.errors import InputError
from napari_xraysep.evaluation import metrics
from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.region import Region

MEANINGS: Mapping[str, str] = {
    "gain": "At or below 1, halving the radiograph would have come as close to the true layers.",
    "mse": "A large value means grey values far from the true layer, its unknowable mean included.",
    "mse_dc_free": "A large value means that the layer's light and dark are far from the truth.",
    "psnr": "A low value (below about 20 dB) means errors that the eye sees at once.",
    "ssim": "Far below 1, the layer's local structure does not look like the true layer's.",
    "own": "Far below 1, part of the layer's own detail is missing from it.",
    "leak": "Far from 0, detail of the other layer shows in this one (negative: as a ghost).",
    "bleed": "1 means that one layer shows more than 0.3 of the other's detail.",
    "residual_rms": "A large value means that the two layers do not add up to the radiograph.",
    "exclusion": "A large value means that edges stand in the same place in both layers.",
    "cancellation": "A large value means edges in one layer that only undo edges in the other.",
    "leakage": "Above 0.25, the layer follows the photograph of the other painting. Below 0 is "
    "usual in good separations and tells nothing.",
    "copy": "Above 0.95, the layer is the photograph over again and shows nothing of its own. Far "
    "below 0, light and dark are exchanged: check the polarity.",
    "energy_ratio": "Close to 0, one layer holds nearly everything.",
    "empty": "1 means that one layer is practically empty.",
    "unexplained_rms": "A large value means that much of the radiograph was shared out by rule, "
    "not explained.",
    "apart": "A large value means layers far from those of the other runs beside it.",
    "from_regression": "A large value means layers far from those of the regression, a method of "
    "another kind.",
    "remix": "Close to 1 or above, the method did not find again the layers of a remix.",
}
"""What a bad value of each metric means; layers' own metrics end in ``_1`` or ``_2``."""

TITLES: Mapping[str, str] = {
    "gain": "Gain over halving",
    "mse": "MSE",
    "mse_dc_free": "MSE, means removed",
    "psnr": "PSNR, dB",
    "ssim": "SSIM",
    "own": "Own",
    "leak": "Leak",
    "bleed": "Bleed",
    "residual_rms": "Residual, RMS",
    "exclusion": "Exclusion",
    "cancellation": "Cancellation",
    "leakage": "Leakage",
    "copy": "Copy",
    "energy_ratio": "Energy ratio",
    "empty": "Empty layer",
    "unexplained_rms": "Unexplained, RMS",
    "apart": "Apart from the others",
    "from_regression": "Apart from the regression",
    "remix": "Remix error",
}
"""Each metric's heading in a table."""

BETTER: Mapping[str, str] = {
    "gain": "↑",
    "mse": "↓",
    "mse_dc_free": "↓",
    "psnr": "↑",
    "ssim": "↑",
    "own": "→ 1",
    "leak": "→ 0",
    "bleed": "→ 0",
    "residual_rms": "↓",
    "exclusion": "↓",
    "cancellation": "↓",
    "leakage": "< 0.25",
    "copy": "< 0.95",
    "energy_ratio": "> 0.05",
    "empty": "→ 0",
    "unexplained_rms": "↓",
    "apart": "↓",
    "from_regression": "↓",
    "remix": "↓",
}
"""Which way is better; ``→ 1``: the closer to 1."""


def layer_of(name: str) -> tuple[str, int | None]:
    """Split a metric's name into that of its kind and the layer, 1 or 2, or None for both."""
    base = name.removesuffix("_1").removesuffix("_2")
    return base, None if base == name else int(name[-1])


def meaning(name: str) -> str:
    """Return the plain sentence for a metric as named by `evaluate`."""
    return MEANINGS[layer_of(name)[0]]


def measured_over(part: Region) -> str:
    """Say of a large painting what part of it was measured."""
    return (
        f"Only {part.x1 - part.x0} × {part.y1 - part.y0} pixels of this large painting were "
        f"measured, in or near its middle: rows {part.y0} to {part.y1 - 1} and columns "
        f"{part.x0} to {part.x1 - 1}. The numbers say nothing of the rest."
    )


def numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    """Leave out metrics that are not defined (NaN) or infinite, which JSON cannot hold."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def evaluate(
    layers: tuple[Floats, Floats],
    mixture: Mixture,
    truths: tuple[Floats, Floats] | None = None,
) -> dict[str, float]:
    """Measure a separation over the pixels that the mask does not leave out.

    Parameters
    ----------
    layers
        Two (H, W) float32 in the working domain: front and back, or surface and concealed.
    mixture
        What was separated (`napari_xraysep.Painting.block`).
    truths
        The true layers, likewise, where they are known.

    Returns
    -------
    dict
        By name, as `MEANINGS`; with ``_1`` and ``_2`` where each layer has its own. Without truths:
        residual_rms, exclusion, cancellation, leakage, copy, energy_ratio, empty. With truths also
        gain, bleed, mse, mse_dc_free, psnr, ssim, own, leak; psnr and ssim take the radiograph's
        span of values as the peak. NaN where a metric is not defined.

    Raises
    ------
    InputError
        A layer or a truth is not on the radiograph's grid.
    """
    named = {"layer 1": layers[0], "layer 2": layers[1]}
    if truths is not None:
        named |= {"truth 1": truths[0], "truth 2": truths[1]}
    for name, image in named.items():
        if image.shape != mixture.shape:
            raise InputError(
                name,
                f"it has shape {image.shape}, the radiograph {mixture.shape}",
                "give images on the radiograph's grid",
            )
    found = {} if truths is None else _with_truth(layers, mixture, truths)
    return found | _without_truth(layers, mixture)


def _with_truth(
    layers: tuple[Floats, Floats], mixture: Mixture, truths: tuple[Floats, Floats]
) -> dict[str, float]:
    xray, valid = mixture.xray, mixture.valid
    seen = xray[valid]
    data_range = float(seen.max() - seen.min()) or 1.0
    found = {"gain": metrics.gain(layers, truths, xray, valid)}
    leaks = []
    for i, (layer, truth) in enumerate(zip(layers, truths, strict=True)):
        own, leak = metrics.own_and_leak(layer, truth, truths[1 - i], valid)
        leaks.append(leak)
        found |= {
            f"mse_{i + 1}": metrics.mse(layer, truth, valid),
            f"mse_dc_free_{i + 1}": metrics.mse(layer, truth, valid, means_removed=True),
            f"psnr_{i + 1}": metrics.psnr(layer, truth, valid, data_range),
            f"ssim_{i + 1}": metrics.ssim(layer, truth, valid, data_range),
            f"own_{i + 1}": own,
            f"leak_{i + 1}": leak,
        }
    found["bleed"] = float(max(map(abs, leaks)) > metrics.BLEED_ABOVE)
    return found


def _without_truth(layers: tuple[Floats, Floats], mixture: Mixture) -> dict[str, float]:
    xray, valid = mixture.xray, mixture.valid
    front = luma(mixture.front)
    ratio = metrics.energy_ratio(layers, valid)
    found = {
        "residual_rms": metrics.residual_rms(layers, xray, valid),
        "exclusion": metrics.exclusion(layers, valid),
        "cancellation": metrics.cancellation(layers, xray, valid),
        "copy_1": metrics.copy_score(layers[0], front, valid),
    }
    if mixture.back is None:
        found["leakage_2"] = metrics.leakage(layers[1], front, None, valid)
    else:
        back = luma(mixture.back)
        found["copy_2"] = metrics.copy_score(layers[1], back, valid)
        found["leakage_1"] = metrics.leakage(layers[0], back, front, valid)
        found["leakage_2"] = metrics.leakage(layers[1], front, back, valid)
    found["energy_ratio"] = ratio
    found["empty"] = float(ratio < metrics.EMPTY_BELOW)
    return found
