"""The dock widget *Compare*: images of the painting and of its runs, side against side."""

from __future__ import annotations

from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_xraysep.domain import Floats
from napari_xraysep.plugin.background import in_background, while_loaded
from napari_xraysep.plugin.closing import CloseGuard
from napari_xraysep.plugin.compare_layers import (
    common_contrast,
    comparable,
    default_pair,
    pane_of,
    run_in_view,
    run_layers,
)
from napari_xraysep.plugin.compare_looks import DECIMALS, ContrastPanel, LeftOverPanel
from napari_xraysep.plugin.compare_model import CompareModel, Mode
from napari_xraysep.plugin.compare_panels import ModePanel, PairPanel
from napari_xraysep.plugin.compare_profile import ProfilePlot
from napari_xraysep.plugin.compare_values import difference, profile, refusal
from napari_xraysep.plugin.compare_view import CompareView
from napari_xraysep.plugin.evolution_panel import EvolutionPanel
from napari_xraysep.plugin.in_front import InFront
from napari_xraysep.plugin.judge_panel import JudgePanel
from napari_xraysep.plugin.live_run import LiveRun
from napari_xraysep.plugin.panes import EARLIER, KEY, error_scale
from napari_xraysep.plugin.parts import button, line, plain, scrolling, wrapped
from napari_xraysep.plugin.register_views import Folded
from napari_xraysep.plugin.run_list import RunList
from napari_xraysep.plugin.session import plain_viewer, session_of
from napari_xraysep.plugin.step_bar import StepBar
from napari_xraysep.plugin.steps import COMPARE
from napari_xraysep.plugin.stored_run import (
    Opened,
    add_hidden,
    read_opened,
    same_radiograph,
    title_of,
)
from napari_xraysep.records import RECOMBINATION_WARNING

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image

WAIT_MS = 60
"""Between two readings of a profile while a line is drawn."""
ROUNDING = 1e-5
"""By which 32-bit grey values may be larger than meant."""
NO_RUN = "There is no run in the viewer: separate the radiograph, or add a stored run."


class Compare(QWidget):
    """Compare images of a painting, and of any of its runs."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = plain_viewer(napari_viewer)
        self._session = session_of(self._viewer)
        self.model = CompareModel()
        self.view = CompareView(self._viewer, self.model)
        self.pair, self.runs = PairPanel(), RunList()
        self.add_button = button(
            "Add a run…",
            "Choose the folder of a run: its images are added to what can be compared.",
        )
        self.profile = ProfilePlot()
        self.modes = ModePanel(self.profile)
        self.left_over, self.contrast = LeftOverPanel(), ContrastPanel()
        self.evolution = EvolutionPanel(self._viewer)
        self.folded = Folded("Evolution: how the layers of a run took shape", self.evolution)
        self.judge = JudgePanel(self._viewer)
        self.doubt = Folded("Doubt it: numbers that need no truth", self.judge)
        self.message = plain()
        self._shaped: Path | LiveRun | None = None
        self._live: LiveRun | None = None
        self._touched = self._tuned = self._gone = False
        self._away: Mode | None = None
        self._largest: float | None = None
        self._work = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(WAIT_MS)
        self._rest.timeout.connect(self._read_profile)
        self._lay_out()
        self._connect()
        self._painting_changed()

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.pair)
        column.addWidget(self.message)
        column.addWidget(self.runs)
        column.addWidget(self.add_button)
        for panel in (self.modes, self.left_over, self.contrast):
            column.addWidget(line())
            column.addWidget(panel)
        column.addWidget(line())
        column.addWidget(self.folded)
        column.addWidget(self.doubt)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(StepBar(self._viewer, COMPARE))
        layout.addWidget(scrolling(inner))
        layout.addWidget(wrapped(f"<i>{RECOMBINATION_WARNING}</i>"))
        self.setMinimumWidth(380)

    def _connect(self) -> None:
        model = self.model
        self.pair.chosen.connect(self._chosen)
        self.pair.swapped.connect(model.swap)
        self.modes.chosen.connect(self.compare)
        self.modes.faded.connect(lambda fade: model.set(fade=fade))
        self.modes.flipped.connect(lambda: model.set(shows_first=not model.shows_first))
        self.modes.others_chosen.connect(lambda: model.set(others=self.modes.ticked()))
        self.left_over.chosen.connect(self._lay_over)
        self.left_over.scaled.connect(lambda scale: self._tune(scale=scale))
        self.contrast.changed.connect(
            lambda one, limits: self._tune(one_contrast=one, contrast=limits)
        )
        self.runs.chosen.connect(lambda folder: self.add_run(self._session.folder / folder))
        self.add_button.clicked.connect(self._ask_run)
        self.folded.toggled.connect(self._show_evolution)
        self.doubt.toggled.connect(self.judge.unfold)
        self.evolution.changing.connect(lambda: self.compare(""))
        model.changed.connect(self._changed)
        self.view.ended.connect(self._ended)
        self.view.renewed.connect(self._renewed)
        self._session.changed.connect(self._painting_changed)
        self._session.edited.connect(self._edited)
        self._session.ran.connect(self._ran)
        self._in_front = InFront(self)
        self._in_front.changed.connect(self._in_front_changed)
        self._guard = CloseGuard(self, lambda: True, self._closed)

    def compare(self, mode: Mode | str) -> None:
        """Compare A and B in a mode; "" ends it."""
        problem = self.model.problem if mode else ""
        first, second = self.model.first, self.model.second
        if mode == "difference" and not problem and first is not None and second is not None:
            problem = refusal(first, second)
        self.say(problem)
        self.model.set(mode=None if problem or not mode else mode)
        self.reset_choices()

    def say(self, sentence: str) -> None:
        """Tell the user something; "" for nothing."""
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def add_run(self, folder: Path) -> None:
        """Add the images of a stored run to what can be compared."""
        self.say(f"Reading {folder.name}…")
        done = self._add
        if self._session.loaded is not None:
            done = while_loaded(self._session, done)
        in_background(partial(read_opened, folder), done, self.say)

    def reset_choices(self, event: Any = None) -> None:
        """List the viewer's layers afresh; napari calls this when they change."""
        if self.view.busy:  # only once all is in its place
            return
        model, layers = self.model, comparable(self._viewer)
        if model.mode is None:
            pair = (model.first, model.second)
            if not self._touched or any(layer not in layers for layer in pair):
                pair = default_pair(self._viewer)
                self._touched = False
            model.set(first=pair[0], second=pair[1])
            if not self._tuned:
                contrast = common_contrast(self._viewer)
                model.set(contrast=contrast, scale=error_scale(contrast))
        self.pair.show_layers(layers, model.first, model.second)
        self._refresh()

    def _refresh(self) -> None:
        """Show what the model says."""
        model = self.model
        self.modes.show_mode(model.mode, key_free=self.view.key_free)
        others = [la for la in comparable(self._viewer) if la not in (model.first, model.second)]
        self.modes.show_others(others, model.others)
        if self.modes.fade.value() != round(100 * model.fade):
            self.modes.fade.setValue(round(100 * model.fade))
        run = run_in_view(self._viewer, model.first, model.second)
        has = run_layers(self._viewer, run)
        self.left_over.show_run(run, has, model.overlays, model.scale)
        self.contrast.show_contrast(model.one_contrast, model.contrast)

    def _changed(self, names: frozenset[str]) -> None:
        if names & {"first", "second"}:
            self.pair.show_layers(comparable(self._viewer), self.model.first, self.model.second)
            if self.model.mode is not None:
                self.compare(self.model.mode)
        if not names <= {"divider", "shows_first", "fade"}:
            self._refresh()
        if "scale" in names and self.model.mode == "difference" and self._largest is not None:
            self._say_largest()

    def _chosen(self) -> None:
        self._touched = True
        first, second = self.pair.pair
        self.model.set(first=first, second=second)

    def _tune(self, **parts: Any) -> None:
        """Take over a scale or contrast; it stays until another painting is loaded."""
        self._tuned = True
        self.model.set(**parts)

    def _lay_over(self) -> None:
        """Lay what is left over on the picture; where nothing is compared, on A."""
        wanted = self.left_over.wanted
        self.model.set(overlays=wanted)
        if wanted and self.model.mode is None:
            self.compare("blink")

    def _ended(self, why: str) -> None:
        self.reset_choices()
        self.say(why)

    def _renewed(self) -> None:
        """Compute what a mode shows from the pixels, on another thread where it is slow."""
        model = self.model
        self._work += 1
        if model.mode == "difference" and model.first is not None and model.second is not None:
            self._largest = None
            self.modes.computing.setText("computing…")
            in_background(
                partial(difference, model.first, model.second),
                partial(self._computed, self._work),
                self.modes.computing.setText,
            )
        elif model.mode == "profile" and self.view.added.line is not None:
            self.profile.clear()
            self.view.added.line.events.data.connect(lambda event: self._rest.start())

    def _computed(self, work: int, found: tuple[Floats, float]) -> None:
        values, self._largest = found
        if work == self._work and not self._gone:
            self._say_largest()
            self.view.show_difference(values)

    def _say_largest(self) -> None:
        """Say how large a difference is, and what to do where its colours do not reach so far."""
        said = f"The largest difference is {self._largest:.3f}."
        if self._largest > self.model.scale + ROUNDING:
            enough = ceil((self._largest - ROUNDING) * 10**DECIMALS) / 10**DECIMALS
            said += (
                f" The scale ends at ±{self.model.scale:g}, beyond it all looks the same: raise "
                f"<i>Full colour at ±</i> to {enough:g} to tell it apart."
            )
        self.modes.computing.setText(said)

    def _read_profile(self) -> None:
        """Read the grey values along the line that was drawn last."""
        drawn = self.view.added.line
        if drawn is None or len(drawn.data) == 0:
            return
        if len(drawn.data) > 1 and not drawn._is_creating:
            drawn.data = drawn.data[-1:]
        ends = np.asarray(drawn.data[-1], float)[[0, -1], -2:]
        run = self.view.run
        layers = run_layers(self._viewer, run)
        if not run or not layers:
            self.profile.clear(NO_RUN)
        elif np.any(ends[0] != ends[1]):
            distance, values = profile(layers, *ends)
            self.profile.show_profile(run, distance, values, self._pixel_size(layers))

    def _pixel_size(self, layers: dict[str, Image]) -> float | None:
        """Return the pixel size of a run's radiograph, mm; None where it is not known."""
        ours, loaded = next(iter(layers.values())).metadata[KEY], self._session.loaded
        size: float | None = ours.get("pixel_size_mm")
        if size is None and loaded is not None and EARLIER not in ours:
            return loaded.pixel_size_mm
        return size

    def _ask_run(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Add a run: choose its folder")
        if name:
            self.add_run(Path(name))

    def _add(self, opened: Opened) -> None:
        """Add a run's images; they come in as B where A is of another run."""
        if self._gone:
            return
        self.compare("")
        record, loaded = opened.stored.record, self._session.loaded
        run, first = title_of(self._viewer.layers, record, opened.folder), self.model.first
        if loaded is not None and not same_radiograph(record, loaded):
            self.say(f"{run}: not added, for it is of another painting; load that painting first.")
            return
        self._shaped = opened.folder
        self._show_evolution()
        self._touched = first is not None  # what is A stays A
        if add_hidden(self._viewer, opened):
            self.say(f"{run}: added to the images that you can choose.")
        else:
            self.say(f"{opened.name}: nothing to be added, its images are here already, as {run}.")
        same = None if first is None else run_layers(self._viewer, run).get(pane_of(first))
        if same is not None and same is not first:
            self.model.set(second=same)

    def _painting_changed(self) -> None:
        """Start afresh with another painting."""
        self.compare("")
        self._touched = self._tuned = False
        self._edited("runs")
        self._live = None
        self._ran()
        self.model.set(others=())
        self.reset_choices()

    def _edited(self, part: str) -> None:
        project = self._session.project
        runs = () if project is None else project.runs
        if part in ("regions", "runs"):
            self.runs.show_runs(runs, () if project is None else project.regions)
        if part == "runs":
            self._shaped = self._session.folder / runs[-1].folder if runs else None
            self._show_evolution()

    def _ran(self) -> None:
        """Follow a run that has begun."""
        before, self._live = self._live, self._session.live
        if self._live is before:
            return
        if self._live is not None:
            self._shaped = self._live
            self._show_evolution()
        elif self._shaped is before:
            self._edited("runs")

    def _show_evolution(self, event: Any = None) -> None:
        """Offer the epochs of the run that was begun, stored or added last, where asked for."""
        self.evolution.show_run(self._shaped if self.folded.open else None)

    def _in_front_changed(self, in_front: bool) -> None:
        """Give the viewer back while another dock is in front, as the others do."""
        if self._gone:
            return
        if in_front and self._away is not None:
            mode, self._away = self._away, None
            self.compare(mode)
        elif not in_front and self.model.mode is not None:
            self._away = self.model.mode
            self.compare("")

    def _closed(self) -> None:
        """Leave the viewer as it was found, where it is still there."""
        self._gone = True
        self._rest.stop()
        self.judge.stop()
        self._session.changed.disconnect(self._painting_changed, missing_ok=True)
        self._session.edited.disconnect(self._edited, missing_ok=True)
        self._session.ran.disconnect(self._ran, missing_ok=True)
        if not self._guard.too_late:
            self.view.stop()
            self.evolution.back()
