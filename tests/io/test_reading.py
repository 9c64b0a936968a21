"""What can be read, and that it comes out as it went in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from napari_xraysep.io.reading import read_layer, read_mask, read_photograph, read_radiograph


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_grey_tiff_comes_out_as_it_went_in(tmp_path, grey16, bigtiff, byteorder, compression):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, grey16, bigtiff=bigtiff, byteorder=byteorder, compression=compression)
    image = read_radiograph(path)
    np.testing.assert_array_equal(image.pixels, grey16)
    assert image.pixels.dtype.isnative
    assert (image.bits, image.notes, image.simulated) == (16, (), False)
    assert image.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_rgb_tiff(tmp_path, rgb16, planar):
    path = tmp_path / "f.tif"
    pixels = rgb16 if planar == "contig" else np.moveaxis(rgb16, -1, 0)
    tifffile.imwrite(path, pixels, photometric="rgb", planarconfig=planar)
    image = read_photograph(path)
    np.testing.assert_array_equal(image.pixels, rgb16)
    assert (image.bits, image.icc_profile) == (16, None)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_tiff(tmp_path, grey8, dtype):
    path = tmp_path / "x.tif"
    values = (grey8 / 255).astype(dtype)
    tifffile.imwrite(path, values)
    image = read_radiograph(path)
    np.testing.assert_array_equal(image.pixels, values)
    assert image.bits is None


def test_tiled_and_jpeg_compressed_tiff(tmp_path):
    ramp = np.broadcast_to(np.arange(0, 256, 2, dtype=np.uint8), (128, 128))
    colours = np.stack([ramp, ramp.T, 255 - ramp], axis=-1)
    path = tmp_path / "f.tif"
    tifffile.imwrite(path, colours, photometric="rgb", tile=(64, 64), compression="jpeg")
    image = read_photograph(path)
    assert np.abs(image.pixels.astype(int) - colours).mean() < 4


def test_one_bit_and_twelve_bit_tiff(tmp_path, grey16):
    tifffile.imwrite(tmp_path / "1.tif", grey16 > 30000, photometric="minisblack")
    image = read_radiograph(tmp_path / "1.tif")
    np.testing.assert_array_equal(image.pixels, grey16 > 30000)
    assert (image.bits, image.pixels.dtype) == (1, np.uint8)
    packed = imagecodecs.packints_encode(grey16 >> 4, 12)
    tifffile.imwrite(
        tmp_path / "12.tif",
        iter([packed]),
        shape=grey16.shape,
        dtype=np.uint16,
        bitspersample=12,
        rowsperstrip=40,
    )
    image = read_radiograph(tmp_path / "12.tif")
    np.testing.assert_array_equal(image.pixels, grey16 >> 4)
    assert image.bits == 12


@pytest.mark.parametrize("bits", [1, 8, 16])
def test_white_is_zero_is_turned_over(tmp_path, grey16, bits):
    stored = {1: grey16 > 30000, 8: (grey16 >> 8).astype(np.uint8), 16: grey16}[bits]
    tifffile.imwrite(tmp_path / "x.tif", stored, photometric="miniswhite")
    image = read_radiograph(tmp_path / "x.tif")
    np.testing.assert_array_equal(image.pixels, 2**bits - 1 - stored.astype(int))
    assert image.bits == bits
    assert "turned over" in image.notes[0]


@pytest.mark.parametrize("palette_bits", [8, 16])
def test_palette_becomes_colour(tmp_path, grey8, palette_bits):
    palette = np.random.default_rng(0).integers(0, 256, (3, 256)).astype(np.uint16)
    palette = palette * 257 if palette_bits == 8 else palette * 256 + 3
    tifffile.imwrite(tmp_path / "f.tif", grey8, photometric="palette", colormap=palette)
    image = read_photograph(tmp_path / "f.tif")
    expected = palette.T[grey8]
    np.testing.assert_array_equal(image.pixels, expected // 257 if palette_bits == 8 else expected)
    assert image.bits == palette_bits
    assert "palette" in image.notes[0]


def test_palette_png(tmp_path, rgb8):
    palette = Image.fromarray(rgb8).convert("P", palette=Image.Palette.ADAPTIVE)
    palette.save(tmp_path / "f.png")
    image = read_photograph(tmp_path / "f.png")
    np.testing.assert_array_equal(image.pixels, np.asarray(palette.convert("RGB")))
    assert "palette" in image.notes[0]


@pytest.mark.parametrize("name", ["grey8", "grey16", "rgb8", "rgb16"])
@pytest.mark.parametrize("suffix", ["png", "jp2", "j2k"])
def test_lossless_formats(tmp_path, request, name, suffix):
    pixels = request.getfixturevalue(name)
    path = tmp_path / f"picture.{suffix}"
    if suffix == "png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        path.write_bytes(imagecodecs.jpeg2k_encode(pixels, level=0, codecformat=suffix))
    image = (read_radiograph if pixels.ndim == 2 else read_photograph)(path)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert (image.bits, image.notes) == (pixels.dtype.itemsize * 8, ())


def test_twelve_bit_jpeg_2000(tmp_path, grey16, rgb16):
    for name, pixels in (("x", grey16 >> 4), ("f", rgb16 >> 4)):
        data = imagecodecs.jpeg2k_encode(pixels, level=0, bitspersample=12, codecformat="jp2")
        (tmp_path / f"{name}.jp2").write_bytes(data)
    radiograph = read_radiograph(tmp_path / "x.jp2")
    np.testing.assert_array_equal(radiograph.pixels, grey16 >> 4)
    assert radiograph.bits == 12
    photograph = read_photograph(tmp_path / "f.jp2")
    exact = (rgb16 >> 4) * (65535 / 4095)
    assert np.abs(photograph.pixels - exact).max() <= 0.5
    assert photograph.bits == 16
    assert "12 bits" in photograph.notes[0]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg(tmp_path, mode):
    ramp = Image.linear_gradient("L")
    picture = Image.merge("RGB", [ramp, ramp.rotate(90), ramp]) if mode == "RGB" else ramp
    picture.save(tmp_path / "picture.jpg", quality=95, dpi=(600, 600))
    image = (read_photograph if mode == "RGB" else read_radiograph)(tmp_path / "picture.jpg")
    assert np.abs(image.pixels.astype(int) - np.asarray(picture)).mean() < 2
    assert image.bits == 8
    assert image.pixel_size_mm == pytest.approx(25.4 / 600)


def test_the_type_is_decided_by_content(tmp_path, grey8):
    path = tmp_path / "really-a-png.tif"
    Image.fromarray(grey8).save(path, format="png")
    np.testing.assert_array_equal(read_radiograph(path).pixels, grey8)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_pillows_limit_on_size_does_not_apply(tmp_path, monkeypatch, grey8, suffix):
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(grey8).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_radiograph(path).pixels.shape == grey8.shape


ORIENTATIONS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_orientation_is_applied(tmp_path, rgb8, orientation, suffix):
    path = tmp_path / f"f.{suffix}"
    flat = np.repeat(np.repeat(rgb8[::8, ::8], 16, axis=0), 16, axis=1)  # survives JPEG
    if suffix == "tif":
        tag = (274, "H", 1, orientation, True)
        tifffile.imwrite(path, flat, photometric="rgb", extratags=[tag])
    else:
        exif = Image.Exif()
        exif[274] = orientation
        Image.fromarray(flat).save(path, exif=exif, **({"quality": 100} if suffix == "jpg" else {}))
    image = read_photograph(path)
    expected = ORIENTATIONS[orientation](flat)
    assert image.pixels.shape == expected.shape
    assert np.abs(image.pixels.astype(int) - expected).mean() < (15 if suffix == "jpg" else 1e-9)
    assert bool(image.notes) == (orientation != 1)


def test_reduced_pages_are_left_out(tmp_path, grey16):
    for name, tagged in (("tagged", True), ("untagged", False)):
        path = tmp_path / f"{name}.tif"
        with tifffile.TiffWriter(path) as tif:
            tif.write(grey16[::4, ::4], subfiletype=1 if tagged else 0, metadata=None)
            tif.write(grey16, metadata=None)
            tif.write(grey16[::2, ::2], subfiletype=1 if tagged else 0, metadata=None)
        image = read_radiograph(path)
        np.testing.assert_array_equal(image.pixels, grey16)
        assert image.notes == ("2 reduced copies of the picture were left out",)


def test_pyramid_in_sub_ifds(tmp_path, rgb8):
    with tifffile.TiffWriter(tmp_path / "f.tif") as tif:
        tif.write(rgb8, photometric="rgb", subifds=1)
        tif.write(rgb8[::2, ::2], photometric="rgb", subfiletype=1)
    image = read_photograph(tmp_path / "f.tif")
    np.testing.assert_array_equal(image.pixels, rgb8)
    assert "1 reduced" in image.notes[0]


@pytest.mark.parametrize("suffix", ["tif", "png", "jp2"])
def test_equal_colours_are_a_grey_radiograph(tmp_path, grey8, suffix):
    path = tmp_path / f"x.{suffix}"
    _write(path, np.stack([grey8] * 3, axis=-1))
    image = read_radiograph(path)
    np.testing.assert_array_equal(image.pixels, grey8)
    assert "read as grey" in image.notes[0]


@pytest.mark.parametrize("suffix", ["tif", "png", "jp2"])
@pytest.mark.parametrize("name", ["grey16", "rgb8"])
def test_opaque_alpha_is_dropped(tmp_path, request, name, suffix):
    pixels = request.getfixturevalue(name)
    path = tmp_path / f"picture.{suffix}"
    _write(path, np.dstack([pixels, np.full(pixels.shape[:2], np.iinfo(pixels.dtype).max)]))
    image = (read_radiograph if pixels.ndim == 2 else read_photograph)(path)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert "opaque alpha" in image.notes[0]


def _write(path: Path, pixels: np.ndarray) -> None:
    pixels = pixels.astype(np.uint8 if pixels.max() < 256 else np.uint16)
    if path.suffix == ".tif":
        colour = pixels.ndim == 3 and pixels.shape[2] > 2
        tifffile.imwrite(
            path,
            pixels,
            photometric="rgb" if colour else "minisblack",
            planarconfig="contig",
        )
    elif path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        path.write_bytes(imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="jp2"))


def test_simulated_is_known_by_the_description(tmp_path, grey8):
    tifffile.imwrite(tmp_path / "1.tif", grey8, description="Simulated radiograph, seed 3")
    tifffile.imwrite(tmp_path / "2.tif", grey8, description="a radiograph")
    for number, compressed in ((3, False), (4, True)):
        text = PngImagePlugin.PngInfo()
        text.add_text("Description", "a simulated radiograph", zip=compressed)
        Image.fromarray(grey8).save(tmp_path / f"{number}.png", pnginfo=text)
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Description", "une radiographie – simulated", zip=True)
    Image.fromarray(grey8).save(tmp_path / "5.png", pnginfo=text)
    Image.fromarray(grey8).save(tmp_path / "6.jpg", comment="simulated")
    found = [read_radiograph(path).simulated for path in sorted(tmp_path.iterdir())]
    assert found == [True, False, True, True, True, True]


def test_a_photograph_without_colour_is_noted(tmp_path, grey8):
    _write(tmp_path / "f.tif", np.stack([grey8] * 3, axis=-1))
    assert "grey picture" in read_photograph(tmp_path / "f.tif").notes[0]


def test_masks(tmp_path, grey8):
    mask = grey8 > 100
    Image.fromarray(mask).save(tmp_path / "1.png")
    tifffile.imwrite(tmp_path / "2.tif", mask.astype(np.int32))  # napari's labels
    red = np.zeros((*mask.shape, 3), np.uint8)
    red[mask, 0] = 200
    Image.fromarray(red).save(tmp_path / "3.png")
    tifffile.imwrite(tmp_path / "4.tif", np.zeros_like(grey8))
    for path in sorted(tmp_path.iterdir())[:3]:
        np.testing.assert_array_equal(read_mask(path).pixels != 0, mask)
    assert "colour" in read_mask(tmp_path / "3.png").notes[0]
    assert not read_mask(tmp_path / "4.tif").pixels.any()
    Image.fromarray(grey8).save(tmp_path / "5.jpg")
    assert "JPEG" in read_mask(tmp_path / "5.jpg").notes[0]


def test_layers(tmp_path, grey16):
    values = np.linspace(-3, 5, 600, dtype=np.float32).reshape(20, 30)
    tifffile.imwrite(tmp_path / "1.tif", values)
    np.testing.assert_array_equal(read_layer(tmp_path / "1.tif"), values)
    tifffile.imwrite(tmp_path / "2.tif", grey16)
    layer = read_layer(tmp_path / "2.tif")
    np.testing.assert_allclose(layer, grey16 / 65535, atol=1e-7)
    assert layer.dtype == np.float32
    tifffile.imwrite(tmp_path / "3.tif", np.zeros((20, 30), np.float32))
    assert not read_layer(tmp_path / "3.tif").any()


def test_the_record_of_a_file(tmp_path, grey16):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, grey16, resolution=(200, 200), resolutionunit="CENTIMETER")
    record = read_radiograph(path).record("radiograph", mirrored=True)
    assert (record.role, record.path, record.mirrored) == ("radiograph", str(path), True)
    assert (record.height, record.width, record.bits) == (40, 56, 16)
    assert record.pixel_size_mm == pytest.approx(0.05)
