"""ICC profiles: photographs become sRGB in their own depth, radiographs ignore them."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from napari_xraysep.io.colour import to_srgb
from napari_xraysep.io.reading import read_photograph, read_radiograph

ADOBE_RGB = imagecodecs.cms_profile("adobergb")
ADOBE_TO_XYZ = np.array(
    [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
)
XYZ_TO_SRGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


def adobe_to_srgb(values):
    """The published formulas of both colour spaces, white point D65."""
    linear = values ** (563 / 256) @ ADOBE_TO_XYZ.T @ XYZ_TO_SRGB.T
    assert linear.min() > 0
    return np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.fixture
def colours():
    """Colours that sRGB holds too, 0..1: (40, 30, 3)."""
    return 0.45 + 0.2 * np.random.default_rng(0).random((40, 30, 3))


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("uint8", 1.5 / 255), ("uint16", 4e-4), ("float32", 4e-4)]
)
def test_adobe_rgb_becomes_srgb(tmp_path, colours, dtype, tolerance):
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    stored = colours.astype(dtype) if top == 1 else np.round(colours * top).astype(dtype)
    path = tmp_path / "f.tif"
    tifffile.imwrite(path, stored, photometric="rgb", iccprofile=ADOBE_RGB)
    image = read_photograph(path)
    assert image.pixels.dtype == dtype
    assert image.icc_profile == "Adobe RGB (compatible)"
    error = np.abs(image.pixels / top - adobe_to_srgb(stored / top)).max()
    assert error < tolerance
    assert np.abs(image.pixels / top - stored / top).max() > 5 / 255


@pytest.mark.parametrize("suffix", ["png", "jpg", "jp2"])
def test_profiles_are_found_in_every_format(tmp_path, colours, suffix):
    stored = np.round(np.broadcast_to(colours[:1, :1], colours.shape) * 255).astype(np.uint8)
    stored = stored.copy()
    stored[:20] += 40  # a flat picture would be refused
    path = tmp_path / f"f.{suffix}"
    if suffix == "jp2":
        data = imagecodecs.jpeg2k_encode(stored, level=0, codecformat="jp2")
        at = data.index(b"colr") - 4  # enumerated colour space, 15 bytes, last in its superbox
        size = len(ADOBE_RGB) + 11
        colr = size.to_bytes(4) + b"colr\2\0\0" + ADOBE_RGB
        header = data.index(b"jp2h") - 4
        length = int.from_bytes(data[header : header + 4]) + size - 15
        data = data[:header] + length.to_bytes(4) + data[header + 4 : at] + colr + data[at + 15 :]
        path.write_bytes(data)
    else:
        options = {"quality": 100, "subsampling": 0} if suffix == "jpg" else {}
        Image.fromarray(stored).save(path, icc_profile=ADOBE_RGB, **options)
    image = read_photograph(path)
    assert image.icc_profile == "Adobe RGB (compatible)"
    error = np.abs(image.pixels / 255 - adobe_to_srgb(stored / 255)).max()
    assert error < 4 / 255


def test_an_srgb_profile_changes_nothing(tmp_path, rgb8, rgb16):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for pixels in (rgb8, rgb16):
        path = tmp_path / "f.tif"
        tifffile.imwrite(path, pixels, photometric="rgb", iccprofile=profile)
        image = read_photograph(path)
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.icc_profile == "sRGB built-in"


def test_a_profile_with_linear_light():
    """The curve of sRGB itself: half the light is shown at 0.735."""
    primaries = [0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1]
    linear = imagecodecs.cms_profile(
        "rgb", whitepoint=[0.3127, 0.3290, 1], primaries=primaries, gamma=1.0
    )
    grey = np.full((16, 16, 3), 0.5, np.float32)
    pixels, name, notes = to_srgb(grey, linear)
    np.testing.assert_allclose(pixels, 1.055 * 0.5 ** (1 / 2.4) - 0.055, atol=1e-3)
    assert (name, notes) == ("RGB built-in", ())


def test_profiles_that_cannot_be_used(tmp_path, rgb8):
    for profile, words in (
        (b"rubbish" * 40, "damaged"),
        (imagecodecs.cms_profile("gray"), "not for RGB"),
        (imagecodecs.cms_profile("rgb"), "incomplete"),
    ):
        path = tmp_path / "f.tif"
        tifffile.imwrite(path, rgb8, photometric="rgb", iccprofile=profile)
        image = read_photograph(path)
        np.testing.assert_array_equal(image.pixels, rgb8)
        assert image.icc_profile is None
        assert words in image.notes[0]
        assert "sRGB was assumed" in image.notes[0]


def test_a_radiograph_ignores_its_profile(tmp_path, grey8):
    with io.BytesIO() as buffer:
        Image.fromarray(grey8).save(buffer, "png", icc_profile=imagecodecs.cms_profile("gray"))
        (tmp_path / "x.png").write_bytes(buffer.getvalue())
    tifffile.imwrite(
        tmp_path / "x.tif", np.stack([grey8] * 3, -1), photometric="rgb", iccprofile=ADOBE_RGB
    )
    for path in tmp_path.iterdir():
        image = read_radiograph(path)
        np.testing.assert_array_equal(image.pixels, grey8)
        assert image.icc_profile is None
