"""What is gathered and checked before a run starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QWidget

from napari_xraysep.painting import Painting
from napari_xraysep.plugin import questions
from napari_xraysep.plugin.method_panel import MethodPanel
from napari_xraysep.plugin.output_choice import OutputChoice
from napari_xraysep.plugin.region_choice import RegionChoice
from napari_xraysep.plugin.run_worker import Job
from napari_xraysep.separation.options import RunOptions
from napari_xraysep.workflows.run_folder import RunFolder

CHOOSE_FOLDER, RUN_UNSAVED, DO_NOT_START = "Choose a folder…", "Run without saving", "Do not start"


@dataclass(frozen=True, eq=False)
class Start:
    """A run that is checked and waits for the painting with its mask and prior.

    Attributes
    ----------
    folder
        None: the results stay in the viewer.
    """

    method: str
    settings: dict[str, Any]
    options: RunOptions
    folder: RunFolder | None
    warm_from: Path | None

    def job(self, painting: Painting) -> Job:
        """Return what to run on a painting."""
        return Job(painting, self.method, self.settings, self.options, self.folder, self.warm_from)


def checked_start(
    painting: Painting,
    panel: MethodPanel,
    regions: RegionChoice,
    output: OutputChoice,
    parent: QWidget,
) -> Start | None:
    """Gather what to run; None where the user would rather not start.

    Raises
    ------
    InputError
        A setting, a region or the folder cannot be used.
    """
    assert panel.form is not None
    method, settings = panel.chosen, panel.form.values()
    options = replace(panel.options, region=regions.region, learn_on=regions.learn_on)
    method.check_kind(painting.kind)
    method.settings_for(options.preset, settings)
    options.check(painting.shape)
    folder = output.folder
    if folder is None:
        answer = questions.ask(
            parent,
            "This radiograph has no folder of its own to store the run in.",
            (CHOOSE_FOLDER, RUN_UNSAVED, DO_NOT_START),
        )
        if answer == DO_NOT_START or (answer == CHOOSE_FOLDER and not output.choose()):
            return None
        folder = output.folder
    store = None if folder is None else RunFolder(folder, painting)
    return Start(method.name, settings, options, store, panel.warm_from)
