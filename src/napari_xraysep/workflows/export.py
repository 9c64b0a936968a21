"""A run's results for other programs: 16-bit TIFF in the radiograph's own grey values, figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.domain import Domain, Floats, Polarity, Response
from napari_xraysep.errors import InputError
from napari_xraysep.evaluation.drawing import (
    halved,
    halvings,
    known,
    shrunk_mask,
    span,
    spread_end,
    symmetric_end,
)
from napari_xraysep.evaluation.evolution import animation, reconstruction_sheet, strip
from napari_xraysep.evaluation.layer_figure import SIDE, layer_figure
from napari_xraysep.io.evolution import EVOLUTION, RADIOGRAPH, read_evolution
from napari_xraysep.io.export import read_xmp, write_grey16, write_layered
from napari_xraysep.io.results import PREVIEW, RECORD, open_layer, read_record, sum_of
from napari_xraysep.io.staging import check_fresh, staged_folder
from napari_xraysep.records import RunRecord
from napari_xraysep.workflows.export_grey import Converted, sort_of
from napari_xraysep.workflows.export_words import (
    ENDING,
    GUIDE,
    LAYERED,
    PROVENANCE,
    about,
    about_all,
    clipped,
    file_name,
    guide,
    page_name,
)
from napari_xraysep.workflows.measure import find_input, left_out
from napari_xraysep.workflows.project import digest

EVOLUTION_FILES = {
    f"evolution{ENDING}.gif": animation,
    f"evolution-strip{ENDING}.png": strip,
    f"evolution-epochs{ENDING}.png": reconstruction_sheet,
}
"""Pictures of how the layers took shape, and what draws them."""


def export(
    folder: Path, out: Path, note: Callable[[str], object] = lambda text: None
) -> list[Path]:
    """Write a run's results for use elsewhere, all or nothing.

    Layers are in the radiograph's own response and polarity: each is the radiograph that would
    have been taken of that layer alone, if the working domain's zero meant no layer at all.
    What is left over and the uncertainty are differences, which have no response of their own:
    they stay in the working domain, in steps that are stated.

    Parameters
    ----------
    folder
        Of a finished run.
    out
        Made; must be new or empty.
    note
        Told in a sentence what did not go into the files as it was.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        ``folder`` holds no run or a damaged one, ``out`` holds files or cannot be written.
    """
    record = read_record(folder)
    layers = {name: open_layer(folder, name, record) for name in record.layers}
    check_fresh(out)
    notes: list[str] = []
    xmp = _radiograph_xmp(record, folder.absolute().parent, notes)
    size = record.pixel_size_mm.value
    pixel_size_mm = float(size) if isinstance(size, float | int) else None
    if pixel_size_mm is None:
        notes.append("The radiograph's pixel size is not known: the files state no resolution.")
    images = _images(layers, record)
    shape = record.height, record.width
    with staged_folder(out) as stage:
        pages: dict[str, Path] = {}
        for name, image in images.items():
            file = stage / file_name(name)
            words = about(name, image, record)
            write_grey16(file, shape, image.rows, words, pixel_size_mm, xmp)
            pages[page_name(name, image)] = file
            notes += clipped(name, image)
        write_layered(stage / LAYERED, pages, about_all(record), pixel_size_mm, xmp)
        mask = left_out(record, folder.absolute().parent)
        _write_figures(stage, layers, record, pixel_size_mm, mask)
        _write_evolution(stage, folder, record)
        if (folder / PREVIEW).is_file():
            (stage / PREVIEW).write_bytes((folder / PREVIEW).read_bytes())
        (stage / PROVENANCE).write_bytes((folder / RECORD).read_bytes())
        names = sorted({GUIDE, *(file.name for file in stage.iterdir())})
        (stage / GUIDE).write_text(guide(names, images, record, notes), "utf-8")
    for text in notes:
        note(text)
    return [out / name for name in names]


def _radiograph_xmp(record: RunRecord, beside: Path, notes: list[str]) -> bytes | None:
    """Return the XMP of the radiograph's file, or say why there is none."""
    given = next((one for one in record.inputs if one.role == "radiograph"), None)
    path = None if given is None or given.path is None else find_input(given.path, beside)
    if given is None or given.path is None:
        notes.append("The radiograph's XMP could not be kept: it was given as an array.")
    elif path is None:
        where = f"{given.path} is no longer there"
        notes.append(f"The radiograph's XMP could not be kept: {where}.")
    elif digest(path) != given.sha256:
        notes.append(f"The radiograph's XMP was not kept: {path} has changed since the run.")
    else:
        return read_xmp(path)
    return None


def _images(layers: Mapping[str, Floats], record: RunRecord) -> dict[str, Converted]:
    """Return what is written, in the order of its pages."""
    domain = Domain(
        cast(Polarity, record.polarity.value), cast(Response, record.response.value), record.bits
    )

    shape = record.height, record.width
    made = {name: _checked(name, image) for name, image in layers.items()}

    def mixture(band: slice) -> Floats:
        return sum_of({name: values(band) for name, values in made.items()})

    found = {RADIOGRAPH: Converted(mixture, "grey", domain, shape)}
    for name, values in made.items():
        found[name] = Converted(values, sort_of(name, record), domain, shape)
    return found


def _checked(name: str, image: Floats) -> Callable[[slice], Floats]:
    """Return what makes a band of an image; it refuses values that cannot be shown."""

    def values(band: slice) -> Floats:
        found = np.asarray(image[band])
        if not np.isfinite(found).all():
            raise InputError(
                f"{name}.tif", "it holds NaN or infinite values", "copy the run's folder again"
            )
        return found

    return values


def _write_figures(
    stage: Path,
    layers: Mapping[str, Floats],
    record: RunRecord,
    pixel_size_mm: float | None,
    mask: NDArray[np.bool_] | None,
) -> None:
    """Draw every result on a page of its own, those of one sort on one scale.

    What the ``mask`` leaves out, (H, W), is hatched.
    """
    times = halvings((record.height, record.width), SIDE)
    small = {name: halved(image, times) for name, image in layers.items()}
    sorts = {name: sort_of(name, record) for name in small}
    mask = None if mask is None else shrunk_mask(mask, times)
    seen = {name: known(image, mask) for name, image in small.items()}
    grey = span([sum_of(small), *(im for name, im in seen.items() if sorts[name] == "grey")])
    left_over = [image for name, image in seen.items() if sorts[name] == "signed"]
    end = symmetric_end(left_over, (grey[1] - grey[0]) / 1000)
    drawn = None if pixel_size_mm is None else pixel_size_mm * 2**times
    for name, image in small.items():
        most = spread_end(seen[name]) if sorts[name] == "spread" else 0.0
        scale = {"grey": grey, "signed": (-end, end), "spread": (0.0, most)}[sorts[name]]
        title = f"{name}: {record.statement}"
        figure = layer_figure(image, title, record, sorts[name], scale, drawn, mask)
        (stage / f"{name}{ENDING}.png").write_bytes(figure)


def _write_evolution(stage: Path, folder: Path, record: RunRecord) -> None:
    """Draw how the layers took shape, where previews were kept."""
    if not (folder / EVOLUTION).is_file():
        return
    evolution = read_evolution(folder / EVOLUTION)
    for name, draw in EVOLUTION_FILES.items():
        (stage / name).write_bytes(draw(evolution, record))
