"""The dock widget *Separate*: choose a method, start, watch the layers take shape."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from napari_xraysep.errors import XraysepError
from napari_xraysep.painting import Painting
from napari_xraysep.plugin import questions
from napari_xraysep.plugin.background import in_background
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.live_run import LiveRun
from napari_xraysep.plugin.loading import painting_to_separate
from napari_xraysep.plugin.method_panel import MethodPanel
from napari_xraysep.plugin.output_choice import OutputChoice
from napari_xraysep.plugin.panes import contrast_of, hide_results
from napari_xraysep.plugin.parts import NO_PAINTING, button, scrolling
from napari_xraysep.plugin.region_choice import RegionChoice
from napari_xraysep.plugin.report_row import ReportRow
from napari_xraysep.plugin.result_layers import ResultLayers, left_out_of, new_run
from napari_xraysep.plugin.run_list import RunList, stored_run
from napari_xraysep.plugin.run_panel import RunPanel
from napari_xraysep.plugin.run_start import Start, checked_start
from napari_xraysep.plugin.run_view import RunView
from napari_xraysep.plugin.session import REMIX, plain_viewer, session_of
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import SEPARATE
from napari_xraysep.plugin.stored_run import (
    Opened,
    describe,
    hidden_errors,
    note_run,
    read_opened,
    same_radiograph,
    show_opened,
    stored_curves,
)
from napari_xraysep.project import relative
from napari_xraysep.separation.method import get_method
from napari_xraysep.workflows.project import has_drawings

if TYPE_CHECKING:
    import napari.viewer

PUT_TOGETHER = "The painting is being put together anew: try again when that has ended."
REMIX_RUNS = "The remix test is running: wait for its end, or stop it in Compare first."
SETTINGS_HEIGHT = 190
"""Pixels that remain for method and settings, however much a run has to say of itself."""
STORED = "A stored run is shown. To separate again, use <b>Load painting</b> first."
STOP_AND_CLOSE, KEEP_RUNNING = "Stop and close", "Keep running"
SAVE, GO_BACK = "Save…", "Go back"
CLOSE_UNSAVED, RUN_ANYWAY, OPEN_ANYWAY = "Close without saving", "Run anyway", "Open anyway"


class Separate(QWidget):
    """Run a separation on the loaded painting."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self.run: RunView | None = None
        self.unsaved = False
        self.painting = QLabel()
        self.painting.setWordWrap(True)
        self.regions = RegionChoice()
        self.panel = MethodPanel()
        self.output = OutputChoice()
        self.start_button = button("Separate", "Starts; the layers are shown as they improve.")
        self.cancel_button = button("Cancel", "Ends the run early; what there is so far is kept.")
        self.open_button = button("Open run…", "Shows a stored run again; nothing is computed.")
        self.save_button = button("Save…", "Stores these layers in a folder that you choose.")
        self.runs = RunList()
        self.progress = RunPanel()
        self.report = ReportRow(self.progress.show_end)
        self._wanted: Start | None = None
        self._lay_out()
        self.start_button.clicked.connect(self.start)
        self.cancel_button.clicked.connect(self.cancel)
        self.open_button.clicked.connect(self._ask_open)
        self.save_button.clicked.connect(self.save)
        self.runs.chosen.connect(lambda folder: self.open_run(self._session.folder / folder))
        self._session.changed.connect(self._painting_changed)
        self._session.edited.connect(self._edited)
        self._guard = CloseGuard(self, self._may_close, self._closed)
        self._painting_changed()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._session.running

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.panel)
        column.addStretch(1)
        scroll = scrolling(inner)
        scroll.setMinimumHeight(SETTINGS_HEIGHT)
        buttons = QHBoxLayout()
        for one in (self.start_button, self.cancel_button, self.save_button, self.open_button):
            buttons.addWidget(one)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(StepBar(self._viewer, SEPARATE))
        layout.addWidget(self.painting)
        layout.addWidget(self.regions)
        layout.addWidget(scroll, 3)
        layout.addWidget(self.output)
        layout.addLayout(buttons)
        layout.addWidget(self.runs)
        layout.addWidget(self.progress, 2)
        layout.addWidget(self.report)
        self.setMinimumWidth(380)

    def start(self) -> None:
        """Check everything that can be checked, then start the run on another thread."""
        loaded = self._session.loaded
        if self.running or loaded is None:
            return
        if REMIX in self._session.busy:
            self.progress.show_end("", REMIX_RUNS)
            return
        if self._session.busy or loaded.painting is None:
            self.progress.show_end("", PUT_TOGETHER if self._session.busy else loaded.refusal)
            return
        if not self._give_up_unsaved(RUN_ANYWAY):
            return
        self._session.settling.emit()
        if self._session.unkept:
            self.progress.show_end("", " ".join(self._session.unkept.values()))
            return
        try:
            start = checked_start(loaded.painting, self.panel, self.regions, self.output, self)
        except XraysepError as error:
            self.progress.show_end("", str(error))
            return
        if start is None:
            return
        session = self._session
        session.running, self._wanted = True, start
        self._refresh()
        put_together = partial(painting_to_separate, loaded, session.project, session.folder)
        if has_drawings(session.project):
            self.progress.show_end("", "Putting mask and prior together…")
            in_background(put_together, partial(self._run, start), self._not_started)
        else:
            self._run(start, put_together())

    def cancel(self) -> None:
        """Ask the run to stop; what it has is kept and marked incomplete."""
        if self._wanted is not None:
            self._not_started("")
        elif self.run is not None and self.running:
            self.run.cancel()
            self.cancel_button.setEnabled(False)

    def save(self) -> None:
        """Write the layers of the last run into a folder that the user chooses."""
        run = self.run
        if run is None or run.model.finished is None or not self.output.choose():
            return
        folder = self.output.folder
        assert folder is not None
        self.save_button.setEnabled(False)
        self.progress.show_end("saving…", "")
        in_background(partial(run.write, folder), self._saved, self._not_saved)

    def open_run(self, folder: Path) -> None:
        """Bring a stored run back: layers, settings, losses."""
        self.progress.show_end("", f"Opening {folder.name}…")
        in_background(partial(read_opened, folder), self._opened, self._not_opened)

    def _run(self, start: Start, painting: Painting) -> None:
        """Start the run, unless it was called off while mask and prior were put together."""
        loaded = self._session.loaded
        if self._wanted is not start or loaded is None:
            return
        self._wanted = None
        hide_results(self._viewer)
        region = start.options.region
        layers = ResultLayers(
            self._viewer,
            contrast_of(loaded.pictures[0].pixels),
            simulated=painting.simulated,
            hidden=hidden_errors(start.options.allocation or ""),
            origin=(0, 0) if region is None else (region.y0, region.x0),
            run=new_run(get_method(start.method).title),
            left_out=left_out_of(painting, region),
        )
        if self.run is not None:
            self.run.deleteLater()
        self.report.show_run(None)
        self.run = RunView(start.job(painting), layers, self.progress, self._run_ended, self)
        self.unsaved = False
        self._refresh()
        self.run.start()
        self._session.live = LiveRun(layers.run, self.run.job, self.run.model)

    def _not_started(self, problem: str) -> None:
        self._wanted, self._session.running = None, False
        self.progress.show_end("", problem)
        self._refresh()

    def _run_ended(self) -> None:
        self._session.running = False
        run = self.run
        if run is not None and run.model.finished is not None:
            self.unsaved = bool(run.model.finished.layers) and run.saved is None
            self._remember(run)
            self.report.show_run(run.saved)
        self.output.refresh()
        self._refresh()

    def _remember(self, run: RunView) -> None:
        """Note what a run is, and list it in its project where it was stored."""
        session, finished = self._session, run.model.finished
        if finished is None:
            return
        note_run(self._viewer, run.title, finished.record, run.saved)
        if run.saved is None:
            return
        loaded, project = session.loaded, session.project
        if loaded is None or project is None or not same_radiograph(finished.record, loaded):
            return
        stored = stored_run(finished.record, relative(run.saved, session.folder))
        session.edit(runs=(*project.runs, stored))
        session.live = None

    def _edited(self, part: str) -> None:
        """Take over regions and runs that were added or renamed."""
        project = self._session.project
        regions = () if project is None else project.regions
        if part == "regions":
            self.regions.show_regions(regions)
        if part in ("regions", "runs"):
            self.runs.show_runs(() if project is None else project.runs, regions)

    def _painting_changed(self) -> None:
        loaded = self._session.loaded
        painting = None if loaded is None else loaded.painting
        if painting is not None:
            height, width = painting.shape
            simulated = ", simulated" if painting.simulated else ""
            self.painting.setText(
                f"<b>{painting.kind.capitalize()}</b> painting, {width} × {height} px{simulated}"
                if painting.kind == "double-sided"
                else f"<b>Concealed design</b>, {width} × {height} px{simulated}"
            )
            self.panel.show_methods(painting.kind)
        else:
            self.painting.setText(NO_PAINTING if loaded is None else loaded.refusal)
        if loaded is not None:
            self.output.set_radiograph(loaded.radiograph_file)
        self.progress.clear()
        self.report.show_run(None)
        self._edited("regions")
        opened, self._session.opened = self._session.opened, None
        if opened is not None and not self.unsaved:
            self._describe(opened)
        self._refresh()

    def _refresh(self) -> None:
        self.start_button.setEnabled(not self.running and self._session.loaded is not None)
        self.cancel_button.setEnabled(self.running)
        self.open_button.setEnabled(not self.running)
        self.save_button.setVisible(self.unsaved)
        self.save_button.setEnabled(self.unsaved)
        self.panel.setEnabled(not self.running)
        self.output.setEnabled(not self.running)

    def _ask_open(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Open a run: choose its folder")
        if name:
            self.open_run(Path(name))

    def _opened(self, opened: Opened) -> None:
        if self.running or not self._give_up_unsaved(OPEN_ANYWAY):
            return
        loaded, record = self._session.loaded, opened.stored.record
        same = loaded is not None and same_radiograph(record, loaded)
        show_opened(self._viewer, opened, keep_pictures=same)
        if not same:
            self._session.loaded = None
            self.painting.setText(STORED)
            self.panel.show_methods(record.kind)
        self._describe(opened)
        self._refresh()

    def _describe(self, opened: Opened) -> None:
        """Show settings, losses and what else a stored run says of itself."""
        record = opened.stored.record
        self.progress.clear()
        said = describe(record)
        try:
            self.panel.show_record(record)
        except XraysepError as error:
            said = f"{said} {error}"
        self.progress.show_end(f"opened {opened.name}", said)
        self.progress.show_curves(stored_curves(opened.stored.losses))
        self.progress.show_caution(record, mask_shown=opened.left_out is not None)
        self.report.show_run(opened.folder)
        self.run, self.unsaved, self._session.live = None, False, None

    def _saved(self, _folder: Path) -> None:
        self.unsaved = False
        if self.run is not None and not self.running:
            self._remember(self.run)
            self.progress.show_end(*self.run.outcome())
            self.report.show_run(self.run.saved)
        self.output.refresh()
        self._refresh()

    def _not_saved(self, problem: str) -> None:
        self.progress.show_end("not saved", problem)
        self._refresh()

    def _not_opened(self, problem: str) -> None:
        self.progress.show_end("not opened", problem)

    def _give_up_unsaved(self, then: str) -> bool:
        """Ask what to do with unsaved layers; saving them comes first, and alone."""
        if not self.unsaved:
            return True
        question = "The layers of the last run are not saved."
        answer = questions.ask(self, question, (SAVE, then, GO_BACK))
        if answer == SAVE:
            self.save()
        return answer == then

    def _may_close(self) -> bool:
        """Ask where closing would lose a run or its layers."""
        if self.running:
            question = "A separation is running. If you stop it, its result stays incomplete."
            return questions.ask(self, question, (STOP_AND_CLOSE, KEEP_RUNNING)) == STOP_AND_CLOSE
        return self._give_up_unsaved(CLOSE_UNSAVED)

    def _closed(self) -> None:
        """Stop a run that is under way; its thread ends by itself."""
        self.report.show_run(None)
        if self.run is not None:
            self.run.abandon()
        self._wanted, self._session.running, self._session.live = None, False, None
        self._session.flush()
        self._session.changed.disconnect(self._painting_changed, missing_ok=True)
        self._session.edited.disconnect(self._edited, missing_ok=True)
