from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field
from qtpy.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox

from napari_xraysep.plugin.settings_form import SettingsForm
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.method import Settings
from plugin.conftest import Puppet, Stage


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


def test_a_variant_brings_its_schedule_and_the_user_may_change_it(qtbot: Any) -> None:
    form = SettingsForm(registry.get_method("lcista"))
    qtbot.addWidget(form)

    def choose(variant: str) -> tuple[Any, ...]:
        combo = form.fields["variant"]
        index = combo.findData(variant)
        combo.setCurrentIndex(index)
        combo.activated.emit(index)
        values = form.values()
        return values["variant"], values["epochs"], values["patch"], values["assembly"]

    fast = tuple(form.values()[name] for name in ("variant", "epochs", "patch", "assembly"))
    form.fields["eta_1"].setValue(0.75)
    assert choose("as-printed") == ("as-printed", 120, 50, "patches")
    assert choose("as-run") == ("as-run", 120, 64, "whole")
    assert choose("corrected") == fast
    assert form.values()["eta_1"] == 0.75


def test_a_choice_that_brings_nothing_changes_nothing_else(qtbot: Any) -> None:
    form = SettingsForm(registry.get_method("connected-autoencoder"))
    qtbot.addWidget(form)
    form.fields["epochs"].setValue(3)
    combo = form.fields["energy"]
    combo.setCurrentIndex(combo.findData("printed"))
    combo.activated.emit(combo.currentIndex())
    values = form.values()
    assert (values["epochs"], values["energy"]) == (3, "printed")
