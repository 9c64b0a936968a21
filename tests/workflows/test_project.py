"""Project files: written and read, moved, and made into paintings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_xraysep import separate
from napari_xraysep.errors import InputError
from napari_xraysep.io.reading import read_photograph, read_radiograph
from napari_xraysep.project import (
    Area,
    FileRef,
    NamedRegion,
    PriorDrawing,
    Project,
    StoredRunRef,
)
from napari_xraysep.records import Quality
from napari_xraysep.transforms import Piece, SideTransform, Transform, Transforms, oriented
from napari_xraysep.workflows.measure import reread
from napari_xraysep.workflows.project import (
    check_inputs,
    moved,
    painting_of,
    project_beside,
    read_project,
    usable,
    with_drawings,
    write_project,
)

SHAPE = (48, 40)
TRIANGLE = ((2.0, 2.0), (2.0, 20.0), (20.0, 2.0))


@pytest.fixture
def project(files: Path) -> Project:
    refs = {}
    for role, name in (("radiograph", "xray"), ("front", "front"), ("back", "back")):
        read = read_radiograph if role == "radiograph" else read_photograph
        refs[role] = FileRef(path=f"{name}.tif", sha256=read(files / f"{name}.tif").sha256)
    return Project(**refs, mirror_back=True)


def back(files: Path, **more: object) -> SideTransform:
    return SideTransform(
        photograph=read_photograph(files / "back.tif").record("back"),
        radiograph_pixel_mm=0.1,
        photograph_pixel_mm=0.1,
        transform=Transform(
            radiograph_shape=SHAPE,
            photograph_shape=SHAPE,
            whole=Piece.from_matrix(oriented("mirrored", SHAPE)),
        ),
        how="by hand",
        **more,
    )


def with_back(project: Project, files: Path, **more: object) -> Project:
    radiograph = read_radiograph(files / "xray.tif").record("radiograph")
    transforms = Transforms(radiograph=radiograph, back=back(files, **more))
    return project.model_copy(update={"transforms": transforms})


def test_transforms_are_in_millimetres_in_the_file_and_in_pixels_here(project, files):
    path = project_beside(files / "xray.tif")
    assert path.name == "xray-project.json"
    registered = with_back(project, files)
    write_project(path, registered)
    assert json.loads(path.read_text())["transforms"]["back"]["unit"] == "mm"
    again = read_project(path)
    assert again.transforms.back.unit == "px"
    np.testing.assert_allclose(
        again.transforms.back.transform.whole.array, oriented("mirrored", SHAPE), atol=1e-12
    )


def test_a_registered_side_beside_one_on_the_grid(project, files):
    plain, registered = painting_of(project, files), painting_of(with_back(project, files), files)
    np.testing.assert_array_equal(registered.back, plain.back)
    np.testing.assert_array_equal(registered.front, plain.front)
    assert [r.role for r in registered.inputs if r.mirrored] == ["back"]


def test_a_failed_registration_is_not_applied(project, files):
    failed = with_back(project, files, quality=Quality(ok=False, reason="nothing agrees"))
    assert usable(failed.transforms) is None
    painting = painting_of(failed, files)
    assert painting.transforms is None
    np.testing.assert_array_equal(painting.back, painting_of(project, files).back)


def test_what_lies_where_is_checked(project, files):
    assert check_inputs(project, files)["front"] == files / "front.tif"
    (files / "back.tif").rename(files / "verso.tif")
    with pytest.raises(InputError, match=r"back\.tif: the back is not where .*; put it back"):
        painting_of(project, files)


def test_paths_follow_a_project_to_another_folder(project, files):
    ref = FileRef(path="xray-project/a.png", sha256="0")
    drawn = project.model_copy(
        update={
            "mask": Area(file=ref),
            "prior": PriorDrawing(area=Area(file=ref), image=ref, scribbles=ref),
            "runs": (StoredRunRef(folder="run", method="regression", started="now"),),
        }
    )
    copies = {files / "xray-project" / "a.png": files / "sub" / "new" / "a.png"}
    there = moved(drawn, files, files / "sub", copies)
    assert there.radiograph.path == "../xray.tif"
    assert there.mask.file.path == there.prior.scribbles.path == "new/a.png"
    assert there.prior.area.file.path == there.prior.image.path == "new/a.png"
    assert there.runs[0].folder == "../run"
    assert moved(moved(drawn, files, files / "sub"), files / "sub", files) == drawn


def test_a_mask_of_everything_is_refused(project, files):
    painting = painting_of(project, files)
    all_of_it = ((-1.0, -1.0), (-1.0, 99.0), (99.0, 99.0), (99.0, -1.0))
    with pytest.raises(InputError, match="it leaves out every pixel"):
        with_drawings(painting, Project(mask=Area(polygons=(all_of_it,))), None)
    with_drawings(painting, Project(mask=Area()), None).block()


def test_a_drawn_mask_is_added_to_the_paintings_own_and_recorded(project, files):
    mask = np.zeros(SHAPE, np.uint8)
    mask[40:] = 1
    painting = replace(painting_of(project, files), mask=mask)
    drawn = with_drawings(painting, Project(mask=Area(polygons=(TRIANGLE,))), None)
    valid = drawn.block().valid
    assert not valid[5, 5]
    assert not valid[40:].any()
    assert valid[30].all()
    outlines = [record.outlines for record in drawn.inputs if record.role == "mask"]
    assert outlines == [(TRIANGLE,)]


def test_a_run_with_one_side_registered_is_read_again_as_it_was(project, files, monkeypatch):
    monkeypatch.chdir(files)
    front = SideTransform(
        photograph=read_photograph(files / "front.tif").record("front"),
        transform=Transform(
            radiograph_shape=SHAPE, photograph_shape=SHAPE, whole=Piece.from_matrix(np.eye(3))
        ),
        how="by hand",
    )
    radiograph = read_radiograph(files / "xray.tif").record("radiograph")
    transforms = Transforms(radiograph=radiograph, front=front)
    painting = painting_of(project.model_copy(update={"transforms": transforms}), files)
    *_, finished = separate(painting, "half")
    again = reread(finished.record)
    np.testing.assert_array_equal(again.back, painting.back)
    np.testing.assert_array_equal(again.front, painting.front)


@pytest.mark.parametrize("region", ["4:4,0:9", "9:4,0:9", "0:9", "here"])
def test_a_region_edited_into_nothing_is_refused_in_a_sentence(project, files, region):
    path = files / "p.json"
    whole = project.model_copy(update={"regions": (NamedRegion(name="face", region="1:9,2:8"),)})
    write_project(path, whole)
    path.write_text(path.read_text().replace("1:9,2:8", region))
    with pytest.raises(InputError, match=r"its field regions\.0\.region does not fit"):
        read_project(path)


def test_a_byte_order_mark_of_an_editor_is_no_fault(project, files):
    path = files / "p.json"
    write_project(path, project)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_project(path) == project


def test_a_project_in_a_folder_reached_through_a_link(project, files):
    (files / "elsewhere").mkdir()
    (files / "link").symlink_to(files / "elsewhere", target_is_directory=True)
    there = moved(project, files, files / "link")
    assert there.radiograph.path == "../xray.tif"
    assert check_inputs(there, files / "link")["radiograph"] == files / "xray.tif"
