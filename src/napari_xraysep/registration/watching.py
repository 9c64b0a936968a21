"""How a registration tells what it is doing, and is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Watch: TypeAlias = Callable[[str, float], None]
"""Told the stage, in words, and the share of the whole that is done, 0..1; may raise
`registration.Cancelled` to stop."""


def quiet(stage: str, fraction: float) -> None:
    """Tell nobody."""


def part(watch: Watch, start: float, end: float) -> Watch:
    """Return a watch for a part of the work that lasts from ``start`` to ``end`` of the whole."""
    return lambda stage, fraction: watch(stage, start + (end - start) * fraction)
