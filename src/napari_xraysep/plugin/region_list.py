"""Rectangles to separate by themselves: drawn in the viewer, named in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.plugin.drawing_view import DRAWING, drawings
from napari_xraysep.plugin.outlines import rectangle_of, region_of
from napari_xraysep.plugin.panes import KEY
from napari_xraysep.plugin.parts import button
from napari_xraysep.project import NamedRegion
from napari_xraysep.region import Region

if TYPE_CHECKING:
    from napari.layers import Shapes
    from napari.viewer import Viewer

    from napari_xraysep.plugin.session import Session

REGIONS = "regions"
COLOUR = "#ffd000"
WAIT_MS = 250
FILL = 0.9
"""Part of the view that a region fills after a jump."""


class RegionList(QWidget):
    """Keeps a layer of rectangles, this list and the regions of the project the same.

    Attributes
    ----------
    told
        What is wrong with a rectangle, in a sentence; "" when all is well again.
    """

    told = Signal(str)

    def __init__(self, viewer: Viewer, session: Session) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = session
        self._regions: tuple[NamedRegion, ...] = ()
        self._radiograph: object = None
        self.list = QListWidget()
        self.list.setMaximumHeight(140)
        self.list.setToolTip("Double-click to give a region another name.")
        self.jump_button = button("Jump to", "Show the selected region as large as it fits.")
        self.rename_button = button("Rename", "Give the selected region another name.")
        self.delete_button = button("Delete", "Remove the selected region; no image is touched.")
        buttons = QHBoxLayout()
        for one in (self.jump_button, self.rename_button, self.delete_button):
            buttons.addWidget(one)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)
        layout.addLayout(buttons)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(WAIT_MS)
        self._rest.timeout.connect(self._drawn)
        self.list.itemChanged.connect(self._renamed)
        self.list.currentRowChanged.connect(lambda row: self._refresh())
        self.jump_button.clicked.connect(self.jump)
        self.rename_button.clicked.connect(self._ask_name)
        self.delete_button.clicked.connect(self.delete)
        self._refresh()

    def layer(self) -> Shapes:
        """Return the layer of rectangles, made where there is none."""
        from napari.layers import Shapes

        for layer in drawings(self._viewer, REGIONS):
            if isinstance(layer, Shapes):
                return layer
        shapes = [rectangle_of(Region.parse(one.region)) for one in self._regions]
        names = [one.name for one in self._regions]
        layer = Shapes(
            shapes or None,
            shape_type="rectangle",
            name=REGIONS,
            metadata={KEY: {DRAWING: REGIONS}},
            face_color="transparent",
            edge_color=COLOUR,
            edge_width=self._edge_width(),
            features={"name": np.array(names, dtype=object)},
            feature_defaults={"name": ""},
            text={"string": "{name}", "color": COLOUR, "anchor": "upper_left", "size": 10},
            visible=False,
            ndim=2,
        )
        layer.current_face_color, layer.current_edge_color = "transparent", COLOUR
        layer.current_edge_width = self._edge_width()
        self._viewer.add_layer(layer)
        layer.events.data.connect(lambda event: self._rest.start())
        return layer

    def take(self) -> None:
        """Show the regions of the project: it was opened, or changed by others."""
        loaded, project = self._session.loaded, self._session.project
        regions = () if project is None else project.regions
        radiograph = None if loaded is None else loaded.images["radiograph"]
        if radiograph is self._radiograph and regions == self._regions:
            return
        self._radiograph, self._regions = radiograph, regions
        self._rest.stop()
        for layer in drawings(self._viewer, REGIONS):
            self._viewer.layers.remove(layer)
        if regions:
            self.layer()
        self._fill()

    def keep_now(self) -> None:
        """Keep what is drawn without waiting for it to rest."""
        if self._rest.isActive():
            self._rest.stop()
            self._drawn()

    def jump(self) -> None:
        """Bring the chosen region into view."""
        row = self.list.currentRow()
        if 0 <= row < len(self._regions):
            y0, y1, x0, x1 = Region.parse(self._regions[row].region)
            height, width = self._viewer.canvas.viewbox_size(self._viewer.layers)
            camera = self._viewer.scene.camera
            camera.center = ((y0 + y1 - 1) / 2, (x0 + x1 - 1) / 2)
            camera.zoom = FILL * min(height / (y1 - y0), width / (x1 - x0))

    def delete(self) -> None:
        """Forget the chosen region; its rectangle goes, too."""
        row = self.list.currentRow()
        if 0 <= row < len(self._regions):
            left = self._regions[:row] + self._regions[row + 1 :]
            self._session.edit(regions=left)
            self.take()

    def _ask_name(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.editItem(item)

    def _renamed(self, item: QListWidgetItem) -> None:
        """Take a new name; one that is empty or taken is refused."""
        row, name = self.list.row(item), item.text().strip()
        others = {one.name for at, one in enumerate(self._regions) if at != row}
        problem = ""
        if not name:
            problem = "A region needs a name."
        elif name in others:
            problem = f"There is a region called {name} already."
        self.told.emit(problem)
        if not problem:
            named = self._regions[row].model_copy(update={"name": name})
            regions = (*self._regions[:row], named, *self._regions[row + 1 :])
            for layer in drawings(self._viewer, REGIONS):
                self._write_names(layer, regions)
            self._keep(regions)
        self._fill()

    def _drawn(self) -> None:
        """Take the rectangles as they are; new ones get the next free name."""
        layers, loaded = drawings(self._viewer, REGIONS), self._session.loaded
        if not layers or loaded is None:
            return
        layer = layers[0]
        if getattr(layer, "_is_creating", False) or getattr(layer, "_is_moving", False):
            self._rest.start()  # the mouse is still down
            return
        names = [str(name) for name in layer.features["name"]]
        regions: list[NamedRegion] = []
        problem = ""
        for corners, name in zip(layer.data, names, strict=True):
            region = region_of(corners, loaded.shape)
            if region is None:
                problem = "A rectangle has no area on the radiograph: drag one across it."
                continue
            taken = {one.name for one in regions}
            if not name or name in taken:
                name = next_name({*taken, *names})
            regions.append(NamedRegion(name=name, region=str(region)))
        self.told.emit(problem)
        if not problem and [one.name for one in regions] != names:
            self._write_names(layer, regions)
        self._keep(tuple(regions))
        self._fill()

    def _keep(self, regions: tuple[NamedRegion, ...]) -> None:
        self._regions = regions
        self._session.edit(regions=regions)

    @staticmethod
    def _write_names(layer: Shapes, regions: tuple[NamedRegion, ...] | list[NamedRegion]) -> None:
        layer.features = {"name": np.array([one.name for one in regions], dtype=object)}
        layer.feature_defaults = {"name": [""]}
        layer.refresh_text()

    def _fill(self) -> None:
        """List the regions, the last one chosen where none was."""
        row = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for one in self._regions:
            y0, y1, x0, x1 = Region.parse(one.region)
            item = QListWidgetItem(one.name)
            item.setToolTip(f"{x1 - x0} × {y1 - y0} px, rows and columns {one.region}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        last = len(self._regions) - 1
        self.list.setCurrentRow(row if 0 <= row <= last else last)
        self.list.blockSignals(False)
        self._refresh()

    def _refresh(self) -> None:
        chosen = self.list.currentRow() >= 0
        for one in (self.jump_button, self.rename_button, self.delete_button):
            one.setEnabled(chosen)

    def _edge_width(self) -> float:
        loaded = self._session.loaded
        return 1 if loaded is None else max(1, max(loaded.shape) / 300)


def next_name(taken: set[str]) -> str:
    """Return the first ``region N`` that is free."""
    number = 1
    while f"region {number}" in taken:
        number += 1
    return f"region {number}"
