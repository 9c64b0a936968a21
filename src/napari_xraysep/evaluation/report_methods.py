"""The methods section of a report, in the style of a paper's, composed from a run's record."""

from __future__ import annotations

from collections.abc import Sequence

from napari_xraysep.evaluation.report_words import (
    SOFTWARE,
    Setting,
    duration,
    file_name,
    given_away,
    has_paper,
    how,
    how_well,
    pixel_size,
    size_in_mm,
    transforms_of,
)
from napari_xraysep.records import InputRecord, RunRecord
from napari_xraysep.region import Region
from napari_xraysep.transforms import SIDES, Side, Transforms

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


def methods_paragraphs(
    record: RunRecord, settings: Sequence[Setting] | None, *, all_explained: bool = False
) -> list[str]:
    """Write what was done in the style of a paper's methods section.

    ``[1]`` and ``[2]`` stand for `references`.

    Parameters
    ----------
    settings
        All of the method's; None where the method is not installed, so that the preset is unknown.
    all_explained
        The method's model left nothing unexplained.
    """
    return [
        " ".join(_inputs(record)),
        " ".join(_separation(record, settings, all_explained)),
        " ".join(_guidance(record)),
    ]


def _inputs(record: RunRecord) -> list[str]:
    by_role = {one.role: one for one in record.inputs}
    xray = by_role.get("radiograph")
    depth = "floating point" if record.bits is None else f"{record.bits} bit"
    size = size_in_mm(record, 1)
    called = f"The {'simulated ' if record.simulated else ''}X-radiograph"
    if xray is None:
        said = [f"{called} and what else went in were given as arrays, without files."]
    else:
        said = [
            f"{called} ({file_name(xray)}) has {xray.width} × {xray.height} pixels of {depth}"
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


def _separation(
    record: RunRecord, settings: Sequence[Setting] | None, all_explained: bool
) -> list[str]:
    first, second = record.layers[:2]
    cited = " [2]" if has_paper(record) else ""
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
    if all_explained:
        said.append(
            "The method's model left nothing unexplained, so that there was nothing to share out: "
            f"{given_away(record)}."
        )
    else:
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


def _guidance(record: RunRecord) -> list[str]:
    said = []
    if record.region is None:
        said.append("The whole radiograph was separated.")
    else:
        region = Region.parse(record.region)
        said.append(
            f"Only a part of the radiograph was separated: rows {region.y0} to {region.y1 - 1} "
            f"and columns {region.x0} to {region.x1 - 1}, {record.width} × {record.height} pixels."
        )
    if record.learn_on is not None:
        said.append(f"The method learnt from rows and columns {record.learn_on} only.")
    mask = next((one for one in record.inputs if one.role == "mask"), None)
    if mask is not None:
        said.append(f"A mask ({file_name(mask)}) says what was left out of everything.")
    if record.prior is not None:
        prior = record.prior.replace(": ", " – ")  # one colon in a sentence
        said.append(f"What was said of the concealed design beforehand: {prior}.")
    return said
