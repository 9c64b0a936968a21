"""Shows pages of the documentation: they come with the program, so that no network is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QImage, QTextDocument
from qtpy.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from napari_xraysep.plugin.parts import button, row

CONTENTS = "index.md"
SIZE = (780, 900)
MARGIN = 90
"""Room beside a picture, in pixels."""

PAPER = "QTextBrowser {background: white; color: black;}"
"""Links are blue whatever the theme, and cannot be read on napari's dark ground."""

_PACKAGE = Path(__file__).parents[1]


class Page(QTextBrowser):
    """Shows one page and follows its links; the web's open in the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenExternalLinks(True)
        self.setStyleSheet(PAPER)

    def open(self, page: str) -> None:
        """Show a page by its file, from `docs_folder`."""
        url = QUrl.fromLocalFile(str(docs_folder() / page))
        self.setSource(url, QTextDocument.ResourceType.MarkdownResource)

    def loadResource(self, kind: int, url: QUrl) -> Any:  # noqa: D102
        found = super().loadResource(kind, url)
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return found
        picture = QImage(self.document().baseUrl().resolved(url).toLocalFile())
        wide = self.width() - MARGIN
        if picture.width() <= wide:
            return picture
        return picture.scaledToWidth(wide, Qt.TransformationMode.SmoothTransformation)


class HelpWindow(QWidget):
    """A window with one page, and ways to the page before and to the contents."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("napari-xraysep: help")
        self.page = Page()
        self.contents_button = button("Contents", "Shows what pages there are.")
        self.back_button = button("Back", "Shows the page before.")
        self.back_button.setEnabled(False)
        across = row(self.contents_button, self.back_button)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(across)
        layout.addWidget(self.page)
        self.resize(*SIZE)
        self.contents_button.clicked.connect(lambda: self.page.open(CONTENTS))
        self.back_button.clicked.connect(self.page.backward)
        self.page.backwardAvailable.connect(self.back_button.setEnabled)


def docs_folder() -> Path:
    """Return where the documentation lies: in an installed package, or a checkout."""
    installed = _PACKAGE / "docs"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "docs"


def show_page(page: str, beside: QWidget) -> HelpWindow:
    """Open a page in the help window of another window, which is made at the first time.

    Parameters
    ----------
    page
        Its file, from `docs_folder`.
    """
    window = beside.findChild(HelpWindow) or HelpWindow(beside)
    window.show()
    window.page.open(page)
    window.raise_()
    return window
