from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Image

from napari_xraysep.plugin.compare_model import CompareModel


@pytest.fixture
def model() -> CompareModel:
    model = CompareModel()
    pair = (Image(np.array([[0.0, 1.0]]), name=name) for name in ("one", "two"))
    model.first, model.second = pair
    return model


def test_what_changed_is_said_once_and_only_what_changed(model: CompareModel) -> None:
    said: list[Any] = []
    model.changed.connect(said.append)
    model.set(mode="fade", fade=0.5, divider=0.2)
    model.set(mode="fade", divider=0.2)
    assert said == [frozenset({"mode", "divider"})]


@pytest.mark.parametrize(
    ("parts", "opacities", "title"),
    [
        ({"mode": "blink"}, (1, 0), "A: one"),
        ({"mode": "blink", "shows_first": False}, (0, 1), "B: two"),
        ({"mode": "fade", "fade": 0.25}, (0.25, 1), "25 % A: one\n75 % B: two"),
        ({"mode": "profile"}, (1, 0), "A: one"),
    ],
)
def test_how_opaque_both_are_and_what_is_said_to_be_seen(
    model: CompareModel, parts: dict[str, Any], opacities: tuple[float, float], title: str
) -> None:
    model.set(**parts)
    assert model.opacities() == opacities
    assert model.title("one", "two") == title


def test_a_and_b_change_places_and_must_be_two_images(model: CompareModel) -> None:
    first, second = model.first, model.second
    model.swap()
    assert (model.first, model.second) == (second, first)
    assert model.problem == ""
    model.set(first=first)
    assert "same image" in model.problem
    model.set(first=None)
    assert "Choose two images" in model.problem
