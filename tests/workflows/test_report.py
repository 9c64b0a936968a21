from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.io.results import read_run, write_run
from napari_xraysep.painting import Painting
from napari_xraysep.records import Landmark
from napari_xraysep.region import Region
from napari_xraysep.separation import Finished, RunOptions, separate
from napari_xraysep.sources import Sources
from napari_xraysep.transforms import Piece, SideTransform, Transform, Transforms
from napari_xraysep.workflows.export import export
from napari_xraysep.workflows.judging import judge
from napari_xraysep.workflows.measure import left_out, measure_run, reread
from napari_xraysep.workflows.report import write_report
from napari_xraysep.workflows.run_folder import RunFolder


def run(sources: Sources, options: RunOptions | None = None, method: str = "grey") -> Path:
    """Separate and return the folder."""
    painting = sources.align()
    folder = RunFolder(Path("run"), painting)
    for event in separate(painting, method, options=options):
        folder.note(event)
        if isinstance(event, Finished):
            folder.write(event)
    return folder.folder


@pytest.fixture
def folder(files: Path) -> Path:
    """Separate the small painting in the current folder without effort."""
    return run(Sources("xray.tif", "front.tif", "back.tif", mirror_back=True))


def words(path: Path) -> str:
    return " ".join(unescape(path.read_text(encoding="utf-8")).split())


def test_a_run_becomes_one_page_with_numbers_and_hashes(folder: Path) -> None:
    path = write_report(folder, operator="A. Conservator", notes="Second look")
    assert path == folder / "report.html"
    said = words(path)
    record = json.loads((folder / "run.json").read_text())
    for one in record["inputs"]:
        assert said.count(one["sha256"]) == 2  # on hover, and in full
    assert "A. Conservator" in said
    assert "Second look" in said
    assert "All settings were those of the preset" in said
    assert "Copy" in said
    assert "all-or-nothing" in said
    assert "Photograph of the back" in said
    assert "could not be read again" not in said
    assert "run.json" in said
    assert not [one for one in folder.iterdir() if one.name.startswith(".")]


def test_settings_that_differ_from_the_preset_are_told_apart(files: Path) -> None:
    painting = Sources("xray.tif", "front.tif", "back.tif", mirror_back=True).align()
    store = RunFolder(Path("run"), painting)
    *_, last = separate(painting, "regression", {"thickness_cells": 3})
    assert isinstance(last, Finished)
    said = words(write_report(store.write(last)))
    assert "differ from the preset: thickness_cells = 3 (not 14)." in said
    assert "<td>Thickness cells</td>" in said


def test_a_run_of_a_method_that_is_not_installed_is_reported(folder: Path) -> None:
    path = folder / "run.json"
    path.write_text(path.read_text().replace('"method": "grey"', '"method": "elsewhere"'))
    assert "what the preset was is not known here" in words(write_report(folder))


@pytest.mark.parametrize("changed", [True, False])
def test_where_inputs_moved_or_changed_the_rest_is_reported(folder: Path, changed: bool) -> None:
    pixels = tifffile.imread("front.tif")
    Path("front.tif").unlink()
    if changed:
        tifffile.imwrite("front.tif", pixels[::-1].copy(), photometric="rgb")
    said = words(write_report(folder))
    problem = "this front has changed since the run" if changed else "is no longer there"
    assert "The inputs could not be read again:" in said
    assert problem in said
    assert "Nothing was measured" in said
    assert "Front: hypothetical separation" in said
    assert "Photograph of the front</td>" in said  # in the table of inputs


def test_details_marked_by_hand_are_said_with_their_honest_error(files: Path) -> None:
    places = [(2, 3), (4, 36), (44, 5), (40, 33), (20, 20)]
    pairs = tuple(
        Landmark(name=str(number), xray=place, photograph=place)
        for number, place in enumerate(places)
    )
    transform = Transform(
        radiograph_shape=(48, 40), photograph_shape=(48, 40), whole=Piece.from_matrix(np.eye(3))
    )
    painting = Sources("xray.tif", "front.tif").align()
    radiograph, front = painting.inputs
    side = SideTransform(
        photograph=front, transform=transform, how="landmarks, affine", landmarks=pairs
    )
    transforms = Transforms(radiograph=radiograph, front=side)
    said = words(write_report(run(Sources("xray.tif", "front.tif", transforms=transforms))))
    assert "laid on the radiograph (by details marked by hand, affine" in said
    assert re.search(r"5 pairs of details in use; as predicted .* one is \d\S* pixels off", said)


def test_inputs_are_found_where_a_painting_moved_with_its_run(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path_factory.mktemp("elsewhere") / "painting"
    folder.absolute().parent.rename(moved)
    monkeypatch.chdir(moved.parent)
    said = words(write_report(moved / "run"))
    assert "could not be read again" not in said
    assert "Photograph of the back" in said
    moved.joinpath("front.tif").unlink()
    assert "is no longer there" in words(write_report(moved / "run"))


def test_a_region_of_it_is_reported_on_its_own_grid(files: Path) -> None:
    options = RunOptions(region=Region(8, 40, 4, 28))
    said = words(
        write_report(run(Sources("xray.tif", "front.tif", "back.tif", mirror_back=True), options))
    )
    assert "rows 8 to 39 and columns 4 to 27, 24 × 32 pixels" in said
    assert "Outlined: the part that was separated" in said
    assert "Copy" in said


def test_a_concealed_design_with_a_mask(files: Path) -> None:
    mask = np.zeros((48, 40), np.uint8)
    mask[:10] = 1
    tifffile.imwrite("mask.tif", mask)
    said = words(write_report(run(Sources("xray.tif", "front.tif", mask="mask.tif"))))
    assert "Photograph of the surface" in said
    assert "Concealed: hypothetical separation" in said
    assert "Hatched: what was left out" in said
    hatched = "Hatched: left out by the mask, nothing is known there."
    assert said.count(hatched) >= 6
    assert "mask.tif" in said
    assert "the back mirrored" not in said
    Path("front.tif").unlink()  # the mask is read again though the photograph is lost
    assert hatched in words(write_report(Path("run")))
    Path("mask.tif").unlink()
    said = words(write_report(Path("run")))
    assert hatched not in said
    assert "A mask left parts out, of which nothing is known. It could not be read again" in said


def test_a_mask_is_read_again_from_outlines_and_file_on_the_run_s_grid(files: Path) -> None:
    mask = np.zeros((48, 40), np.uint8)
    mask[:10] = 1
    tifffile.imwrite("mask.tif", mask)
    record = read_run(run(Sources("xray.tif", "front.tif", mask="mask.tif"))).record
    assert record.inputs[-1].role == "mask"
    corners = ((20.0, 0.0), (20.0, 39.0), (30.0, 39.0), (30.0, 0.0))
    both = record.inputs[-1].model_copy(update={"outlines": (corners,)})
    inputs = (*record.inputs[:-1], both)
    found = left_out(record.model_copy(update={"inputs": inputs, "region": "5:25,0:40"}))
    assert found is not None
    assert found.shape == (20, 40)
    assert list(found[:, 20]) == [True] * 5 + [False] * 10 + [True] * 5
    mask[0] = 0
    tifffile.imwrite("mask.tif", mask)
    assert left_out(record) is None  # another file by now


def test_a_report_of_ours_is_replaced_and_no_other_file(folder: Path) -> None:
    path = write_report(folder, notes="Look one")
    assert "Look two" in words(write_report(folder, notes="Look two"))
    assert "Look one" not in words(path)
    path.write_text("<h1>Mine</h1>")
    with pytest.raises(InputError, match=r"report\.html.*no report of this program"):
        write_report(folder)
    assert path.read_text() == "<h1>Mine</h1>"
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=r"report\.html"):
        write_report(folder)
    assert path.is_dir()


def test_names_of_files_and_notes_are_escaped(files: Path) -> None:
    evil = "<script>alert(1)<script>.tif"
    Path("xray.tif").rename(evil)
    folder = run(Sources(evil, "front.tif", "back.tif", mirror_back=True))
    text = write_report(folder, notes="<script>alert(2)</script>").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "&lt;script&gt;alert(2)" in text


def test_a_stopped_run_says_so(folder: Path) -> None:
    path = folder / "run.json"
    path.write_text(path.read_text().replace('"complete": true', '"complete": false'))
    assert "<strong>Partial result.</strong>" in words(write_report(folder))


def test_a_folder_without_a_run_is_refused_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.json"):
        write_report(tmp_path)
    assert not list(tmp_path.iterdir())


def test_of_a_large_painting_the_middle_is_measured_and_that_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "of this large painting" not in words(write_report(folder))
    run, painting = read_run(folder), reread(read_run(folder).record)
    monkeypatch.setattr("napari_xraysep.workflows.judging.JUDGED", 20)
    found = measure_run(run, painting)
    assert found.part == Region(14, 34, 10, 30)
    layers = {name: layer[14:34, 10:30] for name, layer in run.layers.items()}
    expected = judge(layers, painting.block(found.part))
    assert {name: found.metrics[name] for name in expected} == pytest.approx(expected)
    said = words(write_report(folder))
    assert "Only 20 × 20 pixels of this large painting were measured" in said
    assert "rows 14 to 33 and columns 10 to 29" in said


def test_without_memory_to_measure_the_rest_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("napari_xraysep.workflows.measure.evaluate", full)
    said = words(write_report(folder))
    assert "Nothing was measured, since the memory of this computer is not enough" in said
    assert "could not be read again" not in said
    assert "What went in" in said  # the pictures of the inputs


def test_a_run_of_arrays_is_reported_and_exported(files: Path) -> None:
    read = Sources("xray.tif", "front.tif").align()
    *_, last = separate(Painting(xray=read.xray, front=read.front), "half")
    assert isinstance(last, Finished)
    folder = write_run(Path("run"), last.layers, last.record, [], None)[0].parent
    said = words(write_report(folder))
    assert "The X-radiograph and what else went in were given as arrays, without files." in said
    assert "radiograph: it was given as an array, without a file" in said
    with pytest.raises(InputError, match="without a file"):
        reread(last.record)
    notes: list[str] = []
    export(folder, Path("out"), notes.append)
    assert "The radiograph's XMP could not be kept: it was given as an array." in notes
