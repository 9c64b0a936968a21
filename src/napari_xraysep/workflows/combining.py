"""Several restarts of one separation made into one result with an uncertainty.

Every restart is aligned in mean with the result first, since (x1 + c, x2 − c) explains a radiograph
as well as (x1, x2): what one layer's mean differs by is moved to the other layer.

Restarts from other seeds: the result is their mean, which on simulated paintings was closer to the
truth than even the best one of five; so layers + residual = radiograph as in each of them. Restarts
on other pixels: the result is the first, which learnt from everything; the others, which learnt
from half of it, only say how far it may be relied on.

The uncertainty is the root of two variances added up: that of the restarts, and that of sharing out
what none of them explained. Restarts alone see only what chance decides, and say nothing of detail
that no photograph shows (docs/uncertainty.md has the measurements).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from napari_xraysep.errors import SeparationError
from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.records import RunRecord
from napari_xraysep.separation.events import Finished
from napari_xraysep.workflows.judging import judge

WINDOW = 7
"""Side, in pixels, of the square in which the strength of unexplained detail is measured."""


class NoRoom(SeparationError):
    """A restart has ended and its layers cannot be kept."""


@dataclass(frozen=True)
class Restart:
    """A restart that has ended; its layers are on disk, since many may not fit into memory."""

    folder: Path
    record: RunRecord
    judgement: dict[str, float]

    @classmethod
    def stored(cls, folder: Path, finished: Finished, mixture: Mixture) -> Restart:
        """Keep the two layers of a restart and what was unexplained, in a new folder.

        Raises
        ------
        NoRoom
            The disk of temporary files is full, or there is not enough memory to judge them.
        """
        try:
            folder.mkdir()
            for name, layer in finished.layers.items():
                if name != "residual":
                    np.save(folder / f"{name}.npy", layer)
            return cls(folder, finished.record, judge(finished.layers, mixture))
        except (OSError, MemoryError) as error:
            raise NoRoom(
                gettempdir(),
                "this folder of temporary files, or memory, has no room for another restart "
                f"({str(error) or type(error).__name__})",
                "run fewer restarts, or set TMPDIR to a folder with space",
            ) from error

    def pair(self) -> tuple[Floats, Floats]:
        """Read the two layers."""
        first, second = self.record.layers[:2]
        return self.read(first), self.read(second)

    def read(self, name: str) -> Floats:
        """Read a layer or ``unexplained``."""
        image: Floats = np.load(self.folder / f"{name}.npy")
        return image


def averaged(restarts: Sequence[Restart], mixture: Mixture) -> dict[str, Floats]:
    """Return the mean of the restarts' layers, with the residual and what was unexplained.

    Nothing needs aligning here: the mean of all is what they would be aligned to.
    """
    names = restarts[0].record.layers[:2]
    total = np.zeros((3, *mixture.shape), np.float32)
    for restart in restarts:
        for sum_of_one, name in zip(total, (*names, "unexplained"), strict=True):
            sum_of_one += restart.read(name)
    total /= np.float32(len(restarts))
    first, second, unexplained = total
    residual = mixture.xray - first - second
    return dict(
        zip(
            (*names, "residual", "unexplained"), (first, second, residual, unexplained), strict=True
        )
    )


def spread(
    pairs: Iterable[tuple[Floats, Floats]],
    result: tuple[Floats, Floats],
    valid: NDArray[np.bool_],
) -> Floats:
    """Return the standard deviation of a layer at each pixel, about the result.

    One image for both layers: the root of the mean of their two variances, which is either one's
    own where the layers add up to the radiograph, since one then gains what the other loses.

    Parameters
    ----------
    pairs
        The layers of n ≥ 2 restarts, (H, W); looked at one after another. The sum of squares is
        divided by n − 1: the mean took one degree of freedom, or one of them is the result.
    """
    squares = np.zeros_like(result[0])
    count = 0
    for pair in pairs:
        count += 1
        away = [layer - middle for layer, middle in zip(pair, result, strict=True)]
        moved = np.float32(away[0][valid].mean(dtype=np.float64))
        squares += ((away[0] - moved) ** 2 + (away[1] + moved) ** 2) / 2
    return np.asarray(np.sqrt(squares / np.float32(count - 1)), np.float32)


def unexplained_deviation(unexplained: Floats, valid: NDArray[np.bool_], *, shared: bool) -> Floats:
    """Return the standard deviation of a layer due to detail that the model did not explain.

    Its variance u² is that of both layers' unknown parts together. Shared out evenly, each layer
    errs by half of their difference: u²/4 if they are independent, which no sharing by rule betters
    where they are equally strong. Not shared out, each layer lacks its own part: u²/2.

    Parameters
    ----------
    unexplained
        (H, W); its mean square is taken in squares of `WINDOW`, valid pixels alone.
    shared
        Whether it was shared out between the layers.
    """
    weight = uniform_filter(valid.astype(np.float32), WINDOW)
    square = uniform_filter(np.where(valid, unexplained, np.float32(0)) ** 2, WINDOW)
    variance = np.maximum(square, 0) / np.maximum(weight, np.float32(1 / WINDOW**2))
    return np.asarray(np.sqrt(variance / np.float32(4 if shared else 2)), np.float32)


def uncertainty(
    restarts: Sequence[Restart], layers: Mapping[str, Floats], mixture: Mixture
) -> Floats:
    """Return what to expect a layer to be off by at each pixel, (H, W) float32.

    Parameters
    ----------
    restarts
        Those that stand behind the result, at least two.
    layers
        The result.
    """
    first, second = list(layers.values())[:2]
    apart = spread((one.pair() for one in restarts), (first, second), mixture.valid)
    shared = restarts[0].record.allocation != "none"
    left = unexplained_deviation(layers["unexplained"], mixture.valid, shared=shared)
    return np.hypot(apart, left)
