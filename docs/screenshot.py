"""Take README's picture: napari in the middle of a separation of the double-sided sample.

Run ``python docs/screenshot.py [OUT.png]`` where there is a display, or
``xvfb-run -s "-screen 0 1600x1000x24" python docs/screenshot.py [OUT.png]`` where there is none.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import napari
from qtpy.QtWidgets import QApplication

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.__main__ import open_docks
from napari_xraysep.plugin.run_start import RUN_UNSAVED

OUT = Path(__file__).parent / "images" / "separate.png"
METHOD = "connected-autoencoder"
SIZE = (1600, 1000)
PART = 0.5
"""How much of the run is done when the picture is taken."""


def wait(until: Callable[[], bool], seconds: float) -> None:
    """Let the window live until something is true.

    Raises
    ------
    TimeoutError
        It took longer than ``seconds``.
    """
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain")
        QApplication.processEvents()
        time.sleep(0.01)


def main(out: Path) -> None:
    """Open the sample, start a run, and grab the window when it is half done."""
    viewer = napari.Viewer()
    docks = open_docks(viewer)
    load, separate = docks["Load painting"], docks["Separate"]
    viewer.window.resize(*SIZE)
    viewer.open_sample("napari-xraysep", "double_sided")
    wait(load.load_button.isEnabled, 30)
    load.load_button.click()
    wait(load.load_button.isEnabled, 30)
    separate.parent().raise_()
    separate.panel.method.setCurrentIndex(separate.panel.method.findData(METHOD))
    questions.ask = lambda parent, question, answers: RUN_UNSAVED
    separate.start()
    model = separate.run.model
    wait(lambda: not separate.running or model.step > PART * max(1, model.total_steps), 1200)
    out.parent.mkdir(parents=True, exist_ok=True)
    viewer.window.screenshot(str(out), canvas_only=False, flash=False)
    viewer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
