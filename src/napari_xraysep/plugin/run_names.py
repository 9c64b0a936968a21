"""What the stored runs of a project are called where they are listed; without Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from napari_xraysep.project import NamedRegion, StoredRunRef
from napari_xraysep.separation.method import installed_methods


def names_of(
    runs: Sequence[StoredRunRef], regions: Sequence[NamedRegion]
) -> dict[StoredRunRef, str]:
    """Return what each run is called: its method, when it began, and what region it is of.

    Runs that all of this is the same of are told apart by their folders.
    """
    known = {one.region: one.name for one in regions}
    names = {run: " · ".join(_parts(run, known)) for run in runs}
    often = Counter(names.values())
    return {
        run: f"{name} · {run.folder}" if often[name] > 1 else name for run, name in names.items()
    }


def _parts(run: StoredRunRef, regions: dict[str, str]) -> list[str]:
    method = installed_methods().get(run.method)
    title = run.method if method is None else method.title
    parts = [title, run.started[:16].replace("T", " ")]
    return parts if run.region is None else [*parts, regions.get(run.region, run.region)]
