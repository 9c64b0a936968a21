"""What is refused, each with one sentence that names the file and the cure."""

from __future__ import annotations

import contextlib
import io
import logging
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_xraysep.errors import InputError
from napari_xraysep.io.reading import read_layer, read_mask, read_photograph, read_radiograph


def refusal(read, path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    assert caught.value.cure
    return sentence


@pytest.fixture(autouse=True)
def _nothing_is_printed(capfd, caplog):
    """Decoders written in C, and tifffile's log, have a screen of their own."""
    caplog.set_level(logging.NOTSET, "tifffile")  # the command line keeps it silent for good
    yield
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert logging.getLogger("tifffile").level == logging.NOTSET


def test_files_that_are_none(tmp_path):
    for name, content in (("empty.tif", b""), ("notes.tif", b"The painting is on oak.\n" * 40)):
        (tmp_path / name).write_bytes(content)
    for name, words in (
        ("missing.tif", "no such file"),
        ("empty.tif", "empty"),
        ("notes.tif", "not a picture"),
        (".", "folder"),
    ):
        for read in (read_radiograph, read_photograph, read_mask, read_layer):
            assert words in refusal(read, tmp_path / name)


def test_a_file_that_may_not_be_opened(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "x.tif").write_bytes(b"II*\0")
    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refusal(read_radiograph, tmp_path / "x.tif")


def encoded(pixels: np.ndarray) -> dict[str, bytes]:
    """The same picture in every kind of file that can be cut short."""
    files = {}
    for name, options in {
        "plain.tif": {},
        "strips.tif": {"rowsperstrip": 8},
        "big.tif": {"bigtiff": True},
        "zlib.tif": {"compression": "zlib", "rowsperstrip": 8},
        "lzw.tif": {"compression": "lzw"},
        "tiles.tif": {"tile": (16, 16)},
    }.items():
        with io.BytesIO() as buffer:
            tifffile.imwrite(buffer, pixels, **options)
            files[name] = buffer.getvalue()
    # tags behind the pixels, as libtiff and most programs write them
    with io.BytesIO() as buffer:
        Image.fromarray(pixels).save(buffer, "tiff", compression="tiff_deflate")
        files["tags-last.tif"] = buffer.getvalue()
    files["x.png"] = imagecodecs.png_encode(pixels)
    files["x.jp2"] = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="jp2")
    files["x.j2k"] = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="j2k")
    for name, options in {"x.jpg": {}, "progressive.jpg": {"progressive": True}}.items():
        with io.BytesIO() as buffer:
            Image.fromarray(pixels).save(buffer, "jpeg", **options)
            files[name] = buffer.getvalue()
    return files


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_truncated_files(tmp_path, grey8, part):
    for name, data in encoded(grey8).items():
        path = tmp_path / name
        path.write_bytes(data)
        assert read_radiograph(path).pixels.shape == grey8.shape
        path.write_bytes(data[: max(12, int(len(data) * part))])
        sentence = refusal(read_radiograph, path)
        assert "cut short" in sentence, name


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_never_end_in_anything_else(tmp_path, grey8, seed):
    rng = np.random.default_rng(seed)
    for name, data in encoded(grey8).items():
        damaged = bytearray(data)
        for at in rng.integers(4, len(data), 12):
            damaged[at] = rng.integers(256)
        path = tmp_path / name
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            read_radiograph(path)


def test_colour_and_grey_exchanged(tmp_path, grey8, rgb8):
    tifffile.imwrite(tmp_path / "grey.tif", grey8)
    tifffile.imwrite(tmp_path / "colour.tif", rgb8, photometric="rgb")
    nearly = np.stack([grey8] * 3, axis=-1)
    nearly[-1, -1, 2] ^= 1
    Image.fromarray(nearly).save(tmp_path / "nearly.png")
    assert "colour picture" in refusal(read_radiograph, tmp_path / "colour.tif")
    assert "colour picture" in refusal(read_radiograph, tmp_path / "nearly.png")
    assert "colour picture" in refusal(read_layer, tmp_path / "colour.tif")
    assert "grey" in refusal(read_photograph, tmp_path / "grey.tif")


@pytest.mark.parametrize("suffix", ["tif", "png", "jp2"])
def test_real_transparency(tmp_path, rgb8, suffix):
    pixels = np.dstack([rgb8, np.full(rgb8.shape[:2], 255, np.uint8)])
    pixels[3, 4, 3] = 254
    path = tmp_path / f"f.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, pixels, photometric="rgb")
    elif suffix == "png":
        Image.fromarray(pixels).save(path)
    else:
        path.write_bytes(imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="jp2"))
    assert "transparent" in refusal(read_photograph, path)
    Image.fromarray(rgb8[..., 0]).save(tmp_path / "key.png", transparency=int(rgb8[0, 0, 0]))
    assert "transparent" in refusal(read_radiograph, tmp_path / "key.png")


def test_cmyk(tmp_path, rgb8):
    pixels = np.dstack([rgb8, rgb8[..., 0]])
    tifffile.imwrite(tmp_path / "f.tif", pixels, photometric="separated")
    Image.fromarray(rgb8).convert("CMYK").save(tmp_path / "f.jpg")
    data = imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="jp2")
    at = data.index(b"colr")
    (tmp_path / "f.jp2").write_bytes(data[: at + 7] + struct.pack(">I", 12) + data[at + 11 :])
    for path in tmp_path.iterdir():
        assert "CMYK" in refusal(read_photograph, path)


def test_colour_models_and_channels_that_are_not_read(tmp_path, rgb8):
    tifffile.imwrite(tmp_path / "lab.tif", rgb8, photometric="cielab")
    assert "CIELAB" in refusal(read_photograph, tmp_path / "lab.tif")
    tifffile.imwrite(tmp_path / "ycc.tif", rgb8, photometric="ycbcr")
    assert "YCBCR" in refusal(read_photograph, tmp_path / "ycc.tif")
    five = np.dstack([rgb8, rgb8[..., :2]])
    tifffile.imwrite(tmp_path / "5.tif", five, photometric="rgb")
    assert "5 channels" in refusal(read_photograph, tmp_path / "5.tif")


@pytest.mark.parametrize("read", [read_radiograph, read_mask, read_layer])
def test_several_full_size_pages(tmp_path, grey8, read):
    stack = np.stack([grey8] * 3)
    tifffile.imwrite(tmp_path / "pages.tif", stack, photometric="minisblack")
    tifffile.imwrite(tmp_path / "imagej.tif", stack, imagej=True)
    tifffile.imwrite(
        tmp_path / "volume.tif",
        np.repeat(stack, 6, axis=0)[:16],
        photometric="minisblack",
        volumetric=True,
        tile=(16, 16, 16),
    )
    tifffile.imwrite(
        tmp_path / "one-ifd.tif", stack, photometric="minisblack", contiguous=True, truncate=True
    )
    with tifffile.TiffWriter(tmp_path / "two-plates.tif") as tif:
        tif.write(grey8, metadata=None)
        tif.write(grey8[:30, :50], metadata=None)
    for path in tmp_path.iterdir():
        assert "full-size pages" in refusal(read, path)


def test_a_thumbnail_whose_picture_was_cut_off(tmp_path, grey8):
    with io.BytesIO() as buffer:
        thumbnail, picture = Image.fromarray(grey8[::4, ::4]), Image.fromarray(grey8)
        thumbnail.save(buffer, "tiff", save_all=True, append_images=[picture])
        data = buffer.getvalue()
    (tmp_path / "x.tif").write_bytes(data)
    np.testing.assert_array_equal(read_radiograph(tmp_path / "x.tif").pixels, grey8)
    (tmp_path / "x.tif").write_bytes(data[: len(data) // 2])
    assert "cut short" in refusal(read_radiograph, tmp_path / "x.tif")


def test_only_a_thumbnail(tmp_path, grey8):
    tifffile.imwrite(tmp_path / "x.tif", grey8, subfiletype=1)
    assert "no full-size picture" in refusal(read_radiograph, tmp_path / "x.tif")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(tmp_path, grey8, value):
    pixels = (grey8 / 255).astype(np.float32)
    pixels[5, 6] = value
    tifffile.imwrite(tmp_path / "x.tif", pixels)
    tifffile.imwrite(tmp_path / "f.tif", np.stack([pixels] * 3, axis=-1), photometric="rgb")
    for read, name in ((read_radiograph, "x"), (read_layer, "x"), (read_photograph, "f")):
        assert "NaN or infinite" in refusal(read, tmp_path / f"{name}.tif")


def test_floats_outside_0_to_1(tmp_path, grey8):
    pixels = (grey8 / 255).astype(np.float32)
    for low_or_high in (pixels * 255, pixels - 0.1):
        tifffile.imwrite(tmp_path / "x.tif", low_or_high)
        assert "scale floats into 0..1" in refusal(read_radiograph, tmp_path / "x.tif")


def test_constant_small_and_signed(tmp_path, grey8):
    tifffile.imwrite(tmp_path / "constant.tif", np.full_like(grey8, 7))
    assert "same value" in refusal(read_radiograph, tmp_path / "constant.tif")
    tifffile.imwrite(tmp_path / "small.tif", grey8[:15])
    assert "15 by 56" in refusal(read_radiograph, tmp_path / "small.tif")
    tifffile.imwrite(tmp_path / "signed.tif", grey8.astype(np.int16))
    assert "int16" in refusal(read_radiograph, tmp_path / "signed.tif")
    assert "int16" in refusal(read_layer, tmp_path / "signed.tif")
    tifffile.imwrite(tmp_path / "signed.tif", grey8.astype(np.int16), photometric="miniswhite")
    assert "int16" in refusal(read_radiograph, tmp_path / "signed.tif")


def test_odd_tags_print_nothing(tmp_path, grey8):
    """Files that read well but make decoders complain."""
    tags = [(700, "B", 3, b"xmp", True), (34665, "I", 1, 10**9, True)]
    tifffile.imwrite(tmp_path / "x.tif", grey8, extratags=tags)
    assert read_radiograph(tmp_path / "x.tif").pixels.shape == grey8.shape

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    data = imagecodecs.png_encode(grey8)
    odd = chunk(b"iCCP", b"broken\0\0" + zlib.compress(b"no profile")) + chunk(b"pHYs", b"short")
    odd += chunk(b"eXIf", b"II*\0nonsense")
    (tmp_path / "x.png").write_bytes(data[:33] + odd + data[33:])
    image = read_radiograph(tmp_path / "x.png")
    np.testing.assert_array_equal(image.pixels, grey8)
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
    Image.fromarray(grey8).save(tmp_path / "x.jpg", exif=exif)
    assert read_radiograph(tmp_path / "x.jpg").pixels.shape == grey8.shape


def test_not_enough_memory(tmp_path, grey8, monkeypatch):
    def exhaust(*args, **kwargs):
        raise MemoryError

    tifffile.imwrite(tmp_path / "x.tif", grey8)
    monkeypatch.setattr(tifffile.TiffPage, "asarray", exhaust)
    assert "memory" in refusal(read_radiograph, tmp_path / "x.tif")
