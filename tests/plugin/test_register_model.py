from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from register_cases import BAD, GOOD, GRID, LEFT, placed, unregistered

from napari_xraysep.plugin.loading import aligned
from napari_xraysep.plugin.register_model import RegisterModel
from napari_xraysep.project import Project
from napari_xraysep.records import Landmark
from napari_xraysep.registration.find import Candidate
from napari_xraysep.transforms import PlateOutline, SideTransform, Transforms, orientation_of
from napari_xraysep.workflows.registering import Registered

PLATE = PlateOutline(name="film 1", polygon=((0, 0), (0, 20), (30, 20)))
PAIRS = tuple(
    Landmark(name=str(n), xray=point, photograph=(point[0] + 2, point[1] + 3))
    for n, point in enumerate(((5.0, 5.0), (5.0, 50.0), (35.0, 8.0), (30.0, 44.0)))
)


@pytest.fixture
def model():
    model = RegisterModel()
    model.take(unregistered("front", "back"), Project())
    return model


def attempt(model, transform=None, quality=GOOD, candidates=()):
    side = SideTransform(
        photograph=model.photograph.record,
        radiograph_pixel_mm=0.1,
        transform=transform or placed(shift=2),
        how="intensity",
        quality=quality,
    )
    return Registered(side, candidates, left=LEFT)


def test_before_anything_is_known_a_photograph_lies_centred_as_expected(model):
    assert model.sides == ("front", "back")
    assert model.describe("front") == "not registered"
    assert "same size" in model.describe("back")  # it has the radiograph's size
    middle = np.array([[19.5, 27.5]])
    np.testing.assert_allclose(model.placement().to_photograph(middle), [[21.5, 29.5]])
    model.work_on("back")
    assert (model.expected, model.orientation) == ("mirrored", "mirrored")
    assert model.placement().orientation == "mirrored"


def test_attempts_are_undone_and_redone_and_a_new_one_forgets_what_was_undone(model):
    first, second, third = (attempt(model, placed(shift=n)) for n in (1, 2, 3))
    model.add("front", first)
    model.add("front", second)
    assert model.placement(before=True) == first.side.transform
    model.undo()
    assert model.track.now is first
    model.redo()
    assert model.track.now is second
    model.undo()
    model.add("front", third)
    assert not model.can_go(1)
    model.undo()
    model.undo()
    assert model.track.now is None
    assert not model.can_go(-1)


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        (
            GOOD,
            "registered: median 0.4 px = 0.04 mm, 95 % within 1.1 px = 0.11 mm (not in use yet)",
        ),
        (BAD, "failed: too few details agree"),
    ],
)
def test_how_a_side_stands_is_said_in_numbers_and_words(model, quality, words):
    model.add("front", attempt(model, quality=quality))
    assert model.describe("front") == words


def test_only_what_succeeded_and_is_not_in_use_can_be_used(model):
    assert not model.usable
    model.add("front", attempt(model, quality=BAD))
    assert not model.usable
    good = attempt(model)
    model.add("front", good)
    assert model.usable
    assert model.unused == ("front",)
    transforms = model.transforms(accept=True)
    assert transforms.front == good.side
    assert model.transforms().front is None
    project = Project(transforms=transforms)
    model.take(aligned(model.loaded, transforms), project)
    assert not model.usable
    assert model.unused == ()
    assert model.describe("front").endswith("(in use)")
    model.undo()
    model.undo()
    assert model.usable  # to do without
    assert model.transforms(accept=True).front is None


def test_a_stated_orientation_overrules_and_can_be_undone(model):
    lying = placed("upside down", shape=(44, 60))
    found = attempt(model, placed(), candidates=(Candidate("upside down", 3.0, lying),))
    model.add("front", found)
    model.turn("upside down")
    assert model.placement() == lying
    assert model.orientation == "upside down"
    assert model.scores == {"upside down": 3.0}
    assert not model.usable
    assert model.describe("front") == "set upright by hand, not registered"
    model.turn("turned left")  # not tried: centred
    assert orientation_of(model.placement().whole.array) == "turned left"
    model.undo()
    model.undo()
    assert model.track.now is found
    model.turn(None)
    assert model.orientation == "as it is"


def test_landmarks_lay_the_photograph_while_they_are_changed(model):
    said = []
    model.marked.connect(said.append)
    model.add("front", attempt(model))
    assert model.measured() is LEFT
    model.track.pairs.replace(PAIRS)
    assert said == ["front"]
    assert model.landmarks("front") == PAIRS
    shifted = model.placement().to_photograph(np.array([[10.0, 10.0]]))
    np.testing.assert_allclose(shifted, [[12, 13]], atol=1e-6)
    assert model.measured() is None
    assert model.placement(before=True) == placed(shift=2)
    model.add_pairs()
    assert model.describe("front").startswith("registered by 4 landmarks, projective")
    assert "predicted by the others" in model.describe("front")
    model.undo()
    assert model.placement() == placed(shift=2)


def test_new_landmarks_start_from_how_the_photograph_lies(model):
    model.add("front", attempt(model, placed(shift=5)))
    model.track.pairs.add((10.0, 10.0), "radiograph")
    assert model.landmarks("front")[0].photograph == (15.0, 15.0)


def test_a_project_brings_all_back(model):
    good = attempt(model).side
    project = Project(
        transforms=Transforms(radiograph=model.radiograph.record, front=good),
        plates=(PLATE,),
        back_landmarks=PAIRS,
    )
    other = RegisterModel()
    other.take(unregistered("front", "back"), project)
    assert other.plates == (PLATE,)
    assert other.landmarks("back") == PAIRS
    assert other.track.now.side == good
    assert not other.usable
    other.work_on("back")
    assert other.placement().orientation == "mirrored"  # landmarks were not changed since


def test_the_same_images_put_together_anew_keep_the_history_and_others_do_not(model):
    model.add("front", attempt(model))
    model.take(replace(model.loaded, refusal="again"), Project())
    assert model.track.now is not None
    model.take(unregistered("front"), Project())
    assert model.track.now is None
    assert model.sides == ("front",)


def test_plates_and_sizes_are_known(model):
    model.draw_plates([PLATE])
    assert model.plates == (PLATE,)
    assert model.sizes == (0.1, None)
    assert model.radiograph.shape == GRID


def test_loading_the_same_images_again_keeps_what_was_tried(model):
    found = attempt(model)
    model.add("front", found)
    model.track.pairs.replace(PAIRS)
    images = model.loaded.images
    project = Project(front_landmarks=PAIRS)
    model.take(replace(model.loaded, images=dict(images)), project)
    assert model.track.now is found
    assert model.unused == ("front",)
    assert model.landmarks("front") == PAIRS
    said = []
    model.marked.connect(said.append)
    model.track.pairs.replace(PAIRS[:3])
    assert said == ["front"]  # once
    another = unregistered("front", "back").images
    model.add("back", attempt(model))
    model.take(replace(model.loaded, images={**images, "back": another["back"]}), project)
    assert model.track.now is found
    assert model.landmarks("front") == PAIRS  # as the project has them
    model.work_on("back")
    assert model.track.now is None
    model.take(replace(model.loaded, images={**images, **another}), project)
    assert (model.side, model.track.now) == ("front", None)


def test_another_pixel_size_or_project_of_the_same_images_is_heeded(model):
    model.add("front", attempt(model))
    used = attempt(model, placed(shift=4)).side
    project = Project(transforms=Transforms(radiograph=model.radiograph.record, front=used))
    model.take(replace(model.loaded, images=dict(model.loaded.images)), project)
    assert model.track.now.side == used
    model.undo()
    assert model.placement() == placed(shift=2)
    answers = replace(model.loaded.answers, pixel_size_mm=0.2)
    model.take(replace(model.loaded, images=dict(model.loaded.images), answers=answers), Project())
    assert model.track.now is None  # millimetres were of the other size
    assert model.track.pairs.pixel_size_mm == 0.2
