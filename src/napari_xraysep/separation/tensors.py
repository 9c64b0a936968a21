"""A painting's images as tensors: cut into patches, and a network's layers put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.separation.patches import Overlap, cover

Patches: TypeAlias = dict[str, Tensor]
Separate: TypeAlias = Callable[[Patches], Sequence[Tensor]]
"""From patches, each (N, C, h, w), to layers, each (N, 1, h, w)."""

TILE = 768
"""Whole images are separated in tiles of about this many pixels on a side."""

MARGIN = 32
"""Context around a tile, wider than the networks see; a multiple of 8."""


@dataclass(frozen=True)
class Stretch:
    """The radiograph stretched to 0..1 inside a method, and its layers stretched back."""

    low: float
    span: float
    clipped: bool

    @classmethod
    def of(cls, mixture: Mixture, outliers: float = 0.0) -> Stretch:
        """Between the least and the greatest valid value, or the quantiles that leave ``outliers``
        (a share of the pixels, at either end) to be clipped.
        """  # noqa: D205
        seen = mixture.xray[mixture.valid]
        low, high = np.quantile(seen, (outliers, 1 - outliers))
        return cls(float(low), max(float(high - low), 1e-6), outliers > 0)

    def inside(self, image: Floats) -> Floats:
        """Return a radiograph (H, W) stretched to 0..1."""
        stretched = (image - np.float32(self.low)) / np.float32(self.span)
        return np.clip(stretched, 0, 1) if self.clipped else stretched

    def outside(self, layers: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Return two layers in the working domain; each takes half of the offset."""
        first, second = (
            layer * np.float32(self.span) + np.float32(self.low / 2) for layer in layers
        )
        return first, second


class Images:
    """Images of one grid, resident on the device, by name.

    Parameters
    ----------
    images
        (H, W) or (H, W, C) arrays, float32 or bool.
    device
        ``cpu`` or ``cuda``.
    """

    def __init__(self, images: Mapping[str, NDArray[Any]], device: str) -> None:
        self.shape = next(iter(images.values())).shape[:2]
        self.planes = {name: _planes(image, device) for name, image in images.items()}

    def cut(self, corners: NDArray[np.intp], side: int) -> Patches:
        """Cut squares out of every image; each (N, C, side, side)."""
        return {
            name: torch.stack(
                [planes[:, y : y + side, x : x + side] for y, x in corners]
            ).contiguous(memory_format=torch.channels_last)
            for name, planes in self.planes.items()
        }

    @torch.no_grad()
    def whole(self, separate: Separate, multiple: int = 1, margin: int = MARGIN) -> list[Floats]:
        """Separate the whole image, tile by tile, into layers (H, W).

        Parameters
        ----------
        multiple
            Tiles are padded, by repeating their border, to sides that this divides.
        margin
            Context around a tile; a multiple of ``multiple``.
        """
        out: list[Floats] = []
        for (top, bottom), (y0, y1) in _tiles(self.shape[0], margin):
            for (left, right), (x0, x1) in _tiles(self.shape[1], margin):
                tiles = {
                    name: _pad(planes[None, :, y0:y1, x0:x1], multiple)
                    for name, planes in self.planes.items()
                }
                layers = separate(tiles)
                out = out or [np.zeros(self.shape, np.float32) for _ in layers]
                for image, layer in zip(out, layers, strict=True):
                    inner = layer[0, 0, top - y0 : bottom - y0, left - x0 : right - x0]
                    image[top:bottom, left:right] = inner.float().cpu().numpy()
        return out

    @torch.no_grad()
    def patchwise(self, separate: Separate, side: int, overlap: int, batch: int) -> list[Floats]:
        """Separate overlapping patches one by one and average them, as the papers do."""
        corners = cover(self.shape, side, overlap)
        whole: Overlap | None = None
        for group in np.array_split(corners, -(-len(corners) // batch)):
            layers = torch.stack([layer[:, 0] for layer in separate(self.cut(group, side))])
            whole = whole or Overlap(len(layers), self.shape)
            whole.add(group, layers.float().cpu().numpy())
        assert whole is not None
        return list(whole.mean())


def _planes(image: NDArray[Any], device: str) -> Tensor:
    """Channels first, float32, on the device."""
    image = image[..., None] if image.ndim == 2 else image
    planes = np.ascontiguousarray(np.moveaxis(image, 2, 0), np.float32)
    return torch.from_numpy(planes).to(device)


def _pad(tile: Tensor, multiple: int) -> Tensor:
    height, width = tile.shape[-2:]
    padded = functional.pad(tile, (0, -width % multiple, 0, -height % multiple), mode="replicate")
    return padded.contiguous(memory_format=torch.channels_last)


def _tiles(length: int, margin: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Cut a length into tiles: the part to keep, and that part with its margin."""
    for start in range(0, length, TILE):
        end = min(start + TILE, length)
        yield (start, end), (max(start - margin, 0), min(end + margin, length))
