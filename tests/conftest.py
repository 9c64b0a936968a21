from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from napari_xraysep.records import Kind, RunRecord, Stated
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.method import Method, Run, Settings

# as the engine does before it loads torch, which tests load by themselves
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With ``-n`` let one process have all windows, which share a display, and whole files."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "windows" if "plugin" in Path(file).parts else file

    return ByFile(config, log)


@pytest.fixture
def grey16() -> NDArray[np.uint16]:
    """A picture with the whole range of 16 bits and no symmetry: (40, 56)."""
    picture = np.random.default_rng(0).integers(0, 65536, (40, 56), dtype=np.uint16)
    picture[0, :2] = 0, 65535
    return picture


@pytest.fixture
def rgb16() -> NDArray[np.uint16]:
    """Like `grey16`, in colour: (40, 56, 3)."""
    return np.random.default_rng(1).integers(0, 65536, (40, 56, 3), dtype=np.uint16)


@pytest.fixture
def grey8(grey16: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return (grey16 >> 8).astype(np.uint8)


@pytest.fixture
def rgb8(rgb16: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return (rgb16 >> 8).astype(np.uint8)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a painting whose law regression knows, and its layers, into the current folder."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    front, back = rng.integers(0, 256, (2, 48, 40, 3), np.uint8)
    truths = 0.4 * front[..., 0] / 255, 0.3 * back[:, ::-1, 1] / 255
    tifffile.imwrite("xray.tif", (65535 * (truths[0] + truths[1])).round().astype(np.uint16))
    tifffile.imwrite("front.tif", front, photometric="rgb")
    tifffile.imwrite("back.tif", back, photometric="rgb")
    for name, truth in zip(("truth-1.tif", "truth-2.tif"), truths, strict=True):
        tifffile.imwrite(name, truth.astype(np.float32))
    return tmp_path


@pytest.fixture
def add_method(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a function that installs a method made of one function of a test's module."""
    methods = dict(registry.installed_methods())
    monkeypatch.setattr(registry, "installed_methods", lambda: methods)

    def add(
        run: Run,
        name: str = "trial",
        settings: type[Settings] | None = None,
        kinds: tuple[Kind, ...] = ("double-sided", "concealed"),
    ) -> None:
        methods[name] = Method(
            name=name,
            title=name.capitalize(),
            paper="none",
            summary="For tests.",
            kinds=frozenset(kinds),
            settings=settings or methods[registry.DEFAULT_METHOD].settings,
            allocation={"fast": "none", "paper": "none"},
            implementation=f"{run.__module__}:{run.__name__}",
            uses_torch=False,
        )

    return add


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    """Give a function that makes the record of a run from the fields that matter to a test."""
    plain: dict[str, Any] = {
        "simulated": True,
        "kind": "double-sided",
        "method": "trial",
        "method_title": "Trial",
        "paper": "none",
        "preset": "fast",
        "settings": {},
        "seed": 3,
        "device": "cpu",
        "allocation": "even",
        "polarity": Stated(value="white-absorbs", assumed=True),
        "response": Stated(value="as-is", assumed=True),
        "pixel_size_mm": Stated(value=0.05, assumed=False),
        "epsilon": 0.5 / 65535,
        "bits": 16,
        "inputs": (),
        "layers": ("front", "back", "residual", "unexplained"),
        "complete": True,
        "started": "2030-01-01T00:00:00+00:00",
        "seconds": 1.5,
        "versions": {},
    }
    return lambda **fields: RunRecord(**plain | fields)
