"""Write a set of files all or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from napari_xraysep.errors import InputError

PREFIX = ".xraysep-"
CURE = "choose another folder, or free space and check that you may write there"


def check_output(folder: Path, names: Iterable[str]) -> None:
    """Make sure that files can be written into a folder; nothing is left behind.

    Parameters
    ----------
    folder
        It and its parents need not exist.
    names
        Of the files to be written; none of them may be there.

    Raises
    ------
    InputError
        It is a file, cannot be written, or already holds one of the files.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(folder, "it is a file, not a folder", "choose another folder")
    _check_free(folder, names)
    anchor = _nearest_folder(folder)
    try:
        # permission bits do not tell (network drives, Windows, /proc): only trying does
        os.rmdir(tempfile.mkdtemp(prefix=PREFIX, dir=anchor))
    except OSError as error:
        raise InputError(folder, f"it cannot be written ({reason(error)})", CURE) from None


def check_fresh(folder: Path, option: str = "--out") -> None:
    """Raise `InputError` unless a folder is new or empty, and can be written."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(option, f"{folder} is already there", "give a new folder")
    check_output(folder, ())


def free_folder(folder: Path) -> Path:
    """Return the folder, or the first of NAME-2, NAME-3 … beside it that does not exist."""
    numbered = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return next(one for one in chain([folder], numbered) if not one.exists())


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Lend an empty folder whose files end up in ``folder`` only if all goes well.

    It lies on the same file system, so that moving the files takes no time or space. On any
    failure what was written, and any folder made for it, is removed again.

    Raises
    ------
    InputError
        The files cannot be written (no space, no permission), or one of them is there already.
    """
    made: list[Path] = []
    moved: list[Path] = []
    stage: Path | None = None
    try:
        stage = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_nearest_folder(folder)))
        yield stage
        for parent in reversed([folder, *folder.parents]):
            if not parent.exists():
                parent.mkdir()
                made.append(parent)
        files = sorted(stage.iterdir())
        _check_free(folder, (file.name for file in files))
        for file in files:
            file.replace(folder / file.name)
            moved.append(folder / file.name)
    except BaseException as error:
        for file in moved:
            with suppress(OSError):
                file.unlink()
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise InputError(folder, f"nothing was written ({reason(error)})", CURE) from error
        if isinstance(error, InputError) and stage and error.subject.startswith(str(stage)):
            raise InputError(folder, error.problem, error.cure) from error  # as the user knows it
        raise
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Lend a temporary name, whose file takes the place of ``path`` only if all goes well.

    Raises
    ------
    InputError
        It cannot be written; a file of that name is then as it was.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise InputError(path, f"it cannot be written ({reason(error)})", CURE) from error
        raise


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file; raises `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def reason(error: OSError) -> str:
    """Why a file could not be written; numpy says only how many bytes were."""
    return error.strerror or "the disk may be full"


def _check_free(folder: Path, names: Iterable[str]) -> None:
    """Raise `InputError` where one of the files is there already."""
    for name in names:
        if (folder / name).exists():
            raise InputError(
                folder, f"it already holds {name}", "choose another folder, so that nothing is lost"
            )


def _nearest_folder(folder: Path) -> Path:
    """Return the folder, or the nearest of its parents that exists.

    Raises
    ------
    InputError
        That one is a file.
    """
    nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not nearest.is_dir():
        raise InputError(folder, f"{nearest} is a file, not a folder", "choose another folder")
    return nearest
