"""A run's results for other programs, with what is known to come out of it."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_xraysep.domain import POLARITIES, RESPONSES, Domain
from napari_xraysep.errors import InputError
from napari_xraysep.io import export as io_export
from napari_xraysep.io.evolution import Evolution, Frame
from napari_xraysep.io.results import RECORD, read_record, write_run
from napari_xraysep.records import InputRecord, RunRecord, Stated
from napari_xraysep.workflows.export import export
from napari_xraysep.workflows.export_words import _sum

SHAPE = (24, 40)
XMP = b'<?xpacket begin="" id="x"?><x:xmpmeta>Rijksmuseum SK-A-1</x:xmpmeta><?xpacket end="w"?>'
ENDING = "-hypothetical-separation"
Make = Callable[..., Path]


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Leave the figures undrawn, which take most of the time, unless a test looks at them."""
    if "guide" not in request.node.name:
        monkeypatch.setattr("napari_xraysep.workflows.export.layer_figure", lambda *_: b"PNG")


@pytest.fixture
def make(tmp_path: Path, make_record: Callable[..., RunRecord]) -> Make:
    """Give a function that writes a radiograph's file and a run of it; returns the run's folder."""

    def make(
        polarity: str = "white-absorbs",
        response: str = "as-is",
        *,
        xmp: bytes | None = XMP,
        pixel_size_mm: float | None = 25.4 / 512,
        region: str | None = None,
        uncertainty: bool = False,
        evolution: bool = False,
        shift: float = 0.0,
    ) -> Path:
        rng = np.random.default_rng(0)
        grey = rng.integers(12000, 50000, SHAPE, np.uint16)
        xray = tmp_path / "xray.tif"
        tags = [] if xmp is None else [(700, 1, len(xmp), xmp, True)]
        tifffile.imwrite(xray, grey, extratags=tags, resolution=(512, 512), resolutionunit="INCH")
        domain = Domain(polarity, response, 16)  # type: ignore[arg-type]
        x = domain.forward((grey / np.float32(65535)).astype(np.float32))
        share = rng.uniform(0.3, 0.6, SHAPE).astype(np.float32)
        residual = rng.normal(0, 0.004, SHAPE).astype(np.float32)
        layers = {"front": share * x + np.float32(shift)}
        layers["back"] = x - layers["front"] - residual
        layers |= {"residual": residual, "unexplained": 30 * residual}
        if uncertainty:
            layers["uncertainty"] = np.abs(residual)
        record = make_record(
            allocation="none",
            region=region,
            height=SHAPE[0],
            width=SHAPE[1],
            polarity=Stated(value=polarity, assumed=False),
            response=Stated(value=response, assumed=True),
            pixel_size_mm=Stated(value=pixel_size_mm, assumed=False),
            epsilon=domain.epsilon,
            inputs=(
                InputRecord(
                    role="radiograph",
                    path=str(xray),
                    sha256=hashlib.sha256(xray.read_bytes()).hexdigest(),
                    height=SHAPE[0],
                    width=SHAPE[1],
                ),
            ),
            layers=tuple(layers),
            uncertainty="standard deviation over 5 restarts" if uncertainty else "not estimated",
        )
        frames = tuple(
            Frame("training", 0, epoch, {name: layers[name] for name in ("front", "back")})
            for epoch in (0, 1)
        )
        for frame in frames:
            frame.layers["unexplained"] = residual  # type: ignore[index]
        kept = Evolution(frames, 1, x, {"training": 1}) if evolution else None
        write_run(tmp_path / "run", layers, record, [], b"PNG", kept)
        return tmp_path / "run"

    return make


@dataclass(frozen=True)
class Page:
    description: str
    tags: dict[int, Any]
    icc: bytes | None
    photometric: int
    dpi: tuple[float, ...]


def pages_of(path: Path) -> list[Page]:
    with tifffile.TiffFile(path, is_ome=False) as tif:
        pages = [page for page in tif.pages if isinstance(page, tifffile.TiffPage)]
        assert len(pages) == len(tif.pages)
        return [
            Page(
                page.description,
                {tag.code: tag.value for tag in page.tags},
                page.iccprofile,
                page.photometric,
                page.get_resolution("INCH"),
            )
            for page in pages
        ]


def page_of(path: Path) -> Page:
    (page,) = pages_of(path)
    return page


@pytest.mark.parametrize("polarity", POLARITIES)
@pytest.mark.parametrize("response", RESPONSES)
def test_layers_come_back_through_the_radiographs_own_response(
    make: Make, tmp_path: Path, polarity: Any, response: Any
) -> None:
    run = make(polarity, response)
    notes: list[str] = []
    export(run, tmp_path / "out", notes.append)
    domain = Domain(polarity, response, 16)
    assert not notes
    for name in ("front", "back"):
        grey = tifffile.imread(tmp_path / "out" / f"{name}{ENDING}.tif")
        assert grey.dtype == np.uint16
        layer = tifffile.imread(run / f"{name}.tif")
        unit = (grey / 65535).astype(np.float32)
        # half a grey level is what 16 bits cannot say; it bounds the layer from both sides
        half = np.float32(0.501 / 65535)
        ends = np.sort([domain.forward(np.clip(unit + at, 0, 1)) for at in (-half, half)], 0)
        assert (ends[0] - 1e-6 <= layer).all()
        assert (layer <= ends[1] + 1e-6).all()
    again = tifffile.imread(tmp_path / "out" / "radiograph.tif")
    original = tifffile.imread(tmp_path / "xray.tif")
    assert np.abs(again.astype(int) - original).max() <= 1


def test_in_attenuation_layers_multiply_and_as_they_are_they_add(
    make: Make, tmp_path: Path
) -> None:
    for response in ("as-is", "linear"):
        out = tmp_path / response
        export(make("white-absorbs", response), out)
        names = (f"front{ENDING}", f"back{ENDING}", "radiograph")
        front, back, xray = (tifffile.imread(out / f"{name}.tif") / 65535 for name in names)
        residual = tifffile.imread(tmp_path / "run" / "residual.tif")
        if response == "as-is":
            np.testing.assert_allclose(front + back + residual, xray, atol=3e-5)
        else:
            np.testing.assert_allclose(front * back * np.exp(-residual), xray, atol=3e-5)
        for file in (tmp_path / "run").iterdir():
            file.unlink()


SUMS = {
    "white-absorbs": "layer + layer + (residual − 32768) = radiograph",
    "black-absorbs": "(65535 − layer) + (65535 − layer) + (residual − 32768) = 65535 − radiograph",
}


@pytest.mark.parametrize("polarity", SUMS)
def test_the_sum_that_the_guide_states_holds_in_the_files(
    make: Make, tmp_path: Path, polarity: Any
) -> None:
    export(make(polarity), tmp_path / "out")
    guide = " ".join((tmp_path / "out" / "README.txt").read_text("utf-8").split())
    assert f"but for rounding: {SUMS[polarity]}." in guide
    names = (f"front{ENDING}", f"back{ENDING}", f"residual{ENDING}", "radiograph")
    files = (tifffile.imread(tmp_path / "out" / f"{name}.tif").astype(int) for name in names)
    front, back, residual, xray = files
    if polarity == "black-absorbs":
        front, back, xray = 65535 - front, 65535 - back, 65535 - xray
    assert np.abs(front + back + (residual - 32768) - xray).max() <= 2


def test_a_residual_in_coarser_steps_is_multiplied_in_the_sum() -> None:
    assert _sum(4 / 65535, black=False) == "layer + layer + 4 × (residual − 32768) = radiograph"


def test_resolution_xmp_and_label_survive_without_a_profile(make: Make, tmp_path: Path) -> None:
    run = make(uncertainty=True)
    written = export(run, tmp_path / "out")
    tiffs = [path for path in written if path.suffix == ".tif" and "ome" not in path.name]
    assert len(tiffs) == 6
    for path in tiffs:
        page = page_of(path)
        assert page.tags[700] == XMP
        assert page.dpi == pytest.approx((512, 512))
        assert page.icc is None
        assert page.photometric == tifffile.PHOTOMETRIC.MINISBLACK
        assert "hypothetical separation" in page.description
        assert "simulated" in page.description
        assert page.tags[258] == 16  # bits a sample
    assert written == sorted(written)
    assert sorted(written) == sorted((tmp_path / "out").iterdir())


def test_what_is_left_over_is_shifted_by_what_is_stated(make: Make, tmp_path: Path) -> None:
    run = make(uncertainty=True)
    export(run, tmp_path / "out")
    for name, zero in (("residual", 32768), ("unexplained", 32768), ("uncertainty", 0)):
        path = tmp_path / "out" / f"{name}{ENDING}.tif"
        said = page_of(path).description
        assert f"grey level {zero} is zero, one level is " in said
        step = float(said.split("one level is ")[1].split()[0])
        values = (tifffile.imread(path).astype(float) - zero) * step
        true = tifffile.imread(run / f"{name}.tif")
        np.testing.assert_allclose(values, true, atol=0.51 * step, rtol=1e-5)
        assert step * 65535 == pytest.approx(
            round(step * 65535), 1e-5
        )  # a whole number of the finest
    assert "standard deviation over 5 restarts" in said


def test_the_layered_file_names_its_pages_twice(make: Make, tmp_path: Path) -> None:
    run = make(uncertainty=True)
    export(run, tmp_path / "out")
    path = tmp_path / "out" / f"layers{ENDING}.ome.tif"
    shown = ["front", "back", "residual", "unexplained", "uncertainty"]
    pages = pages_of(path)
    names = [page.tags[285] for page in pages]
    assert names[0] == "mixed radiograph"
    assert [name.split(":")[0] for name in names[1:]] == shown
    assert all("hypothetical separation" in name for name in names[1:])
    assert "32768 is zero" in names[3]
    assert pages[0].tags[700] == XMP
    for page in pages:
        assert "hypothetical separation" in page.description.lower()
        assert page.dpi == pytest.approx((512, 512))
    with tifffile.TiffFile(path) as tif:
        (series,) = tif.series
        assert (series.axes, series.shape) == ("CYX", (6, *SHAPE))
        assert tif.is_ome
        channels = tifffile.xml2dict(tif.ome_metadata)["OME"]["Image"]["Pixels"]
        assert [one["Name"] for one in channels["Channel"]] == names
        assert channels["PhysicalSizeX"] == pytest.approx(25400 / 512)
        pixels = tif.asarray()
    for number, name in enumerate(["radiograph", *(f"{one}{ENDING}" for one in shown)]):
        single = tifffile.imread(tmp_path / "out" / f"{name}.tif")
        np.testing.assert_array_equal(pixels[number], single)
    with Image.open(path) as image:  # as any program that pages through a TIFF
        assert image.n_frames == 6
        image.seek(1)
        np.testing.assert_array_equal(np.asarray(image), pixels[1])


def test_pixels_that_16_bits_do_not_hold_are_counted(make: Make, tmp_path: Path) -> None:
    run = make(shift=0.7)  # the front too bright, the back below zero
    front, back = (tifffile.imread(run / f"{name}.tif") for name in ("front", "back"))
    above, below = (100 * (front > 1).mean(), 100 * (back < 0).mean())
    notes: list[str] = []
    export(run, tmp_path / "out", notes.append)
    assert [note.split(":")[0] for note in notes] == ["front", "back"]
    assert f"{above:.2g} % above white" in notes[0]
    assert f"{below:.2g} % below black" in notes[1]
    exported = tifffile.imread(tmp_path / "out" / f"back{ENDING}.tif")
    assert ((exported == 0) == (back * 65535 < 0.5)).all()
    guide = " ".join((tmp_path / "out" / "README.txt").read_text("utf-8").split())
    assert notes[0] in guide
    assert "but for rounding and where an image is clipped (see below)" in guide


def test_a_radiograph_that_moved_with_its_run_is_found(make: Make, tmp_path: Path) -> None:
    run = make()
    text = (run / "run.json").read_text("utf-8")
    (run / "run.json").write_text(text.replace(str(tmp_path / "xray.tif"), "xray.tif"), "utf-8")
    export(run, tmp_path / "out")  # called from elsewhere
    assert page_of(tmp_path / "out" / f"front{ENDING}.tif").tags[700] == XMP


@pytest.mark.parametrize("case", ["gone", "changed", "none"])
def test_xmp_that_cannot_be_had_is_said(make: Make, tmp_path: Path, case: str) -> None:
    run = make(xmp=None if case == "none" else XMP)
    if case == "gone":
        (tmp_path / "xray.tif").unlink()
    elif case == "changed":
        tifffile.imwrite(tmp_path / "xray.tif", np.zeros(SHAPE, np.uint16))
    notes: list[str] = []
    export(run, tmp_path / "out", notes.append)
    said = {"gone": "no longer there", "changed": "has changed since the run", "none": None}[case]
    assert len(notes) == (said is not None)
    assert all(str(said) in note for note in notes)
    assert 700 not in page_of(tmp_path / "out" / f"front{ENDING}.tif").tags


def test_a_region_says_where_it_lies_and_a_size_that_is_not_known_is_said(
    make: Make, tmp_path: Path
) -> None:
    notes: list[str] = []
    export(make(region="100:124,7:47", pixel_size_mm=None), tmp_path / "out", notes.append)
    assert len(notes) == 1
    assert "pixel size is not known" in notes[0]
    page = page_of(tmp_path / "out" / f"back{ENDING}.tif")
    assert "rows 100 to 123 and columns 7 to 46 of the radiograph" in page.description
    assert page.tags[296] == 1  # no unit
    assert "rows 100 to 123" in (tmp_path / "out" / "README.txt").read_text("utf-8")


def test_the_guide_names_every_file(make: Make, tmp_path: Path) -> None:
    written = export(make(evolution=True, uncertainty=True), tmp_path / "out")
    names = [path.name for path in written]
    guide = (tmp_path / "out" / "README.txt").read_text("utf-8")
    for name in names:
        assert f"\n{name}\n    " in guide  # and something is said of it
    for name in (f"evolution{ENDING}.gif", f"evolution-epochs{ENDING}.png", f"front{ENDING}.png"):
        assert name in names
    assert "do not prove" in guide
    assert "standard deviation over 5 restarts" in guide
    with Image.open(tmp_path / "out" / f"front{ENDING}.png") as image:
        assert "hypothetical separation" in image.info["Title"].lower()
    run = tmp_path / "run"
    assert (tmp_path / "out" / "provenance.json").read_bytes() == (run / "run.json").read_bytes()


def test_a_run_without_evolution_or_preview_is_exported_too(make: Make, tmp_path: Path) -> None:
    run = make()
    (run / "preview.png").unlink()
    names = {path.name for path in export(run, tmp_path / "out")}
    assert not any("evolution" in name for name in names)
    assert "preview.png" not in names


def test_layers_are_converted_in_bands(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make()
    export(run, tmp_path / "whole")
    monkeypatch.setattr(io_export, "BAND_PIXELS", 7 * SHAPE[1])  # 24 rows are 3 bands and a rest
    export(run, tmp_path / "bands")
    for path in sorted((tmp_path / "whole").glob("*.tif")):
        assert (
            path.read_bytes()[-2 * 24 * 40 :]
            == (tmp_path / "bands" / path.name).read_bytes()[-2 * 24 * 40 :]
        )
        np.testing.assert_array_equal(
            tifffile.imread(path), tifffile.imread(tmp_path / "bands" / path.name)
        )


def test_a_layer_that_another_program_compressed_is_read(make: Make, tmp_path: Path) -> None:
    run = make()
    export(run, tmp_path / "before")
    layer = tifffile.imread(run / "front.tif")
    tifffile.imwrite(run / "front.tif", layer, compression="zlib")
    export(run, tmp_path / "after")
    name = f"front{ENDING}.tif"
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "before" / name), tifffile.imread(tmp_path / "after" / name)
    )


def test_bad_input_is_refused_and_leaves_nothing(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no run\.json"):
        export(tmp_path, tmp_path / "out")
    run = make()
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="already there"):
        export(run, taken)
    with pytest.raises(InputError, match="already there"):
        export(run, run)
    layer = tifffile.imread(run / "back.tif")
    tifffile.imwrite(run / "back.tif", layer[:, :-1])
    with pytest.raises(InputError, match=r"back\.tif: it has 24 rows and 39 columns"):
        export(run, tmp_path / "out")
    layer[3, 3] = np.nan
    tifffile.imwrite(run / "back.tif", layer)
    with pytest.raises(InputError, match="NaN"):
        export(run, tmp_path / "out")
    (run / "back.tif").unlink()
    with pytest.raises(InputError, match=r"back\.tif: there is no such file"):
        export(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_nothing(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make()
    before = sorted(tmp_path.iterdir())
    written = io_export.write_layered

    def fail(path: Path, *rest: Any) -> None:
        written(path, *rest)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("napari_xraysep.workflows.export.write_layered", fail)
    with pytest.raises(InputError, match="No space left"):
        export(run, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_folder_will_do(make: Make, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export(make(), tmp_path / "out")


def test_figures_are_told_what_was_left_out(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make()
    record = read_record(folder)
    corners = ((0.0, 0.0), (0.0, 39.0), (5.0, 39.0), (5.0, 0.0))
    mask = InputRecord(role="mask", height=SHAPE[0], width=SHAPE[1], outlines=(corners,))
    record = record.model_copy(update={"inputs": (*record.inputs, mask)})
    (folder / RECORD).write_text(record.model_dump_json(), "utf-8")
    told: list[Any] = []

    def figure(*given: Any) -> bytes:
        told.append(given[-1])
        return b"PNG"

    monkeypatch.setattr("napari_xraysep.workflows.export.layer_figure", figure)
    export(folder, tmp_path / "out")
    assert len(told) == 4
    assert all(one[:5].all() and not one[7:].any() for one in told)
