"""The example of docs/adding-a-method.md, installed as a laboratory would and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from napari_xraysep.io.reading import read_layer
from napari_xraysep.simulation.samples import sample_folder

PAGE = Path(__file__).parents[1] / "docs" / "adding-a-method.md"


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The module, and the metadata that installing it would leave, on Python's path."""
    site = tmp_path / "site"
    metadata = site / "quarter-1.dist-info"
    metadata.mkdir(parents=True)
    (site / "quarter.py").write_text(block("python"))
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: quarter\nVersion: 1\n")
    ((group, points),) = tomllib.loads(block("toml"))["project"]["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return os.environ | {"PYTHONPATH": str(site)}


def xraysep(*arguments: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "napari_xraysep.cli", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_is_listed_and_separates(installed: dict[str, str], tmp_path: Path) -> None:
    listed = json.loads(xraysep("methods", "--json", env=installed))["methods"]
    assert "quarter" in [method["name"] for method in listed]
    sample, out = sample_folder("concealed"), tmp_path / "run"
    xraysep(
        *("separate", "--xray", str(sample / "xray.tif"), "--rgb-front", str(sample / "front.tif")),
        *("--method", "quarter", "--set", "share=0.4", "--out", str(out)),
        env=installed,
    )
    xray = read_layer(sample / "xray.tif")
    np.testing.assert_allclose(read_layer(out / "surface.tif"), 0.4 * xray, atol=1e-6)
