"""A registration's folder is written whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.io.json_records import read_record
from napari_xraysep.io.registration import (
    QualityReport,
    Resampled,
    SideReport,
    check_registration_folder,
    write_registration,
)
from napari_xraysep.io.transforms import read_transforms
from napari_xraysep.records import InputRecord
from napari_xraysep.transforms import Piece, SideTransform, Transform, Transforms

SHAPE = 20, 30


@pytest.fixture
def transforms():
    photograph = InputRecord(role="front", height=20, width=30)
    moved = Piece.from_matrix([[1, 0, 2], [0, 1, 3], [0, 0, 1]])
    transform = Transform(radiograph_shape=SHAPE, photograph_shape=SHAPE, whole=moved)
    front = SideTransform(photograph=photograph, transform=transform, how="by hand")
    radiograph = InputRecord(role="radiograph", height=20, width=30)
    return Transforms(radiograph=radiograph, front=front)


@pytest.fixture
def report():
    front = SideReport(
        ok=True, photograph="f.tif", how="by hand", orientation="as it is", seconds=1
    )
    return QualityReport(simulated=True, radiograph="x.tif", pixel_size_mm=0.1, front=front)


def front(valid):
    image = np.random.default_rng(0).integers(0, 65536, (*SHAPE, 3), np.uint16)
    return Resampled("front", image, valid, "simulated: photograph of the front")


def test_what_is_written_can_be_read(tmp_path, transforms, report):
    valid = np.ones(SHAPE, bool)
    valid[3] = False
    made = front(valid)
    files = write_registration(tmp_path / "out", transforms, report, iter([made]), b"picture")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f.name for f in files]
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / "front.tif"), made.image)
    shown = tifffile.imread(tmp_path / "out" / "front-valid.tif")
    np.testing.assert_array_equal(shown == 255, valid)
    with tifffile.TiffFile(tmp_path / "out" / "front.tif") as tif:
        assert tif.pages[0].description.startswith("simulated")
        assert tif.pages[0].tags["XResolution"].value == (100, 1)
    assert read_transforms(tmp_path / "out" / "transforms.json") == transforms
    held = read_record(tmp_path / "out" / "quality.json", QualityReport, "quality")
    assert held == report
    assert list(held.sides) == ["front"]


def test_what_fails_midway_leaves_nothing(tmp_path, transforms, report):
    def fails():
        yield front(np.ones(SHAPE, bool))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_registration(tmp_path / "out", transforms, report, fails(), b"picture")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["run.json", "back.tif", "transforms.json", "overlay.png"])
def test_a_folder_with_a_result_is_refused(tmp_path, name, transforms, report):
    (tmp_path / name).write_text("kept")
    with pytest.raises(InputError, match=name):
        check_registration_folder(tmp_path)
    with pytest.raises(InputError, match=name):
        write_registration(tmp_path, transforms, report, iter([]), b"picture")
    assert (tmp_path / name).read_text() == "kept"


MEASURED = {"median_px": 0.5, "p95_px": 2, "median_mm": 0.05, "p95_mm": 0.2, "tiles": 12}
PAIR = {"name": "a", "enabled": True, "residual_px": 0.3}
FINDINGS = {
    "displacement left: median 0.5 px (0.05 mm), 95 % within 2 px (0.2 mm), in 12 places": MEASURED,
    "FAILED, nothing is alike": {"ok": False, "reason": "nothing is alike"},
    "the pairs agree to 0.3 px; each predicted by the others to 0.7 px": {
        "pairs": (PAIR | {"leave_one_out_px": 0.7}, PAIR | {"leave_one_out_px": 0.2})
    },
    "the pairs agree to 0.3 px": {"pairs": (PAIR | {"leave_one_out_px": None},)},
    "film 3 was not found": {"reason": "film 3 was not found"},
    "not measured": {},
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_what_was_found_in_words(finding):
    parts = {"ok": True, "photograph": "f.tif", "how": "it", "orientation": "mirrored"}
    side = SideReport.model_validate(parts | {"seconds": 1} | FINDINGS[finding])
    assert side.finding == f"mirrored, from it: {finding}"
