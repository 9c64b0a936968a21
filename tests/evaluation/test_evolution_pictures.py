"""How a run's layers took shape, as an animation, a strip and the papers' sheet."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from napari_xraysep.evaluation import evolution as drawing
from napari_xraysep.evaluation.evolution import animation, reconstruction_sheet, strip
from napari_xraysep.io.evolution import Evolution, Frame
from napari_xraysep.records import RunRecord, Stated

SHAPE = (60, 90)
SLOPE = np.tile(np.linspace(0, 1, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))


@pytest.fixture
def record(make_record: Callable[..., RunRecord]) -> RunRecord:
    return make_record(height=SHAPE[0], width=SHAPE[1])


def evolution(count: int, stages: tuple[str, ...] = ("training",)) -> Evolution:
    """The front grows from nothing to the radiograph's left half; the rest is unexplained."""
    frames = []
    for stage in stages:
        for epoch in range(count):
            front = SLOPE * np.float32(epoch / (count - 1)) * (SLOPE < 0.5)
            layers = {"front": front, "back": SLOPE - front, "unexplained": 0.1 * (SLOPE - front)}
            frames.append(Frame(stage, 0, epoch, layers))
    return Evolution(tuple(frames), 2, SLOPE, dict.fromkeys(stages, count - 1))


def frames_of(gif: bytes) -> list[Image.Image]:
    image = Image.open(io.BytesIO(gif))
    found = []
    for at in range(image.n_frames):
        image.seek(at)
        found.append(image.convert("L"))
    return found


@pytest.mark.parametrize("count", [2, 30])
def test_the_animation_has_one_picture_an_epoch(record: RunRecord, count: int) -> None:
    gif = animation(evolution(count), record)
    with Image.open(io.BytesIO(gif)) as image:
        assert image.n_frames == count
        assert image.info["loop"] == 0  # for ever
        assert image.info["comment"].startswith(b"hypothetical separation")
    pictures = frames_of(gif)
    assert {picture.size for picture in pictures} == {pictures[0].size}
    assert pictures[0].width == 3 * drawing.LEAST + 4 * drawing.GAP


def test_the_animation_shows_the_layers_in_one_contrast(record: RunRecord) -> None:
    start, *_, end = (
        np.asarray(frame, float) for frame in frames_of(animation(evolution(5), record))
    )
    left = drawing.GAP
    right = left + drawing.LEAST + drawing.GAP
    rows = np.flatnonzero((start[:, left : left + SHAPE[1]] < 5).all(1))  # an empty front is black
    assert len(rows) == SHAPE[0]
    part = slice(rows[0], rows[-1] + 1)
    front, back = (end[part, at : at + SHAPE[1]] for at in (left, right))
    # the contrast runs from 0 to the radiograph's brightest grey, which the back still has
    np.testing.assert_allclose(front, 255 * SLOPE * (SLOPE < 0.5), atol=3)
    np.testing.assert_allclose(back, 255 * SLOPE * (SLOPE >= 0.5), atol=3)
    np.testing.assert_allclose(start[part, right : right + SHAPE[1]], 255 * SLOPE, atol=3)


def test_large_frames_are_made_smaller(record: RunRecord) -> None:
    large = np.tile(SLOPE, (8, 8))
    layers = {"front": large, "back": large, "unexplained": large}
    frames = tuple(Frame("training", 0, epoch, layers) for epoch in (0, 1))
    gif = animation(Evolution(frames, 1, large, {"training": 1}), record)
    assert frames_of(gif)[0].width == 3 * drawing.PANEL + 4 * drawing.GAP


def panels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the titles that a sheet draws, and spare the drawing."""
    monkeypatch.setattr(drawing, "as_png", lambda figure, said: b"")
    seen: list[str] = []
    panel = drawing._Grid.panel

    def watched(self: drawing._Grid, row: int, column: int) -> object:
        axes = panel(self, row, column)
        original = axes.set_title
        axes.set_title = lambda text, **how: (seen.append(text), original(text, **how))[1]
        return axes

    monkeypatch.setattr(drawing._Grid, "panel", watched)
    return seen


def test_the_strip_is_evenly_spread(record: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = panels(monkeypatch)
    strip(evolution(36), record)
    assert seen == [f"epoch {epoch} of 35" for epoch in range(0, 36, 5)]


def test_the_sheet_is_closer_at_the_beginning(
    record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = panels(monkeypatch)
    reconstruction_sheet(evolution(48), record)
    epochs = [int(title.split()[1]) for title in seen]
    assert (len(epochs), epochs[0], epochs[-1]) == (7, 0, 47)
    assert sorted(np.diff(epochs)) == list(np.diff(epochs))


@pytest.mark.parametrize("count", [2, 3, 5, 7, 8])
def test_few_epochs_are_all_shown(
    record: RunRecord, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    seen = panels(monkeypatch)
    reconstruction_sheet(evolution(count), record)
    assert len(seen) == len(set(seen)) == min(count, 7)


@pytest.mark.parametrize("draw", [strip, reconstruction_sheet])
@pytest.mark.parametrize("pixel_size_mm", [0.05, None])
def test_sheets_say_what_they_are(
    record: RunRecord, draw: object, pixel_size_mm: float | None
) -> None:
    sized = record.model_copy(update={"pixel_size_mm": Stated(value=pixel_size_mm, assumed=False)})
    made = evolution(3, ("first order", "second order"))
    with Image.open(io.BytesIO(draw(made, sized))) as image:  # type: ignore[operator]
        assert image.format == "PNG"
        assert image.info["Title"].startswith("Hypothetical separation, from a simulated")
        assert "do not prove" in image.info["Description"]
