from __future__ import annotations

from typing import Any

from napari.layers import Image
from numpy import zeros

from napari_xraysep.plugin.compare_panels import PairPanel
from napari_xraysep.plugin.panes import KEY


def test_runs_whose_long_names_differ_at_their_end_look_different(qtbot: Any) -> None:
    runs = [f"Regression, the-whole-panel-from-behind-after-cleaning-{number}" for number in "12"]
    layers = [
        Image(zeros((2, 2)), name="front: hypothetical separation", metadata={KEY: {"run": run}})
        for run in runs
    ]
    panel = PairPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 80)
    panel.show_layers(layers, *layers)
    first, second = (combo.grab().toImage() for combo in panel.combos.values())
    assert first.size() == second.size()
    assert first != second
