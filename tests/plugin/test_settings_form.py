from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field
from qtpy.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox

from conftest import Puppet, Stage
from napari_xraysep.plugin.settings_form import SettingsForm
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.method import Settings


class Everything(Settings):
    count: int = Field(
        default=8, ge=4, le=64, multiple_of=4, title="Count", description="How many."
    )
    rate: float = Field(default=1e-4, gt=0, le=1, title="Rate")
    kind: Literal["soft", "hard"] = "soft"
    sure: bool = False
    sizes: tuple[int, ...] = (1, 2)


@pytest.fixture
def form(qtbot: Any) -> SettingsForm:
    form = SettingsForm(
        Puppet(
            name="x",
            title="X",
            paper="",
            summary="",
            kinds=frozenset({"concealed"}),
            settings=Everything,
            presets={"fast": {"count": 12}, "paper": {}},
            allocation={},
            implementation="",
            main_settings=("kind", "count"),
            stage=Stage(),
        )
    )
    qtbot.addWidget(form)
    return form


def test_every_type_has_its_field(form: SettingsForm) -> None:
    kinds = {name: type(field) for name, field in form.fields.items()}
    assert kinds["count"] is QSpinBox
    assert issubclass(kinds["rate"], QDoubleSpinBox)
    assert kinds["kind"] is QComboBox
    assert kinds["sure"] is QCheckBox
    assert kinds["sizes"] is QLineEdit


def test_titles_bounds_and_descriptions_are_shown(form: SettingsForm) -> None:
    count = form.fields["count"]
    assert isinstance(count, QSpinBox)
    assert (count.minimum(), count.maximum(), count.singleStep()) == (4, 64, 4)
    assert "How many." in count.toolTip()
    rate = form.fields["rate"]
    assert isinstance(rate, QDoubleSpinBox)
    assert 0 < rate.minimum() < 1e-9
    assert rate.text() == "0.0001"


def test_the_main_settings_are_on_top_and_the_rest_is_folded(form: SettingsForm) -> None:
    assert list(form.fields) == ["kind", "count", "rate", "sure", "sizes"]
    assert not form.folded.isExpanded()
    assert form.folded.isAncestorOf(form.fields["rate"])
    assert not form.folded.isAncestorOf(form.fields["count"])


def test_what_is_filled_in_comes_back_valid(form: SettingsForm) -> None:
    assert Everything.model_validate(form.values()) == Everything(count=12)
    values = {"count": 16, "rate": 2.5e-7, "kind": "hard", "sure": True, "sizes": [3, 4]}
    form.set_values(values)
    assert form.values() == values
    form.set_preset("paper")
    assert Everything.model_validate(form.values()) == Everything()


@pytest.mark.parametrize("preset", ["fast", "paper"])
@pytest.mark.parametrize("name", list(registry.installed_methods()))
def test_the_form_of_every_method_gives_back_its_presets(
    qtbot: Any, name: str, preset: Any
) -> None:
    method = registry.get_method(name)
    form = SettingsForm(method, preset)
    qtbot.addWidget(form)
    assert method.settings_for(preset, form.values()) == method.settings_for(preset)
    assert len(method.main_settings) <= 6
