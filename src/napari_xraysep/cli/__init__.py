"""The command line, ``xraysep``: its commands, one module each, and how they speak.

Nothing heavy is imported before a command runs, so that ``xraysep --help`` answers at once.
"""

from napari_xraysep.cli.app import main

__all__ = ["main"]
