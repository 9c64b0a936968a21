"""A simulation's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Floats
from napari_xraysep.io.results import write_image
from napari_xraysep.io.staging import check_output, staged_folder
from napari_xraysep.records import Kind
from napari_xraysep.simulation.film import BITS
from napari_xraysep.simulation.radiograph import SIMULATED, Simulation


def file_names(kind: Kind) -> list[str]:
    """Names of the files that a simulation writes."""
    back = ["back.tif"] if kind == "double-sided" else []
    return ["xray.tif", "front.tif", *back, "truth-1.tif", "truth-2.tif", "simulation.json"]


def write_simulation(simulation: Simulation, folder: Path) -> list[Path]:
    """Write a simulation, all or nothing.

    ``xray.tif`` is grey at 16 bits, ``front.tif`` and ``back.tif`` are 8-bit RGB, ``truth-1.tif``
    and ``truth-2.tif`` float32 in the working domain, on the radiograph's grid. The back is as
    photographed: seen from behind, so left and right are exchanged with respect to the radiograph;
    a concealed design has none. ``simulation.json`` says how it was made.

    Parameters
    ----------
    folder
        Made where it does not exist.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        The folder cannot be written or already holds one of the files.
    """
    record = simulation.record
    images: dict[str, tuple[NDArray[Any], str]] = {
        "xray.tif": (_integers(simulation.xray, BITS), "radiograph"),
        "front.tif": (_integers(simulation.front, 8), "photograph of the front"),
        "truth-1.tif": (simulation.truths[0], "true layer 1, in the working domain"),
        "truth-2.tif": (simulation.truths[1], "true layer 2, in the working domain"),
    }
    if simulation.back is not None:
        behind = _integers(simulation.back[:, ::-1], 8)
        images["back.tif"] = (behind, "photograph of the back, seen from behind")
    names = file_names(record.kind)
    check_output(folder, names)
    with staged_folder(folder) as stage:
        for name, (image, what) in images.items():
            about = f"{SIMULATED} {record.kind} painting: {what}; seed {record.seed}"
            write_image(stage / name, image, about, record.pixel_size_mm)
        text = record.model_dump_json(indent=2) + "\n"
        (stage / "simulation.json").write_text(text, encoding="utf-8")
    return [folder / name for name in names]


def _integers(image: Floats, bits: int) -> NDArray[Any]:
    """Return samples in 0..1 as unsigned integers."""
    levels = np.round(np.clip(image, 0, 1).astype(np.float64) * (2**bits - 1))
    return np.asarray(levels, np.uint16 if bits > 8 else np.uint8)
