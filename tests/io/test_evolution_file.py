"""``evolution.tif``: kept previews out and in again, in bounded room."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_xraysep.errors import InputError
from napari_xraysep.io import evolution as module
from napari_xraysep.io.evolution import Evolution, Frame, read_evolution, thinned, write_evolution

NAMES = ("front", "back", "unexplained")


def evolution(count: int, shape: tuple[int, int] = (20, 30), stages: int = 1) -> Evolution:
    rng = np.random.default_rng(0)
    frames = tuple(
        Frame(
            f"stage {at % stages + 1}",
            0,
            at // stages,
            {name: rng.normal(size=shape).astype(np.float32) for name in NAMES},
        )
        for at in range(count)
    )
    epochs = {frame.stage: count - 1 for frame in frames}
    return Evolution(frames, 2.5, rng.normal(size=shape).astype(np.float32), epochs)


def test_kept_previews_come_back(tmp_path: Path) -> None:
    made = evolution(5, stages=2)
    write_evolution(tmp_path / "evolution.tif", made, simulated=False)
    found = read_evolution(tmp_path / "evolution.tif")
    assert (found.pixel_step, found.epochs, found.restarts) == (2.5, made.epochs, 1)
    np.testing.assert_array_equal(found.radiograph, made.radiograph)
    assert [found.title(frame) for frame in found.frames] == [
        "stage 1, epoch 0 of 4",
        "stage 2, epoch 0 of 4",
        "stage 1, epoch 1 of 4",
        "stage 2, epoch 1 of 4",
        "stage 1, epoch 2 of 4",
    ]
    for one, other in zip(made.frames, found.frames, strict=True):
        assert tuple(other.layers) == NAMES
        for name in NAMES:
            assert other.layers[name].dtype == np.float32
            np.testing.assert_array_equal(other.layers[name], one.layers[name])


def test_titles_say_restarts_only_where_there_are_several() -> None:
    frame = Frame("training", 1, 40, {})
    xray = np.zeros((2, 2), np.float32)
    assert Evolution((), 1, xray, {"training": 200}).title(frame) == "epoch 40 of 200"
    several = Evolution((), 1, xray, {"training": 200}, restarts=3)
    assert several.title(frame) == "restart 2 of 3, epoch 40 of 200"


@pytest.mark.parametrize("simulated", [True, False])
def test_every_page_says_what_it_is(tmp_path: Path, simulated: bool) -> None:
    write_evolution(tmp_path / "evolution.tif", evolution(2), simulated=simulated)
    with tifffile.TiffFile(tmp_path / "evolution.tif") as tif:
        said = [json.loads(page.description) for page in tif.pages]  # type: ignore[union-attr]
    assert len(said) == 1 + 2 * len(NAMES)
    for page in said:
        assert page["statement"].startswith("hypothetical separation")
        assert ("simulated" in page["statement"]) == simulated
    assert said[0]["layer"] == "radiograph"
    assert said[4] | {"statement": ""} == {
        "statement": "",
        "layer": "front",
        "stage": "stage 1",
        "restart": 0,
        "epoch": 1,
    }


def test_a_file_that_grows_too_large_loses_every_second_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = evolution(40, (64, 64))
    write_evolution(tmp_path / "all.tif", made, simulated=False)
    whole = (tmp_path / "all.tif").stat().st_size
    monkeypatch.setattr(module, "MOST_BYTES", whole // 3)
    write_evolution(tmp_path / "few.tif", made, simulated=False)
    assert (tmp_path / "few.tif").stat().st_size <= whole // 3
    kept = [frame.epoch for frame in read_evolution(tmp_path / "few.tif").frames]
    assert kept == [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 39]  # evenly, from the first to the last


def test_thinning_keeps_first_and_last() -> None:
    frames = evolution(6).frames
    assert [frame.epoch for frame in thinned(frames)] == [0, 2, 4, 5]
    assert [frame.epoch for frame in thinned(frames[:5])] == [0, 2, 4]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "evolution.tif"
    with pytest.raises(InputError, match="kept no previews"):
        read_evolution(path)
    write_evolution(path, evolution(3), simulated=False)
    whole = path.read_bytes()
    for damage in (b"", b"no picture", whole[: len(whole) // 2]):
        path.write_bytes(damage)
        with pytest.raises(InputError, match=r"evolution\.tif: it is damaged"):
            read_evolution(path)
    tifffile.imwrite(path, np.zeros((4, 4), np.float32), description="a picture of something")
    with pytest.raises(InputError, match="damaged"):
        read_evolution(path)


def test_a_file_of_its_first_page_alone_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "evolution.tif"
    write_evolution(path, evolution(3), simulated=False)
    with tifffile.TiffFile(path) as tif:
        first = tif.pages.first
        said, image = first.description, first.asarray()
    tifffile.imwrite(path, image, description=said, metadata=None)
    with pytest.raises(InputError, match="damaged"):
        read_evolution(path)
