"""``python -m napari_xraysep.plugin [RUN]``: napari with both docks open."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_xraysep.plugin.load_widget import LoadPainting
    from napari_xraysep.plugin.separate_widget import Separate

PLUGIN = "napari-xraysep"


def open_docks(viewer: Viewer) -> tuple[LoadPainting, Separate]:
    """Dock both widgets in a window, one behind the other, *Load painting* in front."""
    from qtpy.QtCore import QTimer

    load_dock, load = viewer.window.add_plugin_dock_widget(PLUGIN, "Load painting")
    _, separate = viewer.window.add_plugin_dock_widget(PLUGIN, "Separate", tabify=True)
    QTimer.singleShot(0, load_dock.raise_)  # only once the tabs are laid out
    return load, separate


def main(arguments: list[str]) -> None:
    """Open napari, and a stored run in it if its folder is named; return when it is closed."""
    import napari

    viewer = napari.Viewer(title="napari-xraysep")
    _, separate = open_docks(viewer)
    if arguments:
        separate.open_run(Path(arguments[0]))
        separate.parent().raise_()
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
