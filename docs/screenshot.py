"""Take the documentation's pictures of the docks, in one window, with the samples.

Run ``python docs/screenshot.py [NAME ...]`` where there is a display, or
``xvfb-run -s "-screen 0 1600x1000x24" python docs/screenshot.py [NAME ...]`` where there is none;
without names all are taken, in some minutes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import napari
import numpy as np
import tifffile
from PIL import Image
from qtpy.QtWidgets import QApplication, QFileDialog, QScrollArea
from scipy.ndimage import affine_transform

from napari_xraysep.plugin import questions
from napari_xraysep.plugin.compare_layers import run_layers, runs_of
from napari_xraysep.plugin.docks import open_docks, show_dock
from napari_xraysep.plugin.run_start import CHOOSE_FOLDER, RUN_UNSAVED
from napari_xraysep.plugin.session import session_of
from napari_xraysep.simulation.samples import sample_folder

OUT = Path(__file__).parent / "images"
SIZE = (1300, 820)
DOCK, DOCK_COLOURS = 380, 72
"""Pixels from the right, and how many colours are kept for them: those of curves, for instance."""
COLOURS = (256, 192, 160, 128, 112)
LARGEST = 290_000
"""Bytes of a picture, which is stored in fewer colours until it is no larger."""
LEARNING, EPOCHS = "connected-autoencoder", 16
PART = 0.5
"""How much of a run is done when the picture of a running separation is taken."""
DESIGN = ((0, 0.05), (0, 0.78), (0.3, 0.85), (0.62, 0.9), (0.75, 0.7), (0.86, 0.4), (0.7, 0.02))
"""Where the sample's concealed design lies, drawn roughly: corners, in heights and widths."""
TURNED, CUT = 4.0, 12
"""Degrees and pixels by which the photograph to be registered is displaced."""


class Window:
    """napari with our docks open."""

    def __init__(self) -> None:
        self.viewer = napari.Viewer(title="napari-xraysep")
        self.docks = open_docks(self.viewer)
        self.viewer.window.resize(*SIZE)
        self.rest()

    def __getitem__(self, dock: str) -> Any:
        return self.docks[dock]

    def rest(self, seconds: float = 0.6) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def wait(self, until: Callable[[], bool], seconds: float = 300) -> None:
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

    def show(self, dock: str) -> Any:
        """Bring a dock to the front."""
        show_dock(self.viewer, dock)
        self.rest()
        return self.docks[dock]

    def load(self, sample: str, **files: Path) -> None:
        """Open a sample and load it as a painting; ``files`` in place of some of its images."""
        self.viewer.layers.clear()
        self.viewer.open_sample("napari-xraysep", sample)
        load = self.docks["Load painting"]
        for role, path in files.items():
            load.choices[role].choose_file(path)
        self.wait(load.load_button.isEnabled)
        load.load_button.click()
        self.wait(load.load_button.isEnabled)

    def picture(self, name: str) -> None:
        """Store a picture of the whole window, once all is laid out."""
        self.rest(1.5)
        store(self.viewer.window.screenshot(canvas_only=False, flash=False), name)

    def close(self) -> None:
        """Close it without a question."""
        self.docks["Separate"].unsaved = False
        session_of(self.viewer).begin(None, None, None)
        self.viewer.close()


def store(pixels: np.ndarray, name: str) -> None:
    """Store a picture (h, w, 3 or 4) in few colours."""
    path, pixels = OUT / f"{name}.png", pixels[..., :3]
    dock = _colours(pixels[:, -DOCK:], DOCK_COLOURS)
    for colours in COLOURS:
        palette = Image.new("P", (1, 1))
        palette.putpalette(dock + _colours(pixels[:, :-DOCK], colours - DOCK_COLOURS))
        few = Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size < LARGEST:
            break
    print(f"{path.name}: {colours} colours, {path.stat().st_size // 1000} kB", flush=True)


def _colours(pixels: np.ndarray, number: int) -> list[int]:
    """Return the colours that suit a picture best: red, green, blue and so on."""
    part = Image.fromarray(np.ascontiguousarray(pixels)).quantize(number, kmeans=2)
    return part.getpalette()[: 3 * number]


def answer(wanted: str) -> None:
    """Give this answer to every question, and a folder here to every dialog."""
    questions.ask = lambda parent, question, answers: wanted
    QFileDialog.getExistingDirectory = lambda *asked: "painting"


def separated(window: Window, method: str = "regression") -> None:
    """Store a run in a folder here."""
    separate = window.show("Separate")
    answer(CHOOSE_FOLDER)
    separate.panel.method.setCurrentIndex(separate.panel.method.findData(method))
    separate.start()
    window.wait(lambda: not separate.running)


def load(window: Window) -> None:
    """Picture *Load painting*, loaded."""
    window.load("double_sided")
    window.show("Load painting")
    window.picture("load")


def separate_dock(window: Window) -> None:
    """Picture *Separate* before a run."""
    window.load("double_sided")
    window.show("Separate")
    window.picture("separate-dock")


def separate(window: Window) -> None:
    """Picture a run that learns, half done."""
    window.load("double_sided")
    dock = window.show("Separate")
    answer(RUN_UNSAVED)
    dock.panel.method.setCurrentIndex(dock.panel.method.findData(LEARNING))
    dock.panel.form.fields["epochs"].setValue(EPOCHS)
    dock.start()
    model = dock.run.model
    window.wait(lambda: not dock.running or model.step > PART * max(1, model.total_steps), 1200)
    window.picture("separate")
    dock.cancel()
    window.wait(lambda: not dock.running)
    dock.unsaved = False


def finished(window: Window) -> None:
    """Picture a run that has ended."""
    window.load("double_sided")
    separated(window)
    window.picture("separated")


def mask(window: Window) -> None:
    """Picture what is left out: an outline and a stroke of the brush, and a region."""
    window.load("double_sided")
    dock = window.show("Mask and regions")
    dock.draw_region()
    dock.regions.layer().add_rectangles(np.array([[250, 380], [250, 600], [420, 600], [420, 380]]))
    window.rest(1)
    dock.draw_outlines()
    corners = np.array([[0, 300], [0, 330], [471, 322], [471, 292]])
    dock.mask.outlines().add_polygons(corners)
    window.rest(2)
    window.picture("mask")
    dock.done()


def prior(window: Window) -> None:
    """Picture a concealed design that is outlined, with the guess that follows from it."""
    window.load("concealed")
    dock = window.show("Prior")
    dock.draw_outlines()
    height, width = session_of(window.viewer).loaded.shape
    dock.design.outlines().add_polygons(np.array(DESIGN) * (height, width))
    window.rest(3)
    window.picture("prior")
    dock.done()


def register(window: Window) -> None:
    """Picture a photograph that was turned and cut, registered, its edges on the radiograph."""
    front = tifffile.imread(sample_folder("double-sided") / "front.tif")
    angle = np.deg2rad(TURNED)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (np.array(front.shape[:2]) - 1) / 2
    turned = [
        affine_transform(one, turn, middle - turn @ middle) for one in np.moveaxis(front, 2, 0)
    ]
    path = Path("front-turned.tif").absolute()
    tifffile.imwrite(path, np.stack(turned, 2)[CUT:-CUT, CUT:-CUT], photometric="rgb")
    window.load("double_sided", front=path)
    dock = window.show("Register")
    dock.register()
    window.wait(lambda: not dock.running, 600)
    dock.view.choose("edges")
    window.rest(3)
    window.picture("register")
    dock.use()
    window.wait(lambda: not dock.running)


def curtain(window: Window) -> None:
    """Picture the layers of the front by two methods, on either side of the divider."""
    window.load("double_sided")
    separated(window, "grey")
    separated(window)
    compare = window.show("Compare")
    first, second = (run_layers(window.viewer, run)["front"] for run in runs_of(window.viewer))
    compare.model.set(first=first, second=second)
    compare.compare("curtain")
    window.picture("curtain")


def doubt(window: Window) -> None:
    """Picture the numbers of two runs and what the remix test made of them."""
    window.load("double_sided")
    separated(window, "grey")
    separated(window)
    compare = window.show("Compare")
    compare.doubt.heading.click()
    window.wait(lambda: len(compare.judge.found) == 2)
    compare.judge.test()
    window.wait(lambda: not compare.judge.progress.running)
    window.rest()
    down = compare.findChild(QScrollArea).verticalScrollBar()
    down.setValue(down.maximum())
    window.picture("doubt")


def evolution(window: Window) -> None:
    """Picture a learnt run at one of its first epochs."""
    window.load("concealed")
    separated(window, "lcista")
    compare = window.show("Compare")
    compare.folded.heading.click()
    window.wait(lambda: compare.evolution.kept is not None)
    compare.evolution.slider.setValue(3)
    window.picture("evolution")


PICTURES: dict[str, Callable[[Window], None]] = {
    "load": load,
    "register": register,
    "mask": mask,
    "prior": prior,
    "separate-dock": separate_dock,
    "separate": separate,
    "separated": finished,
    "curtain": curtain,
    "doubt": doubt,
    "evolution": evolution,
}


def main(names: list[str]) -> None:
    """Take the pictures named, or all."""
    OUT.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        os.chdir(folder)  # so that no path of this machine is in a picture
        Path("painting").mkdir()
        for name in names or PICTURES:
            window = Window()
            PICTURES[name](window)
            window.close()
            window.rest(0.2)
        os.chdir(OUT)


if __name__ == "__main__":
    main(sys.argv[1:])
