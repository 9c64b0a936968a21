"""Opens our docks in a napari window, one behind the other, in the order of the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from npe2 import PluginManager
from qtpy.QtCore import QTimer

from napari_xraysep.plugin.session import plain_viewer
from napari_xraysep.plugin.steps import LOAD, SEPARATE

if TYPE_CHECKING:
    import napari.viewer
    from qtpy.QtWidgets import QDockWidget

PLUGIN = "napari-xraysep"


def step_by_step(viewer: napari.viewer.Viewer) -> None:
    """Open all docks, the first in front; napari's menus call it."""
    open_docks(plain_viewer(viewer))


def open_docks(viewer: napari.viewer.Viewer, opened: Path | None = None) -> dict[str, Any]:
    """Dock our widgets one behind the other.

    Parameters
    ----------
    opened
        A run's folder or a project file to open.

    Returns
    -------
    dict
        The widgets by the names of their docks.
    """
    widgets: dict[str, Any] = {}
    before: QDockWidget | None = None
    for listed in PluginManager.instance().get_manifest(PLUGIN).contributions.widgets or []:
        name = listed.display_name
        dock, widgets[name] = _dock(viewer, name)
        if before is not None:
            dock.parent().tabifyDockWidget(before, dock)
        before = dock
    run = opened is not None and opened.is_dir()
    show_dock(viewer, SEPARATE if run else LOAD)
    if opened is not None and run:
        widgets[SEPARATE].open_run(opened)
    elif opened is not None:
        widgets[LOAD].open_project(opened)
    return widgets


def show_dock(viewer: napari.viewer.Viewer, name: str) -> None:
    """Bring one of our docks to the front; it is opened where it is not open yet."""
    dock, _ = _dock(viewer, name)
    QTimer.singleShot(0, dock.raise_)  # only once the tabs are laid out


def _dock(viewer: napari.viewer.Viewer, name: str) -> tuple[QDockWidget, Any]:
    dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, name, tabify=True)
    dock.setWindowTitle(name.split()[0])  # on its tab; full names would be cut
    dock.show()
    return dock, widget
