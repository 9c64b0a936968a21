"""A real napari window, a small painting, and methods that do what a test needs."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from pydantic import Field, field_validator

from napari_xraysep.painting import Mixture
from napari_xraysep.plugin.images import Choice, Image, read_image
from napari_xraysep.plugin.loading import Answers, Loaded, assemble
from napari_xraysep.plugin.session import session_of
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.method import Context, Estimate, Method, Plan, Settings, Step

SHAPE = (40, 56)
TIMEOUT = 10_000


@pytest.fixture(autouse=True, scope="session")
def quick_collections(qapp: Any) -> None:
    """Set all that is imported by now aside: napari looks for garbage at each removed layer."""
    gc.freeze()


@pytest.fixture(autouse=True)
def without_opengl(monkeypatch: pytest.MonkeyPatch, qapp: Any) -> None:
    """Let napari make image layers on Qt's offscreen platform, which has no OpenGL to ask."""
    if qapp.platformName() == "offscreen":
        from vispy.gloo import gl

        told = {gl.GL_EXTENSIONS: ""}
        monkeypatch.setattr(gl, "glGetParameter", lambda what: told.get(what, 2048))


@dataclass
class Stage:
    """Holds a run where the test wants it; `Puppet` runs look at it.

    Attributes
    ----------
    go
        The run goes on past its first preview when this is set.
    seen
        Settings and contexts of the runs that were started.
    fails
        Raised after the first preview.
    """

    go: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[Any, Context]] = field(default_factory=list)
    fails: Exception | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class PuppetSettings(Settings):
    epochs: int = Field(default=3, ge=1, le=50, title="Epochs", description="Rounds.")
    weight: float = Field(default=0.5, gt=0, le=1, title="Weight")
    shape: str = "round"
    careful: bool = True

    @field_validator("shape")
    @classmethod
    def _no_square(cls, shape: str) -> str:
        if shape == "square":
            raise ValueError("choose a rounder shape")
        return shape


@dataclass(frozen=True)
class Puppet(Method):
    """A method that is played by a `Stage` instead of a network."""

    stage: Stage = field(default_factory=Stage)

    def load(self) -> Callable[[Mixture, Any, Context], Iterator[Plan | Step | Estimate]]:
        return self.play

    def play(
        self, mixture: Mixture, settings: Any, context: Context
    ) -> Iterator[Plan | Step | Estimate]:
        stage = self.stage
        stage.seen.append((settings, context))
        try:
            yield Plan(("train",), settings.epochs)
            for epoch in range(1, settings.epochs + 1):
                yield Step("train", epoch, epoch, {"total": 1 / epoch, "fit": 0.5 / epoch})
                share = np.float32(epoch / 10)
                yield Estimate("train", epoch, mixture.xray * share, mixture.xray * (1 - share) / 2)
                while not stage.go.wait(0.005):
                    context.checkpoint()
                if stage.fails is not None:
                    raise stage.fails
        finally:
            stage.ended.set()


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Make ``puppet`` the only method besides ours, and let its runs end after the test."""
    stage = Stage()
    puppet = Puppet(
        name="puppet",
        title="Puppet",
        paper="none",
        summary="Does what the test says.",
        kinds=frozenset({"double-sided"}),
        settings=PuppetSettings,
        presets={"fast": {}, "paper": {"epochs": 7}},
        allocation={"fast": "even", "paper": "none"},
        implementation="",
        uses_torch=False,
        main_settings=("epochs",),
        stage=stage,
    )
    known = {"puppet": puppet, **registry.installed_methods()}
    monkeypatch.setattr(registry, "installed_methods", lambda: known)
    yield stage
    stage.fails = None
    stage.go.set()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write ``xray.tif``, ``front.tif`` and ``back.tif`` on one grid; simulated."""
    rng = np.random.default_rng(3)
    front = rng.integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    back = rng.integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    xray = 0.4 * front.mean(2) / 255 + 0.4 * back[..., 0] / 255
    folder = tmp_path / "painting"
    folder.mkdir()
    tifffile.imwrite(
        folder / "xray.tif", (xray * 65535).astype(np.uint16), description="simulated radiograph"
    )
    tifffile.imwrite(folder / "front.tif", front, photometric="rgb")
    tifffile.imwrite(folder / "back.tif", back[:, ::-1], photometric="rgb")
    return folder


@pytest.fixture
def read(files: Path) -> dict[Any, Image]:
    """Read the three files."""
    names = {"radiograph": "xray.tif", "front": "front.tif", "back": "back.tif"}
    return {role: read_image(role, Choice(name, path=files / name)) for role, name in names.items()}


@pytest.fixture
def loaded(read: dict[Any, Image]) -> Loaded:
    """Put them together as a double-sided painting."""
    return assemble(read, Answers())


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Any]) -> Any:
    """Open a real window, which is not shown: drawing takes most of a test's time."""
    return make_napari_viewer()


@pytest.fixture
def shown_viewer(viewer: Any) -> Any:
    """Show that window."""
    viewer.show()
    return viewer


@pytest.fixture
def separate(viewer: Any, stage: Stage, loaded: Loaded) -> Any:
    """Dock *Separate* in a window with a painting, its method the puppet."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-xraysep", "Separate")
    session_of(viewer).loaded = loaded
    widget.panel.method.setCurrentIndex(widget.panel.method.findData("puppet"))
    return widget
