"""What the package holds, and what importing it loads."""

import email
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
WINDOWS = {"PyQt5", "PyQt6", "PySide2", "PySide6", "qtpy", "napari", "vispy", "magicgui"}
SLOW_TO_LOAD = {"torch", "matplotlib", "skimage", "scipy"}


def loaded_after(program):
    """Run a program in a new process and return the top-level modules that it loaded."""
    program += "\nimport sys, json; sys.stderr.write(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


def test_importing_the_package_loads_next_to_nothing():
    loaded = loaded_after("import napari_xraysep")
    assert not loaded & (WINDOWS | SLOW_TO_LOAD | {"numpy", "pydantic"})


def test_help_and_version_load_no_numbers_and_no_windows():
    program = "from napari_xraysep.cli import main\nassert main(['--help']) == 0"
    loaded = loaded_after(f"{program}\nassert main(['--version']) == 0")
    assert not loaded & (WINDOWS | SLOW_TO_LOAD | {"numpy"})


def test_listing_the_methods_loads_neither_torch_nor_windows():
    loaded = loaded_after("from napari_xraysep.cli import main\nassert main(['methods']) == 0")
    assert not loaded & (WINDOWS | {"torch", "matplotlib"})


def test_the_public_names_are_what_they_say():
    loaded = loaded_after("import napari_xraysep as x; [getattr(x, name) for name in x.__all__]")
    assert not loaded & (WINDOWS | {"torch", "torchmetrics"})


def test_a_name_that_is_not_public_is_an_attribute_error():
    import napari_xraysep

    with pytest.raises(AttributeError, match="has no attribute 'magic'"):
        _ = napari_xraysep.magic


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_manifest_types_and_samples(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"napari_xraysep/{name}" for name in ("napari.yaml", "py.typed")} <= names
    samples = {"napari_xraysep/sample_data/SOURCES.md"}
    for kind, files in (
        ("double-sided", ("xray", "front", "back", "truth-1", "truth-2")),
        ("concealed", ("xray", "front", "truth-1", "truth-2")),
    ):
        samples |= {f"napari_xraysep/sample_data/{kind}/{name}.tif" for name in files}
    assert samples <= names
    templates = {f"napari_xraysep/evaluation/templates/{n}.html" for n in ("comparison", "report")}
    assert templates <= names
    assert {f"napari_xraysep/docs/{page}.md" for page in ("index", "methods/lcista")} <= names
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks"))]
    assert wheel.stat().st_size < 15_000_000


def test_no_qt_binding_is_among_the_base_dependencies(wheel):
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    message = email.message_from_bytes(archive.read(metadata))
    base = [text for text in message.get_all("Requires-Dist") if "extra ==" not in text]
    named = " ".join(base).lower()
    assert "torch" in named
    assert not [word for word in ("pyqt", "pyside", "napari", "qtpy") if word in named]
    assert "all" in message.get_all("Provides-Extra")


def test_the_installed_wheel_works_without_the_checkout(wheel, tmp_path):
    """As installed in a new environment; only the dependencies are those of this one."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-deps"]
    subprocess.run([*pip, "--no-index", "--quiet", wheel], check=True)
    site = subprocess.run(
        [scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(site) / "dependencies.pth").write_text(str(Path(np.__file__).parents[1]) + "\n")
    done = subprocess.run(
        [scripts / "xraysep", "demo", "--out", "made", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)["runs"]
    assert {run["sample"] for run in runs} == {"double-sided", "concealed"}
    record = json.loads((tmp_path / "made" / "concealed" / "run.json").read_text())
    assert all(one["path"].startswith(str(environment)) for one in record["inputs"])
    manifest = "import npe2; m = npe2.PluginManager.instance(); m.discover();"
    manifest += "print(m.get_manifest('napari-xraysep').display_name)"
    subprocess.run([scripts / "python", "-c", manifest], check=True, capture_output=True)
