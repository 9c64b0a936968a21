"""The size of a pixel: where each format keeps it, and when it is not believed."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_xraysep.io.decoded import pixel_size
from napari_xraysep.io.reading import read_radiograph


@pytest.mark.parametrize(
    ("resolution", "unit", "size"),
    [
        ((200, 200), "CENTIMETER", 0.05),
        ((512, 512), "INCH", 25.4 / 512),
        ((200, 200), "NONE", None),
        ((1, 1), "INCH", None),
        ((1, 1), "NONE", None),
        ((72, 72), "INCH", None),
        ((96, 96), "INCH", None),
        ((200, 100), "CENTIMETER", None),
    ],
)
def test_tiff(tmp_path, grey8, resolution, unit, size):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, grey8, resolution=resolution, resolutionunit=unit)
    image = read_radiograph(path)
    assert image.pixel_size_mm == (None if size is None else pytest.approx(size, rel=1e-6))
    believed_or_absent = size is not None or unit == "NONE"
    assert bool(image.notes) != believed_or_absent


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1), ("cm", 10), ("um", 1e-3), ("pixel", None)])
def test_imagej_has_units_of_its_own(tmp_path, grey8, unit, factor):
    path = tmp_path / "x.tif"
    per_unit = 20 * (factor or 1)
    tifffile.imwrite(
        path, grey8, imagej=True, resolution=(per_unit, per_unit), metadata={"unit": unit}
    )
    size = read_radiograph(path).pixel_size_mm
    assert size == (None if factor is None else pytest.approx(0.05))


@pytest.mark.parametrize(("dpi", "known"), [(508, True), (300, True), (72, False), (96, False)])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_dots_per_inch(tmp_path, grey8, dpi, known, suffix):
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(grey8).save(path, dpi=(dpi, dpi))
    image = read_radiograph(path)
    assert image.pixel_size_mm == (pytest.approx(25.4 / dpi, rel=1e-4) if known else None)
    assert image.notes == (
        ()
        if known
        else (f"its {dpi} dpi are a program's default, not a scan's: pixel size left unknown",)
    )


def test_exif_of_a_jpeg(tmp_path, grey8):
    exif = Image.Exif()
    exif.update({282: 200.0, 283: 200.0, 296: 3})
    Image.fromarray(grey8).save(tmp_path / "x.jpg", exif=exif)
    assert read_radiograph(tmp_path / "x.jpg").pixel_size_mm == pytest.approx(0.05)


@pytest.mark.parametrize("kind", [b"resc", b"resd"])
def test_jpeg_2000(tmp_path, grey8, kind):
    data = imagecodecs.jpeg2k_encode(grey8, level=0, codecformat="jp2")
    body = struct.pack(">HHHHbb", 200, 1, 400, 2, 2, 2)  # 200 · 10² per metre along y and x
    box = struct.pack(">I4sI4s", 26, b"res ", 18, kind) + body
    at = data.index(b"jp2h") - 4
    length = int.from_bytes(data[at : at + 4])
    header = (length + len(box)).to_bytes(4) + data[at + 4 : at + length] + box
    (tmp_path / "x.jp2").write_bytes(data[:at] + header + data[at + length :])
    image = read_radiograph(tmp_path / "x.jp2")
    np.testing.assert_array_equal(image.pixels, grey8)
    assert image.pixel_size_mm == pytest.approx(0.05)


@pytest.mark.parametrize("per_mm", [None, (0, 0), (-1, -1), (np.nan, 1), (np.inf, np.inf)])
def test_no_resolution_is_no_complaint(per_mm):
    assert pixel_size(per_mm) == (None, ())
