"""How fast the curtain is redrawn while its line is dragged, beside drawing without a curtain.

In a real napari window two grey images of SIDE × SIDE pixels lie over one another. The canvas is
drawn again and again, in turn as it is, the picture moved by a pixel each time, and with the
curtain, its line moved each time. Each time the picture is read back, so that it is drawn indeed.
Where there is no display, Xvfb is started, and OpenGL is computed on the processor. Beside other
work the rates fall; their ratio and the processor's time do not.

Run ``python benchmarks/curtain.py [SIDE ...]``; by default 4096 and 10000.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from gui_responsiveness import with_display

SIDES = (4096, 10000)
WINDOW = (1600, 1000)
DRAWINGS, ROUNDS = 15, 6
WANTED = 20
"""Redraws a second with the curtain."""


def rate(draw: Callable[[float], None]) -> tuple[float, float]:
    """Return how often a second something is drawn, and the processor's seconds for each."""
    draw(0.0)  # shaders are compiled
    began, worked = time.perf_counter(), time.process_time()
    for number in range(DRAWINGS):
        draw(number / DRAWINGS)
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    return DRAWINGS / seconds, work / DRAWINGS


def measure(side: int) -> bool:
    """Measure with images of one size; True where the curtain is quick enough."""
    import napari
    from qtpy.QtWidgets import QApplication

    from napari_xraysep.plugin.compare_model import CompareModel
    from napari_xraysep.plugin.compare_view import CompareView
    from napari_xraysep.plugin.curtain import canvas_of

    viewer = napari.Viewer()
    viewer.window.resize(*WINDOW)
    first = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    layers = [
        viewer.add_image(image, name=name) for name, image in (("B", 255 - first), ("A", first))
    ]
    canvas = canvas_of(viewer)
    model = CompareModel()
    view = CompareView(viewer, model)
    QApplication.processEvents()

    def redraw() -> None:
        canvas.native.grabFramebuffer()  # draws at once, and waits until it is drawn

    def pan(part: float) -> None:
        viewer.scene.camera.center = side / 2, side / 2 + part
        redraw()

    def drag(part: float) -> None:
        model.set(divider=0.2 + 0.6 * part)
        redraw()

    plain, curtain = [], []
    for _ in range(ROUNDS):
        plain.append(rate(pan))
        model.set(first=layers[1], second=layers[0], mode="curtain")
        curtain.append(rate(drag))
        model.set(mode=None)
    ratio = median(c[0] / p[0] for c, p in zip(curtain, plain, strict=True))
    (dragged, work), (without, plain_work) = (
        [median(column) for column in zip(*found, strict=True)] for found in (curtain, plain)
    )
    print(
        f"{side} × {side}: {dragged:.0f} redraws a second while the curtain is dragged, "
        f"{without:.0f} without it, ratio {ratio:.2f}; processor {1000 * work:.0f} and "
        f"{1000 * plain_work:.0f} ms a redraw (medians of {ROUNDS})",
        flush=True,
    )
    view.stop()
    viewer.close()
    return bool(dragged >= WANTED)


def main(sides: list[int]) -> int:
    """Measure all sizes; 1 where one is too slow."""
    quick = [measure(side) for side in sides]
    return 0 if all(quick) else 1


if __name__ == "__main__":
    with_display()
    sys.exit(main([int(side) for side in sys.argv[1:]] or list(SIDES)))
