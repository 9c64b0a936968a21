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


def open_docks(viewer: Viewer, run: Path | None = None) -> tuple[LoadPainting, Separate]:
    """Dock both widgets, one behind the other, and open a stored run if one is given."""
    from qtpy.QtCore import QTimer

    load_dock, load = viewer.window.add_plugin_dock_widget(PLUGIN, "Load painting")
    separate_dock, separate = viewer.window.add_plugin_dock_widget(PLUGIN, "Separate", tabify=True)
    front = load_dock if run is None else separate_dock
    QTimer.singleShot(0, front.raise_)  # only once the tabs are laid out
    if run is not None:
        separate.open_run(run)
    return load, separate


def main(arguments: list[str]) -> None:
    """Open napari, with a stored run if its folder is named; return when it is closed."""
    import napari

    viewer = napari.Viewer(title="napari-xraysep")
    open_docks(viewer, Path(arguments[0]) if arguments else None)
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
