"""What a report says in words, composed from the record of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from napari_xraysep.records import InputRecord, RunRecord
from napari_xraysep.region import Region
from napari_xraysep.transforms import SIDES, Side, SideTransform, Transforms

SOFTWARE = "napari-xraysep"
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

RESPONSES = {
    "as-is": "were taken as they are, as adding up where paint layers lie over each other",
    "log": "were taken as a logarithm of the rays that arrived",
    "linear": "were taken as proportional to the rays that arrived, and their logarithm was used",
    "film-density": "were taken as the light that the film lets through, and the film's density "
    "and its logarithm were worked out from them",
}
ALLOCATIONS = {
    "none": "What the method's model left unexplained stays in the residual and was not shared "
    "out between the layers.",
    "even": "What the method's model left unexplained was shared out evenly, half to each layer.",
    "variance": "What the method's model left unexplained was shared out between the layers by "
    "how much of it is to be expected of each, from the strength of both in that place.",
}


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
    if _has_paper(record):
        found.append(record.paper)
    return found


def _has_paper(record: RunRecord) -> bool:
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


def methods_paragraphs(record: RunRecord, settings: Sequence[Setting] | None) -> list[str]:
    """Write what was done in the style of a paper's methods section.

    ``[1]`` and ``[2]`` stand for `references`.

    Parameters
    ----------
    settings
        All of the method's; None where the method is not installed, so that the preset is unknown.
    """
    return [
        " ".join(_inputs(record)),
        " ".join(_separation(record, settings)),
        " ".join(_guidance(record)),
    ]


def _inputs(record: RunRecord) -> list[str]:
    by_role = {one.role: one for one in record.inputs}
    xray = by_role["radiograph"]
    depth = "floating point" if record.bits is None else f"{record.bits} bit"
    size = size_in_mm(record, 1)
    said = [
        f"The {'simulated ' if record.simulated else ''}X-radiograph ({file_name(xray)}) has "
        f"{xray.width} × {xray.height} pixels of {depth}"
        + ("; the size of a pixel is not known." if size is None else "")
    ]
    if size is not None:
        said[0] += f", each {pixel_size(record)}, which makes {_area(size, xray)}."
    white = "White" if record.polarity.value == "white-absorbs" else "Black"
    said.append(
        f"{white} was taken to be what absorbs{_assumed(record.polarity.assumed)}; grey values "
        f"{RESPONSES[str(record.response.value)]}{_assumed(record.response.assumed)}."
    )
    transforms = transforms_of(record)
    for side in SIDES:
        if side in by_role:
            said.append(_lies(record, by_role[side], side, transforms))
    return said


def _area(size: float, xray: InputRecord) -> str:
    return f"{xray.width * size / 10:.3g} × {xray.height * size / 10:.3g} cm of the painting"


def _assumed(assumed: bool) -> str:
    return " (assumed: nobody stated it)" if assumed else " (stated)"


def _lies(record: RunRecord, one: InputRecord, side: Side, transforms: Transforms | None) -> str:
    """Say how a photograph came onto the radiograph's grid."""
    name = record.layers[0] if side == "front" else side
    known = None if transforms is None else transforms.side(side)
    said = f"The photograph of the {name} ({file_name(one)}, {one.width} × {one.height} pixels)"
    if one.icc_profile:
        said += f" was converted from {one.icc_profile} to sRGB and"
    if known is not None:
        upright = known.transform.orientation
        laid = "" if upright == "as it is" else f", {upright}"
        return f"{said} was laid on the radiograph{laid} ({how(known)}; {how_well(known)})."
    if one.registered:
        return f"{said} had been registered to the radiograph beforehand."
    turned = ", mirrored left to right since it was taken from behind" if one.mirrored else ""
    return f"{said} was taken as lying on the radiograph pixel by pixel{turned}."


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


def _separation(record: RunRecord, settings: Sequence[Setting] | None) -> list[str]:
    first, second = record.layers[:2]
    cited = " [2]" if _has_paper(record) else ""
    said = [
        f"The radiograph was separated into {first} and {second} with {SOFTWARE} "
        f"{record.versions.get(SOFTWARE, '')} [1] and its method {record.method_title} "
        f"({record.method}){cited}, with the preset “{record.preset}”.",
        _changes(record, settings),
        f"It ran on the {record.device.upper()} with the random seed {record.seed} and took "
        f"{duration(record.seconds)}."
        if record.complete
        else "It was stopped before its end: the layers are as they stood then, after "
        f"{duration(record.seconds)} on the {record.device.upper()} with the random seed "
        f"{record.seed}.",
    ]
    if record.restarts:
        said.append(_restarts(record))
    if record.warm_start is not None:
        said.append(f"It learnt beforehand from: {record.warm_start}.")
    said.append(ALLOCATIONS.get(record.allocation, f"Allocation: {record.allocation}."))
    return said


def _changes(record: RunRecord, settings: Sequence[Setting] | None) -> str:
    if settings is None:
        return "Its settings are in the table below; what the preset was is not known here."
    changed = [f"{one.name} = {one.value} (not {one.preset})" for one in settings if one.changed]
    if not changed:
        return "All settings were those of the preset."
    return f"Settings that differ from the preset: {', '.join(changed)}."


def _restarts(record: RunRecord) -> str:
    runs = record.restarts
    said = f"It was run {len(runs)} times"
    if any(one.resampled for one in runs):
        seeds = ", ".join(str(one.seed) for one in runs if one.resampled)
        return (
            f"{said}: the first run learnt from everything and is the result; each other learnt "
            f"from half of the painting's blocks, drawn at random (seeds {seeds}), and only helps "
            "to say how far the result may be relied on."
        )
    seeds = ", ".join(str(one.seed) for one in runs)
    kept = sum(one.kept for one in runs)
    return f"{said} from different random starts (seeds {seeds}); the result is the mean of {kept}."


def duration(seconds: float) -> str:
    """Say a time as a person would."""
    if seconds < 120:
        return f"{seconds:.1f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def _guidance(record: RunRecord) -> list[str]:
    said = []
    if record.region is None:
        said.append("The whole radiograph was separated.")
    else:
        region = Region.parse(record.region)
        said.append(
            f"Only a part of the radiograph was separated: rows {region.y0} to {region.y1} and "
            f"columns {region.x0} to {region.x1}, {record.width} × {record.height} pixels."
        )
    if record.learn_on is not None:
        said.append(f"The method learnt from rows and columns {record.learn_on} only.")
    mask = next((one for one in record.inputs if one.role == "mask"), None)
    if mask is not None:
        said.append(f"A mask ({file_name(mask)}) says what was left out of everything.")
    if record.prior is not None:
        said.append(f"What was said of the concealed design beforehand: {record.prior}.")
    return said


def limits(record: RunRecord) -> list[str]:
    """Say what the result cannot show."""
    said = [
        "That the layers add up proves nothing: the whole radiograph in one layer and nothing in "
        "the other adds up, too. A small residual or a small loss does not mean a good separation.",
        "What a photograph does not show cannot be split by colour. Brushwork, thickness, losses "
        "and the support are in the radiograph but not in a photograph; their share in each layer "
        "is the model's guess. The image of what was unexplained shows where there was much to "
        "guess.",
        "One colour is taken to be one pigment, everywhere or nearby. Where paints of one colour "
        "absorb differently, as lead white and chalk do, colour cannot tell them apart.",
        "Overall brightness is not known: a constant may be moved from one layer to the other and "
        "they still add up. Compare detail within a layer, not how light the two layers are.",
        "A layer that looks just like its photograph in grey shows nothing new.",
    ]
    if record.uncertainty == "not estimated":
        said.append(
            "Uncertainty was not estimated. What changes when the method or the seed is changed "
            "was not certain."
        )
    else:
        said.append(
            f"The uncertainty is the {record.uncertainty}. It shows where the method disagrees "
            "with itself; an error that it makes every time does not show."
        )
    if record.simulated:
        said.append("The radiograph is simulated: nothing here is a finding about a painting.")
    if not record.complete:
        said.append("The run was stopped before its end: a finished run may look different.")
    said.append(
        "The pictures in this report are reduced. Measure on the image files beside it, which "
        "hold every pixel."
    )
    return said
