"""Separation: the engine, what methods share, and the methods."""

from napari_xraysep.separation.engine import separate
from napari_xraysep.separation.events import Event, Finished, Preview, Progress, Started
from napari_xraysep.separation.method import (
    DEFAULT_METHOD,
    Method,
    Settings,
    get_method,
    installed_methods,
)
from napari_xraysep.separation.options import RunOptions

__all__ = [
    "DEFAULT_METHOD",
    "Event",
    "Finished",
    "Method",
    "Preview",
    "Progress",
    "RunOptions",
    "Settings",
    "Started",
    "get_method",
    "installed_methods",
    "separate",
]
