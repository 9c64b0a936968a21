"""``python -m napari_xraysep.plugin [RUN_OR_PROJECT]``: napari with our docks open."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.viewer import Viewer

PLUGIN = "napari-xraysep"


def open_docks(viewer: Viewer, opened: Path | None = None) -> dict[str, Any]:
    """Dock our widgets one behind the other, in the order of the work.

    Parameters
    ----------
    opened
        A run's folder or a project file to open.

    Returns
    -------
    dict
        The widgets by the names of their docks.
    """
    from npe2 import PluginManager
    from qtpy.QtCore import QTimer

    docks: dict[str, Any] = {}
    widgets: dict[str, Any] = {}
    for listed in PluginManager.instance().get_manifest(PLUGIN).contributions.widgets or []:
        name = listed.display_name
        docks[name], widgets[name] = viewer.window.add_plugin_dock_widget(
            PLUGIN, name, tabify=bool(docks)
        )
        docks[name].setWindowTitle(name.split()[0])  # on its tab; five full names would be cut
    run = opened is not None and opened.is_dir()
    front = docks["Separate" if run else "Load painting"]
    QTimer.singleShot(0, front.raise_)  # only once the tabs are laid out
    if opened is not None and run:
        widgets["Separate"].open_run(opened)
    elif opened is not None:
        widgets["Load painting"].open_project(opened)
    return widgets


def main(arguments: list[str]) -> None:
    """Open napari, with a run or a project if one is named; return when it is closed."""
    import napari

    viewer = napari.Viewer(title="napari-xraysep")
    open_docks(viewer, Path(arguments[0]) if arguments else None)
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
