"""Every baseline through the one loop: masks, regions, cancelling, paintings that do not fit."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.errors import InputError
from napari_xraysep.region import Region
from napari_xraysep.separation import (
    Finished,
    Preview,
    Progress,
    RunOptions,
    Started,
    get_method,
    installed_methods,
)
from separation.conftest import Known

SMALL: dict[str, dict[str, Any]] = {
    "mca": {"iterations": 4, "levels": 2, "block": 16},
    "coupled-dictionary": {
        "atoms": 16,
        "specific_atoms": 8,
        "nonzeros": 4,
        "samples": 300,
        "rounds": 2,
        "stride": 6,
    },
}
BASELINES = [name for name, method in installed_methods().items() if method.baseline]
CASES = [(name, kind) for name in BASELINES for kind in sorted(get_method(name).kinds)]
FIXTURES = {"double-sided": "double_sided", "concealed": "concealed"}


@pytest.fixture
def painting(kind: str, request: pytest.FixtureRequest) -> Painting:
    known: Known = request.getfixturevalue(FIXTURES[kind])
    return known.painting


def finished(painting: Painting, name: str, **options: Any) -> Finished:
    *_, last = separate(painting, name, SMALL.get(name), RunOptions(**options))
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_it_says_what_it_does_and_adds_up(name: str, painting: Painting) -> None:
    events = list(separate(painting, name, SMALL.get(name)))
    started, last = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(last, Finished)
    assert last.complete
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] == started.total_steps
    assert any(isinstance(event, Preview) for event in events)
    assert last.record.allocation == "even"
    x = painting.block().xray
    first, second, residual, _ = last.layers.values()
    np.testing.assert_allclose(first + second + residual, x, atol=1e-5)
    np.testing.assert_allclose(residual, 0, atol=1e-5)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_masked_pixels_have_no_influence(name: str, painting: Painting) -> None:
    mask = np.zeros(painting.shape, bool)
    mask[30:44, 50:70] = True
    spoilt = np.where(mask, np.float32(1), painting.xray)
    fair, spoilt_run = (
        finished(replace(painting, xray=xray, mask=mask), name) for xray in (painting.xray, spoilt)
    )
    for layer in painting.layer_names:
        one, other = fair.layers[layer], spoilt_run.layers[layer]
        np.testing.assert_allclose(one[~mask], other[~mask], atol=1e-6)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_region_of_a_few_pixels(name: str, painting: Painting) -> None:
    last = finished(painting, name, region=Region(10, 27, 5, 41))
    assert {layer.shape for layer in last.layers.values()} == {(17, 36)}


@pytest.mark.parametrize(
    ("name", "kind"), [case for case in CASES if case[0] not in ("half", "all-or-nothing", "grey")]
)
def test_cancelled_in_the_middle_it_leaves_its_last_preview(name: str, painting: Painting) -> None:
    cancel = threading.Event()
    previews = []
    for event in separate(painting, name, SMALL[name], cancel=cancel):
        if isinstance(event, Preview):
            previews.append(event)
            cancel.set()
    assert isinstance(event, Finished)
    assert not event.complete
    assert len(previews) == 1
    first = painting.layer_names[0]
    np.testing.assert_array_equal(event.layers[first], previews[0].layers[first])


@pytest.mark.parametrize("name", [name for name in BASELINES if len(get_method(name).kinds) == 1])
def test_a_double_sided_one_refuses_a_painting_without_a_back(name: str, concealed: Known) -> None:
    with pytest.raises(InputError, match="no back"):
        separate(concealed.painting, name)
