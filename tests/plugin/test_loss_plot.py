from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_xraysep.plugin.loss_plot import DECADES, LossPlot


@pytest.fixture
def plot(qtbot: Any) -> LossPlot:
    plot = LossPlot()
    qtbot.addWidget(plot)
    return plot


def test_every_term_has_a_curve_and_a_name_in_the_legend(plot: LossPlot) -> None:
    plot.show_curves({"fit": ([1, 2], [1.0, 0.5])})
    plot.show_curves({"fit": ([1, 2, 3], [1.0, 0.5, 0.2]), "energy": ([3], [0.1])})
    assert plot.names == ["fit", "energy"]
    assert plot.legend.text().count("fit") == 1
    assert "energy" in plot.legend.text()
    x, y = plot._curves["fit", 0].getOriginalDataset()
    np.testing.assert_allclose(y, [1.0, 0.5, 0.2])
    np.testing.assert_allclose(x, [1, 2, 3])


def test_restarts_are_told_apart(plot: LossPlot) -> None:
    nan = float("nan")
    plot.show_curves({"fit": ([1, 2, nan, 1, 2], [1.0, 0.5, nan, 1.2, 0.4])})
    pens = [plot._curves["fit", restart].opts["pen"] for restart in (0, 1)]
    assert pens[0].color() == pens[1].color()
    assert pens[0].style() != pens[1].style()
    x, y = plot._curves["fit", 1].getOriginalDataset()
    np.testing.assert_array_equal(x[1:], [1, 2])
    np.testing.assert_allclose(y[1:], [1.2, 0.4])
    assert plot.names == ["fit"]
    assert "1&nbsp;solid, 2&nbsp;dashed" in plot.legend.text()


def test_a_term_near_zero_does_not_squeeze_the_others(plot: LossPlot) -> None:
    curves = {"fit": ([1, 2], [1.0, 0.5]), "energy": ([1, 2], [0.0, 1e-12])}
    plot.show_curves(curves)
    lowest, highest = plot.plot.viewRange()[1]
    assert lowest >= -DECADES
    assert highest < 1
    plot.logarithmic.setChecked(False)
    plot.show_curves(curves)
    assert plot.plot.viewRange()[1][0] <= 0


def test_without_losses_there_is_no_empty_plot(plot: LossPlot) -> None:
    plot.show_curves({"fit": ([1], [1.0])})
    assert not plot.isHidden()
    plot.clear()
    assert plot.isHidden()
    assert plot.names == []
