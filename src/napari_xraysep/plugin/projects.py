"""From images or a project file to what a session begins with; without Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType

import numpy as np

from napari_xraysep.areas import check_unchanged, labels
from napari_xraysep.errors import InputError
from napari_xraysep.io.results import write_image
from napari_xraysep.plugin.images import Choice, Image, read_image
from napari_xraysep.plugin.loading import Answers, Loaded, assemble, is_sample, mirrors_back
from napari_xraysep.plugin.stored_run import Opened, read_opened
from napari_xraysep.project import Area, FileRef, Project, relative
from napari_xraysep.records import Role
from napari_xraysep.transforms import SIDES
from napari_xraysep.workflows.project import (
    PICTURES,
    check_inputs,
    digest,
    drawings_of,
    file_of,
    folder_beside,
    project_beside,
    read_project,
    usable,
)


@dataclass(frozen=True)
class Beginning:
    """A painting put together, with the project that goes with it.

    Attributes
    ----------
    file
        Where the project is kept; None: nowhere yet.
    opened
        The last run that the project lists.
    problem
        What could not be brought back, though the rest could.
    seen
        The `digest` of the project file that was read.
    """

    loaded: Loaded
    project: Project
    file: Path | None
    opened: Opened | None = None
    problem: str = ""
    seen: str | None = None


def begun(
    images: dict[Role, Image],
    answers: Answers,
    before: Project | None,
    file: Path | None,
    shown: Mapping[Role, Image] = MappingProxyType({}),
) -> Beginning:
    """Put images together; what an earlier project knows of the same files is kept.

    Parameters
    ----------
    before
        The project of the same radiograph, or None for a new one.
    file
        Where the project is kept.
    shown
        The images of ``before``; those that are the same still hold what the project says of them.

    Raises
    ------
    InputError
        See `loading.assemble`.
    """
    folder = None if file is None else file.parent
    if before is None:
        before, shown = Project(), {}
    project = _project(images, answers, before, folder, shown)
    return Beginning(assemble(images, answers, usable(project.transforms)), project, file)


def renewed(made: Beginning, before: Project, shown: Mapping[Role, Image]) -> Beginning:
    """Return what `begun` made with the project as it stands by now; quick.

    Parameters
    ----------
    before, shown
        As for `begun`.
    """
    folder = None if made.file is None else made.file.parent
    project = _project(made.loaded.images, made.loaded.answers, before, folder, shown)
    return replace(made, project=project)


def reopened(path: Path, known: Sequence[Image] = ()) -> Beginning:
    """Bring back what a project file lists, with nothing run again.

    Parameters
    ----------
    known
        Images that were read just now, so that they are not read twice.

    Raises
    ------
    InputError
        The project file cannot be used, or an image or drawing was moved or changed.
    """
    path = path.absolute()
    seen = digest(path)
    project, folder = read_project(path), path.parent
    files = check_inputs(project, folder)
    images: dict[Role, Image] = {}
    for role, at in files.items():
        ref = file_of(project, role)
        assert ref is not None
        images[role] = _known(role, at, known) or read_image(role, Choice(at.name, path=at))
        check_unchanged(at, ref.sha256, images[role].record.sha256)
    answers = Answers(
        project.mirror_back, project.polarity, project.response, project.pixel_size_mm
    )
    loaded = assemble(images, answers, usable(project.transforms))
    for drawing in drawings_of(project):
        labels(drawing, loaded.shape, folder)
    opened, problem = None, ""
    if project.runs:
        try:
            opened = read_opened(folder / project.runs[-1].folder)
        except InputError as error:
            problem = str(error)
    return Beginning(loaded, project, path, opened, problem, seen)


def same_painting(project: Project | None, loaded: Loaded | None, image: Image) -> bool:
    """Whether a project, and what is loaded with it, are of this radiograph."""
    known = None if project is None else project.radiograph
    if known is not None and known.sha256 == image.record.sha256:
        return True
    return loaded is not None and loaded.images["radiograph"] is image


def default_project_file(radiograph: Image) -> Path | None:
    """Return where the project of a radiograph is kept: beside its file.

    None for a layer without a file and for our samples.
    """
    path = radiograph.record.path
    if path is None or is_sample(Path(path)):
        return None
    return project_beside(Path(path).absolute())


def next_project_file(file: Path) -> Path:
    """Return the first ``NAME-N.json`` beside a project file that does not exist yet."""
    for number in count(2):
        another = file.with_name(f"{file.stem}-{number}.json")
        if not another.exists():
            return another
    raise AssertionError("count() never ends")


def _known(role: Role, path: Path, known: Sequence[Image]) -> Image | None:
    """Return the image of that role that was read from that file, where there is one."""
    for image in known:
        read = image.record.path
        if image.record.role == role and read is not None and Path(read).absolute() == path:
            return image
    return None


def write_unfiled(loaded: Loaded, file: Path) -> Mapping[Role, FileRef]:
    """Store the images that are layers without a file beside a project file, so that it reopens.

    Raises
    ------
    InputError
        They cannot be written.
    """
    written: dict[Role, FileRef] = {}
    folder = folder_beside(file)
    for role in PICTURES:
        image = loaded.images.get(role)
        if image is None or image.record.path is not None:
            continue
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(
                folder, f"it cannot be made ({error.strerror})", "free space"
            ) from None
        said = "simulated, " if image.simulated else ""
        for name in chain([role], (f"{role}-{number}" for number in count(2))):
            path = folder / f"{name}.tif"
            free = not path.exists()
            if free:
                write_image(path, image.pixels, f"{said}the {role} of a project of napari-xraysep")
            again = read_image(role, Choice(path.name, path=path))
            if free or np.array_equal(again.pixels, image.pixels):  # another file stays as it is
                break
        assert again.record.sha256 is not None
        written[role] = FileRef(path=relative(path, file.parent), sha256=again.record.sha256)
    return written


def _project(
    images: dict[Role, Image],
    answers: Answers,
    before: Project,
    folder: Path | None,
    shown: Mapping[Role, Image],
) -> Project:
    """Describe images and answers, keeping of an earlier project what still holds."""

    def ref(role: Role) -> FileRef | None:
        image = images.get(role)
        if image is not None and image is shown.get(role):
            return file_of(before, role)
        if image is None or image.record.path is None or image.record.sha256 is None:
            return None
        path = Path(image.record.path).absolute()
        where = path.as_posix() if folder is None else relative(path, folder)
        return FileRef(path=where, sha256=image.record.sha256)

    parts: dict[str, object] = {role: ref(role) for role in PICTURES}
    parts |= {
        "mirror_back": mirrors_back(images, answers),
        "polarity": answers.polarity,
        "response": answers.response,
        "pixel_size_mm": answers.pixel_size_mm,
    }
    if images.get("mask") is not shown.get("mask"):
        file, mask = ref("mask"), before.mask or Area()
        parts["mask"] = mask.model_copy(update={"file": file})
        if file is None and "mask" in images:  # a layer, which is stored in a moment
            parts["mask"] = None
    transforms = before.transforms
    for side in SIDES:
        image, known, now = images.get(side), file_of(before, side), ref(side)
        same = known is not None and now is not None and known.sha256 == now.sha256
        if not same and (image is None or image is not shown.get(side)):
            parts[f"{side}_landmarks"] = ()
            if transforms is not None:
                transforms = transforms.model_copy(update={side: None})
    return before.model_copy(update=parts | {"transforms": transforms})
