"""Straight maps by mutual information: first a similarity, then an affine map."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from napari_xraysep.domain import Floats
from napari_xraysep.registration.colours import Mask
from napari_xraysep.transforms import Matrix

BINS, STEPS, SHORTEST = 40, 60, 2e-3


def aligned(radiograph: Floats, valid: Mask, photograph: Floats, start: Matrix) -> Matrix:
    """Improve a straight map by Mattes' mutual information of two grey pictures.

    Parameters
    ----------
    radiograph, valid
        (H, W); only valid pixels count.
    photograph
        (h, w): what the photograph says the radiograph should be.
    start
        From the radiograph to the photograph, in their pixels.

    Returns
    -------
    The improved matrix; ``start`` where the pictures have nothing to compare.

    Notes
    -----
    Every pixel is compared, in one thread: the same pictures give the same matrix. D. Mattes et
    al., "PET-CT image registration in the chest using free-form deformations", IEEE Trans. Medical
    Imaging 22 (2003) 120.
    """
    import SimpleITK as sitk

    fixed, moving = sitk.GetImageFromArray(radiograph), sitk.GetImageFromArray(photograph)
    mask = sitk.GetImageFromArray(valid.astype(np.uint8))
    matrix = start
    middle = [(side - 1) / 2 for side in reversed(radiograph.shape)]
    for transform in (sitk.Similarity2DTransform(), sitk.AffineTransform(2)):
        transform.SetCenter(middle)
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(BINS)
        method.SetMetricSamplingStrategy(method.NONE)
        method.SetMetricFixedMask(mask)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsRegularStepGradientDescent(1.0, SHORTEST, STEPS, 0.6)
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1, 0])
        method.SetMovingInitialTransform(_affine(matrix))
        method.SetInitialTransform(transform, inPlace=True)
        try:
            with _one_thread():
                method.Execute(fixed, moving)
        except RuntimeError:  # ITK's word for pictures that do not overlap
            return start
        matrix = matrix @ _matrix(transform)
    return matrix


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep ITK to one thread: with several, its metric adds up in an order that varies."""
    import SimpleITK as sitk

    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _affine(matrix: Matrix) -> Any:
    """Return ITK's transform, which speaks of (column, row)."""
    import SimpleITK as sitk

    linear = matrix[1::-1, 1::-1]
    return sitk.AffineTransform(linear.ravel().tolist(), matrix[1::-1, 2].tolist())


def _matrix(transform: Any) -> Matrix:
    origin, right, down = (
        np.array(transform.TransformPoint(p)[::-1]) for p in ((0.0, 0), (1, 0), (0, 1))
    )
    matrix = np.eye(3)
    matrix[:2] = np.stack([down - origin, right - origin, origin], 1)
    return matrix
