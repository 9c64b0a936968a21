"""Which of several separations to trust most, without knowing the true layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

WEIGHED = ("apart", "unexplained_rms")
"""The numbers of `judge` that the rule multiplies; in all of them less is better."""

FAR = 2.0
"""A restart whose score is above that of the picked one by this factor is left out."""

EMPTY = "one layer is practically empty"

Name = TypeVar("Name")


def score(judged: Mapping[str, float]) -> float:
    """Return the geometric mean of the numbers that count, the lower the better."""
    values = [judged[name] for name in WEIGHED if name in judged]
    return math.prod(values) ** (1 / len(values))


def pick(judged: Mapping[Name, Mapping[str, float]]) -> Name:
    """Return the separation with the best score among those without an empty layer.

    Parameters
    ----------
    judged
        What each was judged by (`judge`, `apart`), at least one; all of one painting.
    """
    return min(judged, key=lambda name: (judged[name]["empty"], score(judged[name])))


def left_out(judged: Mapping[Name, Mapping[str, float]], picked: Name) -> dict[Name, str]:
    """Say of each separation that is no part of the result why it is not."""
    best = judged[picked]
    why = {}
    for name, numbers in judged.items():
        if name == picked:
            continue
        if numbers["empty"] and not best["empty"]:
            why[name] = EMPTY
        elif score(numbers) > FAR * score(best):
            why[name] = "much worse than the picked restart by the numbers that need no truth"
    return why
