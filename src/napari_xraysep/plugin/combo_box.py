"""Combo boxes that leave the dock as narrow as it is."""

from __future__ import annotations

from typing import TypeVar

from qtpy.QtWidgets import QComboBox

_Combo = TypeVar("_Combo", bound=QComboBox)


def short(combo: _Combo, letters: int = 16) -> _Combo:
    """Let a combo box be narrower than its longest entry, which would widen the dock."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(letters)
    return combo
