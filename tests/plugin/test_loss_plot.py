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
    x, y = plot._curves["fit"].getOriginalDataset()
    np.testing.assert_allclose(y, [1.0, 0.5, 0.2])
    np.testing.assert_allclose(x, [1, 2, 3])


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
