"""What a report says in words, composed from the record of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_xraysep.records import InputRecord, RunRecord
from napari_xraysep.transforms import SideTransform, Transforms

SOFTWARE = "napari-xraysep"
LEFT_OUT = "Hatched: left out by the mask, nothing is known there"
"""What the caption says wherever results are hatched."""
NOT_ESTIMATED = "not estimated"
"""How a record says that there is no uncertainty."""
CITATION = (
    "The napari-xraysep contributors, napari-xraysep: separate the mixed X-radiograph of a "
    "painting into its layers, version {version}, BSD-3-Clause licence"
)

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""In English, whatever the machine speaks."""


@dataclass(frozen=True)
class Setting:
    """One setting of a method: its name, what it is in words, its value and the preset's."""

    name: str
    title: str
    value: Any
    preset: Any

    @property
    def changed(self) -> bool:
        """Whether it differs from the preset's."""
        return bool(self.value != self.preset)


def file_name(one: InputRecord) -> str:
    """Name an input as a reader knows it."""
    if one.path is not None:
        return PurePath(one.path.replace("\\", "/")).name
    return "drawn by hand" if one.outlines else "an array without a file"


def mixed(record: RunRecord) -> str:
    """Call the radiograph what it is."""
    return "mixed radiograph" + (" (simulated)" if record.simulated else "")


def role(one: InputRecord, record: RunRecord) -> str:
    """Say what an input is."""
    names = {
        "radiograph": "X-radiograph" + (" (simulated)" if record.simulated else ""),
        "front": f"Photograph of the {record.layers[0]}",
        "back": "Photograph of the back",
        "mask": "Mask: what is left out",
        "prior-mask": "Drawing: where the concealed design lies",
        "prior-image": "X-ray of the surface, made by hand",
        "scribbles": "Scribbles: what the radiograph shows there",
    }
    return names[one.role]


def day(iso: str) -> str:
    """Write the day of an ISO 8601 time as a reader would: 21 November 2026."""
    when = datetime.fromisoformat(iso)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def moment(iso: str) -> str:
    """Write an ISO 8601 time likewise: 21 November 2026, 17:49 UTC."""
    when = datetime.fromisoformat(iso)
    return f"{day(iso)}, {when:%H:%M} {when.tzname() or ''}".strip()


def size_in_mm(record: RunRecord, pixels: int) -> float | None:
    """Return so many pixels in millimetres, or None where a pixel's size is not known."""
    size = record.pixel_size_mm.value
    return size * pixels if isinstance(size, float | int) else None


def pixel_size(record: RunRecord) -> str:
    """Say how large a pixel is, and who says so."""
    stated = record.pixel_size_mm
    if stated.value is None:
        return "not known"
    return f"{stated.value:g} mm" + (" (from the file)" if stated.assumed else " (stated)")


def references(record: RunRecord) -> list[str]:
    """Return what is to be cited: this software, and the paper of the method."""
    version = record.versions.get(SOFTWARE, "unknown")
    found = [CITATION.format(version=version)]
    if has_paper(record):
        found.append(record.paper)
    return found


def has_paper(record: RunRecord) -> bool:
    """Whether a method has a paper of its own, and is neither ours nor trivial."""
    return SOFTWARE not in record.paper and not record.paper.startswith("none")


def what_it_is(record: RunRecord) -> str:
    """Say in two plain sentences what is shown."""
    first, second = record.layers[:2]
    if record.kind == "double-sided":
        shows = "the paintings on both of its sides, one over the other"
        parts = f"one image for the {first} and one for the {second}"
        helped = "photographs of both sides"
    else:
        shows = "both the painting that is seen and what was painted below it"
        parts = f"one image for the {first} and one for the {second} design"
        helped = "a photograph of the surface"
    made = "a simulated X-radiograph" if record.simulated else "an X-radiograph"
    return (
        f"{made[:1].upper()}{made[1:]} of a painting shows {shows}; this report shows an attempt "
        f"to split it into {parts}, with the help of {helped}. It is an inference from colours "
        "and a model and not a second radiograph: what it shows is a hypothesis, to be tested "
        "against other evidence."
    )


def how(side: SideTransform) -> str:
    """Say how a photograph was registered."""
    kind, _, model = side.how.partition(", ")
    said = {"intensity": "found from the images themselves"}.get(kind, side.how)
    if kind == "landmarks":
        said = f"by details marked by hand, {model}"
    if side.transform.whole.warp is not None:
        said += ", with a smooth bend"
    if side.transform.plates:
        said += f", {len(side.transform.plates)} films each its own way"
    return said


def how_well(side: SideTransform) -> str:
    """Say how far off a photograph is where that could be measured on the images themselves."""
    quality = side.quality
    if quality is None or quality.median_px is None:
        return "how far it is still off was not measured"
    said = f"still off by {_length(quality.median_px, quality.median_mm)} on the median"
    if quality.p95_px is not None:
        said += f" and by {_length(quality.p95_px, quality.p95_mm)} at the 95th percentile"
    said += f", measured on the images in {quality.tiles} places"
    return f"{said}; {quality.reason}" if quality.reason else said


def _length(pixels: float, mm: float | None) -> str:
    return f"{pixels:.2g} pixels" + ("" if mm is None else f" ({mm:.2g} mm)")


def transforms_of(record: RunRecord) -> Transforms | None:
    """Return how the photographs were registered, where they were."""
    return None if record.transforms is None else Transforms.model_validate(record.transforms)


def duration(seconds: float) -> str:
    """Say a time as a person would."""
    if seconds < 120:
        return f"{seconds:.1f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def too_small(record: RunRecord) -> list[str]:
    """Say of the uncertainty of a concealed design how much larger errors are; else nothing.

    Measured on simulated paintings with two methods; docs/uncertainty.md has the numbers.
    """
    if record.kind != "concealed" or record.uncertainty == NOT_ESTIMATED:
        return []
    return [
        "For concealed designs the uncertainty is too small: on simulated paintings errors were "
        "1.4 to 2.9 times as large as it said."
    ]


def given_away(record: RunRecord) -> str:
    """Say where a method that leaves nothing unexplained puts what it cannot explain."""
    often = ", as a rule to the concealed one" if record.kind == "concealed" else ""
    return f"what the method cannot explain it gives to its layers{often}"


def about_the_mask(record: RunRecord, left_out: NDArray[np.bool_] | None) -> str:
    """Say what hatching means, or why there is none though something was left out."""
    if left_out is not None:
        return f"{LEFT_OUT}." if left_out.any() else ""
    if not any(one.role == "mask" for one in record.inputs):
        return ""
    return (
        "A mask left parts out, of which nothing is known. It could not be read again, so that "
        "they are not hatched."
    )


def limits(record: RunRecord, *, all_explained: bool = False) -> list[str]:
    """Say what the result cannot show.

    Parameters
    ----------
    all_explained
        The method's model left nothing unexplained.
    """
    guess = "The image of what was unexplained shows where there was much to guess."
    if all_explained:
        guess = (
            "Where there was much to guess cannot be told with this method: "
            f"{given_away(record)}, so that the image of what was unexplained is empty."
        )
    said = [
        "That the layers add up proves nothing: the whole radiograph in one layer and nothing in "
        "the other adds up, too. A small residual or a small loss does not mean a good separation.",
        "What a photograph does not show cannot be split by colour. Brushwork, thickness, losses "
        "and the support are in the radiograph but not in a photograph; their share in each layer "
        f"is the model's guess. {guess}",
        "One colour is taken to be one pigment, everywhere or nearby. Where paints of one colour "
        "absorb differently, as lead white and chalk do, colour cannot tell them apart.",
        "Overall brightness is not known: a constant may be moved from one layer to the other and "
        "they still add up. Compare detail within a layer, not how light the two layers are.",
        "A layer that looks just like its photograph in grey shows nothing new.",
    ]
    if record.uncertainty == NOT_ESTIMATED:
        said.append(
            "Uncertainty was not estimated. What changes when the method or the seed is changed "
            "was not certain."
        )
    else:
        only = " Nothing was left unexplained, so that it is the spread alone."
        said.append(
            f"The uncertainty is the {record.uncertainty}.{only if all_explained else ''} It shows "
            "where the method disagrees with itself; an error that it makes every time does not "
            "show."
        )
        said += too_small(record)
    if record.simulated:
        said.append("The radiograph is simulated: nothing here is a finding about a painting.")
    if not record.complete:
        said.append("The run was stopped before its end: a finished run may look different.")
    said.append(
        "The pictures in this report are reduced. Measure on the image files beside it, which "
        "hold every pixel."
    )
    return said
