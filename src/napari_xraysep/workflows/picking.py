"""Which of several separations to trust most, without knowing the true layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

BY_REFERENCE = ("from_regression", "from_regression", "unexplained_rms")
"""The numbers that the rule multiplies; in all of them less is better, and one counts twice.

Restarts of one method err alike, and nothing that is seen of them alone tells in what: a separation
made in another way does.
"""

AMONG_THEMSELVES = ("apart", "unexplained_rms")
"""What is multiplied where there is no regression to compare with, and to tell what lies far."""

NOTHING = 1e-5
"""In the working domain, below a grey level of 16 bits: differences down there mean nothing."""

FAR = 2.0
"""A restart is left out where its score is above the middle one's by this factor. In twenty groups
of five ordinary restarts none was more than 1.6 times that of the best."""

EMPTY = "one layer is practically empty"
FAR_OFF = "it lies far from the others, or leaves far more unexplained than they do"

Name = TypeVar("Name")


def score(judged: Mapping[str, float], numbers: Sequence[str]) -> float:
    """Return the geometric mean of the numbers that are there; the lower the better."""
    values = [max(judged[name], NOTHING) for name in numbers if name in judged]
    return math.prod(values) ** (1 / len(values))


def pick(judged: Mapping[Name, Mapping[str, float]]) -> Name:
    """Return the one to trust most, of those that are not `left_out`.

    Parameters
    ----------
    judged
        What each was judged by (`judge`, `apart`), at least one; all of one painting.
    """
    numbers, out = rule(judged), left_out(judged)
    return min(
        (name for name in judged if name not in out), key=lambda n: score(judged[n], numbers)
    )


def rule(judged: Mapping[Name, Mapping[str, float]]) -> Sequence[str]:
    """Return which numbers the rule multiplies: those that all have."""
    known = all("from_regression" in numbers for numbers in judged.values())
    return BY_REFERENCE if known else AMONG_THEMSELVES


def best_first(judged: Mapping[Name, Mapping[str, float]]) -> list[Name]:
    """Rank separations of one painting by different methods, by the remix test of all on all.

    Numbers of the layers themselves do not compare methods: what one leaves unexplained, or has as
    edges, is of its making. Those with an empty layer come last, since nothing and everything are
    easily found again.

    Parameters
    ----------
    judged
        What each was judged by: ``empty``, and ``remix``, its worst error in `ranking.rank`.
    """
    return sorted(judged, key=lambda name: (judged[name]["empty"], judged[name]["remix"]))


def left_out(judged: Mapping[Name, Mapping[str, float]]) -> dict[Name, str]:
    """Say of each separation that is to be no part of the result why it is not.

    Those with an empty layer where others have none, and of the rest those far worse than most;
    never all of them.
    """
    why = {name: EMPTY for name, numbers in judged.items() if numbers["empty"]}
    if len(why) == len(judged):
        why = {}
    scores = {name: score(numbers, AMONG_THEMSELVES) for name, numbers in judged.items()}
    # Of two the better one. Of four the upper middle one: the two nearest to the median are near to
    # it by construction, and the ordinary ones beside them would be left out.
    middle = sorted(scores.values())[len(scores) // 2 if len(scores) > 2 else 0]
    rest = {name: value for name, value in scores.items() if name not in why}
    most = FAR * max(middle, min(rest.values()))
    return why | {name: FAR_OFF for name, value in rest.items() if value > most}
