"""The way through the docks: which steps are done, which do not apply, what is next; without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from napari_xraysep.plugin.loading import Loaded
from napari_xraysep.project import Area, PriorDrawing, Project
from napari_xraysep.transforms import SIDES, Side, Transforms

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
CHECK = "check how the photographs lie"
USE_HERE = "Look closely, then use what was found, or undo it."
USE_THERE = "use the registration found, or undo it"
NOT_CHECKED = "not checked"
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
    here, there
        What to do, where it is not what `HERE` and `THERE` say.
    """

    dock: str
    state: State
    said: str = ""
    here: str = ""
    there: str = ""

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
    loaded: Loaded | None,
    project: Project | None,
    *,
    running: bool,
    results: bool,
    unused: Sequence[Side] = (),
) -> tuple[Step, ...]:
    """Return all steps as they stand.

    Parameters
    ----------
    running
        A separation is under way.
    results
        The viewer shows layers of a separation.
    unused
        Photographs for which a registration was found that is not in use.
    """
    known = project or Project()
    return (
        _load(loaded),
        _register(loaded, known.transforms, unused),
        _mask(loaded, known),
        _prior(loaded, known.prior or PriorDrawing()),
        _separate(loaded, known, running=running, results=results, unused=unused),
        Step(COMPARE, State.DUE if results or known.runs else State.WAITING),
    )


def next_of(all_steps: Sequence[Step], dock: str) -> Next:
    """Say to a user who looks at ``dock`` what is next."""
    at = list(NUMBERS).index(dock)
    here = all_steps[at]
    if here.state is State.DUE:
        return Next(here.here or HERE[dock])
    if here.state is State.RUNNING:
        return Next(RUNNING)
    if here.state is not State.DONE:
        for step in all_steps[:at]:
            if step.state is State.DUE:
                return Next(f"First: {step.there or THERE[step.dock]}.", step.dock)
    for step in all_steps[at + 1 :]:
        if step.state in (State.DUE, State.OPTIONAL, State.RUNNING):
            return Next(f"Next: {step.there or THERE[step.dock]}.", step.dock)
    return Next("")


def _load(loaded: Loaded | None) -> Step:
    if loaded is None:
        return Step(LOAD, State.DUE)
    height, width = loaded.shape
    kind = "double-sided" if "back" in loaded.images else "concealed design"
    return Step(LOAD, State.DONE, f"{kind}, {width} × {height}")


def _register(loaded: Loaded | None, transforms: Transforms | None, unused: Sequence[Side]) -> Step:
    """Say how sure it is that the photographs lie on the radiograph: one size proves nothing."""
    if loaded is None:
        return Step(REGISTER, State.WAITING)
    if unused:
        said = f"{' and '.join(unused)} found, not in use"
        return Step(REGISTER, State.DUE, said, USE_HERE, USE_THERE)
    if loaded.painting is None:
        return Step(REGISTER, State.DUE, "none in use yet")
    measured, unchecked = [], []
    for side in (side for side in SIDES if side in loaded.images):
        used = None if transforms is None else transforms.side(side)
        if used is not None:
            median = None if used.quality is None else used.quality.median_px
            measured.append(f"{side} by hand" if median is None else f"{side} {median:.2g} px")
        elif not loaded.images[side].record.registered:
            unchecked.append(side)
    if unchecked:
        left = f"{unchecked[0]} {NOT_CHECKED}" if measured else f"same size, {NOT_CHECKED}"
        return Step(REGISTER, State.OPTIONAL, ", ".join((*measured, left)), there=CHECK)
    if not measured:
        return Step(REGISTER, State.NOT_NEEDED, f"{NOT_NEEDED}: registered before")
    return Step(REGISTER, State.DONE, ", ".join(measured))


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


def _separate(
    loaded: Loaded | None,
    project: Project,
    *,
    running: bool,
    results: bool,
    unused: Sequence[Side],
) -> Step:
    if running:
        return Step(SEPARATE, State.RUNNING, "separating…")
    if project.runs:
        return Step(SEPARATE, State.DONE, _counted(len(project.runs), "run"))
    if results:
        return Step(SEPARATE, State.DONE, "separated")
    ready = loaded is not None and loaded.painting is not None and not unused
    return Step(SEPARATE, State.DUE if ready else State.WAITING)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
