"""Separate the mixed X-radiograph of a painting into the layers it is made of."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_xraysep.evaluation import evaluate
    from napari_xraysep.painting import Painting
    from napari_xraysep.simulation import simulate
    from napari_xraysep.sources import Sources
    from napari_xraysep.workflows.registering import register
    from napari_xraysep.workflows.separating import separate

__version__ = "0.1.0"
__all__ = ["Painting", "Sources", "evaluate", "register", "separate", "simulate"]

_HOMES = {
    "Painting": "painting",
    "Sources": "sources",
    "evaluate": "evaluation",
    "register": "workflows.registering",
    "separate": "workflows.separating",
    "simulate": "simulation",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that the package loads at once."""
    if name in _HOMES:
        return getattr(import_module(f"napari_xraysep.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
