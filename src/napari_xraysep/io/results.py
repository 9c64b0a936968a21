"""Results out, and finished runs in again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from pydantic import ValidationError

from napari_xraysep.domain import Floats
from napari_xraysep.errors import InputError
from napari_xraysep.io import json_records
from napari_xraysep.io.evolution import EVOLUTION, Evolution, write_evolution
from napari_xraysep.io.reading import read_layer
from napari_xraysep.io.staging import check_output, replacing, staged_folder
from napari_xraysep.io.transforms import TRANSFORMS
from napari_xraysep.records import HYPOTHETICAL, Kind, Record, RunRecord

__all__ = [
    "ReportWords",
    "StoredRun",
    "check_output",
    "check_run_folder",
    "describe",
    "open_layer",
    "read_record",
    "read_report_words",
    "read_run",
    "run_file_names",
    "staged_folder",
    "sum_of",
    "write_image",
    "write_report_words",
    "write_run",
]

RECORD, LOSSES, PREVIEW = "run.json", "losses.csv", "preview.png"
REPORT_WORDS = "report.json"
LAYERS: Mapping[Kind, tuple[str, str]] = {
    "double-sided": ("front", "back"),
    "concealed": ("surface", "concealed"),
}
NOT_ADDED = ("unexplained", "uncertainty")
"""Results that are no part of the sum that gives the radiograph again."""
LOSS_COLUMNS = ("stage", "restart", "epoch", "step")
BIGTIFF_BYTES = 2_000_000_000
"""Many programs still read classic TIFF as if its offsets were signed."""


@dataclass(frozen=True)
class StoredRun:
    """A finished run as its folder holds it.

    Attributes
    ----------
    layers
        (H, W) float32 in the working domain, by name.
    losses
        One row a step: ``stage``, ``restart``, ``epoch``, ``step`` and the losses by name.
    """

    record: RunRecord
    layers: dict[str, Floats]
    losses: list[dict[str, Any]]


class ReportWords(Record):
    """What a person said for a run's report: kept beside it, since a report is made anew."""

    operator: str = ""
    notes: str = ""


def run_file_names(kind: Kind) -> list[str]:
    """Names of the files that a run may write."""
    layers = (*LAYERS[kind], "residual", "unexplained", "uncertainty")
    return [*(f"{name}.tif" for name in layers), EVOLUTION, LOSSES, PREVIEW, RECORD]


def check_run_folder(folder: Path, kind: Kind) -> None:
    """Raise `InputError` where a folder cannot be written or holds a run or a registration."""
    check_output(folder, [*run_file_names(kind), TRANSFORMS])


def write_run(
    folder: Path,
    layers: Mapping[str, Floats],
    record: RunRecord,
    losses: Sequence[Mapping[str, object]],
    preview_png: bytes | None,
    evolution: Evolution | None = None,
) -> list[Path]:
    """Write a run's files, all or nothing.

    Parameters
    ----------
    folder
        Made where it does not exist.
    layers
        (H, W) float32 by name, in the working domain; those that ``record`` lists.
    losses
        One mapping a step, with `LOSS_COLUMNS` and the losses by name.
    preview_png
        The picture ``preview.png``, or None for none.
    evolution
        The kept previews, or None for none.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        The folder cannot be written or holds a run or a registration already.
    """
    if tuple(layers) != record.layers:
        raise ValueError(f"the record lists {record.layers}, the layers are {tuple(layers)}")
    check_run_folder(folder, record.kind)
    with staged_folder(folder) as stage:
        for name, layer in layers.items():
            write_image(
                stage / f"{name}.tif", layer, describe(name, record), record.pixel_size_mm.value
            )
        _write_losses(stage / LOSSES, losses)
        if evolution is not None:
            write_evolution(stage / EVOLUTION, evolution, simulated=record.simulated)
        if preview_png is not None:
            (stage / PREVIEW).write_bytes(preview_png)
        (stage / RECORD).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
        names = sorted(file.name for file in stage.iterdir())
    return [folder / name for name in names]


def write_image(
    path: Path, image: NDArray[Any], description: str, pixel_size_mm: float | str | None = None
) -> None:
    """Write a TIFF under a temporary name, then rename it.

    Parameters
    ----------
    image
        (H, W) or (H, W, 3) unsigned integers or floats.
    description
        For the tag ImageDescription.
    pixel_size_mm
        For the resolution tags, where known.

    Raises
    ------
    InputError
        It cannot be written.
    """
    resolution = None if pixel_size_mm is None else (10 / float(pixel_size_mm),) * 2
    with replacing(path) as part:
        tifffile.imwrite(
            part,
            np.ascontiguousarray(image),
            bigtiff=image.nbytes > BIGTIFF_BYTES,
            photometric="rgb" if image.ndim == 3 else "minisblack",
            description=description.encode(),
            metadata=None,
            software=f"napari-xraysep {version('napari-xraysep')}",
            resolution=resolution,
            resolutionunit="NONE" if resolution is None else "CENTIMETER",
        )


def describe(name: str, record: RunRecord) -> str:
    """Say what a result is, for the description of its file."""
    made = "a simulated radiograph" if record.simulated else "a radiograph"
    partial = "" if record.complete else "; cancelled, a partial result"
    what = f"uncertainty ({record.uncertainty})" if name == "uncertainty" else name
    return f"{HYPOTHETICAL}: {what} of {made}, by the method {record.method}{partial}"


def _write_losses(path: Path, losses: Iterable[Mapping[str, object]]) -> None:
    rows = list(losses)
    columns = dict.fromkeys(LOSS_COLUMNS) | dict.fromkeys(key for row in rows for key in row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)


def read_record(folder: Path) -> RunRecord:
    """Read what was done from a run's folder, and nothing else.

    Raises
    ------
    InputError
        It holds no run, or the record of one that is damaged or of another version.
    """
    if not folder.is_dir():
        raise InputError(folder, "there is no such folder", "give the folder of a finished run")
    path = folder / RECORD
    if not path.is_file():
        raise InputError(folder, f"it holds no {RECORD}", "give the folder of a finished run")
    try:
        return RunRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"it cannot be read ({error})", "copy it again") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if not where:
            raise InputError(path, "it is damaged", "copy the run's folder again") from None
        raise InputError(
            path,
            f"its field {where} does not fit this version ({first['msg'].lower()})",
            "open it with the version of napari-xraysep that wrote it",
        ) from None


def read_run(folder: Path) -> StoredRun:
    """Read a finished run's folder; its kept previews are left to `read_evolution`.

    Raises
    ------
    InputError
        It holds no run, or one that is incomplete, damaged or of another version.
    """
    record = read_record(folder)
    layers = {name: _fitting(folder / f"{name}.tif", record, read_layer) for name in record.layers}
    return StoredRun(record, layers, _read_losses(folder / LOSSES))


def read_report_words(folder: Path) -> ReportWords:
    """Read what was said for a run's report when it was last made; empty where it never was.

    Raises
    ------
    InputError
        The file cannot be read or is something else.
    """
    path = folder / REPORT_WORDS
    if not path.exists():
        return ReportWords()
    return json_records.read_record(path, ReportWords, "the words of a report")


def write_report_words(folder: Path, words: ReportWords) -> None:
    """Keep what is said for a run's report.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    json_records.write_record(folder / REPORT_WORDS, words)


def sum_of(layers: Mapping[str, Floats]) -> Floats:
    """Add layers and residual up to the radiograph, (H, W) float32 in the working domain."""
    added = [image for name, image in layers.items() if name not in NOT_ADDED]
    # one after another: a stack of large layers would be as large again
    return np.asarray(reduce(np.add, added), np.float32)


def open_layer(folder: Path, name: str, record: RunRecord) -> Floats:
    """Return one result of a run without reading it: only what is used comes into memory.

    A file that another program has compressed is read whole.

    Returns
    -------
    (H, W) float32, in the working domain, not to be written to

    Raises
    ------
    InputError
        It cannot be read, or is of another size than ``record`` says.
    """
    return _fitting(folder / f"{name}.tif", record, _mapped)


def _mapped(path: Path) -> Floats:
    try:
        layer: Floats = tifffile.memmap(path, mode="r")
    except (OSError, ValueError):
        return read_layer(path)
    return layer if layer.dtype == np.float32 and layer.ndim == 2 else read_layer(path)


def _fitting(path: Path, record: RunRecord, read: Callable[[Path], Floats]) -> Floats:
    """Read a layer; raise `InputError` where it is of another size than the record says."""
    layer = read(path)
    if layer.shape != (record.height, record.width):
        raise InputError(
            path,
            f"it has {layer.shape[0]} rows and {layer.shape[1]} columns, {RECORD} says "
            f"{record.height} and {record.width}",
            "copy the run's folder again",
        )
    return layer


def _read_losses(path: Path) -> list[dict[str, Any]]:
    """Read the losses; cells that are empty are left out of their row."""
    kinds: dict[str, Any] = {"stage": str, "restart": int, "epoch": int, "step": int}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {key: kinds.get(key, float)(value) for key, value in row.items() if value != ""}
                for row in csv.DictReader(file, strict=True)
            ]
    except FileNotFoundError:
        raise InputError(path, "there is no such file", "copy the run's folder again") from None
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise InputError(path, f"it is damaged ({error})", "copy the run's folder again") from None
