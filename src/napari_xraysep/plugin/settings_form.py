"""A form made from a method's `Settings`: titles, bounds and descriptions become fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_xraysep.errors import InputError
from napari_xraysep.separation.method import Method, Preset

LARGEST = 2**31 - 1
DECIMALS = 12


class SettingsForm(QWidget):
    """The settings of one method; those that matter on top, the rest folded away."""

    def __init__(self, method: Method, preset: Preset = "fast") -> None:
        super().__init__()
        self._method = method
        self.fields: dict[str, QWidget] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        names = list(method.settings.model_fields)
        main = [name for name in method.main_settings if name in names]
        rest = [name for name in names if name not in main]
        layout.addWidget(self._rows(main))
        if rest:
            self.folded = QCollapsible(f"More settings ({len(rest)})")
            self.folded.addWidget(self._rows(rest))
            self.folded.toggleButton().setToolTip(
                "What the method's paper calls its parameters; you may leave them as they are."
            )
            layout.addWidget(self.folded)
        for name, field in self.fields.items():
            if isinstance(field, QComboBox):
                field.activated.connect(partial(self._bring_along, name))
        self.set_preset(preset)

    def set_preset(self, preset: Preset) -> None:
        """Fill in a preset's values."""
        self._preset = preset
        self.set_values(self._method.settings_for(preset).model_dump())

    def _bring_along(self, name: str, _index: int) -> None:
        """Fill in what a choice brings along, where others of its choices bring something else.

        LCISTA's variants bring their own epochs and patches, for example.
        """
        combo = self.fields[name]
        assert isinstance(combo, QComboBox)
        brought: dict[Any, dict[str, Any]] = {}
        for choice in (combo.itemData(i) for i in range(combo.count())):
            with suppress(InputError):
                settings = self._method.settings_for(self._preset, {name: choice})
                brought[choice] = settings.model_dump(exclude={name})
        chosen = brought.get(combo.currentData(), {})
        self.set_values(
            {
                key: value
                for key, value in chosen.items()
                if any(values[key] != value for values in brought.values())
            }
        )

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Fill in values by name; names that the form does not have are passed over."""
        for name, value in values.items():
            if name in self.fields:
                _set(self.fields[name], value)

    def values(self) -> dict[str, Any]:
        """Return every setting by name, to be validated by the method."""
        return {name: _get(widget) for name, widget in self.fields.items()}

    def _rows(self, names: list[str]) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name in names:
            info = self._method.settings.model_fields[name]
            widget = _field(info)
            label = QLabel(info.title or name.replace("_", " "))
            label.setWordWrap(True)
            tooltip = f"{info.description or ''}\n({name})".strip()
            for part in (label, widget):
                part.setToolTip(tooltip)
            form.addRow(label, widget)
            self.fields[name] = widget
        return page


class PlainDoubleSpinBox(QDoubleSpinBox):
    """A spin box that writes 0.0001 as 0.0001 and not as 0.000100000000."""

    def textFromValue(self, value: float) -> str:  # noqa: D102
        return f"{value:g}"

    def valueFromText(self, text: str | None) -> float:  # noqa: D102
        return float(text or 0)

    def validate(self, text: str | None, position: int) -> Any:  # noqa: D102
        from qtpy.QtGui import QValidator

        try:
            float(text or "")
        except ValueError:
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Acceptable, text, position


def _field(info: FieldInfo) -> QWidget:
    """Return an empty field for a setting's type and bounds."""
    kind = info.annotation
    if get_origin(kind) is Literal:
        combo = QComboBox()
        for choice in get_args(kind):
            combo.addItem(str(choice), choice)
        return combo
    if kind is bool:
        return QCheckBox()
    if kind is int:
        spin = QSpinBox()
        low, high = _bounds(info, 1)
        spin.setRange(max(-LARGEST, int(low)), min(LARGEST, int(high)))
        spin.setSingleStep(int(_bound(info, "multiple_of") or 1))
        return _plain(spin)
    if kind is float:
        number = PlainDoubleSpinBox()
        number.setDecimals(DECIMALS)
        number.setRange(*_bounds(info, 10.0**-DECIMALS))
        number.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        return _plain(number)
    return QLineEdit()


def _plain(spin: QAbstractSpinBox) -> QAbstractSpinBox:
    spin.setKeyboardTracking(False)
    return spin


def _bound(info: FieldInfo, name: str) -> float | None:
    return next((getattr(m, name) for m in info.metadata if hasattr(m, name)), None)


def _bounds(info: FieldInfo, least: float) -> tuple[float, float]:
    """Return the allowed range; an open end is moved in by ``least``."""
    low, high = _bound(info, "ge"), _bound(info, "le")
    above, below = _bound(info, "gt"), _bound(info, "lt")
    if above is not None:
        low = above + least
    if below is not None:
        high = below - least
    return -LARGEST if low is None else low, LARGEST if high is None else high


def _set(widget: QWidget, value: Any) -> None:
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(widget.findData(value))
    elif isinstance(widget, QCheckBox):
        widget.setChecked(bool(value))
    elif isinstance(widget, QSpinBox | QDoubleSpinBox):
        widget.setValue(value)
    elif isinstance(widget, QLineEdit):
        widget.setText(json.dumps(value, ensure_ascii=False))


def _get(widget: QWidget) -> Any:
    if isinstance(widget, QComboBox):
        return widget.currentData()
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, QSpinBox | QDoubleSpinBox):
        return widget.value()
    assert isinstance(widget, QLineEdit)
    try:
        return json.loads(widget.text())
    except json.JSONDecodeError:
        return widget.text()
