"""From images or a project file to what a session begins with; without Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from napari_xraysep.areas import check_unchanged, labels
from napari_xraysep.errors import InputError
from napari_xraysep.io.results import write_image
from napari_xraysep.plugin.images import Choice, Image, read_image
from napari_xraysep.plugin.loading import Answers, Loaded, assemble, is_sample
from napari_xraysep.plugin.stored_run import Opened, read_opened
from napari_xraysep.project import Area, FileRef, Project, relative
from napari_xraysep.records import Role
from napari_xraysep.transforms import SIDES
from napari_xraysep.workflows.project import (
    PICTURES,
    check_inputs,
    drawings_of,
    file_of,
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
    """

    loaded: Loaded
    project: Project
    file: Path | None
    opened: Opened | None = None
    problem: str = ""


def begun(
    images: dict[Role, Image], answers: Answers, before: Project | None, file: Path | None
) -> Beginning:
    """Put images together; what an earlier project knows of the same files is kept.

    Parameters
    ----------
    before
        The project of the same radiograph, or None for a new one.
    file
        Where the project is kept.

    Raises
    ------
    InputError
        See `loading.assemble`.
    """
    project = _project(images, answers, before, None if file is None else file.parent)
    return Beginning(assemble(images, answers, usable(project.transforms)), project, file)


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
    return Beginning(loaded, project, path, opened, problem)


def same_painting(project: Project | None, image: Image) -> bool:
    """Whether a project is of this radiograph."""
    known = None if project is None else project.radiograph
    return known is not None and known.sha256 == image.record.sha256


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
    folder = file.with_suffix("")
    for role in PICTURES:
        image = loaded.images.get(role)
        if image is None or image.record.path is not None:
            continue
        path = folder / f"{role}.tif"
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(
                folder, f"it cannot be made ({error.strerror})", "free space"
            ) from None
        said = "simulated, " if image.simulated else ""
        write_image(path, image.pixels, f"{said}the {role} of a project of napari-xraysep")
        again = read_image(role, Choice(path.name, path=path))
        assert again.record.sha256 is not None
        written[role] = FileRef(path=relative(path, file.parent), sha256=again.record.sha256)
    return written


def _project(
    images: dict[Role, Image], answers: Answers, before: Project | None, folder: Path | None
) -> Project:
    """Describe images and answers, keeping of an earlier project what still holds."""

    def ref(role: Role) -> FileRef | None:
        image = images.get(role)
        if image is None or image.record.path is None or image.record.sha256 is None:
            return None
        path = Path(image.record.path).absolute()
        where = path.as_posix() if folder is None else relative(path, folder)
        return FileRef(path=where, sha256=image.record.sha256)

    project = before or Project()
    parts: dict[str, object] = {role: ref(role) for role in PICTURES}
    parts |= {
        "mirror_back": answers.mirror_back,
        "polarity": answers.polarity,
        "response": answers.response,
        "pixel_size_mm": answers.pixel_size_mm,
    }
    if "mask" in images:
        parts["mask"] = Area(file=ref("mask")) if ref("mask") is not None else None
    for side in SIDES:
        known = file_of(project, side)
        image = images.get(side)
        if known is None or image is None or known.sha256 != image.record.sha256:
            parts[f"{side}_landmarks"] = ()
            if project.transforms is not None:
                project = project.model_copy(
                    update={"transforms": project.transforms.model_copy(update={side: None})}
                )
    return project.model_copy(update=parts)
