from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.plugin.loading import Answers, Choice, Image, assemble, read_image
from napari_xraysep.simulation.samples import sample_folder


def test_the_back_is_mirrored_unless_told_not_to(read: dict[Any, Image]) -> None:
    mirrored = assemble(read, Answers())
    as_it_is = assemble(read, Answers(mirror_back=False))
    back = read["back"].pixels
    assert mirrored.painting is not None
    assert as_it_is.painting is not None
    np.testing.assert_array_equal(mirrored.painting.back, back[:, ::-1])
    np.testing.assert_array_equal(as_it_is.painting.back, back)
    assert [r.mirrored for r in mirrored.painting.inputs if r.role == "back"] == [True]
    shown = next(picture for picture in mirrored.pictures if picture.role == "back")
    np.testing.assert_array_equal(shown.pixels, back[:, ::-1])
    assert "mirrored" in shown.name


def test_a_front_alone_is_a_concealed_design(read: dict[Any, Image]) -> None:
    del read["back"]
    painting = assemble(read, Answers()).painting
    assert painting is not None
    assert painting.kind == "concealed"


def test_answers_are_stated_and_silence_is_assumed(read: dict[Any, Image]) -> None:
    silent = assemble(read, Answers()).painting
    assert silent is not None
    assert set(silent.assumed) == {"polarity", "response", "pixel_size_mm"}
    told = assemble(read, Answers(True, "black-absorbs", "linear", 0.05)).painting
    assert told is not None
    assert told.assumed == ()
    assert (told.domain.polarity, told.domain.response) == ("black-absorbs", "linear")
    assert told.pixel_size_mm == 0.05


def test_the_radiograph_is_shown_in_the_working_domain(read: dict[Any, Image]) -> None:
    loaded = assemble(read, Answers(polarity="black-absorbs"))
    assert loaded.painting is not None
    np.testing.assert_array_equal(loaded.pictures[0].pixels, loaded.painting.block().xray)


@pytest.mark.parametrize("misfit", ["front", "back"])
def test_a_photograph_of_another_size_is_shown_and_refused(
    read: dict[Any, Image], misfit: Any
) -> None:
    images = {**read, misfit: replace(read[misfit], pixels=read[misfit].pixels[::2, ::2])}
    loaded = assemble(images, Answers())
    assert loaded.painting is None
    assert f"{misfit} photograph does not fit" in loaded.refusal
    assert loaded.refusal.count(". ") == 0
    shown = {picture.role: picture for picture in loaded.pictures}
    assert "not registered" in shown[misfit].name
    assert shown[misfit].scale == (2, 2)  # stretched over the radiograph, to be seen beside it
    fitting = "back" if misfit == "front" else "front"
    assert "not registered" not in shown[fitting].name


def test_simulated_is_said_of_every_picture(read: dict[Any, Image]) -> None:
    assert all("simulated" in picture.name for picture in assemble(read, Answers()).pictures)


def test_runs_are_stored_beside_the_radiograph_but_never_beside_a_sample(
    read: dict[Any, Image], files: Path
) -> None:
    assert assemble(read, Answers()).radiograph_file == files / "xray.tif"
    path = sample_folder("double-sided") / "xray.tif"
    sample = read_image("radiograph", Choice("sample", path=path))
    front = read_image("front", Choice("front", path=path.with_name("front.tif")))
    assert assemble({"radiograph": sample, "front": front}, Answers()).radiograph_file is None


def test_layers_without_files_are_taken_as_they_are() -> None:
    rng = np.random.default_rng(0)
    opaque = np.dstack([rng.integers(0, 255, (20, 30, 3)), np.full((20, 30), 255)]).astype("u1")
    front = read_image("front", Choice("a layer", pixels=opaque))
    assert front.pixels.shape == (20, 30, 3)
    assert front.record.path is None
    labels = rng.integers(0, 5, (20, 30)).astype(np.int64)
    mask = read_image("mask", Choice("labels", pixels=labels))
    np.testing.assert_array_equal(mask.pixels != 0, labels != 0)


def test_a_layer_that_no_longer_shows_its_file_is_taken_itself(files: Path) -> None:
    cropped = np.random.default_rng(0).random((20, 30), np.float32)
    of_its_size = np.zeros((40, 56), np.float32)
    path = files / "xray.tif"
    assert read_image("radiograph", Choice("a", path, cropped)).record.path is None
    assert read_image("radiograph", Choice("a", path, of_its_size)).record.path == str(path)


def test_a_layer_in_the_wrong_role_is_refused_by_name() -> None:
    colour = np.random.default_rng(0).random((20, 30, 3), np.float32)
    with pytest.raises(InputError, match="my layer: the radiograph must be a grey image"):
        read_image("radiograph", Choice("my layer", pixels=colour))
    with pytest.raises(InputError, match="my layer: the front must be a colour image"):
        read_image("front", Choice("my layer", pixels=colour[..., 0]))


def test_a_mask_leaves_pixels_out(read: dict[Any, Image]) -> None:
    marked = np.zeros(read["radiograph"].shape, np.uint8)
    marked[:5] = 1
    mask = read_image("mask", Choice("mask", pixels=marked))
    painting = assemble({**read, "mask": mask}, Answers()).painting
    assert painting is not None
    np.testing.assert_array_equal(painting.block().valid, marked == 0)


def test_thumbnails_are_small_and_stretched(read: dict[Any, Image]) -> None:
    faint = np.linspace(0.4, 0.5, 300 * 200, dtype=np.float32).reshape(300, 200)
    image = read_image("radiograph", Choice("faint", pixels=faint))
    assert max(image.thumbnail.shape[:2]) <= 128
    assert (image.thumbnail.min(), image.thumbnail.max()) == (0, 255)
