"""Landmarks in and out of tables that the user chooses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_xraysep.errors import InputError
from napari_xraysep.io.landmarks import (
    Pictures,
    read_landmarks,
    write_bigwarp,
    write_butterfly,
    write_landmarks,
)
from napari_xraysep.plugin.landmark_model import LandmarkModel
from napari_xraysep.transforms import Side

OURS, BIGWARP = "Landmarks (*.csv)", "BigWarp (*.csv)"
BUTTERFLY = "Butterfly Registrator, four pairs (*.csv)"


@dataclass(frozen=True)
class Names:
    """What a table has to be told of the pictures: the side, and the names of their files."""

    side: Side = "front"
    radiograph: str = "radiograph"
    photograph: str = "photograph"


def import_landmarks(parent: QWidget, model: LandmarkModel, names: Names) -> str:
    """Ask for a table and take its pairs; return what came of it in a sentence."""
    name, _ = QFileDialog.getOpenFileName(
        parent, "Import landmarks", "", "Tables (*.csv *.txt);;All files (*)"
    )
    if not name or model.shapes is None:
        return ""
    try:
        table = read_landmarks(Path(name), _pictures(model, names), names.side, names.radiograph)
    except InputError as error:
        return str(error)
    model.replace(table.sides[names.side])
    said = f"{len(model.pairs)} pairs read from {Path(name).name}."
    if table.left_out:
        said += f" Left out, since they have no partner: {', '.join(table.left_out)}."
    return said


def export_landmarks(parent: QWidget, model: LandmarkModel, names: Names) -> str:
    """Ask for a file and a format and write the pairs; return what came of it in a sentence."""
    name, chosen = QFileDialog.getSaveFileName(
        parent,
        "Export landmarks",
        f"landmarks-{names.side}.csv",
        ";;".join((OURS, BIGWARP, BUTTERFLY)),
    )
    if not name or model.shapes is None:
        return ""
    path = Path(name)
    try:
        if chosen == BIGWARP:
            write_bigwarp(path, model.landmarks)
        elif chosen == BUTTERFLY:
            files = names.radiograph, names.photograph
            write_butterfly(path, model.landmarks, _pictures(model, names), names.side, files)
        else:
            write_landmarks(path, {names.side: model.landmarks})
    except InputError as error:
        return str(error)
    return f"Written to {path.name}."


def _pictures(model: LandmarkModel, names: Names) -> Pictures:
    assert model.shapes is not None
    return Pictures(model.shapes.radiograph, {names.side: model.shapes.photograph})
