"""``transforms.json``: how photographs lie on a radiograph."""

from __future__ import annotations

from pathlib import Path

from napari_xraysep.io.json_records import read_record, write_record
from napari_xraysep.transforms import Transforms

TRANSFORMS = "transforms.json"


def read_transforms(path: Path) -> Transforms:
    """Read transforms, into pixels.

    Raises
    ------
    InputError
        The file cannot be read or used.
    """
    return read_record(path, Transforms, "a transforms.json of xraysep register").in_unit("px")


def write_transforms(path: Path, transforms: Transforms) -> None:
    """Write transforms, in millimetres where both pixel sizes are known.

    Raises
    ------
    InputError
        It cannot be written.
    """
    write_record(path, transforms.in_unit("mm"))
