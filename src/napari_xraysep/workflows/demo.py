"""The demonstration: the samples separated offline, with pictures and a gain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_xraysep.io.staging import check_fresh, free_folder
from napari_xraysep.separation import Finished
from napari_xraysep.simulation.samples import sample_folder
from napari_xraysep.sources import Sources
from napari_xraysep.workflows.measure import measure
from napari_xraysep.workflows.run_folder import RunFolder
from napari_xraysep.workflows.separating import separate

DEFAULT_FOLDER = "xraysep-demo"
SAMPLES: tuple[Literal["double-sided", "concealed"], ...] = ("double-sided", "concealed")


@dataclass(frozen=True)
class DemoRun:
    """One sample separated.

    Attributes
    ----------
    folder, picture
        The run folder and the preview in it.
    gain
        How many times smaller the squared error is than that of half of the radiograph.
    baselines
        The gains of what separates without effort, by name.
    """

    sample: str
    folder: Path
    picture: Path
    seconds: float
    gain: float
    baselines: Mapping[str, float]


def demo(out: Path | None = None) -> Iterator[DemoRun]:
    """Separate each sample into a folder of its own below ``out``, one after the other.

    Parameters
    ----------
    out
        Must be new or empty; by default ``xraysep-demo`` in the current folder, numbered if
        taken.

    Raises
    ------
    InputError
        ``out`` is taken or cannot be written.
    """
    out = out or free_folder(Path(DEFAULT_FOLDER))
    check_fresh(out)
    for sample in SAMPLES:
        files = sample_folder(sample)
        painting = Sources(
            xray=files / "xray.tif",
            front=files / "front.tif",
            back=files / "back.tif" if sample == "double-sided" else None,
            mirror_back=sample == "double-sided",
        ).align()
        folder = RunFolder(out / sample, painting)
        for event in separate(painting):
            folder.note(event)
            if isinstance(event, Finished):
                finished = event
        folder.write(finished)
        measured = measure(folder.folder, (files / "truth-1.tif", files / "truth-2.tif"))
        yield DemoRun(
            sample=sample,
            folder=folder.folder,
            picture=folder.folder / "preview.png",
            seconds=finished.record.seconds,
            gain=measured.metrics["gain"],
            baselines={name: values["gain"] for name, values in measured.baselines.items()},
        )
