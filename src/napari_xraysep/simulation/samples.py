"""The simulated paintings that come with the program."""

from __future__ import annotations

from pathlib import Path

from napari_xraysep.errors import InputError
from napari_xraysep.records import Kind

_PACKAGE = Path(__file__).parents[1]


def sample_folder(name: Kind) -> Path:
    """Return the folder of a sample: what `write_simulation` wrote.

    Raises
    ------
    InputError
        The samples are not installed.
    """
    for home in (_PACKAGE, _PACKAGE.parents[1]):  # an installed wheel, or a checkout
        folder = home / "sample_data" / name
        if folder.is_dir():
            return folder
    raise InputError(
        f"{name} sample", "it is not installed", "install napari-xraysep again, from a wheel"
    )
