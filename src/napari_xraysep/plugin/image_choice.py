"""One image of the painting: chosen among the viewer's layers or from a file, with a thumbnail."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QImage, QPixmap
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from napari_xraysep.plugin.background import in_background
from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.images import Choice, Image, read_image
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.plugin.parts import verbatim
from napari_xraysep.records import Role

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

IMAGES = "Images (*.tif *.tiff *.png *.jpg *.jpeg *.jp2 *.j2k *.dcm *.dicom);;All files (*)"
THUMBNAIL = 64
HINTS = {
    "radiograph": ("radiograph", "xray", "x-ray", "xrf", "roentgen", "röntgen"),
    "front": ("front", "recto", "visible"),
    "back": ("back", "verso", "reverse"),
    "mask": (),
}


class ImageChoice(QWidget):
    """Choose one image and see what it is.

    Parameters
    ----------
    role
        Which image of the painting this is.
    optional
        Whether it may stay empty, and what that means, in a few words.
    """

    changed = Signal()

    def __init__(
        self, viewer: Viewer, role: Role, title: str, optional: str = "", tooltip: str = ""
    ) -> None:
        super().__init__()
        self._viewer = viewer
        self.role, self.title = role, title
        self._empty = optional or "choose a layer or a file…"
        self._request = 0
        self._touched = False
        self.image: Image | None = None
        self.reading = False
        self.problem = ""
        self.thumbnail = QLabel()
        self.thumbnail.setFixedSize(THUMBNAIL, THUMBNAIL)
        self.thumbnail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.thumbnail.setStyleSheet("border: 1px solid palette(mid);")
        self.combo = short(QComboBox(), 12)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        browse = QPushButton("Browse…")
        browse.setToolTip("Choose a file, or drop one here.")
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        heading = QLabel(f"<b>{title}</b>")
        for widget in (heading, self.combo):
            widget.setToolTip(tooltip)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setVerticalSpacing(1)
        layout.addWidget(self.thumbnail, 0, 0, 3, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(heading, 0, 1, 1, 2)
        layout.addWidget(self.combo, 1, 1)
        layout.addWidget(browse, 1, 2)
        layout.addWidget(self.facts, 2, 1, 1, 2)
        layout.setColumnStretch(1, 1)
        self.setAcceptDrops(True)
        self.combo.addItem(self._empty, None)
        self.combo.currentIndexChanged.connect(self._read)
        browse.clicked.connect(self._browse)
        self.reset_choices()

    def choose_file(self, path: Path) -> None:
        """Choose a file, as *Browse…* does."""
        index = self.combo.findText(path.name)
        if index < 0 or self.combo.itemData(index) != path:
            self.combo.addItem(path.name, path)
            index = self.combo.count() - 1
            self.combo.setItemData(index, verbatim(str(path)), Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(index)

    def take(self, image: Image | None) -> None:
        """Show an image that was read already from its file, or none."""
        self._request += 1  # what is being read now is not wanted any more
        self._touched, self.reading, self.problem = True, False, ""
        self.combo.blockSignals(True)
        if image is None or image.record.path is None:
            self.combo.setCurrentIndex(0)
            self.image = None
            self.thumbnail.clear()
            self.facts.setText("")
        else:
            self.choose_file(Path(image.record.path))
        self.combo.blockSignals(False)
        if self.combo.currentData() is not None and image is not None:
            self._done(self._request, image)
        else:
            self.changed.emit()

    def choose_layer(self, layer: Layer) -> None:
        """Choose a layer of the viewer."""
        for index in range(self.combo.count()):
            if self.combo.itemData(index) is layer:
                self.combo.setCurrentIndex(index)

    def reset_choices(self) -> None:
        """List the viewer's layers afresh, keeping what is chosen."""
        chosen = self.combo.currentData()
        files = [
            data
            for data in map(self.combo.itemData, range(1, self.combo.count()))
            if isinstance(data, Path)
        ]
        layers = [layer for layer in reversed(self._viewer.layers) if self._usable(layer)]
        self.combo.blockSignals(True)
        self.combo.clear()
        self.combo.addItem(self._empty, None)
        for layer in layers:
            self.combo.addItem(layer.name, layer)
        for path in files:
            self.combo.addItem(path.name, path)
        entries = [None, *layers, *files]
        kept = next((i for i, entry in enumerate(entries) if entry is chosen), 0)
        self.combo.setCurrentIndex(kept)
        self.combo.blockSignals(False)
        if entries[kept] is not chosen:
            self._read()
            self._touched = False
        if not self._touched and (guess := self._guess(layers)) is not None:
            self.choose_layer(guess)
            self._touched = False  # a better guess may come with the next layer

    def hide_layer(self) -> None:
        """Hide the chosen layer, once what was made of it is shown instead."""
        layer = self.combo.currentData()
        if layer is not None and not isinstance(layer, Path) and layer in self._viewer.layers:
            layer.visible = False

    def mark_registered(self, grid: tuple[int, int] | None) -> None:
        """Say whether the photograph fits the radiograph's grid (height, width)."""
        if self.image is not None:
            fits = grid is None or self.image.shape == grid
            mark = "" if fits else "<b>not registered</b>: not on the radiograph's grid<br>"
            path = self.image.record.path
            layer = not isinstance(self.combo.currentData(), Path)
            source = f"\nread from its file, {Path(path).name}" if layer and path else ""
            self.facts.setText(mark + verbatim(self.image.facts + source))
            self.facts.setToolTip(verbatim(path or "the layer's own pixels"))

    def _usable(self, layer: Layer) -> bool:
        kinds = ("Image", "Labels") if self.role == "mask" else ("Image",)
        ours: dict[str, Any] = layer.metadata.get(KEY, {})
        return type(layer).__name__ in kinds and (not ours or "role" in ours)

    def _guess(self, layers: list[Layer]) -> Layer | None:
        """Pick the layer that says it is this image, else one whose name does."""
        for layer in layers:
            if layer.metadata.get(KEY, {}).get("role") == self.role:
                return layer
        named = [la for la in layers if any(h in la.name.lower() for h in HINTS[self.role])]
        return named[0] if len(named) == 1 else None

    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose an image", "", IMAGES)
        if name:
            self.choose_file(Path(name))

    def _read(self) -> None:
        """Read what is chosen on another thread; an older reading that ends later is dropped."""
        self._touched = True
        self._request += 1
        self.image, self.problem = None, ""
        self.thumbnail.clear()
        chosen = self.combo.currentData()
        self.reading = chosen is not None
        self.facts.setText("reading…" if self.reading else "")
        if chosen is not None:
            choice = _choice(chosen)
            in_background(
                partial(read_image, self.role, choice),
                partial(self._done, self._request),
                partial(self._failed, self._request),
            )
        self.changed.emit()

    def _done(self, request: int, image: Image) -> None:
        if request != self._request:
            return
        self.image, self.reading = image, False
        self.facts.setText(verbatim(image.facts))
        height, width = image.thumbnail.shape[:2]
        picture = QImage(
            np.ascontiguousarray(image.thumbnail).data,
            width,
            height,
            3 * width,
            QImage.Format.Format_RGB888,
        )
        self.thumbnail.setPixmap(
            QPixmap.fromImage(picture).scaled(
                THUMBNAIL,
                THUMBNAIL,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        self.changed.emit()

    def _failed(self, request: int, problem: str) -> None:
        if request != self._request:
            return
        self.problem, self.reading = problem, False
        self.facts.setText(verbatim(problem))
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: D102
        if event is not None and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: D102
        if event is not None:
            self.choose_file(Path(event.mimeData().urls()[0].toLocalFile()))


def _choice(chosen: Path | Layer) -> Choice:
    """Say what to read: a layer's own file where it still shows that file, else its pixels."""
    if isinstance(chosen, Path):
        return Choice(chosen.name, path=chosen)
    ours = chosen.metadata.get(KEY, {})
    source = ours.get("path") or chosen.source.path
    path = Path(source) if source else None
    return Choice(
        chosen.name,
        path=path if path is not None and path.is_file() else None,
        pixels=chosen.data[0] if chosen.multiscale else chosen.data,
        simulated=bool(ours.get("simulated", False)),
    )
