"""What the documentation tells to press is there to be pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qtpy.QtWidgets import QAbstractButton, QComboBox, QLabel

from napari_xraysep.plugin import run_start, separate_widget
from napari_xraysep.plugin.docks import open_docks
from napari_xraysep.plugin.help_window import docs_folder
from napari_xraysep.plugin.panes import show_pictures
from napari_xraysep.plugin.session import session_of

PAGES = (
    "first-separation.md",
    "registration.md",
    "mask-and-regions.md",
    "prior.md",
    "comparing.md",
)
IN_ITALICS = re.compile(r"(?<![*\w])\*([A-Z][^*]+)\*(?!\*)")
TAGS = re.compile(r"<[^>]+>")
LATER = {
    *(run_start.CHOOSE_FOLDER, separate_widget.SAVE),
    *("Median", "If left out", "Left out"),
}
"""Said by questions, results and headings that come only in the course of the work."""


def test_what_pages_name_is_in_the_window(viewer: Any, loaded: Any) -> None:
    docks = open_docks(viewer)
    show_pictures(viewer, loaded)
    session_of(viewer).loaded = loaded
    window = docks["Separate"].window()
    seen = {" ".join(TAGS.sub("", text).split()) for text in _texts(window)} | set(docks) | LATER
    missing = [
        f"{page}: {part}"
        for page in PAGES
        for named in IN_ITALICS.findall((docs_folder() / page).read_text(encoding="utf-8"))
        for part in (" ".join(one.split()) for one in named.split("▸"))
        if not any(text == part or text.startswith((f"{part} (", f"{part}:")) for text in seen)
    ]
    assert not missing, "\n".join(missing)


def _texts(window: Any) -> Iterator[str]:
    for part in window.findChildren((QLabel, QAbstractButton)):
        yield part.text()
    for combo in window.findChildren(QComboBox):
        yield from (combo.itemText(at) for at in range(combo.count()))
    yield from _titles(window.menuBar())


def _titles(menu: Any) -> Iterator[str]:
    for action in menu.actions():
        yield action.text().replace("&", "")
        if action.menu() is not None:
            yield from _titles(action.menu())
