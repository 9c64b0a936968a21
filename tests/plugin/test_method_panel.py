from __future__ import annotations

from typing import Any

import pytest

from napari_xraysep.plugin.method_panel import MethodPanel
from napari_xraysep.separation import method as registry


@pytest.fixture
def panel(qtbot: Any) -> MethodPanel:
    panel = MethodPanel()
    qtbot.addWidget(panel)
    return panel


def listed(panel: MethodPanel) -> list[str | None]:
    return [panel.method.itemData(row) for row in range(panel.method.count())]


def test_baselines_stand_below_a_separator(panel: MethodPanel) -> None:
    assert panel.chosen.name == registry.DEFAULT_METHOD
    names = listed(panel)
    separator = names.index(None)
    known = registry.installed_methods()
    assert {known[name].baseline for name in names[:separator]} == {False}
    assert {known[name].baseline for name in names[separator + 1 :]} == {True}
    assert set(names) == {*known, None}


def test_no_separator_without_baselines(
    panel: MethodPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = registry.installed_methods()
    without = {name: method for name, method in known.items() if not method.baseline}
    monkeypatch.setattr(registry, "installed_methods", lambda: without)
    panel.show_methods(None)
    assert listed(panel) == list(without)


def test_a_baseline_without_settings_can_be_chosen(panel: MethodPanel) -> None:
    panel.method.setCurrentIndex(panel.method.findData("half"))
    assert panel.form is not None
    assert panel.form.values() == {}
    panel.show_methods("concealed")
    assert panel.chosen.name == "half"


def test_the_number_of_restarts_is_a_run_s(panel: MethodPanel) -> None:
    assert panel.options.restarts == 1
    panel.restarts.setValue(5)
    assert panel.options.restarts == 5
    panel.setEnabled(False)  # as while a run is under way
    assert panel.options.restarts == 5


def test_what_would_end_alike_each_time_is_not_restarted(panel: MethodPanel) -> None:
    panel.restarts.setValue(5)
    panel.method.setCurrentIndex(panel.method.findData("half"))
    assert not panel.restarts.isEnabled()
    assert panel.options.restarts == 1
    panel.method.setCurrentIndex(panel.method.findData("grey"))
    assert panel.restarts.isEnabled()
    assert panel.options.restarts == 5
