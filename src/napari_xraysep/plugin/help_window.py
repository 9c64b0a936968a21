"""Shows pages of the documentation: they come with the program, so that no network is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QImage, QTextDocument
from qtpy.QtWidgets import QTextBrowser, QWidget

SIZE = (760, 900)
MARGIN = 60
"""Room beside a picture, in pixels."""

_PACKAGE = Path(__file__).parents[1]


class HelpWindow(QTextBrowser):
    """A window that shows one page and follows its links; the web's open in the browser."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Window)
        self.setWindowTitle("napari-xraysep: help")
        self.setOpenExternalLinks(True)
        self.resize(*SIZE)

    def loadResource(self, kind: int, url: QUrl) -> Any:  # noqa: D102
        found = super().loadResource(kind, url)
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return found
        picture = QImage(self.document().baseUrl().resolved(url).toLocalFile())
        wide = self.width() - MARGIN
        if picture.width() <= wide:
            return picture
        return picture.scaledToWidth(wide, Qt.TransformationMode.SmoothTransformation)


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
    url = QUrl.fromLocalFile(str(docs_folder() / page))
    window.setSource(url, QTextDocument.ResourceType.MarkdownResource)
    window.show()
    window.raise_()
    return window
