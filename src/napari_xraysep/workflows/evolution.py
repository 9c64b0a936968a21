"""Keeping some of a run's previews while it goes on, however many there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from napari_xraysep.domain import Floats
from napari_xraysep.io.evolution import MOST_EPOCHS, SIDE, Evolution, Frame
from napari_xraysep.io.results import sum_of
from napari_xraysep.separation.events import Preview, Progress

LEFT_OUT = ("residual", "uncertainty")
"""What can be had from the radiograph and the rest, or belongs to no epoch."""
LEVELS = 512
"""Steps from the darkest to the brightest grey of the radiograph, at least, in which previews are
kept: a screen shows 256, and whole numbers of steps take little room."""


class KeptPreviews:
    """Keeps previews of one run, evenly over its epochs, small and in whole grey levels.

    At most `MOST_EPOCHS` are held: when there are as many, every second one is dropped, and from
    then on only every second that comes is kept. The newest is always there. What is kept may be
    had on another thread while the run goes on.

    Attributes
    ----------
    seen
        Previews of different epochs so far.
    """

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._every, self.seen = 1, 0
        self._newest_stays = True
        self._pixel_step = self._grey_step = 1.0
        self._epochs: dict[str, int] = {}
        self._restarts = 1

    def note(self, event: Progress | Preview) -> None:
        """Keep a preview, or not; learn from every event how many epochs there are."""
        self._restarts = max(self._restarts, event.restart + 1)
        self._epochs[event.stage] = max(self._epochs.get(event.stage, 0), event.epoch)
        if isinstance(event, Preview):
            if not self._frames:
                self._set_steps(event)
            layers: dict[str, Any] = {
                name: np.clip(np.rint(small(image) / self._grey_step), -32767, 32767).astype(
                    np.int16
                )
                for name, image in event.layers.items()
                if name not in LEFT_OUT
            }
            self._add(Frame(event.stage, event.restart, event.epoch, layers))

    def _set_steps(self, first: Preview) -> None:
        """Measure how coarse previews may be, on the radiograph that the first adds up to."""
        xray = sum_of(first.layers)
        span = float(np.ptp(xray))
        self._grey_step = 2.0 ** np.floor(np.log2(span / LEVELS)) if span > 0 else 1.0
        self._pixel_step = first.pixel_step * max(1.0, max(xray.shape) / SIDE)

    def _add(self, frame: Frame) -> None:
        frames = self._frames
        if frames and _key(frames[-1]) == _key(frame):  # the same epoch, put together anew
            frames[-1] = frame
            return
        if not self._newest_stays:
            frames.pop()
        frames.append(frame)
        self._newest_stays = self.seen % self._every == 0
        self.seen += 1
        if len(frames) > MOST_EPOCHS:
            passing = [] if self._newest_stays else [frames.pop()]
            self._frames = frames[::2] + passing
            self._every *= 2

    def evolution(self, xray: Floats) -> Evolution | None:
        """Return what was kept, or None where that is a single preview or none.

        Parameters
        ----------
        xray
            (H, W) float32, what was separated, in the working domain.
        """
        kept = tuple(self._frames)
        if len(kept) < 2:
            return None
        frames = tuple(
            replace(
                frame,
                layers={
                    name: np.asarray(levels * self._grey_step, np.float32)
                    for name, levels in frame.layers.items()
                },
            )
            for frame in kept
        )
        shape = next(iter(frames[0].layers.values())).shape
        return Evolution(
            frames, self._pixel_step, _resized(xray, shape), dict(self._epochs), self._restarts
        )


def small(image: Floats) -> Floats:
    """Return an image, averaged down to at most `SIDE` pixels on a side where it is larger."""
    height, width = image.shape
    share = min(1.0, SIDE / max(height, width))
    return _resized(image, (max(1, round(height * share)), max(1, round(width * share))))


def _resized(image: Floats, shape: tuple[int, ...]) -> Floats:
    """Average the pixels of an image that lie below each pixel of a smaller one."""
    from PIL.Image import Resampling, fromarray

    if image.shape == shape:
        return image
    height, width = shape
    return np.asarray(fromarray(image).resize((width, height), Resampling.BOX), np.float32)


def _key(frame: Frame) -> tuple[str, int, int]:
    return frame.stage, frame.restart, frame.epoch
