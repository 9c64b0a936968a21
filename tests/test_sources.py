"""Originals come onto the radiograph by their transforms, and only the right originals."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.io.reading import read_photograph, read_radiograph
from napari_xraysep.io.transforms import read_transforms, write_transforms
from napari_xraysep.records import Quality
from napari_xraysep.sources import Sources
from napari_xraysep.transforms import Piece, SideTransform, Transform, Transforms, oriented


@pytest.fixture
def files(tmp_path, grey16, rgb16, rgb8):
    """A radiograph, a front upside down, a back from behind that is one column too narrow."""
    images = {
        "x": grey16,
        "front": np.ascontiguousarray(rgb16[::-1, ::-1]),
        "back": np.ascontiguousarray(rgb8[:, ::-1][:, 1:]),
    }
    for name, image in images.items():
        tifffile.imwrite(
            tmp_path / f"{name}.tif",
            image,
            photometric="rgb" if image.ndim == 3 else "minisblack",
            resolution=(100, 100),
            resolutionunit="CENTIMETER",
        )
    return tmp_path


def registered(files, side: str, matrix: np.ndarray, **more) -> SideTransform:
    photograph = read_photograph(files / f"{side}.tif").record(side)
    return SideTransform(
        photograph=photograph,
        radiograph_pixel_mm=0.1,
        photograph_pixel_mm=0.1,
        transform=Transform(
            radiograph_shape=(40, 56),
            photograph_shape=(photograph.height, photograph.width),
            whole=Piece.from_matrix(matrix),
        ),
        how="by hand",
        **more,
    )


@pytest.fixture
def transforms(files) -> Transforms:
    narrow = np.array([[1.0, 0, 0], [0, 1, -1], [0, 0, 1]]) @ oriented("mirrored", (40, 56))
    return Transforms(
        radiograph=read_radiograph(files / "x.tif").record("radiograph"),
        front=registered(files, "front", oriented("upside down", (40, 56))),
        back=registered(files, "back", narrow),
    )


def align(files, transforms, **more):
    how = {"transforms": transforms} | more
    return Sources(files / "x.tif", files / "front.tif", files / "back.tif", **how).align()


def test_originals_come_onto_the_grid(files, transforms, rgb16, rgb8):
    painting = align(files, transforms)
    np.testing.assert_array_equal(painting.front, rgb16)
    np.testing.assert_array_equal(painting.back[:, :-1], rgb8[:, :-1])
    assert painting.transforms == transforms
    assert {record.role for record in painting.inputs if record.mirrored} == {"back"}


def test_what_lies_outside_a_photograph_is_left_out_and_said(files, transforms):
    painting = align(files, transforms)
    valid = painting.block().valid
    assert not valid[:, -1].any()
    assert valid[:, :-1].all()
    assert [note for note in painting.notes if "1.8% of the radiograph lies outside" in note]


def test_a_mask_is_kept_beside_what_lies_outside(files, transforms):
    mask = np.zeros((40, 56), np.uint8)
    mask[:5] = 1
    tifffile.imwrite(files / "mask.tif", mask)
    valid = align(files, transforms, mask=files / "mask.tif").block().valid
    assert not valid[:5].any()
    assert not valid[:, -1].any()
    assert valid[5:, :-1].all()


def test_a_mask_of_another_size_is_refused_not_lost(files, transforms):
    tifffile.imwrite(files / "mask.tif", np.eye(30, dtype=np.uint8))
    with pytest.raises(InputError, match=r"mask.tif: it has 30 rows"):
        align(files, transforms, mask=files / "mask.tif")


def test_through_a_file_in_millimetres(files, transforms):
    write_transforms(files / "transforms.json", transforms)
    held = json.loads((files / "transforms.json").read_text())
    assert held["front"]["unit"] == "mm"
    assert held["front"]["transform"]["whole"]["matrix"][0][2] == pytest.approx(3.9)
    painting = align(files, files / "transforms.json")
    np.testing.assert_array_equal(painting.front, align(files, transforms).front)


def test_mirrored_twice_is_refused(files, transforms):
    with pytest.raises(InputError, match=r"--mirror-back: .*contain the mirroring"):
        align(files, transforms, mirror_back=True)


def test_another_photograph_is_refused(files, transforms, rgb16):
    tifffile.imwrite(files / "front.tif", rgb16, photometric="rgb")
    with pytest.raises(InputError, match=r"front.tif: its content is not that"):
        align(files, transforms)


def test_a_photograph_of_another_size_is_refused(files, transforms, rgb16):
    tifffile.imwrite(files / "front.tif", rgb16[:30], photometric="rgb")
    with pytest.raises(InputError, match=r"front.tif: it has 30 rows .* had 40"):
        align(files, transforms)


def test_a_side_that_is_not_registered_is_named(files, transforms):
    with pytest.raises(InputError, match=r"does not say how the back's photograph lies"):
        align(files, transforms.model_copy(update={"back": None}))


def test_a_side_that_came_on_the_grid_needs_no_registration(files, transforms, rgb8):
    tifffile.imwrite(files / "back.tif", rgb8[:, ::-1], photometric="rgb")
    only_front = transforms.model_copy(update={"back": None})
    painting = align(files, only_front, mirror_back=True)
    np.testing.assert_array_equal(painting.back, rgb8)


def test_a_registration_that_failed_is_not_used(files, transforms):
    failed = Quality(ok=False, reason="nothing agrees")
    front = transforms.front.model_copy(update={"quality": failed})
    with pytest.raises(InputError, match=r"registration of the front failed \(nothing agrees\)"):
        align(files, transforms.model_copy(update={"front": front}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda held: held.update(version=2), "it is of version 2, this program reads version 1"),
        (lambda held: held.update(format="BigWarp"), "it is not a transforms.json"),
        (lambda held: held["front"].pop("transform"), r"its field front\.transform does not fit"),
        (
            lambda held: held["front"]["transform"]["whole"].update(matrix=[[0] * 3] * 3),
            "it is not a matrix of 3 rows and 3 columns that can be inverted",
        ),
        (lambda held: held["front"].update(radiograph_pixel_mm=None), "how large a pixel is"),
    ],
)
def test_a_file_edited_by_hand_is_refused_in_a_sentence(files, transforms, change, sentence):
    path = files / "transforms.json"
    write_transforms(path, transforms)
    held = json.loads(path.read_text())
    change(held)
    path.write_text(json.dumps(held))
    with pytest.raises(InputError, match=sentence) as raised:
        read_transforms(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_no_json_is_refused_in_a_sentence(files):
    path = files / "transforms.json"
    path.write_text('{"format": \n,')
    with pytest.raises(InputError, match="line 2 is no JSON"):
        read_transforms(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_transforms(files / "other.json")


@pytest.fixture
def registered_files(files, rgb8):
    """The back as ``xraysep register`` leaves it: mirrored, with what it shows beside it."""
    shown = np.full((40, 56), 255, np.uint8)
    shown[:, -2:] = 0
    about = "photograph of the back, sRGB, registered to the radiograph x.tif"
    for name, image in (("back", rgb8), ("back-valid", shown), ("front", rgb8[::-1])):
        tifffile.imwrite(
            files / f"{name}.tif",
            np.ascontiguousarray(image),
            photometric="rgb" if image.ndim == 3 else "minisblack",
            description=about if "back" in name else "",
        )
    return files


def test_what_a_registered_photograph_does_not_show_is_left_out(registered_files, rgb8):
    painting = align(registered_files, None)
    np.testing.assert_array_equal(painting.back, rgb8)
    valid = painting.block().valid
    assert not valid[:, -2:].any()
    assert valid[:, :-2].all()
    assert [note for note in painting.notes if "lies outside" in note]
    assert [record.role for record in painting.inputs if record.registered] == ["back"]


def test_a_registered_back_is_not_mirrored_again(registered_files):
    with pytest.raises(InputError, match=r"--mirror-back: .*back.tif was mirrored when"):
        align(registered_files, None, mirror_back=True)


def test_what_it_shows_must_be_of_its_size(registered_files):
    tifffile.imwrite(registered_files / "back-valid.tif", np.ones((30, 30), np.uint8))
    with pytest.raises(InputError, match=r"back-valid.tif: it has 30 rows"):
        align(registered_files, None)


def test_a_registered_photograph_alone_shows_all(registered_files):
    (registered_files / "back-valid.tif").unlink()
    painting = align(registered_files, None)
    assert painting.block().valid.all()
    assert any("back-valid.tif is not beside it" in note for note in painting.notes)
