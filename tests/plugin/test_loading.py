from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_xraysep.errors import InputError
from napari_xraysep.plugin.images import Choice, Image, read_image
from napari_xraysep.plugin.loading import (
    Answers,
    aligned,
    assemble,
    mask_of,
    painting_to_separate,
)
from napari_xraysep.project import Area, PriorDrawing, Project
from napari_xraysep.records import Quality
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.transforms import Piece, SideTransform, Transform, Transforms, oriented
from plugin.conftest import SHAPE


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


def side(image: Image, matrix: Any, **more: Any) -> SideTransform:
    transform = Transform(
        radiograph_shape=SHAPE, photograph_shape=image.shape, whole=Piece.from_matrix(matrix)
    )
    return SideTransform(photograph=image.record, transform=transform, how="by hand", **more)


def test_registered_photographs_come_onto_the_grid(read: dict[Any, Image]) -> None:
    narrow = replace(read["back"], pixels=np.ascontiguousarray(read["back"].pixels[:, 1:]))
    record = narrow.record.model_copy(update={"width": SHAPE[1] - 1})
    images = {**read, "back": replace(narrow, record=record)}
    before = assemble(images, Answers())
    assert before.painting is None
    shift = np.array([[1.0, 0, 0], [0, 1, -1], [0, 0, 1]]) @ oriented("mirrored", SHAPE)
    transforms = Transforms(radiograph=read["radiograph"].record, back=side(images["back"], shift))
    after = aligned(before, transforms)
    assert after.painting is not None
    mirrored = read["back"].pixels[:, ::-1]
    np.testing.assert_array_equal(after.painting.back[:, :-1], mirrored[:, :-1])
    np.testing.assert_array_equal(after.painting.front, read["front"].pixels)
    assert after.outside is not None
    assert after.outside[:, -1].all()
    assert not after.outside[:, :-1].any()
    assert not after.painting.block().valid[:, -1].any()
    assert {r.role for r in after.painting.inputs if r.mirrored} == {"back"}
    assert [p.name for p in after.pictures if p.role == "back"] == [
        "back photograph, registered, simulated"
    ]
    assert after.radiograph_file == before.radiograph_file
    assert aligned(after, None).painting is None


def test_a_failed_registration_is_not_applied(read: dict[Any, Image]) -> None:
    failed = Quality(ok=False, reason="nothing agrees")
    front = side(read["front"], np.eye(3), quality=failed)
    transforms = Transforms(radiograph=read["radiograph"].record, front=front)
    with pytest.raises(InputError, match="nothing agrees"):
        aligned(assemble(read, Answers()), transforms)


def test_a_drawn_mask_takes_the_place_of_a_loaded_one(
    read: dict[Any, Image], tmp_path: Path
) -> None:
    pixels = np.zeros(SHAPE, np.uint8)
    pixels[:, :10] = 1
    loaded = assemble({**read, "mask": read_image("mask", Choice("m", pixels=pixels))}, Answers())
    assert painting_to_separate(loaded, Project(), None) is loaded.painting
    np.testing.assert_array_equal(mask_of(loaded, Project(), None), pixels != 0)
    corners = ((-1.0, -1.0), (-1.0, 99.0), (4.0, 99.0), (4.0, -1.0))
    project = Project(mask=Area(polygons=(corners,)))
    valid = painting_to_separate(loaded, project, tmp_path).block().valid
    assert valid[6:, :10].all()
    assert not valid[:4].any()
    np.testing.assert_array_equal(mask_of(loaded, project, tmp_path), ~valid)


def test_a_drawn_prior_is_for_concealed_designs(read: dict[Any, Image]) -> None:
    corners = ((2.0, 2.0), (2.0, 9.0), (9.0, 9.0))
    project = Project(prior=PriorDrawing(area=Area(polygons=(corners,))))
    both = painting_to_separate(assemble(read, Answers()), project, None)
    assert both.prior_mask is None
    del read["back"]
    concealed = painting_to_separate(assemble(read, Answers()), project, None)
    prior = concealed.block().prior
    assert prior is not None
    assert prior[4, 6]
    assert not prior[20:].any()


def test_a_back_that_was_registered_is_not_mirrored_again(
    read: dict[Any, Image], files: Path
) -> None:
    back = read["back"]
    as_registered = replace(
        back,
        record=back.record.model_copy(update={"registered": True}),
        shown=np.arange(SHAPE[1]) < 50 * np.ones((SHAPE[0], 1)),
    )
    loaded = assemble({**read, "back": as_registered}, Answers(mirror_back=True))
    np.testing.assert_array_equal(loaded.painting.back, back.pixels)
    valid = loaded.painting.block().valid
    assert not valid[:, 50:].any()
    assert valid[:, :50].all()
