"""DICOM and DICONDE from computed radiography."""

from __future__ import annotations

import sys

import numpy as np
import pydicom
import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.io.reading import read_photograph, read_radiograph


def write(path, pixels, *, bits=None, model="MONOCHROME2", **more):
    header = pydicom.Dataset()
    header.file_meta = pydicom.dataset.FileMetaDataset()
    header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = pydicom.uid.ComputedRadiographyImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID
    header.Rows, header.Columns = pixels.shape[:2]
    header.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    if pixels.ndim == 3:
        header.PlanarConfiguration = 0
    header.PhotometricInterpretation = model
    header.BitsAllocated = pixels.dtype.itemsize * 8
    header.BitsStored = bits or header.BitsAllocated
    header.HighBit = header.BitsStored - 1
    header.PixelRepresentation = 0
    header.PixelData = pixels.tobytes()
    for name, value in more.items():
        setattr(header, name, value)
    header.save_as(path, enforce_file_format=True)


def test_stored_bits_and_pixel_spacing(tmp_path, grey16):
    path = tmp_path / "x.dcm"
    write(path, grey16 >> 4, bits=12, PixelSpacing=[0.05, 0.05])
    image = read_radiograph(path)
    np.testing.assert_array_equal(image.pixels, grey16 >> 4)
    assert (image.bits, image.pixel_size_mm, image.notes) == (12, pytest.approx(0.05), ())


def test_monochrome1_is_turned_over(tmp_path, grey16):
    path = tmp_path / "x.dcm"
    write(path, grey16 >> 2, bits=14, model="MONOCHROME1")
    image = read_radiograph(path)
    np.testing.assert_array_equal(image.pixels, 2**14 - 1 - (grey16 >> 2))
    assert "turned over" in image.notes[0]


def test_bits_around_the_stored_ones_are_no_picture(tmp_path, grey16):
    write(tmp_path / "above.dcm", (grey16 >> 4) | 0x8000, bits=12)
    write(tmp_path / "below.dcm", grey16 | 0x000F, bits=12, HighBit=15)
    for path in tmp_path.iterdir():
        np.testing.assert_array_equal(read_radiograph(path).pixels, grey16 >> 4)


def test_spacing_at_the_detector_and_rescaling_are_noted(tmp_path, grey16):
    path = tmp_path / "x.dcm"
    write(path, grey16, ImagerPixelSpacing=[0.1, 0.1], RescaleSlope=2, RescaleIntercept=-5)
    image = read_radiograph(path)
    assert image.pixel_size_mm == pytest.approx(0.1)
    assert any("rescale" in note for note in image.notes)
    assert any("detector" in note for note in image.notes)
    np.testing.assert_array_equal(image.pixels, grey16)


def test_colour(tmp_path, rgb8):
    write(tmp_path / "f.dcm", rgb8, model="RGB")
    np.testing.assert_array_equal(read_photograph(tmp_path / "f.dcm").pixels, rgb8)


def test_refusals(tmp_path, grey16, capfd):
    write(tmp_path / "signed.dcm", grey16, PixelRepresentation=1)
    write(tmp_path / "frames.dcm", grey16, NumberOfFrames=3)
    write(tmp_path / "palette.dcm", grey16, model="PALETTE COLOR")
    write(tmp_path / "short.dcm", grey16, PixelData=grey16[:20].tobytes())
    write(tmp_path / "empty.dcm", grey16)
    header = pydicom.dcmread(tmp_path / "empty.dcm")
    del header.PixelData
    header.save_as(tmp_path / "empty.dcm")
    data = (tmp_path / "signed.dcm").read_bytes()
    for part in (0.05, 0.5, 0.99):
        (tmp_path / f"cut{part}.dcm").write_bytes(data[: int(len(data) * part)])
    for path in tmp_path.iterdir():
        with pytest.raises(InputError) as caught:
            read_radiograph(path)
        assert caught.value.subject == str(path)
        words = {"signed": "signed", "frames": "3 full-size", "palette": "PALETTE", "empty": "no"}
        assert words.get(path.stem, "") in caught.value.problem
    assert capfd.readouterr() == ("", "")


def test_without_pydicom_the_extra_is_named(tmp_path, grey16, monkeypatch):
    write(tmp_path / "x.dcm", grey16)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(InputError, match=r'pip install "napari-xraysep\[dicom\]"'):
        read_radiograph(tmp_path / "x.dcm")
