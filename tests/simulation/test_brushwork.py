from __future__ import annotations

import numpy as np
import pytest

from napari_xraysep.simulation.brushwork import brush_marks, thickness


def test_marks_have_mean_zero_and_deviation_one() -> None:
    marks = brush_marks(np.full((100, 130), 0.5, np.float32), np.random.default_rng(0))
    assert marks.mean() == pytest.approx(0, abs=0.1)
    assert marks.std() == pytest.approx(1, abs=1e-3)


def test_strokes_follow_the_edges_of_the_picture() -> None:
    across = np.linspace(0, 8 * np.pi, 160)
    stripes = np.repeat(0.5 + 0.4 * np.sin(across)[:, None], 160, 1).astype(np.float32)
    marks = brush_marks(stripes, np.random.default_rng(1))
    dy, dx = np.gradient(marks)
    assert (dy**2).mean() > 2 * (dx**2).mean()
    dy, dx = np.gradient(brush_marks(stripes.T, np.random.default_rng(1)))
    assert (dx**2).mean() > 2 * (dy**2).mean()


@pytest.mark.parametrize("relief", [0.05, 0.2])
def test_relief_sets_the_height_of_the_marks(relief: float) -> None:
    plain = np.full((100, 130), 0.5, np.float32)
    flat = thickness(plain, 30, 0, np.random.default_rng(2))
    rough = thickness(plain, 30, relief, np.random.default_rng(2))
    assert (rough / flat).std() == pytest.approx(relief, rel=0.1)


def test_thickness_is_positive_with_the_mean_asked_and_thicker_in_the_lights() -> None:
    ramp = np.repeat(np.linspace(0, 1, 120, dtype=np.float32)[None], 100, 0)
    depth = thickness(ramp, 50, 1.0, np.random.default_rng(3))
    assert depth.min() > 0
    assert depth.mean() == pytest.approx(50, rel=1e-3)
    assert depth[:, 80:].mean() > 1.5 * depth[:, :40].mean()
