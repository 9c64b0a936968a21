"""How long the window is blocked while a separation streams into it.

A timer that should tick every 10 ms runs in a real napari window while `connected-autoencoder`,
preset fast, trains on 512 × 512 pixels. The time between two ticks beyond those 10 ms is how long
nobody could have clicked anything. Where there is no display, Xvfb is started.

Run ``python benchmarks/gui_responsiveness.py [SECONDS]``; the run is cancelled after SECONDS (60).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import numpy as np

TICK_MS = 10
SIDE = 512
LIMIT_MS = 100
METHOD = "connected-autoencoder"


def with_display() -> None:
    """Start this script again under Xvfb where it has no display, and end with it."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    if shutil.which("xvfb-run") is None:
        sys.exit("There is no display: install xvfb, or run this on a desktop.")
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    sys.exit(subprocess.run([*screen, sys.executable, *sys.argv], check=False).returncode)


def painting() -> object:
    """Simulate a double-sided painting of 512 × 512 pixels from the sample's photographs."""
    from skimage.transform import resize

    from napari_xraysep import simulate
    from napari_xraysep.io.reading import read_photograph
    from napari_xraysep.simulation.samples import sample_folder

    folder = sample_folder("double-sided")
    sides = [
        resize(read_photograph(folder / f"{name}.tif").pixels, (SIDE, SIDE, 3)).astype(np.float32)
        for name in ("front", "back")
    ]
    return simulate(*sides)


def main(seconds: float) -> int:
    """Run, measure, print; 1 where the 99th percentile is above the limit."""
    import napari
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    from napari_xraysep.plugin import questions
    from napari_xraysep.plugin.images import Choice, read_image
    from napari_xraysep.plugin.loading import Answers, assemble
    from napari_xraysep.plugin.panes import show_pictures
    from napari_xraysep.plugin.run_start import RUN_UNSAVED
    from napari_xraysep.plugin.session import session_of

    made = painting()
    images = {
        role: read_image(role, Choice(role, pixels=pixels))
        for role, pixels in (("radiograph", made.xray), ("front", made.front), ("back", made.back))
    }
    loaded = assemble(images, Answers(mirror_back=False))
    viewer = napari.Viewer()
    viewer.window.resize(1600, 1000)
    _, separate = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")
    show_pictures(viewer, loaded)
    session_of(viewer).loaded = loaded
    separate.panel.method.setCurrentIndex(separate.panel.method.findData(METHOD))
    questions.ask = lambda parent, question, answers: RUN_UNSAVED

    ticks: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    cancel = QTimer(singleShot=True)
    cancel.timeout.connect(separate.cancel)
    ended = QTimer()
    ended.timeout.connect(lambda: None if separate.running else QApplication.exit(0))

    separate.start()
    timer.start(TICK_MS)
    cancel.start(round(1000 * seconds))
    ended.start(200)
    napari.run()

    blocked = 1000 * np.diff(ticks) - TICK_MS
    p50, p99 = np.percentile(blocked, (50, 99))
    model = separate.run.model
    print(f"{METHOD}, fast, {SIDE} × {SIDE}: {separate.progress.status.text()}")
    print(f"  steps {model.step} of {model.total_steps}, epoch {model.epoch}, {len(ticks)} ticks")
    print(f"  blocked: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {blocked.max():.0f} ms")
    print(f"  longer than {LIMIT_MS} ms: {(blocked > LIMIT_MS).sum()} times")
    separate.unsaved = False
    viewer.close()
    return int(p99 > LIMIT_MS)


if __name__ == "__main__":
    with_display()
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
