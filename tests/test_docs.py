"""The documentation says what the program does."""

import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest

from napari_xraysep.cli import main
from napari_xraysep.separation.method import installed_methods
from napari_xraysep.simulation.samples import sample_folder

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TRIVIAL = ("half", "all-or-nothing", "grey")
OTHERS = re.compile(r"benchmarks/|pytest|--photographs|--picture")
"""Lines with options that are not of our commands."""
LARGEST = 450_000
"""Bytes of a picture."""


def test_the_page_of_the_command_line_is_what_help_says(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    write = runpy.run_path(str(DOCS / "command_line.py"))
    written = (DOCS / "command-line.md").read_text(encoding="utf-8")
    assert written == write["page"](), "run: python docs/command_line.py"


@pytest.mark.parametrize("name", installed_methods())
def test_each_method_has_its_page_and_its_paper(name):
    method = installed_methods()[name]
    page = DOCS / "methods" / f"{'trivial' if name in TRIVIAL else name}.md"
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert f"`{name}`" in text
    assert f"`{name}`" in (DOCS / "methods" / "index.md").read_text(encoding="utf-8")
    title = max(method.paper.split(", "), key=len)
    assert title in text or "this tool" in method.paper or name in TRIVIAL


def test_the_commands_of_the_first_page_work(tmp_path, monkeypatch, capsys):
    first, _ = _commands(tmp_path, monkeypatch)
    assert [main(words) for words in first] == [0, 0]
    assert (tmp_path / "run" / "preview.png").is_file()
    assert "grey" in capsys.readouterr().out


@pytest.mark.slow
def test_the_registering_commands_of_the_first_page_work(tmp_path, monkeypatch):
    _, second = _commands(tmp_path, monkeypatch)
    assert [main(words) for words in second] == [0, 0]
    assert (tmp_path / "registered" / "overlay.png").is_file()
    assert (tmp_path / "run-2" / "preview.png").is_file()


def _commands(folder, monkeypatch):
    """Return the words of both blocks of commands; the sample's files lie in the folder."""
    for name in ("xray", "front", "back"):
        shutil.copy(sample_folder("double-sided") / f"{name}.tif", folder)
    monkeypatch.chdir(folder)
    text = (DOCS / "first-separation.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [[shlex.split(line)[1:] for line in block.splitlines()] for block in blocks]


def test_pictures_are_small_and_shown_somewhere():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    for picture in (DOCS / "images").iterdir():
        assert f"images/{picture.name})" in text + readme, picture
        assert picture.stat().st_size < LARGEST, picture


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert target.startswith("https://") or (page.parent / target).is_file(), target


def test_options_that_pages_name_are_the_commands():
    known = set(re.findall(r"--[a-z][a-z0-9-]+", (DOCS / "command-line.md").read_text("utf-8")))
    for page in PAGES:
        lines = page.read_text(encoding="utf-8").splitlines()
        ours = [line for line in lines if not OTHERS.search(line)]
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", "\n".join(ours)))
        assert named <= known | {"--warp", "--size", "--only"}, page
