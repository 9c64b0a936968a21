"""Which method separates, and how: method, preset, settings, allocation, seed, device."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_xraysep.errors import InputError
from napari_xraysep.plugin.combo_box import short
from napari_xraysep.plugin.settings_form import SettingsForm
from napari_xraysep.plugin.warm_start_choice import WarmStartChoice
from napari_xraysep.records import Kind, RunRecord
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.method import Allocation, Method, Preset
from napari_xraysep.separation.options import Device, RunOptions

PRESETS: dict[Preset, str] = {
    "fast": "fast – quick, for this computer",
    "paper": "paper – as published, slow",
}
ALLOCATIONS: dict[Allocation, str] = {
    "none": "kept apart",
    "even": "halved between the layers",
    "variance": "shared by how much each layer varies",
}
ALLOCATION_HELP = (
    "No model explains all of the radiograph: brushwork, thickness and noise that no photograph "
    "shows are left. This can be kept apart, shared in halves, or shared by how much each layer "
    "usually leaves unexplained at such a place."
)
WARM_START_HELP = (
    "This method first learns from a double-sided painting whose layers are known. It can make one "
    "from this painting's surface, or take a double-sided separation that you have finished."
)
METHOD_HELP = "How the layers are estimated; each has a page of its own in the help."
PRESET_HELP = (
    "The values that all settings below begin with: quick ones, or those of the method's paper, "
    "which take hours on a large radiograph."
)
RESTARTS_HELP = (
    "How often the separation is done, each time with other beginnings or from other parts of the "
    "painting. How far the layers then lie apart shows where not to believe them; five take five "
    "times as long."
)
SEED_HELP = "The same seed on the same device gives the same result again."
DEVICE_HELP = "Where to compute. With auto, the graphics card where there is a usable one."


class MethodPanel(QWidget):
    """Choose a method and its settings."""

    def __init__(self) -> None:
        super().__init__()
        self.form: SettingsForm | None = None
        self.method = short(QComboBox())
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.preset = short(QComboBox())
        for preset, text in PRESETS.items():
            self.preset.addItem(text, preset)
        self.method.setToolTip(METHOD_HELP)
        self.preset.setToolTip(PRESET_HELP)
        self.allocation = short(QComboBox())
        self.warm_start = WarmStartChoice()
        self.restarts = QSpinBox()
        self.restarts.setRange(1, 99)
        self.restarts.setSpecialValueText("1 – no uncertainty")
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.device = QComboBox()
        for device in get_args(Device):
            self.device.addItem(device, device)
        top = _rows()
        top.addRow("Method", self.method)
        top.addRow(self.summary)
        top.addRow("Preset", self.preset)
        self._form_place = QVBoxLayout()
        below = _rows()
        below.addRow(_tipped("What no photograph explains is…", self.allocation, ALLOCATION_HELP))
        below.addRow(self.allocation)
        self._warm_start_label = _tipped("Learn first from…", self.warm_start, WARM_START_HELP)
        below.addRow(self._warm_start_label)
        below.addRow(self.warm_start)
        below.addRow(_tipped("Times to run", self.restarts, RESTARTS_HELP), self.restarts)
        more = QWidget()
        repeat = _rows(more)
        repeat.addRow(_tipped("Seed", self.seed, SEED_HELP), self.seed)
        repeat.addRow(_tipped("Device", self.device, DEVICE_HELP), self.device)
        folded = QCollapsible("Seed and device")
        folded.addWidget(more)
        folded.toggleButton().setToolTip("For repeating a run exactly, and where to compute it.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(self._form_place)
        layout.addLayout(below)
        layout.addWidget(folded)
        self.method.currentIndexChanged.connect(self._show_method)
        self.preset.currentIndexChanged.connect(self._apply_preset)
        self.show_methods(None)

    @property
    def chosen(self) -> Method:
        """The method chosen."""
        return registry.get_method(self.method.currentData())

    @property
    def options(self) -> RunOptions:
        """Seed, device, preset, allocation and number of restarts as chosen."""
        return RunOptions(
            seed=self.seed.value(),
            device=self.device.currentData() if self.chosen.uses_torch else "auto",
            preset=self.preset.currentData(),
            allocation=self.allocation.currentData(),
            restarts=self.restarts.value() if self.chosen.restartable else 1,
        )

    @property
    def warm_from(self) -> Path | None:
        """The run to learn from first; None for the default, and where the method takes none."""
        return self.warm_start.folder if self.chosen.warm_start else None

    def show_methods(self, kind: Kind | None) -> None:
        """List the methods that can separate such a painting, baselines last; all for None."""
        before = self.method.currentData()
        fitting = [
            m for m in registry.installed_methods().values() if kind is None or kind in m.kinds
        ]
        baselines = [method for method in fitting if method.baseline]
        self.method.blockSignals(True)
        self.method.clear()
        for method in fitting:
            if not method.baseline:
                self.method.addItem(method.title, method.name)
        if baselines:
            self.method.insertSeparator(self.method.count())
        for method in baselines:
            self.method.addItem(f"Baseline: {method.title}", method.name)
        # a separator has no data, so that "nothing chosen before" would find it
        self.method.setCurrentIndex(0 if before is None else max(0, self.method.findData(before)))
        self.method.blockSignals(False)
        if self.method.currentData() != before:
            self._show_method()

    def show_record(self, record: RunRecord) -> None:
        """Fill in what an earlier run was made with.

        Raises
        ------
        InputError
            Its method is not among those listed.
        """
        index = self.method.findData(record.method)
        if index < 0:
            raise InputError(
                record.method, "this method is not installed here", "install it to run it again"
            )
        self.method.setCurrentIndex(index)
        self.preset.setCurrentIndex(max(0, self.preset.findData(record.preset)))
        assert self.form is not None
        self.form.set_values(record.settings)
        self.allocation.setCurrentIndex(max(0, self.allocation.findData(record.allocation)))
        self.seed.setValue(record.seed)
        self.restarts.setValue(max(1, len(record.restarts)))
        folder = record.warm_start_folder
        self.warm_start.show_folder(None if folder is None else Path(folder))

    def _show_method(self) -> None:
        if self.form is not None:
            self._form_place.removeWidget(self.form)
            self.form.hide()  # it is deleted only when the event loop is idle
            self.form.deleteLater()
        method = self.chosen
        self.summary.setText(method.summary)
        self.summary.setToolTip(method.paper)
        self.form = SettingsForm(method, self.preset.currentData())
        self._form_place.addWidget(self.form)
        self.device.setEnabled(method.uses_torch)
        self.restarts.setEnabled(method.restartable)
        for row in (self._warm_start_label, self.warm_start):
            row.setVisible(method.warm_start)
        self._show_allocations()

    def _apply_preset(self) -> None:
        if self.form is not None:
            self.form.set_preset(self.preset.currentData())
        self._show_allocations()

    def _show_allocations(self) -> None:
        """List the ways to share and choose the one that this method takes under this preset."""
        own = self.chosen.allocation.get(self.preset.currentData(), "even")
        self.allocation.clear()
        for how, text in ALLOCATIONS.items():
            self.allocation.addItem(f"{text} (default)" if how == own else text, how)
        self.allocation.setCurrentIndex(self.allocation.findData(own))


def _rows(parent: QWidget | None = None) -> QFormLayout:
    form = QFormLayout(parent) if parent is not None else QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _tipped(text: str, field: QWidget, tooltip: str) -> QLabel:
    label = QLabel(text)
    label.setToolTip(tooltip)
    field.setToolTip(tooltip)
    return label
