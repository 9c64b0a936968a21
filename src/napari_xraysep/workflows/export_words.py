"""What the files of an export say of themselves."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from napari_xraysep.evaluation.figures import heading, what_was_done
from napari_xraysep.io.evolution import RADIOGRAPH
from napari_xraysep.io.results import PREVIEW, describe
from napari_xraysep.records import HYPOTHETICAL, RunRecord
from napari_xraysep.region import Region
from napari_xraysep.workflows.export_grey import LEVELS, MIDDLE, Converted

ENDING = "-" + HYPOTHETICAL.replace(" ", "-")
"""Ends the name of every file that is made of results, since files travel alone."""
GUIDE, PROVENANCE, LAYERED = "README.txt", "provenance.json", f"layers{ENDING}.ome.tif"
WIDTH = 88

ADDING = (
    "Grey levels add up, but for rounding{clipped}: {sum}. {zero} ({level}) means that a layer "
    "absorbs nothing."
)
RESPONSES: Mapping[str, str] = {
    "as-is": ADDING,
    "log": ADDING,
    "linear": (
        "The grey value says how much of the rays arrives, so layers multiply: as shares of "
        "{top}, layer × layer × what the residual stands for = radiograph. White ({top}) means "
        "that a layer lets everything pass."
    ),
    "film-density": (
        "The grey value is the light that a film lets through. The densities of the layers' films "
        "multiply to that of the radiograph. Density 1 (grey level 6554, or 58982 where black "
        "absorbs) means that a layer changes nothing; how dark the film would be without any "
        "painting is not known."
    ),
}
"""What a layer's grey value means in the radiograph's own response."""
CONSTANT = (
    "Overall brightness is not known: a constant may be moved from one layer to the other and they "
    "still make the same radiograph. Compare detail within a layer, not how light two layers are."
)
ALWAYS = (
    "The files carry the radiograph's own XMP where it had any; it describes the radiograph, not "
    "a layer.",
    "No colour profile is embedded: grey values are measurements, not colours.",
    "The layers in full precision are in the run's own folder, as 32-bit float.",
)


def page_name(name: str, image: Converted) -> str:
    """Name a page of the layered file."""
    if name == RADIOGRAPH:
        return "mixed radiograph"
    scale = {"grey": "", "signed": f", {MIDDLE} is zero", "spread": ""}[image.sort]
    return f"{name}: {HYPOTHETICAL}{scale}"


def about(name: str, image: Converted, record: RunRecord) -> str:
    """Describe one image for its file."""
    what = describe(name, record)
    if name == RADIOGRAPH:
        simulated = ", simulated" if record.simulated else ""
        what = f"the mixed radiograph{simulated}, for comparison with its {HYPOTHETICAL}"
    return f"{what}; {_scale(image, record)}{_region(record)}"


def about_all(record: RunRecord) -> str:
    """Describe the layered file."""
    return f"{heading(record)}. {what_was_done(record)}{_region(record)}"


def file_name(name: str) -> str:
    """Name the 16-bit file of an image; only the radiograph itself is no hypothesis."""
    return f"{name}.tif" if name == RADIOGRAPH else f"{name}{ENDING}.tif"


def clipped(name: str, image: Converted) -> list[str]:
    """Say what share of an image's pixels 16 bits do not hold; nothing where they hold all."""
    pixels = image.shape[0] * image.shape[1]
    ends = {"below black": image.below, "above white": image.above}
    said = [f"{100 * count / pixels:.2g} % {end}" for end, count in ends.items() if count]
    return [f"{name}: clipped, of its pixels {' and '.join(said)}."] if said else []


def _scale(image: Converted, record: RunRecord) -> str:
    if image.sort == "grey":
        absorbing = str(record.polarity.value).replace("-", " ")
        return (
            f"16-bit grey in the radiograph's own response ({record.response.value}, {absorbing})"
        )
    zero = MIDDLE if image.sort == "signed" else 0
    return f"grey level {zero} is zero, one level is {image.step:.6g} in the working domain"


def _region(record: RunRecord) -> str:
    return "" if record.region is None else f"; {where(record.region)}"


def where(region: str) -> str:
    """Say which part of the radiograph a region is."""
    y0, y1, x0, x1 = Region.parse(region)
    return (
        f"rows {y0} to {y1 - 1} and columns {x0} to {x1 - 1} of the radiograph, counted from 0 at "
        "its top left"
    )


def guide(
    names: Sequence[str],
    images: Mapping[str, Converted],
    record: RunRecord,
    notes: Sequence[str],
) -> str:
    """Write ``README.txt``: what each file is, what its grey levels mean, what to keep in mind.

    Parameters
    ----------
    names
        Of all files.
    images
        What was written in 16 bits, by name.
    notes
        What did not go into the files as it was.
    """
    about_files = _about_files(images, record)
    parts = [
        [heading(record).upper(), *_wrapped(what_was_done(record))],
        _wrapped(f"{record.warning} Uncertainty: {record.uncertainty}."),
        ["FILES"],
        *([name, *_wrapped(about_files.get(name, ""), "    ")] for name in names),
        ["GREY LEVELS", *_wrapped(_response(record, images))],
        _wrapped(CONSTANT),
        ["TO KEEP IN MIND", *(line for text in (*notes, *ALWAYS) for line in _wrapped(text, "- "))],
    ]
    if record.region is not None:
        parts.insert(1, _wrapped(f"Only a part: {where(record.region)}."))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _about_files(images: Mapping[str, Converted], record: RunRecord) -> dict[str, str]:
    """Say what each file is, by its name."""
    said = {file_name(name): about(name, im, record) for name, im in images.items()}
    pages = ", ".join(images)
    said |= {
        f"{name}{ENDING}.png": f"{name}, drawn with its scale; layers share one contrast"
        for name in images
    }
    said |= {
        LAYERED: f"all of these as the pages of one file, in this order: {pages}. GIMP opens them "
        "as layers with their names, the last on top; programs that know OME-TIFF read the names "
        "as those of channels; ImageJ and napari page through them without names; nip2 and "
        "Photoshop show the first page only: open the single files there",
        f"evolution{ENDING}.gif": "how the layers took shape, animated",
        f"evolution-strip{ENDING}.png": "the same at epochs evenly spread over the run",
        f"evolution-epochs{ENDING}.png": "what the model made of the radiograph, against epochs",
        PREVIEW: "radiograph, layers, their sum and what is left, in one contrast",
        PROVENANCE: "what was done, to be repeated: inputs with SHA-256, settings, seed, versions",
        GUIDE: "this text",
    }
    return said


def _response(record: RunRecord, images: Mapping[str, Converted]) -> str:
    black = record.polarity.value == "black-absorbs"
    zero, level = ("White", LEVELS) if black else ("Black", 0)
    stated = str(record.response.value)
    some_clipped = any(clipped(name, image) for name, image in images.items())
    words = RESPONSES[stated].format(
        zero=zero,
        level=level,
        top=LEVELS,
        sum=_sum(images["residual"].step, black),
        clipped=" and where an image is clipped (see below)" if some_clipped else "",
    )
    assumed = " (assumed, not stated)" if record.response.assumed else ""
    return f"The radiograph's response: {stated}{assumed}. {words}"


def _sum(step: float, black: bool) -> str:
    """Say how the files' grey levels add up; the residual's step may be several of a layer's."""
    times = round(step * LEVELS)
    left = f"{times} × (residual − {MIDDLE})" if times > 1 else f"(residual − {MIDDLE})"
    if black:
        absorbed = f"({LEVELS} − layer)"
        return f"{absorbed} + {absorbed} + {left} = {LEVELS} − radiograph"
    return f"layer + layer + {left} = radiograph"


def _wrapped(text: str, start: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
    )
