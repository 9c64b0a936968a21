"""Files with roles become a painting on the radiograph's grid."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.painting import Domain, Painting, Region
from napari_xraysep.records import InputRecord
from napari_xraysep.sources import Sources


@pytest.fixture
def files(tmp_path, grey16, rgb16, rgb8):
    mask = np.zeros(grey16.shape, np.uint8)
    mask[:5] = 255
    images = {"x": grey16, "front": rgb16, "back": rgb8, "mask": mask, "prior": mask[::-1]}
    for name, image in images.items():
        tifffile.imwrite(
            tmp_path / f"{name}.tif",
            image,
            photometric="rgb" if image.ndim == 3 else "minisblack",
            resolution=(200, 200),
            resolutionunit="CENTIMETER",
        )
    return tmp_path


def sources(files, **more):
    return Sources(files / "x.tif", files / "front.tif", files / "back.tif", **more)


def test_files_become_a_painting(files, grey16, rgb16, rgb8):
    painting = sources(files, mirror_back=True, mask=files / "mask.tif").align()
    assert (painting.kind, painting.layer_names) == ("double-sided", ("front", "back"))
    assert painting.shape == (40, 56)
    mixture = painting.block()
    np.testing.assert_allclose(mixture.xray, grey16 / 65535, atol=1e-6)
    np.testing.assert_allclose(mixture.front, rgb16 / 65535, atol=1e-6)
    np.testing.assert_allclose(mixture.back, rgb8[:, ::-1] / 255, atol=1e-6)
    assert {a.dtype for a in (mixture.xray, mixture.front, mixture.back)} == {np.dtype("f4")}
    assert not mixture.valid[:5].any()
    assert mixture.valid[5:].all()
    assert mixture.prior is None
    roles = {record.role: record for record in painting.inputs}
    assert set(roles) == {"radiograph", "front", "back", "mask"}
    assert {role for role, record in roles.items() if record.mirrored} == {"back"}
    assert roles["radiograph"].path == str(files / "x.tif")
    for record in painting.inputs:
        with open(record.path, "rb") as file:
            assert record.sha256 == hashlib.sha256(file.read()).hexdigest()


def test_a_front_alone_seeks_a_concealed_design(files):
    painting = Sources(files / "x.tif", files / "front.tif", prior_mask=files / "prior.tif").align()
    assert (painting.kind, painting.layer_names) == ("concealed", ("surface", "concealed"))
    mixture = painting.block()
    assert mixture.back is None
    assert mixture.prior[-5:].all()
    assert not mixture.prior[:-5].any()


def test_a_prior_has_a_soft_edge_that_a_region_does_not_change(files):
    painting = Sources(
        files / "x.tif", files / "front.tif", prior_mask=files / "prior.tif", prior_feather_px=6
    ).align()
    whole = painting.block().prior
    np.testing.assert_allclose(
        whole[30:40, 0], [0, 0, 1 / 12, 3 / 12, 5 / 12, 7 / 12, 9 / 12, 11 / 12, 1, 1]
    )
    part = Region(33, 36, 4, 30)
    np.testing.assert_array_equal(painting.block(part).prior, whole[part.slices])


def test_a_prior_may_say_where_there_is_no_design(files):
    painting = Sources(
        files / "x.tif", files / "front.tif", prior_mask=files / "prior.tif", prior_reverse=True
    ).align()
    assert painting.block().prior[:-5].all()
    assert not painting.block().prior[-5:].any()


def test_a_hand_made_prior_goes_through_the_radiographs_domain(files, grey16):
    tifffile.imwrite(files / "g1.tif", (grey16 // 257).astype(np.uint8))
    mixture = (
        Sources(
            files / "x.tif",
            files / "front.tif",
            prior_image=files / "g1.tif",
            polarity="black-absorbs",
            response="linear",
        )
        .align()
        .block()
    )
    settled = grey16 < 60000  # -ln of what is left below 5 % exaggerates the rounding to 8 bits
    np.testing.assert_allclose(mixture.guess[settled], mixture.xray[settled], atol=0.05)


def test_scribbles_add_to_a_drawing_and_take_from_it(files):
    plain = Sources(files / "x.tif", files / "front.tif").align()
    marks, scribbles = np.zeros((2, *plain.shape), np.uint8)
    marks[:20] = 1
    scribbles[5:8], scribbles[30:32], scribbles[35:] = 1, 2, 3
    mixture = plain.with_prior(marks, scribbles=scribbles).block()
    wanted = marks.astype(bool)
    wanted[5:8], wanted[30:32] = False, True
    np.testing.assert_array_equal(mixture.prior, wanted)
    np.testing.assert_array_equal(mixture.scribbles, scribbles)
    soft = plain.with_prior(marks, scribbles=scribbles, feather_px=4).block().prior[:, 0]
    np.testing.assert_allclose(soft[3:10], [1, 0.5, 0, 0, 0, 0.5, 1])
    np.testing.assert_allclose(soft[28:34], [0, 0.5, 1, 1, 0.5, 0])
    assert [record.role for record in plain.with_prior(marks, scribbles=scribbles).inputs][2:] == [
        "prior-mask",
        "scribbles",
    ]


@pytest.mark.parametrize(
    ("given", "subject", "words"),
    [
        ({"mask": np.zeros((40, 56))}, "prior-mask", "marks no pixel"),
        ({"mask": np.ones((40, 56)), "reverse": True}, "prior-mask", "leaves no place"),
        ({"mask": np.ones((40, 55))}, "prior-mask", "40 rows and 55 columns"),
        ({"image": np.ones((40, 56))}, "prior-image", "the same value"),
        ({"image": np.eye(40, 56) * 2}, "prior-image", "scale floats into 0..1"),
        ({"image": np.eye(39, 56)}, "prior-image", "39 rows"),
        ({"scribbles": np.full((40, 56), 4)}, "scribbles", "1 surface, 2 concealed, 3 support"),
        ({"reverse": True}, "--prior-reverse", "give --prior-mask"),
        ({"feather_px": 3}, "--prior-feather", "give --prior-mask"),
        ({"mask": np.eye(40, 56), "feather_px": -1}, "--prior-feather", "zero or more"),
        ({"mask": np.eye(40, 56), "feather_px": math.nan}, "--prior-feather", "zero or more"),
    ],
)
def test_a_prior_that_cannot_be_used_is_named(files, given, subject, words):
    painting = Sources(files / "x.tif", files / "front.tif").align()
    with pytest.raises(InputError, match=words) as caught:
        painting.with_prior(**given)
    assert caught.value.subject == subject


def test_what_nobody_stated_is_assumed(files):
    painting = sources(files).align()
    for name, value in (
        ("polarity", "white-absorbs"),
        ("response", "as-is"),
        ("pixel_size_mm", pytest.approx(0.05)),
    ):
        stated = painting.stated(name)
        assert (stated.value, stated.assumed) == (value, True)
    painting = sources(
        files, polarity="black-absorbs", response="linear", pixel_size_mm=0.1
    ).align()
    for name, value in (
        ("polarity", "black-absorbs"),
        ("response", "linear"),
        ("pixel_size_mm", 0.1),
    ):
        stated = painting.stated(name)
        assert (stated.value, stated.assumed) == (value, False)
    assert painting.domain == Domain("black-absorbs", "linear", 16)


def test_polarity_then_response(files, grey16):
    painting = sources(files, polarity="black-absorbs", response="linear").align()
    absorbed = 1 - grey16.astype(np.float64) / 65535
    expected = -np.log(np.maximum(absorbed, 0.5 / 65535))
    np.testing.assert_allclose(painting.block().xray, expected, rtol=1e-3, atol=1e-6)


def test_mirroring_twice_moves_nothing(files, rgb8):
    tifffile.imwrite(files / "flipped.tif", rgb8[:, ::-1], photometric="rgb")
    twice = Sources(
        files / "x.tif", files / "front.tif", files / "flipped.tif", mirror_back=True
    ).align()
    never = sources(files).align()
    np.testing.assert_array_equal(twice.block().back, never.block().back)
    for other in ("xray", "front"):
        np.testing.assert_array_equal(getattr(twice.block(), other), getattr(never.block(), other))


def test_a_region_is_a_part_of_the_whole(files):
    painting = sources(files, mirror_back=True, mask=files / "mask.tif").align()
    region = Region(3, 20, 10, 50)
    part, whole = painting.block(region), painting.block()
    assert part.shape == (17, 40)
    for name in ("xray", "front", "back", "valid"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[region.slices])
    with pytest.raises(InputError, match="wholly inside"):
        painting.block(Region(0, 41, 0, 56))
    with pytest.raises(InputError, match="whole region") as caught:
        painting.block(Region(0, 5, 0, 56))
    assert caught.value.subject == str(files / "mask.tif")


class Lazy:
    """Has shape, dtype and slicing, as dask and zarr have; counts what is read."""

    def __init__(self, array):
        self._array, self.shape, self.dtype, self.read = array, array.shape, array.dtype, 0

    def __getitem__(self, key):
        part = self._array[key]
        self.read += part.size
        return part


def test_only_the_region_of_an_array_is_read(grey16, rgb16):
    xray, front = Lazy(grey16), Lazy(rgb16)
    painting = Painting(xray=xray, front=front, domain=Domain(bits=16))
    mixture = painting.block(Region(0, 10, 0, 20))
    assert (xray.read, front.read) == (200, 600)
    np.testing.assert_allclose(mixture.front, rgb16[:10, :20] / 65535, atol=1e-6)


def test_sizes_that_differ_name_the_file(files, rgb16, grey16):
    tifffile.imwrite(files / "small.tif", rgb16[:, :50], photometric="rgb")
    tifffile.imwrite(files / "small-mask.tif", grey16[:30])
    small, mask = files / "small.tif", files / "small-mask.tif"
    good = sources(files)
    for wrong, at_fault in (
        (replace(good, front=small), small),
        (replace(good, back=small), small),
        (replace(good, mask=mask), mask),
        (replace(good, prior_mask=mask), mask),
    ):
        with pytest.raises(InputError, match="the radiograph 40 and 56") as caught:
            wrong.align()
        assert caught.value.subject == str(at_fault)


def test_the_file_at_fault_is_named_as_the_user_gave_it(files, grey16, rgb16, monkeypatch):
    monkeypatch.chdir(files)
    tifffile.imwrite("full.tif", np.ones_like(grey16))
    tifffile.imwrite("none.tif", np.zeros_like(grey16))
    good = Sources(*(files / f"{name}.tif" for name in ("x", "front", "back")))
    path = type(files)
    plain = Sources("x.tif", "front.tif", "back.tif", mask="mask.tif").align()
    assert [record.path for record in plain.inputs] == [
        "x.tif",
        "front.tif",
        "back.tif",
        "mask.tif",
    ]
    for wrong, subject, words in (
        (replace(good, xray=path("gone.tif")), "gone.tif", "no such file"),
        (replace(good, back=path("x.tif")), "x.tif", "grey"),
        (replace(good, xray=path("front.tif")), "front.tif", "colour"),
        (replace(good, mask=path("full.tif")), "full.tif", "every pixel"),
        (replace(good, prior_mask=path("none.tif")), "none.tif", "no pixel"),
        (replace(good, pixel_size_mm=0.0), "--pixel-size", "0.0 mm"),
        (replace(good, pixel_size_mm=math.nan), "--pixel-size", "nan mm"),
        (replace(good, pixel_size_mm=math.inf), "--pixel-size", "inf mm"),
        (replace(good, back=None, mirror_back=True), "--mirror-back", "no back"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            wrong.align()
        assert caught.value.subject == subject


def test_notes_and_simulation_are_carried_along(files, grey16):
    tifffile.imwrite(
        files / "x.tif",
        np.stack([grey16] * 3, -1),
        photometric="rgb",
        description="simulated",
        resolution=(72, 72),
    )
    painting = sources(files).align()
    assert painting.simulated
    assert painting.pixel_size_mm is None
    assert any("read as grey" in note and "x.tif" in note for note in painting.notes)
    assert any("72 dpi" in note for note in painting.notes)


def test_arrays_without_files(grey8, rgb8):
    painting = Painting.from_arrays(grey8, rgb8, rgb8 // 2, mirror_back=True, response="log")
    assert [record.role for record in painting.inputs] == ["radiograph", "front", "back"]
    assert [record.mirrored for record in painting.inputs] == [False, False, True]
    assert all(record.path is None and record.bits == 8 for record in painting.inputs)
    assert painting.assumed == ("polarity", "pixel_size_mm")
    np.testing.assert_array_equal(painting.back, (rgb8 // 2)[:, ::-1])
    with pytest.raises(InputError) as caught:
        Painting.from_arrays(grey8, rgb8[:20])
    assert caught.value.subject == "front"
    record = InputRecord(role="front", path="f.tif", height=20, width=56)
    with pytest.raises(InputError) as caught:
        Painting.from_arrays(grey8, rgb8[:20], inputs=[record])
    assert caught.value.subject == "f.tif"
