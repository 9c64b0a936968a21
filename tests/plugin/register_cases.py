"""A painting whose photographs are not registered, and a search that finds what a test says."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from napari_xraysep.plugin.images import Choice, read_image
from napari_xraysep.plugin.loading import Answers, Loaded, assemble
from napari_xraysep.records import Quality
from napari_xraysep.registration.find import Candidate, Found
from napari_xraysep.registration.landmarks import centred
from napari_xraysep.transforms import Orientation, Piece, Transform, oriented

GRID = (40, 56)
PHOTOGRAPHS = {"front": (44, 60), "back": (40, 56), "large back": (48, 60)}
GOOD = Quality(ok=True, median_px=0.4, p95_px=1.1, tiles=9)
BAD = Quality(ok=False, reason="too few details agree", tiles=9)
LEFT: Any = SimpleNamespace(
    centres=np.array([[10.0, 10], [10, 30], [30, 10]]), left=np.array([[0.0, 1], [3, 4], [0, 0]])
)
"""Stands in for a `Measured`."""


def unregistered(*sides: str) -> Loaded:
    """Load noise: a radiograph of `GRID` and photographs of other sizes."""
    rng = np.random.default_rng(5)
    arrays: dict[Any, Any] = {"radiograph": rng.integers(0, 65536, GRID, dtype=np.uint16)}
    for side in sides:
        role = side.removeprefix("large ")
        arrays[role] = rng.integers(0, 256, (*PHOTOGRAPHS[side], 3), dtype=np.uint8)
    images = {role: read_image(role, Choice(role, pixels=a)) for role, a in arrays.items()}
    return assemble(images, Answers(pixel_size_mm=0.1))


def placed(
    orientation: Orientation = "as it is", shift: float = 0.0, shape: tuple[int, int] = (44, 60)
) -> Transform:
    """Lay a photograph of ``shape`` on the radiograph, moved by so many pixels."""
    matrix = oriented(orientation, shape)
    matrix[:2, 2] += shift
    return Transform(radiograph_shape=GRID, photograph_shape=shape, whole=Piece.from_matrix(matrix))


@dataclass
class Search:
    """Stands in for ``find_transform``.

    Attributes
    ----------
    go
        It goes on when this is set; until then it looks whether it is to stop.
    """

    quality: Quality = GOOD
    transform: Transform | None = None
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, Any]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, xray: Any, photograph: Any, *, watch: Any, **asked: Any) -> Found:
        self.asked.append(asked)
        try:
            while not self.go.wait(0.005):
                watch("looking for the orientation", 0.3)
        finally:
            self.ended.set()
        shape = photograph.shape[:2]
        transform = self.transform or placed(asked["orientation"] or "mirrored", 1.0, shape)
        candidates = tuple(
            Candidate(name, score, transform if n == 0 else centred(name, GRID, shape))
            for n, (name, score) in enumerate(
                ((transform.orientation, 200.0), ("upside down", 50.0), ("turned left", 20.0))
            )
        )
        return Found(transform, self.quality, (), candidates, LEFT)
