from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.plugin.landmark_model import LandmarkModel, Shapes
from napari_xraysep.records import Landmark
from napari_xraysep.registration.landmarks import centred

SHAPES = Shapes((400, 600), (800, 1200))
CORNERS = [
    (20.0, 30.0),
    (370.0, 40.0),
    (30.0, 560.0),
    (380.0, 570.0),
    (200.0, 300.0),
    (90.0, 410.0),
]


@pytest.fixture
def model() -> LandmarkModel:
    return LandmarkModel(SHAPES)


def mark(model: LandmarkModel, point: tuple[float, float]) -> None:
    """Mark a pair of photographs that lie twice as large and 6 pixels lower."""
    model.add(point, "radiograph")
    partner = (2 * point[0] + 6, 2 * point[1])
    model.move({len(model.pairs) - 1: partner}, "photograph")


def test_a_new_pair_is_predicted_and_has_no_say_until_it_is_moved(model: LandmarkModel) -> None:
    seen = []
    model.changed.connect(lambda: seen.append(len(model.pairs)))
    assert model.add((100.0, 200.0), "radiograph")
    (pair,) = model.pairs
    assert pair.predicted == "photograph"
    assert pair.landmark.name == "1"
    assert not pair.landmark.enabled
    np.testing.assert_allclose(pair.landmark.photograph, (200.5, 400.5))
    assert model.selected == {0}
    model.move({0: (101.0, 201.0)}, "radiograph")
    assert model.pairs[0].predicted == "photograph"
    model.move({0: (210.0, 402.0)}, "photograph")
    assert model.pairs[0].predicted is None
    assert model.landmarks == (Landmark(name="1", xray=(101.0, 201.0), photograph=(210.0, 402.0)),)
    assert seen == [1, 1, 1]


def test_ticking_confirms_a_prediction(model: LandmarkModel) -> None:
    model.add((100.0, 200.0), "photograph")
    assert model.pairs[0].predicted == "radiograph"
    model.enable({0}, on=True)
    assert model.pairs[0].predicted is None
    assert model.landmarks[0].enabled
    model.enable({0}, on=False)
    assert not model.landmarks[0].enabled
    assert model.pairs[0].predicted is None


def test_predictions_start_from_what_is_known_and_learn(model: LandmarkModel) -> None:
    model.start = centred("mirrored", *SHAPES)
    model.add((100.0, 100.0), "radiograph")
    assert model.landmarks[0].photograph[1] == pytest.approx(998.5)
    model.move({0: (230.0, 950.0)}, "photograph")
    model.add((110.0, 100.0), "radiograph")
    np.testing.assert_allclose(model.landmarks[1].photograph, (250.0, 950.0), atol=1e-6)


def test_a_prediction_outside_the_picture_is_put_at_its_edge(model: LandmarkModel) -> None:
    mark(model, (100.0, 100.0))
    model.move({0: (5.0, 5.0)}, "photograph")
    model.add((10.0, 300.0), "radiograph")
    assert model.landmarks[1].photograph[0] == 0.0


def test_points_outside_are_refused(model: LandmarkModel) -> None:
    assert not model.add((400.0, 10.0), "radiograph")
    assert not model.pairs
    mark(model, (100.0, 100.0))
    before = model.pairs
    assert not model.move({0: (10.0, 1200.0)}, "photograph")
    assert model.pairs == before
    model.shapes = None
    assert not model.add((10.0, 10.0), "radiograph")


def test_every_step_is_undone_and_redone(model: LandmarkModel) -> None:
    steps = [model.pairs]
    for step in (
        lambda: model.add((100.0, 200.0), "radiograph"),
        lambda: model.move({0: (230.0, 410.0)}, "photograph"),
        lambda: model.rename(0, "window"),
        lambda: model.enable({0}, on=False),
        lambda: model.replace(Landmark(name=n, xray=(1, 1), photograph=(2, 2)) for n in "ab"),
        lambda: model.remove({0}),
    ):
        step()
        steps.append(model.pairs)
    assert len(set(steps)) == 7
    for state in reversed(steps[:-1]):
        assert model.can_undo
        model.undo()
        assert model.pairs == state
    assert not model.can_undo
    model.undo()
    for state in steps[1:]:
        model.redo()
        assert model.pairs == state
    assert not model.can_redo
    model.undo()
    model.rename(1, "nail")
    assert not model.can_redo


def test_what_changes_nothing_is_no_step(model: LandmarkModel) -> None:
    mark(model, (100.0, 100.0))
    model.undo()
    model.undo()
    model.redo()
    model.rename(0, "  ")
    model.rename(0, "1")
    model.remove(())
    assert model.can_redo


def test_other_landmarks_leave_nothing_to_undo(model: LandmarkModel) -> None:
    mark(model, (100.0, 100.0))
    model.landmarks = model.landmarks
    assert model.can_undo
    model.landmarks = ()
    assert not model.can_undo
    assert not model.selected


def test_the_fit_its_errors_and_the_worst(model: LandmarkModel) -> None:
    for point in CORNERS[:2]:
        mark(model, point)
    assert model.fit.transform is None
    assert "needs 3 enabled pairs, there are 2" in model.fit.problem
    mark(model, CORNERS[2])
    assert model.fit.model == "affine"
    assert model.fit.errors.size == 0, "three pairs agree with any affine fit"
    assert model.fit.worst is None
    for point in CORNERS[3:]:
        mark(model, point)
    assert model.fit.model == "thin-plate"
    model.kind = "affine"
    assert model.fit.model == "affine"
    np.testing.assert_allclose(model.fit.residuals, 0, atol=1e-6)
    model.move({4: (426.0, 600.0)}, "photograph")
    assert model.fit.worst == 4
    assert model.fit.left_out[4] == pytest.approx(10, abs=1e-6)
    model.enable({4}, on=False)
    assert np.isnan(model.fit.left_out[4])
    assert model.fit.residuals[4] == pytest.approx(10, abs=1e-6)
    assert model.fit.errors.max() < 1e-6


def test_names_are_free_ones(model: LandmarkModel) -> None:
    for point in CORNERS[:3]:
        mark(model, point)
    model.remove({1})
    mark(model, CORNERS[4])
    assert [landmark.name for landmark in model.landmarks] == ["1", "3", "2"]
