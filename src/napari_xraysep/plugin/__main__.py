"""``python -m napari_xraysep.plugin [RUN_OR_PROJECT]``: napari with our docks open."""

from __future__ import annotations

import sys
from pathlib import Path

from napari_xraysep.plugin.docks import open_docks


def main(arguments: list[str]) -> None:
    """Open napari, with a run or a project if one is named; return when it is closed."""
    import napari

    viewer = napari.Viewer(title="napari-xraysep")
    open_docks(viewer, Path(arguments[0]) if arguments else None)
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1:])
