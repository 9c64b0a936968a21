"""The radiograph's XMP, wherever a format keeps it, and 16-bit files of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from napari_xraysep.io import export
from napari_xraysep.io.export import bands, read_xmp, write_grey16, write_layered

PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:'
    b'meta/"><dc:title>SK-A-1</dc:title></x:xmpmeta>   <?xpacket end="w"?>'
)


def store(path: Path, packet: bytes | None) -> None:
    """Write a picture with a packet in the way of its format."""
    picture = Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30))
    extra: dict[str, object] = {}
    if packet is not None and path.suffix == ".png":
        extra["pnginfo"] = info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
    elif packet is not None and path.suffix == ".jpg":
        extra["xmp"] = packet
    if path.suffix == ".tif":
        tags = [] if packet is None else [(700, 1, len(packet), packet, True)]
        tifffile.imwrite(path, np.asarray(picture), extratags=tags)
    else:
        picture.save(path, **extra)


@pytest.mark.parametrize("name", ["x.tif", "x.png", "x.jpg"])
def test_xmp_is_found_in_every_format(tmp_path: Path, name: str) -> None:
    store(tmp_path / name, PACKET)
    assert read_xmp(tmp_path / name) == PACKET
    store(tmp_path / name, None)
    assert read_xmp(tmp_path / name) is None


def test_xmp_stored_as_text_is_taken_too(tmp_path: Path) -> None:
    packet = PACKET.replace(b"\xef\xbb\xbf", b"")
    tags = [(700, 2, 0, packet.decode("ascii"), True)]
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((20, 30), np.uint8), extratags=tags)
    assert read_xmp(tmp_path / "x.tif") == packet


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'tiff:Orientation="6"', b'tiff:Orientation="1"'),
        (b"<tiff:Orientation>8</tiff:Orientation>", b"<tiff:Orientation>1</tiff:Orientation>"),
        (b'tiff:Orientation="1"', b'tiff:Orientation="1"'),
    ],
)
def test_xmp_no_longer_turns_what_is_upright(tmp_path: Path, before: bytes, after: bytes) -> None:
    store(tmp_path / "x.tif", PACKET.replace(b"SK-A-1", before))
    assert read_xmp(tmp_path / "x.tif") == PACKET.replace(b"SK-A-1", after)


@pytest.mark.parametrize("height", [1, 6, 7, 8])
def test_bands_cover_every_row_once(monkeypatch: pytest.MonkeyPatch, height: int) -> None:
    monkeypatch.setattr(export, "BAND_PIXELS", 50)
    rows = [row for band in bands(height, 20) for row in range(height)[band]]
    assert rows == list(range(height))
    assert max(band.stop - band.start for band in bands(height, 20)) <= 2
    assert [band.stop - band.start for band in bands(3, 1000)] == [1, 1, 1]  # one row at least


@pytest.mark.parametrize(("limit", "big"), [(10**9, False), (1000, True)])
def test_large_files_are_bigtiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, big: bool
) -> None:
    monkeypatch.setattr(export, "BIGTIFF_BYTES", limit)
    pixels = np.random.default_rng(0).integers(0, 65536, (40, 50), np.uint16)
    write_grey16(tmp_path / "x.tif", (40, 50), lambda band: pixels[band], "words", 0.1, None)
    write_layered(tmp_path / "y.ome.tif", {"a": tmp_path / "x.tif"}, "words", None, None)
    for name in ("x.tif", "y.ome.tif"):
        with tifffile.TiffFile(tmp_path / name) as tif:
            assert tif.is_bigtiff == big
            np.testing.assert_array_equal(np.squeeze(tif.asarray()), pixels)
