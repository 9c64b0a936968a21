from __future__ import annotations

import base64

import pytest
from jinja2 import UndefinedError

from napari_xraysep.evaluation.pages import data_uri, number, template


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (-0.5, "−0.5"),
        (0.00071, "7.10e−4"),
        (-1.5e-12, "−1.50e−12"),
        (32.123, "32.1"),
    ],
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_page_in_which_something_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        template("comparison.html").render()


def test_a_picture_lies_in_the_page_itself() -> None:
    kind, _, body = data_uri(b"\x89PNG", "png").partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(body) == b"\x89PNG"
