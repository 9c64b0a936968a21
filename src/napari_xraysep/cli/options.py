"""The options that several commands have in common, each declared once."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from napari_xraysep.errors import InputError

if TYPE_CHECKING:
    from napari_xraysep.painting import Painting, Region
    from napari_xraysep.project import Project
    from napari_xraysep.sources import Sources

FAILED, CANCELLED = 1, 130
"""Exit codes of a command in which a run failed, and of one that Ctrl-C stopped."""
PRIOR = ("prior_mask", "prior_image", "prior_reverse", "prior_feather")

Method = Annotated[str, typer.Option(metavar="NAME", help="See: xraysep methods.")]
Preset = Annotated[
    Literal["fast", "paper"], typer.Option(help="The method's settings to start from.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated."),
]
Allocation = Annotated[
    Literal["none", "even", "variance"] | None,
    typer.Option(help="How what the model leaves is shared out; else the method's way."),
]
WarmStart = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of a double-sided run for the method to learn from first; else it learns "
        "from this painting's surface and its mirror image.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Makes a run repeatable on one device.")]
Restarts = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Run with --seed and the next ones; the spread of the layers is their uncertainty.",
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda"], typer.Option(help="auto takes the GPU if there is one.")
]
Truth1 = Annotated[
    Path | None, typer.Option("--truth-1", help="The true front or surface layer, if known.")
]
Truth2 = Annotated[
    Path | None, typer.Option("--truth-2", help="The true back or concealed layer, if known.")
]


@dataclass(frozen=True, kw_only=True)
class Files:
    """The painting's files, what its radiograph is, and where the result goes."""

    xray: Annotated[Path | None, typer.Option(help="The mixed radiograph, grey.")] = None
    rgb_front: Annotated[
        Path | None, typer.Option(help="Photograph of the front, or of the surface.")
    ] = None
    out: Annotated[Path, typer.Option(help="Folder to write; must not hold a result yet.")]
    rgb_back: Annotated[
        Path | None,
        typer.Option(help="Photograph of the back; without it a concealed design is sought."),
    ] = None
    mirror_back: Annotated[
        bool,
        typer.Option("--mirror-back", help="The back is seen from behind, left to right flipped."),
    ] = False
    mask: Annotated[Path | None, typer.Option(help="Image; non-zero = left out.")] = None
    polarity: Annotated[
        Literal["white-absorbs", "black-absorbs"] | None,
        typer.Option(help="Which end of the radiograph's grey scale absorbs; assumed white."),
    ] = None
    response: Annotated[
        Literal["as-is", "linear", "film-density", "log"] | None,
        typer.Option(help="What its grey values measure; assumed as-is."),
    ] = None
    pixel_size: Annotated[
        float | None, typer.Option(metavar="MM", help="Millimetres a pixel; else the file's.")
    ] = None

    def sources(self) -> Sources:
        """Return them as the library takes them; nothing is read yet.

        Raises
        ------
        InputError
            The radiograph or the front's photograph is not given.
        """
        from napari_xraysep.sources import Sources

        if self.xray is None:
            raise InputError("--xray", "it is missing", "give the radiograph's file")
        if self.rgb_front is None:
            raise InputError("--rgb-front", "it is missing", "give the front's photograph")
        return Sources(
            xray=self.xray,
            front=self.rgb_front,
            back=self.rgb_back,
            mirror_back=self.mirror_back,
            mask=self.mask,
            polarity=self.polarity,
            response=self.response,
            pixel_size_mm=self.pixel_size,
        )


@dataclass(frozen=True, kw_only=True)
class Given(Files):
    """What every separating command is given: the files, how they lie, and which part to take.

    A project says all of it but the part.
    """

    project: Annotated[
        Path | None,
        typer.Option(
            metavar="P.json",
            help="A project file of the window, in place of the files and what is said of them.",
        ),
    ] = None
    transforms: Annotated[
        Path | None,
        typer.Option(
            metavar="T.json",
            help="transforms.json of xraysep register; the photographs are then the originals.",
        ),
    ] = None
    prior_mask: Annotated[
        Path | None, typer.Option(help="Image; non-zero = where the concealed design lies.")
    ] = None
    prior_reverse: Annotated[
        bool,
        typer.Option("--prior-reverse", help="The prior mask is where there is no such design."),
    ] = False
    prior_feather: Annotated[
        float, typer.Option(metavar="PX", help="Width of the prior mask's soft edge, in pixels.")
    ] = 0
    prior_image: Annotated[
        Path | None,
        typer.Option(help="The surface's X-ray made by hand, as the radiograph in size and greys."),
    ] = None
    roi: Annotated[
        str | None,
        typer.Option(metavar="Y0:Y1,X0:X1", help="Separate only these rows and columns."),
    ] = None

    region: Annotated[
        str | None,
        typer.Option("--region", metavar="NAME", help="Separate only this region of the project."),
    ] = None
    learn_on: Annotated[
        str | None,
        typer.Option(
            metavar="Y0:Y1,X0:X1",
            help="Learn only from these rows and columns, or this region of the project, and apply "
            "that to all that is separated.",
        ),
    ] = None

    def part(self) -> Region | None:
        """Return the part to separate, or None for all.

        Raises
        ------
        InputError
            ``--roi`` is not of the form Y0:Y1,X0:X1, or the project has no such region.
        """
        from napari_xraysep.painting import Region

        if self.region is None:
            return None if self.roi is None else Region.parse(self.roi)
        if self.roi is not None:
            raise InputError("--region", "--roi is given, too", "give one of them")
        return self._named("--region", self.region)

    def learnt_part(self) -> Region | None:
        """Return the part to learn from, or None for all that is separated.

        Raises
        ------
        InputError
            It is neither of the form Y0:Y1,X0:X1 nor a region of the project.
        """
        from napari_xraysep.painting import Region

        if self.learn_on is None:
            return None
        names = [] if self._project is None else [one.name for one in self._project.regions]
        if self.learn_on in names or (self._project is not None and ":" not in self.learn_on):
            return self._named("--learn-on", self.learn_on)
        return Region.parse(self.learn_on, "--learn-on")

    def _named(self, option: str, name: str) -> Region:
        from napari_xraysep.painting import Region

        if self._project is None:
            raise InputError(option, "regions have names only in a project", "give --project")
        known = {one.name: one.region for one in self._project.regions}
        if name not in known:
            raise InputError(
                option,
                f"the project has no region called {name}",
                f"choose among {', '.join(known)}" if known else "draw it in the window first",
            )
        return Region.parse(known[name], option)

    @functools.cached_property
    def _project(self) -> Project | None:
        """The project, read once; what it says is not to be said again."""
        if self.project is None:
            return None
        from napari_xraysep.workflows.project import read_project

        free = ("out", "project", "roi", "region", "learn_on")
        for field in dataclasses.fields(self):
            if field.name not in free and getattr(self, field.name) != field.default:
                option = "--" + field.name.replace("_", "-")
                raise InputError(option, "the project says this already", "leave it out")
        return read_project(self.project)

    def painting(self) -> Painting:
        """Read the files.

        Raises
        ------
        InputError
            A file cannot be read or used, is not on the radiograph's grid, is not the one that was
            registered, or is not where the project expects it; a prior is given with a back.
        """
        if self.project is not None and self._project is not None:
            from napari_xraysep.workflows.project import painting_of

            return painting_of(self._project, self.project.absolute().parent)
        if self.rgb_back is not None:
            for name in PRIOR:
                if getattr(self, name) != getattr(Given, name):
                    raise InputError(
                        "--" + name.replace("_", "-"),
                        "a prior is for a concealed design, and the back's photograph is given",
                        "leave one of them out",
                    )
        sources = dataclasses.replace(
            self.sources(),
            transforms=self.transforms,
            prior_mask=self.prior_mask,
            prior_reverse=self.prior_reverse,
            prior_feather_px=self.prior_feather,
            prior_image=self.prior_image,
        )
        return sources.align()


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take a dataclass of options: each field becomes an option, in its place.

    Typer reads the options from a function's parameters and knows no groups of them.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {}
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if not dataclasses.is_dataclass(hints[name]):
            parameters.append((name, hints[name], parameter.default))
            continue
        group = hints[name]
        groups[name] = group
        fields = get_type_hints(group, include_extras=True)
        for field in dataclasses.fields(group):
            absent = field.default is dataclasses.MISSING
            default = inspect.Parameter.empty if absent else field.default
            parameters.append((field.name, fields[field.name], default))

    @functools.wraps(command)
    def wrapper(**values: Any) -> None:
        for name, group in groups.items():
            fields = [field.name for field in dataclasses.fields(group)]
            values[name] = group(**{field: values.pop(field) for field in fields})
        command(**values)

    wrapper.__annotations__ = {name: hint for name, hint, _ in parameters}
    wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
            )
            for name, hint, default in parameters
        ]
    )
    return wrapper


def both_truths(truth_1: Path | None, truth_2: Path | None) -> tuple[Path, Path] | None:
    """Return the files of the true layers, or None where neither is given.

    Raises
    ------
    InputError
        Only one of them is given.
    """
    if truth_1 is not None and truth_2 is not None:
        return truth_1, truth_2
    if truth_1 is None and truth_2 is None:
        return None
    absent = "--truth-1" if truth_1 is None else "--truth-2"
    raise InputError(absent, "only the other true layer is given", "give both or neither")


def parse_settings(pairs: list[str] | None) -> Mapping[str, str]:
    """Read ``KEY=VALUE`` pairs; the method's settings turn the values into their types.

    Raises
    ------
    InputError
        A pair has no key or no ``=``, or a key comes twice.
    """
    settings: dict[str, str] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InputError("--set", f"'{pair}' is not KEY=VALUE", "write for example epochs=100")
        if key in settings:
            raise InputError("--set", f"'{key}' is given twice", "give it once")
        settings[key] = value.strip()
    return settings
