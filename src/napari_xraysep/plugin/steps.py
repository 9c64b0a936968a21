"""The way through the docks: which steps are done, which do not apply, what is next; without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from napari_xraysep.plugin.loading import Loaded
from napari_xraysep.project import Area, PriorDrawing, Project
from napari_xraysep.transforms import SIDES, Transforms

LOAD, REGISTER, MASK = "Load painting", "Register", "Mask and regions"
PRIOR, SEPARATE, COMPARE = "Prior", "Separate", "Compare"

NUMBERS = {LOAD: "1", REGISTER: "2", MASK: "3a", PRIOR: "3b", SEPARATE: "4", COMPARE: "5"}
"""The docks in the order of the work, as the manifest names them."""

PAGES = {
    LOAD: "first-separation.md",
    REGISTER: "registration.md",
    MASK: "mask-and-regions.md",
    PRIOR: "prior.md",
    SEPARATE: "methods/index.md",
    COMPARE: "comparing.md",
}
"""Which page of the documentation explains a dock."""

HERE = {
    LOAD: "Choose the images below, then press Load.",
    REGISTER: "Register, look closely, then use it.",
    SEPARATE: "Choose a method, then press Separate.",
    COMPARE: "Compare what was found, and doubt it.",
}
THERE = {
    LOAD: "load the images",
    REGISTER: "lay the photographs on the radiograph",
    MASK: "mark what is no paint, if there is any",
    PRIOR: "mark where the design lies, if you know",
    SEPARATE: "separate the radiograph",
    COMPARE: "compare what was found",
}
RUNNING = "Wait, or Cancel: what is there so far is kept."
NOT_NEEDED = "not needed"


class State(Enum):
    """How a step stands."""

    WAITING = "waiting"
    DUE = "due"
    OPTIONAL = "optional"
    RUNNING = "running"
    NOT_NEEDED = "not needed"
    DONE = "done"


MARKS = {State.DONE: "✓", State.NOT_NEEDED: "–", State.RUNNING: "…"}
"""What a step's number is marked with."""


@dataclass(frozen=True)
class Step:
    """One dock on the way.

    Attributes
    ----------
    said
        In a few words what was done, or why nothing is to be done.
    """

    dock: str
    state: State
    said: str = ""

    @property
    def number(self) -> str:
        """Its number, as users are told it."""
        return NUMBERS[self.dock]


@dataclass(frozen=True)
class Next:
    """What to do next, in one sentence; ``dock`` where that is in another dock."""

    sentence: str
    dock: str | None = None


def steps(
    loaded: Loaded | None, project: Project | None, *, running: bool, results: bool
) -> tuple[Step, ...]:
    """Return all steps as they stand.

    Parameters
    ----------
    running
        A separation is under way.
    results
        The viewer shows layers of a separation.
    """
    known = project or Project()
    return (
        _load(loaded),
        _register(loaded, known.transforms),
        _mask(loaded, known),
        _prior(loaded, known.prior or PriorDrawing()),
        _separate(loaded, known, running=running, results=results),
        Step(COMPARE, State.DUE if results or known.runs else State.WAITING),
    )


def next_of(all_steps: Sequence[Step], dock: str) -> Next:
    """Say to a user who looks at ``dock`` what is next."""
    at = list(NUMBERS).index(dock)
    here = all_steps[at]
    if here.state is State.DUE:
        return Next(HERE[dock])
    if here.state is State.RUNNING:
        return Next(RUNNING)
    if here.state is not State.DONE:
        for step in all_steps[:at]:
            if step.state is State.DUE:
                return Next(f"First: {THERE[step.dock]}.", step.dock)
    for step in all_steps[at + 1 :]:
        if step.state in (State.DUE, State.OPTIONAL, State.RUNNING):
            return Next(f"Next: {THERE[step.dock]}.", step.dock)
    return Next("")


def _load(loaded: Loaded | None) -> Step:
    if loaded is None:
        return Step(LOAD, State.DUE)
    height, width = loaded.shape
    kind = "double-sided" if "back" in loaded.images else "concealed design"
    return Step(LOAD, State.DONE, f"{kind}, {width} × {height}")


def _register(loaded: Loaded | None, transforms: Transforms | None) -> Step:
    if loaded is None:
        return Step(REGISTER, State.WAITING)
    if loaded.painting is None:
        return Step(REGISTER, State.DUE, "none in use yet")
    parts = []
    for side in SIDES:
        used = None if transforms is None else transforms.side(side)
        if used is not None:
            measured = None if used.quality is None else used.quality.median_px
            parts.append(f"{side} by hand" if measured is None else f"{side} {measured:.2g} px")
    if not parts:
        return Step(REGISTER, State.NOT_NEEDED, f"{NOT_NEEDED}: on one grid")
    return Step(REGISTER, State.DONE, ", ".join(parts))


def _mask(loaded: Loaded | None, project: Project) -> Step:
    if loaded is None:
        return Step(MASK, State.WAITING)
    done = []
    if project.mask not in (None, Area()):
        done.append("mask drawn")
    if project.regions:
        done.append(_counted(len(project.regions), "region"))
    return Step(MASK, State.DONE if done else State.OPTIONAL, ", ".join(done) or "optional")


def _prior(loaded: Loaded | None, drawn: PriorDrawing) -> Step:
    if loaded is None:
        return Step(PRIOR, State.WAITING)
    if "back" in loaded.images:
        return Step(PRIOR, State.NOT_NEEDED, f"{NOT_NEEDED}: it has a back")
    if loaded.painting is None:
        return Step(PRIOR, State.WAITING)
    if drawn.area != Area() or drawn.image is not None or drawn.scribbles is not None:
        return Step(PRIOR, State.DONE, "design marked")
    return Step(PRIOR, State.OPTIONAL, "optional")


def _separate(loaded: Loaded | None, project: Project, *, running: bool, results: bool) -> Step:
    if running:
        return Step(SEPARATE, State.RUNNING, "separating…")
    if project.runs:
        return Step(SEPARATE, State.DONE, _counted(len(project.runs), "run"))
    if results:
        return Step(SEPARATE, State.DONE, "separated")
    ready = loaded is not None and loaded.painting is not None
    return Step(SEPARATE, State.DUE if ready else State.WAITING)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
