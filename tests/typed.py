"""What is typed on the command line, for tests."""

from __future__ import annotations

from collections.abc import Sequence


def instead(arguments: Sequence[str], option: str, value: str) -> list[str]:
    """Return the arguments with another value of an option that they give."""
    typed = list(arguments)
    typed[typed.index(option) + 1] = value
    return typed
