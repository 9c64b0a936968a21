"""What the dock widget *Register* does on another thread or with files; without Qt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from napari_xraysep.io.transforms import read_transforms
from napari_xraysep.plugin.loading import Loaded, aligned, mask_of
from napari_xraysep.plugin.register_model import RegisterModel
from napari_xraysep.plugin.register_worker import Task
from napari_xraysep.plugin.session import Session
from napari_xraysep.records import Role
from napari_xraysep.sources import check_fit
from napari_xraysep.transforms import Transform, Transforms
from napari_xraysep.workflows.registering import Registered, register_side


def search(
    model: RegisterModel, session: Session, start: Transform | None
) -> Callable[[Task], Registered]:
    """Return the work of finding how the photograph that is worked on lies.

    All that it needs is taken now: what the user changes meanwhile has no say.

    Parameters
    ----------
    start
        Where to begin, instead of trying everything.
    """
    loaded, project, folder = model.loaded, session.project, session.folder
    assert loaded is not None
    register = partial(
        register_side,
        loaded.pictures[0].pixels,
        model.photograph.pixels,
        model.photograph.record,
        sizes=model.sizes,
        orientation=model.track.orientation,
        prefer=model.expected if model.expected == "mirrored" else None,
        plates=model.plates,
        start=start,
    )

    def work(task: Task) -> Registered:
        left_out = mask_of(loaded, project, folder)
        return register(valid=None if left_out is None else ~left_out, watch=task.watch)

    return work


def laying_down(loaded: Loaded, transforms: Transforms | None) -> Callable[[Task], Loaded]:
    """Return the work of resampling the original photographs onto the radiograph's grid."""
    return lambda task: aligned(
        loaded, transforms, partial(task.watch, "laying the photographs on the radiograph")
    )


def read_registrations(path: Path, model: RegisterModel) -> Transforms:
    """Read a ``transforms.json`` that was made for this painting.

    Raises
    ------
    InputError
        It cannot be read, or was made for other images.
    """
    transforms = read_transforms(path)
    assert model.loaded is not None
    given = [side for side in model.sides if transforms.side(side) is not None]
    roles: tuple[Role, ...] = ("radiograph", *given)
    check_fit(transforms, {role: model.loaded.images[role].record for role in roles})
    return transforms
