"""What a separation method is, and how methods are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_xraysep.errors import InputError
from napari_xraysep.painting import Floats, Mixture
from napari_xraysep.records import Kind

ENTRY_POINTS = "napari_xraysep.methods"

Allocation = Literal["none", "even", "variance"]
Preset = Literal["fast", "paper"]

WANTED = {
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "float_parsing": "give a number",
    "bool_parsing": "give true or false",
}
"""What to do about a value that cannot be read, by pydantic's name of the error."""


class Settings(BaseModel):
    """Base of every method's settings: frozen, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cancelled(Exception):
    """Raised by `Context.checkpoint` when the user wants the run to stop."""


@dataclass(frozen=True)
class WarmStart:
    """A double-sided painting already separated, for a network to learn from beforehand.

    Attributes
    ----------
    photograph
        (H, W, 3) float32, sRGB 0..1, of one side.
    first, second
        (H, W) float32, its layer and the other side's, in the working domain.
    origin
        Where it comes from, in words, for the record.
    folder
        The run that it was read from, where it was; for the record too.
    """

    photograph: Floats
    first: Floats
    second: Floats
    origin: str
    folder: str | None = None


@dataclass(frozen=True)
class Context:
    """What the engine lends to a method.

    Attributes
    ----------
    checkpoint
        Raises `Cancelled` if the run is to stop; call it as often as is cheap.
    warm_start
        Makes the warm start, which may take some seconds; None where the run has none.
    """

    seed: int
    device: str
    checkpoint: Callable[[], None] = lambda: None
    warm_start: Callable[[], WarmStart] | None = None


@dataclass(frozen=True)
class Plan:
    """What a method is about to do; the first thing that it yields."""

    stages: tuple[str, ...]
    total_steps: int


@dataclass(frozen=True)
class Step:
    """A method has done one step, the ``step``-th of the whole run."""

    stage: str
    step: int
    epoch: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """The two layers as modelled so far, (H, W) float32; the last one is the result."""

    stage: str
    epoch: int
    first: Floats
    second: Floats


@dataclass(frozen=True)
class Finding:
    """Something a method measured that its paper reports, by a name that says what; recorded."""

    name: str
    value: float


Said: TypeAlias = Plan | Step | Estimate | Finding
Run: TypeAlias = Callable[[Mixture, Any, Context], Iterator[Said]]


@dataclass(frozen=True)
class Method:
    """A separation method, described without importing what it runs on.

    Attributes
    ----------
    name, title, paper
        Short name (as typed), full title, citation.
    summary
        One plain sentence for a conservator.
    kinds
        Which problems it solves.
    settings
        Its `Settings` class; field titles, bounds and descriptions make its form.
    implementation
        ``module:function`` of type `Run`, imported only when a run starts.
    presets
        Values that differ from the settings' defaults, by preset.
    allocation
        How its residual is shared out unless the user says otherwise, by preset; else evenly.
    uses_torch
        Whether the device matters.
    baseline
        Whether it is there to be compared with rather than used.
    warm_start
        Whether it learns from a `WarmStart` first, where it is given one.
    heeds_prior
        Whether it makes use of what the user says of a concealed design.
    learns
        Whether it learns from pixels what it then applies to others.
    deterministic
        Whether a new seed changes little or nothing, so that it has to be restarted on other pixels
        to learn from.
    main_settings
        The few settings that matter; a form folds the rest away.
    """

    name: str
    title: str
    paper: str
    summary: str
    kinds: frozenset[Kind]
    settings: type[Settings]
    implementation: str
    presets: Mapping[Preset, Mapping[str, Any]] = field(default_factory=dict)
    allocation: Mapping[Preset, Allocation] = field(default_factory=dict)
    uses_torch: bool = True
    baseline: bool = False
    warm_start: bool = False
    heeds_prior: bool = False
    learns: bool = True
    deterministic: bool = False
    main_settings: tuple[str, ...] = ()

    @property
    def restartable(self) -> bool:
        """Whether a restart can end differently: from another seed, or from other pixels."""
        return self.learns or not self.deterministic

    def load(self) -> Run:
        """Import and return the function that runs the method."""
        module, _, function = self.implementation.partition(":")
        run: Run = getattr(import_module(module), function)
        return run

    def settings_for(self, preset: Preset, changes: Mapping[str, Any] | None = None) -> Settings:
        """Return the preset's settings with ``changes``.

        Raises
        ------
        InputError
            A change names no setting, or its value is out of bounds.
        """
        changes = dict(changes or {})
        fields = self.settings.model_fields
        for name in changes:
            if name not in fields:
                raise InputError(
                    name,
                    f"{self.name} has no such setting",
                    "choose among " + ", ".join(fields) if fields else "leave it out",
                )
        try:
            return self.settings.model_validate({**self.presets.get(preset, {}), **changes})
        except ValidationError as error:
            first = error.errors()[0]
            message = first["msg"].removeprefix("Value error, ")
            message = WANTED.get(first["type"], message).replace("Input should be", "it must be")
            cure = message[0].lower() + message[1:]
            if not first["loc"]:
                raise InputError(self.name, "its settings contradict each other", cure) from None
            name = ".".join(str(part) for part in first["loc"])
            raise InputError(name, f"{first['input']!r} is not allowed", cure) from None

    def check_kind(self, kind: Kind) -> None:
        """Raise `InputError` where the method cannot use a painting of this kind."""
        if kind in self.kinds:
            return
        if kind == "concealed":
            raise InputError(
                self.name,
                "it separates the two sides of a double-sided painting and there is no back",
                "give the back's photograph (--rgb-back) or choose another method",
            )
        raise InputError(
            self.name,
            "it separates a concealed design from its surface and a back was given",
            "leave the back out or choose another method",
        )


@cache
def installed_methods() -> dict[str, Method]:
    """All installed methods by name, found through the entry points; ours first."""
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    loaded = {name: point.load() for name, point in found.items()}
    ours = [n for n, p in found.items() if p.value.startswith("napari_xraysep.")]
    order = [DEFAULT_METHOD, *ours, *sorted(found)]
    return {name: loaded[name] for name in dict.fromkeys(order) if name in loaded}


DEFAULT_METHOD = "regression"


def get_method(name: str) -> Method:
    """Return the method of that name.

    Raises
    ------
    InputError
        There is none.
    """
    known = installed_methods()
    if name not in known:
        raise InputError(name, "there is no such method", "choose among " + ", ".join(known))
    return known[name]
