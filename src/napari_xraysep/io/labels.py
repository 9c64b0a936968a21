"""What was painted on a radiograph, as a picture that any program opens."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.errors import InputError
from napari_xraysep.io.staging import reason, replacing


def write_labels(folder: Path, name: str, labels: NDArray[np.uint8]) -> tuple[Path, str]:
    """Write labels (H, W) as PNG, under a name that tells its content.

    A file that a stored project points to is thus never overwritten by a later drawing.

    Parameters
    ----------
    folder
        Made where it does not exist.

    Returns
    -------
    Path
        ``NAME-XXXXXXXX.png``, of the first letters of the SHA-256.
    str
        Its SHA-256.

    Raises
    ------
    InputError
        It cannot be written.
    """
    import imagecodecs

    data = bytes(imagecodecs.png_encode(np.ascontiguousarray(labels)))
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{name}-{sha256[:8]}.png"
    _write(path, data)
    return path, sha256


def copied(path: Path, folder: Path) -> Path:
    """Copy a file into a folder, which is made where it does not exist.

    Raises
    ------
    InputError
        It cannot be read or written.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path, f"it cannot be read ({reason(error)})", "draw it anew") from error
    _write(folder / path.name, data)
    return folder / path.name


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as part:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
