"""Slow work of the dock widget *Register*: how far it is, and a button that stops it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_xraysep.plugin.parts import wrapped
from napari_xraysep.plugin.register_worker import Task, start

LOOK_MS = 100


class ProgressPanel(QWidget):
    """Runs a piece of slow work at a time, shows how far it is, and stops it on request."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.stage = wrapped()
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.stage)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.hide()

    @property
    def running(self) -> bool:
        """Whether work is under way."""
        return self._task is not None

    def run(
        self,
        work: Callable[[Task], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None],
        stopped: Callable[[], None],
    ) -> None:
        """Start ``work`` on another thread; one of the others is called when it has ended.

        None is called once the work was given up.
        """
        task = self._task = Task()

        def ended(then: Callable[..., None], *result: Any) -> None:
            if task is self._task:
                self.give_up()
                then(*result)

        start(
            task,
            partial(work, task),
            partial(ended, done),
            partial(ended, failed),
            partial(ended, stopped),
        )
        self.cancel_button.setEnabled(True)
        self.bar.setValue(0)
        self.stage.setText("starting…")
        self.show()
        self._timer.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Ask the work to stop; it says when it has."""
        if self._task is not None:
            self._task.stop()
            self.cancel_button.setEnabled(False)
            self._look()

    def give_up(self) -> None:
        """Ask the work to stop, where it has not ended, and wait for it no longer."""
        if self._task is None:
            return
        self._task.stop()
        self._task = None
        self._timer.stop()
        self.hide()
        self.changed.emit()

    def _look(self) -> None:
        if self._task is None:
            return
        if self._task.stopping:
            self.stage.setText("stopping…")
        elif self._task.stage:
            self.bar.setValue(round(100 * self._task.fraction))
            self.stage.setText(f"{self._task.stage}…")
