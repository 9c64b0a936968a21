"""A run's record and its layers, as a report is made from."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_xraysep.domain import Floats
from napari_xraysep.records import InputRecord, Quality, Role, RunRecord, Stated
from napari_xraysep.transforms import Piece, SideTransform, Transform, oriented

SHAPE = (60, 80)
PAPER = "A. Author, A Paper, Journal 1, 2019, doi:10.1234/abc.5"


def given(role: Role, path: str | None, **changes: Any) -> InputRecord:
    values = {"sha256": f"{role:0<64}", "height": SHAPE[0], "width": SHAPE[1], "bits": 16}
    return InputRecord(role=role, path=path, **values | changes)


def record(**changes: Any) -> RunRecord:
    """Return the record of a double-sided run; ``changes`` are fields of it."""
    values: dict[str, Any] = {
        "simulated": False,
        "kind": "double-sided",
        "method": "trial",
        "method_title": "Trial method",
        "paper": PAPER,
        "preset": "fast",
        "settings": {"weight": 0.5},
        "seed": 7,
        "device": "cpu",
        "allocation": "even",
        "height": SHAPE[0],
        "width": SHAPE[1],
        "polarity": Stated(value="white-absorbs", assumed=True),
        "response": Stated(value="as-is", assumed=False),
        "pixel_size_mm": Stated(value=0.5, assumed=False),
        "epsilon": 1e-5,
        "bits": 16,
        "inputs": (
            given("radiograph", "plates/xray.tif"),
            given("front", "front.tif"),
            given("back", "back.tif", mirrored=True),
        ),
        "layers": ("front", "back", "residual", "unexplained"),
        "complete": True,
        "started": "2026-03-04T05:06:07+00:00",
        "seconds": 65.25,
        "versions": {"python": "3.12", "napari-xraysep": "9.8.7"},
    }
    return RunRecord(**values | changes)


def layers() -> dict[str, Floats]:
    """Return ramps that add up to a ramp from 0 to 1, a tenth of it left over."""
    ramp = np.tile(np.linspace(0, 1, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
    shares = {"front": 0.6, "back": 0.3, "residual": 0.1, "unexplained": 0.2}
    return {name: ramp * np.float32(share) for name, share in shares.items()}


def registered() -> SideTransform:
    """Return how a photograph was registered by details marked by hand."""
    return SideTransform(
        photograph=given("front", "front.tif"),
        transform=Transform(
            radiograph_shape=SHAPE,
            photograph_shape=SHAPE,
            whole=Piece.from_matrix(oriented("mirrored", SHAPE)),
        ),
        how="landmarks, affine",
        quality=Quality(ok=True, median_px=0.5, p95_px=1.25, median_mm=0.25, p95_mm=0.6, tiles=12),
    )
