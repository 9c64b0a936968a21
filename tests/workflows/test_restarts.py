from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from tempfile import gettempdir

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.painting import Region
from napari_xraysep.separation import Finished, Preview, Progress, RunOptions, Started
from napari_xraysep.separation.method import Context, Estimate, Plan, Settings, Step
from napari_xraysep.workflows import combining, restarts
from napari_xraysep.workflows.restarts import half_of_blocks

SHAPE = (48, 40)
SHARES = {0: 0.5, 1: 0.6, 2: 0.4, 3: 0.5}
"""The share of the radiograph that each seed puts in the first layer."""


def by_seed(mixture, _settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Split by a share that depends on the seed, in two steps; the mean wanders, too."""
    yield Plan(("halving", "splitting"), 2)
    yield Step("halving", 1, losses={"total": 1.0})
    yield Estimate("halving", 1, mixture.xray / 2, mixture.xray / 2)
    yield Step("splitting", 2)
    first = np.float32(SHARES[context.seed]) * mixture.xray + np.float32(context.seed)
    yield Estimate("splitting", 1, first, mixture.xray - first)


def by_side(mixture, _settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Put more of a random picture in the side whose photograph is redder."""
    yield Plan(("sides",), 1)
    picture = np.random.default_rng(context.seed).random(mixture.shape, np.float32)
    redder = mixture.front[..., 0].mean() > mixture.back[..., 0].mean()
    first = mixture.xray / 2 + picture * np.float32(1 if redder else -1)
    yield Step("sides", 1)
    yield Estimate("sides", 1, first, mixture.xray - first)


def failing(mixture, _settings: Settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    """Diverge from seed 1, leave the second layer empty from seed 2, else split well."""
    yield Plan(("failing",), 1)
    yield Step("failing", 1)
    share = np.float32({1: np.nan, 2: 1.0}.get(context.seed, 0.5 + context.seed / 1000))
    yield Estimate("failing", 1, share * mixture.xray, (1 - share) * mixture.xray)


def half_of_half(
    mixture, _settings: Settings, _context: Context
) -> Iterator[Plan | Step | Estimate]:
    """Explain half of the radiograph."""
    yield Plan(("half",), 1)
    yield Step("half", 1)
    yield Estimate("half", 1, mixture.xray / 4, mixture.xray / 4)


@pytest.fixture
def painting() -> Painting:
    rng = np.random.default_rng(1)
    front, back = rng.random((2, *SHAPE, 3), np.float32)
    front[..., 0] = 0.5 + front[..., 0] / 2
    return Painting.from_arrays(0.4 * front[..., 0] + 0.3 * back[..., 1], front, back)


def finished(painting: Painting, method: str, **options: object) -> Finished:
    *_, last = separate(painting, method, options=RunOptions(**options))
    assert isinstance(last, Finished)
    return last


def layers_sum_up(done: Finished, xray: np.ndarray) -> bool:
    first, second = list(done.layers.values())[:2]
    return bool(np.allclose(first + second + done.layers["residual"], xray, atol=1e-4))


def test_the_result_is_the_mean_and_the_spread_is_that_of_the_restarts(painting, add_method):
    add_method(by_seed)
    done = finished(painting, "trial", restarts=4)
    xray = painting.block().xray
    away = xray - xray.mean()
    assert list(done.layers) == ["front", "back", "residual", "unexplained", "uncertainty"]
    assert done.record.layers == tuple(done.layers)
    assert layers_sum_up(done, xray)
    assert done.layers["front"] == pytest.approx(xray / 2 + 1.5, abs=1e-5)
    known = np.abs(away) * np.std(list(SHARES.values()), ddof=1)
    assert done.layers["uncertainty"] == pytest.approx(known, abs=1e-6)


def test_what_was_left_unexplained_adds_to_the_uncertainty(painting, add_method):
    add_method(half_of_half)
    level = Painting.from_arrays(
        np.where(np.indices(SHAPE).sum(0) % 2, 0.5, 0.3), painting.front, painting.back
    )
    even = finished(level, "trial", restarts=2, allocation="even").layers["uncertainty"]
    apart = finished(level, "trial", restarts=2, allocation="none").layers["uncertainty"]
    middle = np.s_[3:-3, 3:-3]
    mean_square = (0.25**2 + 0.15**2) / 2
    assert even[middle] == pytest.approx(np.sqrt(mean_square / 4), rel=0.02)
    assert apart[middle] == pytest.approx(np.sqrt(mean_square / 2), rel=0.02)


def test_it_is_recorded_what_became_of_every_restart(painting, add_method):
    add_method(by_seed)
    record = finished(painting, "trial", restarts=3, seed=1).record
    assert record.seed == 1
    assert [one.seed for one in record.restarts] == [1, 2, 3]
    assert [one.picked for one in record.restarts].count(True) == 1
    away = [one.judgement["from_regression"] for one in record.restarts]
    assert record.restarts[int(np.argmin(away))].picked  # all leave nothing unexplained
    assert max(away) > 1.1 * min(away)
    assert all(one.kept and not one.resampled for one in record.restarts)
    assert {"apart", "unexplained_rms", "leakage_1", "empty"} <= set(record.restarts[0].judgement)
    assert "3 restarts" in record.uncertainty
    assert record.complete


def test_without_a_regression_the_one_in_the_middle_is_picked(painting, add_method, monkeypatch):
    add_method(by_seed)
    monkeypatch.setattr(restarts, "by_regression", lambda *_: None)
    record = finished(painting, "trial", restarts=3, seed=1).record
    assert [one.picked for one in record.restarts] == [False, False, True]
    assert "from_regression" not in record.restarts[0].judgement


def test_the_regression_sees_the_middle_of_the_region_alone(painting, monkeypatch):
    monkeypatch.setattr("napari_xraysep.workflows.judging.JUDGED", 16)
    options = RunOptions(region=Region(2, 46, 4, 36))
    at, (front, back) = restarts.by_regression(painting, options, threading.Event())
    assert front.shape == back.shape == (16, 16)
    xray = painting.block(options.region).xray[at]
    assert front + back == pytest.approx(xray, abs=1e-5)
    stop = threading.Event()
    stop.set()
    assert restarts.by_regression(painting, options, stop) is None


def test_bad_restarts_are_left_out_and_said_so(painting, add_method):
    add_method(failing)
    done = finished(painting, "trial", restarts=5)
    xray = painting.block().xray
    assert [one.kept for one in done.record.restarts] == [True, False, False, True, True]
    assert "finite" in done.record.restarts[1].why
    assert "empty" in done.record.restarts[2].why
    assert done.record.complete
    assert "3 restarts" in done.record.uncertainty
    share = np.mean([0.5, 0.503, 0.504])
    assert done.layers["front"] == pytest.approx(share * xray, abs=1e-3)
    assert layers_sum_up(done, xray)


def test_where_one_restart_is_left_nothing_is_said_of_the_uncertainty(painting, add_method):
    add_method(failing)
    done = finished(painting, "trial", restarts=2)
    assert "uncertainty" not in done.layers
    assert done.record.uncertainty == "not estimated"
    assert "only one restart was kept" in " ".join(done.record.notes)


def test_where_no_restart_could_go_on_the_run_fails(painting, add_method):
    add_method(failing)
    with pytest.raises(SeparationError, match="finite"):
        finished(painting, "trial", restarts=1, seed=1)


def full_after(restarts_kept: int, monkeypatch) -> None:
    """Let the disk be full once that many restarts (three arrays each) are on it."""
    saved: list[object] = []

    def save(path, layer, save=np.save):
        if len(saved) == 3 * restarts_kept:
            raise OSError(28, "No space left on device")
        saved.append(path)
        save(path, layer)

    monkeypatch.setattr(combining.np, "save", save)


def test_where_the_disk_is_full_the_restarts_on_it_make_the_result(
    painting, add_method, monkeypatch
):
    add_method(by_seed)
    full_after(2, monkeypatch)
    done = finished(painting, "trial", restarts=4)
    assert [one.kept for one in done.record.restarts] == [True, True, False, False]
    assert "No space left" in done.record.restarts[2].why
    assert "2 restarts" in done.record.uncertainty
    assert layers_sum_up(done, painting.block().xray)


def test_where_the_disk_has_no_room_at_all_the_folder_and_the_cure_are_said(
    painting, add_method, monkeypatch
):
    add_method(by_seed)
    full_after(0, monkeypatch)
    with pytest.raises(SeparationError, match="TMPDIR") as said:
        finished(painting, "trial", restarts=3)
    assert said.value.subject == gettempdir()


def test_where_memory_ends_while_combining_the_best_restart_is_the_result(
    painting, add_method, monkeypatch
):
    def too_large(*_given: object) -> None:
        raise MemoryError

    add_method(by_seed)
    monkeypatch.setattr(restarts, "uncertainty", too_large)
    done = finished(painting, "trial", restarts=3, seed=1)
    assert "uncertainty" not in done.layers
    assert done.record.uncertainty == "not estimated"
    assert "not enough memory" in " ".join(done.record.notes)
    assert [one.kept for one in done.record.restarts] == [
        one.picked for one in done.record.restarts
    ]
    picked = next(one for one in done.record.restarts if one.picked)
    alone = finished(painting, "trial", seed=picked.seed)
    assert done.layers["front"] == pytest.approx(alone.layers["front"], abs=1e-6)


def test_swapping_the_sides_swaps_the_layers(painting, add_method):
    add_method(by_side)
    swapped = replace(painting, front=painting.back, back=painting.front)
    one = finished(painting, "trial", restarts=3).layers
    other = finished(swapped, "trial", restarts=3).layers
    assert one["front"] == pytest.approx(other["back"], abs=1e-5)
    assert one["uncertainty"] == pytest.approx(other["uncertainty"], abs=1e-5)


def test_events_count_over_all_restarts(painting, add_method):
    add_method(by_seed)
    said = list(separate(painting, "trial", options=RunOptions(restarts=3)))
    assert [e.total_steps for e in said if isinstance(e, Started)] == [6]
    progress = [e for e in said if isinstance(e, Progress)]
    assert [e.step for e in progress] == [1, 2, 3, 4, 5, 6]
    assert [e.restart for e in progress] == [0, 0, 1, 1, 2, 2]
    assert [e.restart for e in said if isinstance(e, Preview)] == [0, 0, 1, 1, 2, 2]
    assert [isinstance(e, Finished) for e in said].count(True) == 1


@pytest.mark.parametrize("restart", [0, 1, 2])
def test_stopped_in_the_middle_it_gives_what_has_ended(painting, add_method, restart):
    add_method(by_seed)
    cancel = threading.Event()
    for event in separate(painting, "trial", options=RunOptions(restarts=3), cancel=cancel):
        if isinstance(event, Preview) and event.restart == restart:
            cancel.set()
    assert isinstance(event, Finished)
    assert not event.complete
    assert not event.record.complete
    assert layers_sum_up(event, painting.block().xray)
    assert ("uncertainty" in event.layers) == (restart == 2)
    assert "restart" in " ".join(event.record.notes)
    kept = [one.kept for one in event.record.restarts]
    assert kept == [[], [True, False], [True, True, False]][restart]


def test_a_deterministic_method_learns_from_other_pixels_each_time(painting):
    done = finished(painting, "grey", restarts=3)
    alone = finished(painting, "grey")
    assert done.layers["front"] == pytest.approx(alone.layers["front"], abs=1e-6)
    assert [one.resampled for one in done.record.restarts] == [False, True, True]
    assert done.record.restarts[0].picked
    assert "halves of the painting" in done.record.uncertainty
    left = np.abs(done.layers["unexplained"]).max()
    assert done.record.restarts[1].judgement != done.record.restarts[0].judgement
    assert done.record.restarts[1].judgement != done.record.restarts[2].judgement
    assert left > 0


def test_the_spread_of_a_deterministic_method_is_not_zero(painting):
    """Where nothing is left unexplained, as in a concealed design, the spread is all there is."""
    concealed = replace(painting, back=None)
    spread = finished(concealed, "grey", restarts=2).layers["uncertainty"]
    assert (spread > 0).mean() > 0.9


def test_one_that_learns_nothing_is_refused_before_it_runs(painting):
    with pytest.raises(InputError, match="--restarts"):
        separate(painting, "half", options=RunOptions(restarts=2))
    with pytest.raises(InputError, match="--restarts"):
        separate(painting, "grey", options=RunOptions(restarts=0))


def test_restarts_stay_within_the_region_and_what_is_learnt_from(painting):
    region, learn_on = Region(4, 44, 4, 36), Region(8, 40, 8, 32)
    done = finished(painting, "grey", restarts=2, region=region, learn_on=learn_on)
    assert done.layers["uncertainty"].shape == (40, 32)
    assert layers_sum_up(done, painting.block(region).xray)


def test_half_of_the_blocks_are_drawn_one_of_each_two():
    valid = np.ones((64, 48), bool)
    valid[:8] = False
    drawn = half_of_blocks(valid, 0)
    assert not drawn[:8].any()
    assert 0.4 < drawn.sum() / valid.sum() < 0.6
    assert (drawn != half_of_blocks(valid, 1)).any()
    columns = drawn[8:15].all(0).reshape(-1, 2)  # blocks are 7 pixels wide and high
    assert columns.any()
    pairs = [drawn[8, 0], drawn[8, 7]], [drawn[8, 14], drawn[8, 21]]
    assert all(sum(map(int, pair)) == 1 for pair in pairs)
