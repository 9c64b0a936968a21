"""Two dictionaries: undecimated wavelets for shapes, local cosines for texture.

Each takes an image apart into bands of coefficients and puts it together again. Coefficients are
inner products with atoms of unit norm, so that one threshold means the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pywt
from scipy import fft

from napari_xraysep.painting import Floats


@dataclass(frozen=True)
class Wavelets:
    """Undecimated (stationary) wavelet transform of an image (H, W), a tight frame.

    The transform repeats an image periodically and takes only sides that 2^levels divides, so the
    image is padded by reflection.
    """

    wavelet: str
    levels: int

    def analyse(self, image: Floats) -> tuple[Floats, list[Floats]]:
        """Return the smooth part, at the coarsest level, and three bands for each level."""
        side = 2**self.levels
        padding = [(side, side + -length % side) for length in image.shape]
        padded = np.pad(image, padding, mode="reflect")
        smooth, *details = pywt.swt2(padded, self.wavelet, self.levels, trim_approx=True, norm=True)
        scales = [np.float32(2.0 ** (self.levels - number)) for number in range(self.levels)]
        bands = [
            band * scale for level, scale in zip(details, scales, strict=True) for band in level
        ]
        return smooth, bands

    def synthesise(self, smooth: Floats, bands: list[Floats], shape: tuple[int, int]) -> Floats:
        """Put an image of the given shape together; the inverse of `analyse`."""
        # the atoms of level j, 1 the finest, have norm 2^-j in the frame; the coarsest come first
        details = [
            tuple(band * np.float32(2.0 ** (number - self.levels)) for band in bands[at : at + 3])
            for number, at in enumerate(range(0, len(bands), 3))
        ]
        image: Floats = pywt.iswt2([smooth, *details], self.wavelet, norm=True)
        return self.unpadded(image, shape)

    def unpadded(self, plane: Floats, shape: tuple[int, int]) -> Floats:
        """Cut the image's own pixels out of a band or a padded image."""
        side = 2**self.levels
        return plane[side : side + shape[0], side : side + shape[1]]

    def smooth_image(self, smooth: Floats, shape: tuple[int, int]) -> Floats:
        """Put together an image without any detail."""
        none = [np.zeros_like(smooth)] * (3 * self.levels)
        return self.synthesise(smooth, none, shape)


@dataclass(frozen=True)
class LocalCosines:
    """Cosine transform of square blocks that overlap by half, under a window; a tight frame.

    The blocks form four tilings of the image, shifted by half a block along one axis, both or
    none. The window is half a sine along each axis: its squares, shifted so, add up to one.
    """

    block: int

    def analyse(self, image: Floats) -> list[Floats]:
        """Return one band for each tiling, (n, block, m, block).

        Texture has no mean: the constant of every block is zero. All else can be put together
        again.
        """
        half = self.block // 2
        padding = [(half, padded - half - length) for length, padded in self._lengths(image.shape)]
        bands = []
        for blocks in self._tilings(np.pad(image, padding, mode="reflect")):
            # under the window atoms of the frame have norm 1/2
            band = 2 * fft.dctn(blocks * self._window(), axes=(1, 3), norm="ortho")
            band[:, 0, :, 0] = 0
            bands.append(band)
        return bands

    def synthesise(self, bands: list[Floats], shape: tuple[int, int]) -> Floats:
        """Put an image of the given shape together."""
        padded = np.zeros([padded for _, padded in self._lengths(shape)], np.float32)
        for blocks, band in zip(self._tilings(padded), bands, strict=True):
            blocks += fft.idctn(band / 2, axes=(1, 3), norm="ortho") * self._window()
        half = self.block // 2
        return padded[half : half + shape[0], half : half + shape[1]]

    def _lengths(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        """Each side's length, and the length to pad it to: whole blocks and half a block."""
        return [(n, (-(-n // self.block) + 1) * self.block + self.block // 2) for n in shape]

    def _tilings(self, padded: Floats) -> list[Floats]:
        """Four views of a padded image as blocks, (n, block, m, block)."""
        side, half = self.block, self.block // 2
        n, m = (length // side for length in padded.shape)
        return [
            padded[y : y + n * side, x : x + m * side].reshape(n, side, m, side)
            for y in (0, half)
            for x in (0, half)
        ]

    def _window(self) -> Floats:
        """Half a sine along both axes, (block, 1, block)."""
        sine = np.sin(np.pi * (np.arange(self.block) + 0.5) / self.block).astype(np.float32)
        return sine[:, None, None] * sine
