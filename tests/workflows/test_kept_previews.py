"""Which previews of a run are kept: few enough, evenly, the newest always."""

from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.io.evolution import MOST_EPOCHS, SIDE
from napari_xraysep.separation.events import Preview, Progress
from napari_xraysep.workflows.evolution import KeptPreviews

SHAPE = (12, 16)
XRAY = np.random.default_rng(0).random(SHAPE, np.float32)


def preview(epoch: int, stage: str = "training", restart: int = 0, share: float = 0.5) -> Preview:
    first = np.float32(share) * XRAY
    rest = np.zeros_like(XRAY)
    layers = {"front": first, "back": XRAY - first, "residual": rest, "unexplained": rest}
    return Preview(stage, restart, epoch, layers, 1)


@pytest.mark.parametrize("count", [2, 47, 48, 49, 50, 96, 97, 500])
def test_a_long_run_is_kept_evenly_in_bounded_room(count: int) -> None:
    kept = KeptPreviews()
    for epoch in range(count):
        kept.note(preview(epoch))
        held = kept.evolution(XRAY)
        assert held is None or len(held.frames) <= MOST_EPOCHS
    assert held is not None
    epochs = [frame.epoch for frame in held.frames]
    assert len(epochs) >= min(count, MOST_EPOCHS // 2)
    assert (epochs[0], epochs[-1]) == (0, count - 1)
    steps = np.diff(epochs)
    assert len(set(steps[:-1])) <= 1  # evenly, but for the newest
    assert 1 <= steps[-1] <= steps[0]
    assert held.title(held.frames[-1]) == f"epoch {count - 1} of {count - 1}"


def test_layers_are_kept_finer_than_a_screen_shows_them() -> None:
    kept = KeptPreviews()
    for epoch in range(3):
        kept.note(preview(epoch, share=0.2 + 0.1 * epoch))
    held = kept.evolution(XRAY)
    assert held is not None
    np.testing.assert_array_equal(held.radiograph, XRAY)
    for epoch, frame in enumerate(held.frames):
        assert tuple(frame.layers) == ("front", "back", "unexplained")
        error = np.abs(frame.layers["front"] - np.float32(0.2 + 0.1 * epoch) * XRAY).max()
        assert error <= np.ptp(XRAY) / 1024
        assert frame.layers["front"].dtype == np.float32


def test_one_preview_is_no_evolution() -> None:
    kept = KeptPreviews()
    assert kept.evolution(XRAY) is None
    kept.note(preview(1))
    assert kept.evolution(XRAY) is None
    kept.note(preview(1, share=0.9))  # the same epoch, put together anew
    assert kept.evolution(XRAY) is None


def test_an_epoch_shown_again_is_replaced() -> None:
    kept = KeptPreviews()
    for epoch, share in ((0, 0.1), (1, 0.2), (1, 0.9)):
        kept.note(preview(epoch, share=share))
    held = kept.evolution(XRAY)
    assert held is not None
    assert [frame.epoch for frame in held.frames] == [0, 1]
    np.testing.assert_allclose(held.frames[1].layers["front"], 0.9 * XRAY, atol=2e-3)


def test_stages_restarts_and_their_epochs_are_known() -> None:
    kept = KeptPreviews()
    for restart in (0, 1):
        for stage, epochs in (("first order", 4), ("second order", 6)):
            kept.note(preview(2, stage, restart))
            kept.note(Progress(stage, restart, 10, epochs, {}))
    held = kept.evolution(XRAY)
    assert held is not None
    assert [held.title(frame) for frame in held.frames] == [
        "restart 1 of 2, first order, epoch 2 of 4",
        "restart 1 of 2, second order, epoch 2 of 6",
        "restart 2 of 2, first order, epoch 2 of 4",
        "restart 2 of 2, second order, epoch 2 of 6",
    ]


@pytest.mark.parametrize("shape", [(700, 1024), (1024, 3), (512, 300)])
def test_large_previews_are_made_smaller(shape: tuple[int, int]) -> None:
    slope = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None] * np.ones(shape, np.float32)
    layers = {"front": slope, "back": slope, "residual": 0 * slope, "unexplained": 0 * slope}
    kept = KeptPreviews()
    for epoch in range(2):
        kept.note(Preview("training", 0, epoch, layers, 3))
    xray = np.repeat(np.repeat(2 * slope, 3, 0), 3, 1)  # the previews show every third pixel
    held = kept.evolution(xray)
    assert held is not None
    found = held.frames[0].layers["front"]
    assert max(found.shape) == SIDE
    assert held.radiograph.shape == found.shape
    assert held.pixel_step == pytest.approx(3 * max(shape) / SIDE)
    assert abs(found.shape[0] / found.shape[1] / (shape[0] / shape[1]) - 1) < 0.6 / min(found.shape)
    np.testing.assert_allclose(found.mean(), 0.5, atol=2e-3)
    np.testing.assert_allclose(held.radiograph, 2 * found, atol=1e-2)
