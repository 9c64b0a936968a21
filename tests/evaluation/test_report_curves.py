from __future__ import annotations

from typing import Any

import pytest

from napari_xraysep.evaluation import report_curves
from napari_xraysep.evaluation.report_curves import curves_picture


def drawn_by(monkeypatch: pytest.MonkeyPatch, losses: list[dict[str, Any]]) -> list[list[float]]:
    """Return the steps of each curve as drawn."""
    figures: list[Any] = []

    def kept(figure: Any, metadata: Any) -> bytes:
        figures.append(figure)
        return b""

    monkeypatch.setattr(report_curves, "as_png", kept)
    curves_picture(losses)
    return [list(line.get_xdata()) for line in figures[0].axes[0].get_lines()]


def test_each_restart_is_drawn_from_its_own_step_1(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = [row(step, restart=(step - 1) // 4, total=1.0) for step in range(1, 13)]
    assert drawn_by(monkeypatch, losses) == [[1, 2, 3, 4]] * 3


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
