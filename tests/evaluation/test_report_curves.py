from __future__ import annotations

from typing import Any

from napari_xraysep.evaluation.report_curves import curves_picture


def row(step: int, restart: int = 0, **losses: float) -> dict[str, Any]:
    return {"stage": "train", "restart": restart, "epoch": step, "step": step, **losses}


def test_losses_are_drawn_by_term_or_by_restart() -> None:
    assert curves_picture([]) is None
    one = curves_picture([row(1, total=2.0, fit=1.0), row(2, total=1.0, fit=0.0)])
    assert one is not None
    assert one.alt == "Losses against training steps: total, fit."
    two = curves_picture([row(1, total=2.0, fit=1.0), row(2, restart=1, total=1.0)])
    assert two is not None
    assert two.alt == "Losses against training steps: total, restart 1, total, restart 2."
    nothing = curves_picture([row(1, total=0.0)])
    assert nothing is not None
