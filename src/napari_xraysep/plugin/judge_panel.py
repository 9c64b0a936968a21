"""Numbers of stored runs that need no true layers, and the test that ranks their methods."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from napari_xraysep.evaluation.comparison import in_order_of_trust, unranked
from napari_xraysep.evaluation.summary import measured_over
from napari_xraysep.plugin.background import in_background, while_there
from napari_xraysep.plugin.judge_model import (
    MOST,
    Key,
    Listed,
    at_least,
    columns,
    listed,
    meaning,
    remix_test,
    ticked_first,
)
from napari_xraysep.plugin.judge_table import JudgeTable
from napari_xraysep.plugin.parts import SEPARATION_RUNS, button, plain, row, verbatim, wrapped
from napari_xraysep.plugin.register_progress import ProgressPanel
from napari_xraysep.plugin.register_worker import Task
from napari_xraysep.plugin.run_model import plain_time
from napari_xraysep.plugin.session import REMIX, session_of
from napari_xraysep.workflows.measure import Measured, measure
from napari_xraysep.workflows.ranking import Ranking

if TYPE_CHECKING:
    from napari.viewer import Viewer

NO_RUN = (
    "These numbers are of runs that are stored, and there is none of this painting: separate the "
    "radiograph with a folder to store the run in, or press Save… in Separate."
)
TICK = "Tick the runs that you want to judge."
NO_PROOF = "None of these numbers proves a separation, and there is no green light."
STOPPED = "The remix test was stopped: there is no ranking."
ABOUT_REMIX = (
    "Makes new radiographs out of the layers that each run found, so that their true layers are "
    "known, and has the methods of all runs separate them, once each and without a drawn prior. "
    "The less far off a method is at its worst, the more it is to be trusted with this painting."
)


class JudgePanel(QWidget):
    """Measures the stored runs that are ticked, and ranks them where that is asked for.

    Attributes
    ----------
    runs
        All stored runs of the painting, the newest first.
    found
        What was measured so far.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._session = session_of(viewer)
        self._open = self._touched = self._measuring = False
        self._painting: object = None
        self.runs: list[Listed] = []
        self.found: dict[Key, Measured] = {}
        self._problems: dict[Key, str] = {}
        self._tried: dict[Key, Mapping[str, float]] = {}
        self.empty = wrapped(NO_RUN)
        self.ticks = QListWidget()
        self.ticks.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.ticks.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.ticks.setToolTip("Tick the stored runs that are to be judged beside each other.")
        self.table = JudgeTable()
        self.meaning, self.state = plain(), plain()
        self.remix_button = button("Remix test…", ABOUT_REMIX)
        self.takes = wrapped()
        self.progress = ProgressPanel()
        self.progress.stage.setTextFormat(Qt.TextFormat.PlainText)
        self.progress.cancel_button.setText("Stop")
        self.progress.cancel_button.setToolTip("Ends the remix test; there is no ranking then.")
        self.verdict = plain()
        self.content = QWidget()
        inside = QVBoxLayout(self.content)
        inside.setContentsMargins(0, 0, 0, 0)
        for widget in (self.ticks, self.table, self.meaning, self.state, wrapped(NO_PROOF)):
            inside.addWidget(widget)
        self.start = QWidget()
        across = row(self.remix_button, self.takes)
        across.setContentsMargins(0, 0, 0, 0)
        across.setStretch(1, 1)
        self.start.setLayout(across)
        for widget in (self.verdict, self.start, self.progress):
            inside.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.empty)
        layout.addWidget(self.content)
        self.ticks.itemChanged.connect(self._ticked)
        self.table.chosen.connect(self._say_meaning)
        self.remix_button.clicked.connect(self.test)
        self.progress.changed.connect(self._follow)
        self._session.changed.connect(self._painting_changed)
        self._session.edited.connect(self._edited)
        self._painting_changed()

    def unfold(self, shown: bool) -> None:
        """Measure from now on, or no longer."""
        self._open = shown
        self._problems.clear()
        self._refresh()

    def stop(self) -> None:
        """End all that is under way, for good: the dock is closed."""
        self._open = False
        self.progress.give_up()
        self._session.changed.disconnect(self._painting_changed, missing_ok=True)
        self._session.edited.disconnect(self._edited, missing_ok=True)

    @property
    def chosen(self) -> list[Listed]:
        """The runs that are ticked."""
        items = [self.ticks.item(at) for at in range(self.ticks.count())]
        on = [item for item in items if item.checkState() == Qt.CheckState.Checked]
        keys = {item.data(Qt.ItemDataRole.UserRole) for item in on}
        return [run for run in self.runs if run.key in keys]

    def test(self) -> None:
        """Run the remix test of the runs that are ticked."""
        if self.progress.running:
            return
        runs = self.chosen
        if self._session.running or not runs:
            self._say(SEPARATION_RUNS if runs else TICK)
            return
        self._forget()
        folders = {one.name: one.folder for one in runs}
        self.progress.run(
            lambda task: remix_test(folders, task.cancel, partial(_note, task)),
            partial(self._ranked, {one.name: one.key for one in runs}),
            self._say,
            partial(self._say, STOPPED),
        )

    def _painting_changed(self) -> None:
        """Start afresh with another painting; one that was only registered anew keeps its runs."""
        loaded = self._session.loaded
        painting = None if loaded is None else loaded.images["radiograph"]
        if painting is not self._painting:
            self._painting = painting
            self._touched = False
            self.runs, self.found, self._problems, self._tried = [], {}, {}, {}
            self.progress.give_up()
            self._say("")
        self._edited("runs")

    def _edited(self, part: str) -> None:
        """List the runs of the painting, where there are others now."""
        if part not in ("runs", "regions"):
            return
        project = self._session.project
        before, ticked = {one.key for one in self.runs}, {one.key for one in self.chosen}
        self.runs = (
            [] if project is None else listed(project.runs, project.regions, self._session.folder)
        )
        first = ticked_first(self.runs)
        if self._touched:
            first = ticked | (first - before)
        self.ticks.blockSignals(True)
        self.ticks.clear()
        for run in self.runs:
            item = QListWidgetItem(run.name)
            item.setToolTip(verbatim(f"{run.name}\n{run.folder}"))
            item.setData(Qt.ItemDataRole.UserRole, run.key)
            on = run.key in first
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.ticks.addItem(item)
        self.ticks.blockSignals(False)
        height = self.ticks.sizeHintForRow(0) * min(MOST, len(self.runs))
        self.ticks.setFixedHeight(height + 2 * self.ticks.frameWidth())
        self.empty.setVisible(not self.runs)
        self.content.setVisible(bool(self.runs))
        self._refresh()

    def _ticked(self) -> None:
        self._touched = True
        self._forget()

    def _forget(self) -> None:
        """Take the last ranking away, which is of other runs."""
        self._tried = {}
        self._say("")
        self._refresh()

    def _refresh(self) -> None:
        """Show what is known of the runs that are ticked, and have the next one measured."""
        if not self._open:
            return
        runs = self.chosen
        self.table.show_columns(columns(runs, self.found, self._tried))
        measured = [self.found[one.key] for one in runs if one.key in self.found]
        parts = dict.fromkeys(one.part for one in measured)
        said = [measured_over(part) for part in parts if part is not None]
        problems = [self._problems[one.key] for one in runs if one.key in self._problems]
        said += dict.fromkeys(problems)
        known = self.found.keys() | self._problems.keys()
        missing = [one for one in runs if one.key not in known]
        if missing:
            said.append(f"Measuring {missing[0].name}…")
        self.state.setText("\n".join(said if runs else [TICK]))
        self.state.setVisible(bool(self.state.text()))
        self._say_how_long([] if missing else measured)
        if missing and not self._measuring:
            self._measure(missing[0])

    def _measure(self, run: Listed) -> None:
        """Measure one run on another thread; one after the other, since each is read whole."""
        self._measuring = True
        in_background(
            partial(measure, run.folder),
            while_there(self, partial(self._measured, self.found, run.key)),
            while_there(self, partial(self._measured, self._problems, run.key)),
        )

    def _measured(self, known: dict[Key, object], key: Key, result: object) -> None:
        self._measuring = False
        known[key] = result
        self._refresh()

    def _say_meaning(self) -> None:
        chosen = self.table.row
        self.meaning.setText("" if chosen is None else meaning(chosen))
        self.meaning.setVisible(chosen is not None)

    def _say_how_long(self, measured: list[Measured]) -> None:
        number, seconds = at_least(measured)
        self.takes.setText(f"{number} separations, {plain_time(seconds)} at least")
        self.takes.setVisible(number > 1)

    def _say(self, sentence: str) -> None:
        self.verdict.setText(sentence)
        self.verdict.setVisible(bool(sentence))

    def _follow(self) -> None:
        """Show the test in place of its button; no separation is to start meanwhile."""
        running = self.progress.running
        self.start.setVisible(not running)
        if running:
            self._session.busy.add(REMIX)
        else:
            self._session.busy.discard(REMIX)

    def _ranked(self, keys: Mapping[str, Key], ranking: Ranking) -> None:
        self._tried = {keys[name]: ranking.errors[name] for name in ranking.order}
        order = in_order_of_trust(ranking.worst(), ranking.baselines)
        self._say(order + unranked(ranking.problems))
        self._refresh()


def _note(task: Task, stage: str, fraction: float) -> None:
    """Note how far the test is; unlike `Task.watch` it leaves stopping to the test."""
    task.stage, task.fraction = stage, fraction
