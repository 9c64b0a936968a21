"""Morphological component analysis: two dictionaries, one threshold that falls.

Bobin et al., *Morphological Component Analysis: An Adaptive Thresholding Strategy*, IEEE TIP 2007;
after Starck, Elad, Donoho, *Image decomposition via the combination of sparse representations and
a variational approach*, IEEE TIP 2005. The radiograph is the sum of s1, sparse in wavelets (shapes
with edges, piecewise smooth), and s2, sparse in local cosines (texture that repeats). Each is
estimated in turn from what the other leaves, keeping only coefficients above a threshold δ that
falls from the greatest coefficient to the noise.

It assumes that the two layers look different: one drawn, one woven or grained. The sides of a
painting seldom do, and no photograph is looked at. This is what the methods that look at
photographs were compared with; it is no way to tell front from back.

What goes where: the first layer (front, surface) gets s1, the second (back, concealed) s2. What is
smoother than the coarsest wavelets can be told apart by no sparsity: each layer gets half.

Where this departs from the paper, and why:

- The paper does not fix the dictionaries; its figures use curvelets as well. Undecimated wavelets
  and local cosines are the pair that every account of the method has.
- Coefficients are divided by the norms of their atoms, so that one threshold means the same in
  both dictionaries; the noise is the finest diagonal wavelets' median magnitude ÷ 0.6745.
- Smooth parts are never thresholded, and texture has no mean.
- Both dictionaries are redundant, and there the mean of maxima (``threshold="mom"``) stalls: once
  nothing that is left exceeds the threshold it has no reason to fall. It falls by a tenth at least.
- ``threshold="exponential"``, which ``fast`` takes, is not the paper's; evenly in ratio, as many of
  its implementations do. Falling evenly ("linear") spends few iterations among the small
  coefficients, which are most of a painting.
- Pixels that the mask leaves out hold s1 + s2 at every iteration, as in MCA for missing data
  (Elad, Starck, Querre, Donoho, ACHA 2005).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.method import Context, Estimate, Plan, Step
from napari_xraysep.separation.methods.mca import Settings
from napari_xraysep.separation.methods.mca.dictionaries import LocalCosines, Wavelets

LEAST_FALL = 0.9
"""What the mean of maxima falls to, at most, from one iteration to the next."""

EVERY = 3
"""Iterations from one estimate to the next."""


def run(mixture: Mixture, settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Separate a mixture by sparsity alone; yield the layers every few iterations."""
    stage, count = "thresholding", settings.iterations
    yield Plan((stage,), count)
    shape, valid = mixture.shape, mixture.valid
    wavelets = Wavelets(settings.wavelet, settings.levels)
    cosines = LocalCosines(settings.block)
    x = np.where(valid, mixture.xray, mixture.xray[valid].mean())
    shapes, texture = np.zeros_like(x), np.zeros_like(x)

    def left() -> Floats:
        """Return what neither component explains, zero where the mask leaves pixels out."""
        context.checkpoint()
        return np.where(valid, x - shapes - texture, np.float32(0))

    smooth, bands = wavelets.analyse(x)
    last = settings.final_threshold * noise(wavelets.unpadded(bands[-1], shape)[valid])
    context.checkpoint()
    detail = x - wavelets.smooth_image(smooth, shape)
    first = max(last, greatest(bands), greatest(cosines.analyse(detail)))
    threshold = first
    for number in range(1, count + 1):
        smooth, bands = wavelets.analyse(shapes + left())
        context.checkpoint()
        shapes = wavelets.synthesise(smooth, hard(bands, threshold), shape)
        bands = cosines.analyse(texture + left())
        context.checkpoint()
        texture = cosines.synthesise(hard(bands, threshold), shape)
        said = {"left": float(left()[valid].std()), "threshold": threshold}
        ends = number == count or threshold <= last
        yield Step(stage, count if ends else number, number, said)
        if ends or number % EVERY == 0:
            halved = wavelets.smooth_image(smooth, shape) / np.float32(2)
            yield Estimate(stage, number, shapes - halved, texture + halved)
        if ends:
            return
        if settings.threshold == "mom":
            maxima = greatest(wavelets.analyse(left())[1]), greatest(cosines.analyse(left()))
            threshold = max(last, min(sum(maxima) / 2, LEAST_FALL * threshold))
        else:
            threshold = scheduled(first, last, number / (count - 1), settings.threshold)


def scheduled(first: float, last: float, done: float, how: str) -> float:
    """Return a threshold on its way from first to last; ``done`` is 0 at the first, 1 at the last.

    ``how`` is linear, λ(t) = first + (last − first)·t, or exponential.
    """
    if how == "exponential" and last > 0:
        return float(first * (last / first) ** done)
    return first + (last - first) * done


def hard(bands: Sequence[Floats], threshold: float) -> list[Floats]:
    """Set coefficients to zero that are not above the threshold."""
    return [np.where(np.abs(band) > threshold, band, np.float32(0)) for band in bands]


def greatest(bands: Sequence[Floats]) -> float:
    """Return the greatest magnitude of all coefficients."""
    return max(float(np.abs(band).max()) for band in bands)


def noise(finest: Floats) -> float:
    """Return the noise's standard deviation, from the finest diagonal wavelets."""
    return float(np.median(np.abs(finest)) / 0.6745)
