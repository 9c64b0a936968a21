"""How a run stands: progress, time left, the loss curves, and what to keep in mind."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from napari_xraysep.plugin.loss_plot import Curves, LossPlot
from napari_xraysep.plugin.panes import NOT_KNOWN
from napari_xraysep.plugin.parts import plain
from napari_xraysep.plugin.run_model import RunModel, State, plain_time
from napari_xraysep.records import RECOMBINATION_WARNING, RunRecord

MASKED = f"<span style='color:{NOT_KNOWN}'>■</span> Left out by the mask: nothing is known there."
MASK_GONE = (
    "A mask left something out, where nothing is known; its file is no longer there, so that the "
    "place cannot be shown."
)


class RunPanel(QWidget):
    """Shows one run; knows nothing of threads."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.status = QLabel()
        self.message = plain()
        self.caution = QLabel()
        self.caution.setWordWrap(True)
        self.plot = LossPlot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.bar, self.status, self.message, self.caution):
            layout.addWidget(widget)
        layout.addWidget(self.plot, 1)
        self.clear()

    def clear(self) -> None:
        """Show that nothing has run yet."""
        self.bar.setRange(0, 1)
        self.bar.setValue(0)
        self.status.setText("")
        self._say("")
        self.caution.hide()
        self.plot.clear()
        self._grow(QSizePolicy.Policy.Maximum)

    def show_progress(self, model: RunModel) -> None:
        """Show how far a run is and how long it may take."""
        self.status.show()
        state = model.state
        if state is State.STOPPING:
            self.status.setText("stopping…")
            return
        if not model.total_steps:
            self.status.setText("starting…")  # no busy bar: it would redraw the window all the time
            return
        self.bar.setRange(0, model.total_steps)
        self.bar.setValue(model.step)
        parts = [f"epoch {model.epoch}"] if model.epoch else []
        parts.append(f"{100 * model.step // model.total_steps} %")
        left = model.seconds_left
        if left is not None and model.step < model.total_steps:
            parts.append(f"{plain_time(left)} left")
        self.status.setText(" · ".join(parts))

    def show_end(self, status: str, message: str) -> None:
        """Show how a run ended."""
        self.bar.setRange(0, max(1, self.bar.maximum()))
        self.status.setText(status)
        self.status.setVisible(bool(status))
        self._say(message)

    def _say(self, message: str) -> None:
        self.message.setText(message)
        self.message.setVisible(bool(message))

    def show_caution(self, record: RunRecord, *, mask_shown: bool = True) -> None:
        """Say what the layers do not prove, beside the result, and where they say nothing.

        Parameters
        ----------
        mask_shown
            What the mask of the run leaves out, if it has one, can be seen in the layers.
        """
        said = f"<i>{RECOMBINATION_WARNING} Uncertainty: {record.uncertainty}.</i>"
        if any(one.role == "mask" for one in record.inputs):
            said = f"{MASKED if mask_shown else MASK_GONE} {said}"
        self.caution.setText(said)
        self.caution.show()

    def show_curves(self, curves: Curves) -> None:
        """Draw the losses, in a plot that takes its share of the room once there are any."""
        self.plot.show_curves(curves)
        if curves:
            self._grow(QSizePolicy.Policy.Preferred)

    def _grow(self, policy: QSizePolicy.Policy) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Preferred, policy)
