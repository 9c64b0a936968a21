from __future__ import annotations

from napari_xraysep.plugin.canvas_marks import shortened


def test_long_names_lose_their_middle_and_what_must_be_said_takes_two_lines() -> None:
    text = "A: front\nregression, the-panel-after-cleaning-1\nhypothetical separation, simulated"
    assert shortened(text, 40) == text
    assert shortened(text, 24).split("\n") == [
        "A: front",
        "regression, …r-cleaning-1",
        "hypothetical separation,",
        "simulated",
    ]
    assert shortened("front", 0) == "f…"
