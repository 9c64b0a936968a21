"""What only the user knows of a radiograph: pixel size, polarity, response."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QHBoxLayout, QLabel, QWidget

from napari_xraysep.domain import Polarity, Response
from napari_xraysep.plugin.combo_box import short

POLARITIES: tuple[tuple[str, Polarity | None], ...] = (
    ("not answered – assumed: white", None),
    ("white: lead white shows light", "white-absorbs"),
    ("black: lead white shows dark", "black-absorbs"),
)
RESPONSES: tuple[tuple[str, Response | None], ...] = (
    ("not answered – assumed: as they are", None),
    ("as they are (the published methods)", "as-is"),
    ("intensity (digital detector, linear)", "linear"),
    ("film density (scanned film)", "film-density"),
    ("already logarithmic", "log"),
)
POLARITY_HELP = (
    "Where the paint stops X-rays, is the image white or black? On the film itself, the usual "
    "way to look at a radiograph, dense pigments such as lead white are white. If you do not "
    "answer, white is assumed and the run says so."
)
RESPONSE_HELP = (
    "Layers of paint add up in how strongly they absorb. Choose what the grey values stand for, "
    "so that they can be brought to a scale on which they add. If you do not know, leave them as "
    "they are, as the published methods do; the run records it as assumed. With intensity, leave "
    "the question above at white: the logarithm itself makes what stopped the rays light."
)
PIXEL_HELP = (
    "How much of the painting one pixel of the radiograph covers. Needed only for millimetres and "
    "scale bars. It is taken from the file where the file says it."
)
MM_PER_INCH = 25.4


class RadiographQuestions(QWidget):
    """Three questions, each left as assumed until it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self._file_size: float | None = None
        self._file_known = False
        self.pixel_size = QDoubleSpinBox()
        self.pixel_size.setDecimals(4)
        self.pixel_size.setRange(0, 10)
        self.pixel_size.setSingleStep(0.01)
        self.pixel_size.setSuffix(" mm")
        self.pixel_size.setSpecialValueText("unknown")
        self.dpi = QLabel()
        self.polarity = _combo(POLARITIES)
        self.response = _combo(RESPONSES)
        size = QHBoxLayout()
        size.addWidget(self.pixel_size)
        size.addWidget(self.dpi, 1)
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        layout.addRow(
            _label("Where paint stops X-rays, the image is…", POLARITY_HELP), self.polarity
        )
        layout.addRow(_label("The grey values are…", RESPONSE_HELP), self.response)
        layout.addRow(_label("One pixel of the radiograph covers…", PIXEL_HELP), size)
        self.polarity.setToolTip(POLARITY_HELP)
        self.response.setToolTip(RESPONSE_HELP)
        self.pixel_size.setToolTip(PIXEL_HELP)
        self.pixel_size.valueChanged.connect(self._show_dpi)
        self._show_dpi()

    def set_file_pixel_size(self, size: float | None, *, known: bool = True) -> None:
        """Take the pixel size that the file states, in millimetres; None where it does not.

        Parameters
        ----------
        known
            There is a file.
        """
        self._file_size, self._file_known = size, known
        self.pixel_size.setValue(size or 0)
        self._show_dpi()

    def set_answers(
        self,
        polarity: Polarity | None,
        response: Response | None,
        pixel_size_mm: float | None,
    ) -> None:
        """Show what was answered; a pixel size of None leaves the file's."""
        self.polarity.setCurrentIndex(max(0, self.polarity.findData(polarity)))
        self.response.setCurrentIndex(max(0, self.response.findData(response)))
        if pixel_size_mm is not None:
            self.pixel_size.setValue(pixel_size_mm)

    @property
    def pixel_size_mm(self) -> float | None:
        """What the user states; None where it is left to the file or unknown."""
        value = self.pixel_size.value()
        from_file = self._file_size is not None and abs(value - self._file_size) < 1e-4
        return None if value == 0 or from_file else value

    @property
    def polarity_answer(self) -> Polarity | None:
        """None while not answered."""
        answer: Polarity | None = self.polarity.currentData()
        return answer

    @property
    def response_answer(self) -> Response | None:
        """None while not answered."""
        answer: Response | None = self.response.currentData()
        return answer

    def _show_dpi(self) -> None:
        value = self.pixel_size.value()
        if value == 0:
            self.dpi.setText("not in the file; no scale bar" if self._file_known else "")
            return
        origin = "as the file says" if self.pixel_size_mm is None else "as you say"
        self.dpi.setText(f"= {MM_PER_INCH / value:.0f} dpi, {origin}")


def _combo(entries: tuple[tuple[str, object], ...]) -> QComboBox:
    combo = short(QComboBox())
    for text, value in entries:
        combo.addItem(text, value)
    return combo


def _label(text: str, tooltip: str) -> QLabel:
    label = QLabel(text)
    label.setToolTip(tooltip)
    return label
