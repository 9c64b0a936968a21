from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.plugin.run_model import CURVE_POINTS, RunModel, State, plain_time
from napari_xraysep.separation.events import Preview, Progress, Started


def preview(epoch: int) -> Preview:
    return Preview("train", 0, epoch, {"front": np.zeros((2, 2), np.float32)}, 1)


def test_only_the_newest_preview_is_kept_and_given_once() -> None:
    model = RunModel()
    for epoch in range(5):
        model.take(preview(epoch))
    newest = model.take_preview()
    assert newest is not None
    assert newest.epoch == 4
    assert model.take_preview() is None


def test_time_left_follows_the_steps_done() -> None:
    now = [100.0]
    model = RunModel(clock=lambda: now[0])
    model.take(Started(("train",), 40, "cpu"))
    assert model.seconds_left is None
    now[0] += 5
    model.take(Progress("train", 0, 10, 1, {}))
    assert model.seconds_left == pytest.approx(15)


def test_every_loss_term_has_a_curve() -> None:
    model = RunModel()
    model.take(Progress("fit", 0, 1, 0, {"a": 3.0}))
    model.take(Progress("fit", 0, 2, 0, {"a": 2.0, "b": 1.0}))
    model.take(Progress("fit", 0, 3, 0))
    assert model.curves() == {"a": ([1, 2], [3.0, 2.0]), "b": ([2], [1.0])}


def test_restarts_begin_at_their_own_first_step() -> None:
    model = RunModel()
    for restart, step in ((0, 2), (0, 4), (1, 6), (1, 8)):
        model.take(Progress("fit", restart, step, 0, {"a": float(step)}))
    steps, values = model.curves()["a"]
    np.testing.assert_array_equal(steps, [2, 4, np.nan, 2, 4])
    np.testing.assert_array_equal(values, [2, 4, np.nan, 6, 8])


def test_long_curves_are_thinned_and_kept_whole_for_the_folder() -> None:
    model = RunModel()
    for step in range(5 * CURVE_POINTS):
        model.take(Progress("fit", 0, step, 0, {"a": 1.0}))
    assert len(model.curves()["a"][0]) <= CURVE_POINTS
    assert len(model.progress) == 5 * CURVE_POINTS


def test_cancelling_is_stopping_at_once() -> None:
    model = RunModel()
    assert model.state is State.RUNNING
    model.cancel.set()
    assert model.state is State.STOPPING
    model.fail()
    assert model.state is State.FAILED


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "a few seconds"), (43, "about 45 s"), (300, "about 5 min"), (9000, "about 2.5 h")],
)
def test_durations_in_plain_words(seconds: float, said: str) -> None:
    assert plain_time(seconds) == said
