"""Which part of the radiograph is separated, and from which part the method learns."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget

from napari_xraysep.plugin.combo_box import short
from napari_xraysep.project import NamedRegion
from napari_xraysep.region import Region

WHOLE, ALL_OF_IT = "the whole radiograph", "all that is separated"
HOW = "Draw and name regions in Mask and regions."
PART_HELP = (
    "Separate all of the radiograph or only a region; a margin around it is taken along for "
    f"context. The layers lie where they belong. {HOW}"
)
LEARN_HELP = (
    "A method can learn how the layers look from one region, for example where both sides are "
    f"well visible, and apply that to all that is separated. {HOW}"
)


class RegionChoice(QWidget):
    """Two choices among the regions of the project."""

    def __init__(self) -> None:
        super().__init__()
        self.part = short(QComboBox())
        self.learn = short(QComboBox())
        layout = QFormLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, combo, tip in (
            ("Separate", self.part, PART_HELP),
            ("Learn from", self.learn, LEARN_HELP),
        ):
            label = QLabel(text)
            for widget in (label, combo):
                widget.setToolTip(tip)
            layout.addRow(label, combo)
        self.show_regions(())

    @property
    def region(self) -> Region | None:
        """What to separate; None for all."""
        return _chosen(self.part)

    @property
    def learn_on(self) -> Region | None:
        """What to learn from; None for all that is separated."""
        return _chosen(self.learn)

    def show_regions(self, regions: Sequence[NamedRegion]) -> None:
        """List the regions; what is chosen stays chosen by its name."""
        for combo, all_of_it in ((self.part, WHOLE), (self.learn, ALL_OF_IT)):
            before = combo.currentText()
            combo.clear()
            combo.addItem(all_of_it, None)
            for one in regions:
                combo.addItem(one.name, one.region)
            combo.setCurrentIndex(max(0, combo.findText(before)))
        self.setVisible(bool(regions))


def _chosen(combo: QComboBox) -> Region | None:
    text = combo.currentData()
    return None if text is None else Region.parse(text)
