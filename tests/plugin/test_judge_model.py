from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from napari_xraysep.plugin import judge_model
from napari_xraysep.plugin.judge_model import at_least, columns, listed, ticked_first
from napari_xraysep.project import NamedRegion, StoredRunRef
from napari_xraysep.records import RestartRecord, RunRecord
from napari_xraysep.region import Region
from napari_xraysep.workflows.measure import Measured

FACE = NamedRegion(name="face", region="0:10,0:10")


def ref(number: int, region: str | None = None, method: str = "regression") -> StoredRunRef:
    started = f"2030-01-0{number}T10:00:00"
    return StoredRunRef(folder=f"../runs/{number}", method=method, started=started, region=region)


def test_runs_of_the_newest_ones_region_are_ticked_but_not_too_many(tmp_path: Path) -> None:
    runs = [ref(number, FACE.region if number == 4 else None) for number in range(1, 9)]
    shown = listed(runs, [FACE], tmp_path / "painting")
    assert [one.run for one in shown] == runs[::-1]
    assert ticked_first(shown) == {one.key for one in shown if one.run in (*runs[2:3], *runs[4:])}
    assert shown[0].folder == tmp_path / "runs" / "8"
    assert shown[0].head == "regression\n10:00"
    assert shown[1].head == "regression\n2030-01-07"
    assert "· face" in shown[4].name
    assert ticked_first([]) == set()


def test_runs_of_one_minute_are_told_apart(tmp_path: Path) -> None:
    runs = [ref(1), ref(1).model_copy(update={"folder": "again", "started": "2030-01-01T10:00:30"})]
    first, second = listed(runs, [], tmp_path)
    assert first.name != second.name
    assert (first.head, second.head) == ("regression\nagain", "regression\n1")


def measured(record: RunRecord, value: float, **changes: Any) -> Measured:
    metrics = {"residual_rms": value, "leakage_2": value, "gain": 1.0, "empty": 0.0}
    baselines = {name: {"residual_rms": 0.5} for name in ("half", "all-or-nothing", "grey")}
    return Measured(record, metrics, changes.get("baselines", baselines), changes.get("part"))


@pytest.fixture
def make(make_record: Callable[..., RunRecord]) -> Callable[..., RunRecord]:
    return lambda **fields: make_record(**{"height": 100, "width": 200} | fields)


def test_equal_baselines_stand_beside_the_runs_once(
    tmp_path: Path, make: Callable[..., RunRecord]
) -> None:
    runs = listed([ref(1), ref(2)], [], tmp_path)
    found = {one.key: measured(make(), at) for at, one in enumerate(runs)}
    heads = [column.head.split("\n")[0] for column in columns(runs, found, {})]
    assert heads == ["regression", "regression", "grey", "half"]
    other = {"half": {"residual_rms": 0.5}, "grey": {"residual_rms": 0.4}}
    found[runs[1].key] = measured(make(allocation="variance"), 1, baselines=other)
    made = columns(runs, found, {runs[0].key: {"a": 0.25, "b": 2.0}})
    assert [one.head for one in made[2:]] == ["grey\neven", "grey\nvariance", "half\nbaseline"]
    assert runs[1].name in made[3].about
    assert runs[0].name not in made[3].about
    assert made[0].values[judge_model.REMIX] == 2
    assert "a: 0.25" in made[0].notes[judge_model.REMIX]
    rows = judge_model.rows_of(made)
    assert [judge_model.title(row) for row in rows] == [
        "Residual, RMS ↓",
        "Leakage back < 0.25",
        "Remix error ↓",
    ]
    assert columns(runs, {}, {})[0].values == {}


def test_the_test_takes_as_long_as_all_runs_for_each_that_makes_layers(
    make: Callable[..., RunRecord],
) -> None:
    ours = measured(make(seconds=10), 1)
    grey = measured(make(seconds=2, method="grey"), 1)
    restart = RestartRecord(seed=1, kept=True)
    twice = measured(make(seconds=20, restarts=(restart, restart)), 1)
    middle = measured(make(seconds=40), 1, part=Region(0, 50, 0, 100))
    assert at_least([grey]) == (0, 0)
    assert at_least([ours, grey]) == (2, 12)
    assert at_least([ours, grey, twice, middle]) == (12, 3 * 32)
