"""The report of a run: its folder and its inputs read again, written as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from napari_xraysep.errors import InputError
from napari_xraysep.evaluation.report_curves import curves_picture
from napari_xraysep.evaluation.report_figures import (
    Picture,
    inputs_pictures,
    results_pictures,
)
from napari_xraysep.evaluation.report_page import GENERATOR, File, Report, report_page
from napari_xraysep.evaluation.report_words import Setting, transforms_of
from napari_xraysep.io.results import (
    ReportWords,
    read_report_words,
    read_run,
    run_file_names,
    write_report_words,
)
from napari_xraysep.io.staging import replacing, sha256_of
from napari_xraysep.records import InputRecord, RunRecord
from napari_xraysep.registration.landmarks import enabled, leave_one_out
from napari_xraysep.separation.method import installed_methods
from napari_xraysep.transforms import SIDES
from napari_xraysep.workflows.measure import Measured, find_input, left_out, measure_run, reread

REPORT = "report.html"
HEAD = 1000
"""Characters at the start of a page in which its generator is named."""


def write_report(folder: Path, operator: str | None = None, notes: str | None = None) -> Path:
    """Write ``report.html`` into a run's folder.

    Where the inputs have moved or changed since the run, the report is made from what the folder
    holds and says so. An earlier report is replaced.

    Parameters
    ----------
    operator
        Who did the work; None: as said for the last report. Where empty, as the record says.
    notes
        Anything to be added to the record's own notes; None: as said for the last report.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The folder holds no run or a damaged one, a file of that name that is no report of ours, or
        cannot be written.
    """
    path = folder / REPORT
    run = read_run(folder)
    _check_ours(path)
    said = read_report_words(folder)
    said = ReportWords(
        operator=said.operator if operator is None else operator,
        notes=said.notes if notes is None else notes,
    )
    record = run.record
    missing: str | None = None
    unmeasured = ""
    inputs: Sequence[Picture] = ()
    measured = Measured(record, {}, {})
    try:
        painting = reread(record, folder.absolute().parent)
        inputs = inputs_pictures(painting, record)
        measured = measure_run(run, painting)
    except InputError as error:
        missing = f"{error.subject}: {error.problem}"
        unmeasured = f"the inputs could not be read again: {missing}"
    except MemoryError:
        unmeasured = "the memory of this computer is not enough for it"
    page = report_page(
        Report(
            record=record,
            folder=folder.absolute().name,
            missing=missing,
            unmeasured=unmeasured,
            part=measured.part,
            settings=_settings(record),
            inputs=inputs,
            results=results_pictures(
                run.layers, record, left_out(record, folder.absolute().parent)
            ),
            curves=curves_picture(run.losses),
            metrics=measured.metrics,
            baselines=measured.baselines,
            pairs=_pairs(record),
            input_sizes=[_size(one, folder.absolute().parent) for one in record.inputs],
            files=list(_files(folder, record)),
            operator=said.operator,
            notes=[*record.notes, *([said.notes] if said.notes else [])],
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            version=version("napari-xraysep"),
        )
    )
    write_report_words(folder, said)
    with replacing(path) as part:
        part.write_text(page, encoding="utf-8")
    return path


def _check_ours(path: Path) -> None:
    """Raise `InputError` where there is another's file."""
    if not path.exists():
        return
    problem = "it is there already and is no report of this program"
    try:
        with path.open(encoding="utf-8") as file:
            ours = GENERATOR in file.read(HEAD)
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise InputError(path, problem, "move or rename it, so that nothing is lost")


def _settings(record: RunRecord) -> list[Setting] | None:
    """Set the settings of a run beside those of its preset; None where they are not known."""
    method = installed_methods().get(record.method)
    if method is None:
        return None
    try:
        preset = method.settings_for(record.preset).model_dump(mode="json")  # type: ignore[arg-type]
    except InputError:  # another version's method of that name
        return None
    fields = method.settings.model_fields
    if not record.settings.keys() <= preset.keys():
        return None
    return [
        Setting(name, fields[name].title or name, value, preset[name])
        for name, value in record.settings.items()
    ]


def _pairs(record: RunRecord) -> dict[str, str]:
    """Say how well details marked by hand agree: each as predicted by the others alone."""
    transforms = transforms_of(record)
    found: dict[str, str] = {}
    for name in SIDES:
        side = None if transforms is None else transforms.side(name)
        if side is None or not side.how.startswith("landmarks"):
            continue
        pairs = enabled(side.landmarks)
        errors = leave_one_out(pairs, side.transform.radiograph_shape)
        found[name] = f"{len(pairs)} pairs of details in use"
        if np.isfinite(errors).any():
            middle, most = np.nanmedian(errors), np.nanmax(errors)
            found[name] += (
                f"; as predicted by the others alone, one is {middle:.2g} pixels off on the "
                f"median and {most:.2g} at most"
            )
    return found


def _size(one: InputRecord, beside: Path) -> int | None:
    """Return the bytes of an input's file, where it is still there."""
    path = None if one.path is None else find_input(one.path, beside)
    return None if path is None else path.stat().st_size


def _files(folder: Path, record: RunRecord) -> Iterable[File]:
    """Describe the files that the run wrote."""
    for name in run_file_names(record.kind):
        path = folder / name
        if path.is_file():
            yield File(name, path.stat().st_size, sha256_of(path))
