"""One result on a page of its own."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from reported import SHAPE, layers, record

from napari_xraysep.evaluation.layer_figure import layer_figure


def test_what_is_left_out_is_hatched_and_said() -> None:
    left_out = np.zeros(SHAPE, bool)
    left_out[10:50, 10:70] = True
    front = layers()["front"]
    drawn = layer_figure(front, "front", record(), "grey", (0, 1), None, left_out)
    with Image.open(io.BytesIO(drawn)) as image:
        pixels = np.asarray(image.convert("RGB"), int)
        assert "Hatched: left out by the mask" in image.text["Description"]  # type: ignore[attr-defined]
    assert (np.abs(pixels - (0xE0, 0x70, 0)).max(2) < 8).sum() > 1000
    plain = layer_figure(front, "front", record(), "grey", (0, 1), None)
    with Image.open(io.BytesIO(plain)) as image:
        assert "Hatched" not in image.text["Description"]  # type: ignore[attr-defined]
