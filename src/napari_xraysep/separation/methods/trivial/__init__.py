"""What separates without effort: a method that does not beat these has done nothing."""

from __future__ import annotations

from napari_xraysep.records import Kind
from napari_xraysep.separation.method import Method, Settings

OURS = "none; a trivial separation to compare with"
BOTH: frozenset[Kind] = frozenset({"double-sided", "concealed"})

HALF = Method(
    name="half",
    title="Half of the radiograph",
    paper=OURS,
    summary="Puts half of the radiograph in each layer: nothing is separated.",
    kinds=BOTH,
    settings=Settings,
    implementation="napari_xraysep.separation.methods.trivial.model:run_half",
    uses_torch=False,
    learns=False,
    deterministic=True,
    baseline=True,
)

ALL_OR_NOTHING = Method(
    name="all-or-nothing",
    title="All or nothing",
    paper=OURS,
    summary="Puts the whole radiograph in the first layer and nothing in the second.",
    kinds=BOTH,
    settings=Settings,
    implementation="napari_xraysep.separation.methods.trivial.model:run_all_or_nothing",
    uses_torch=False,
    learns=False,
    deterministic=True,
    baseline=True,
)

GREY = Method(
    name="grey",
    title="Photographs in grey, scaled",
    paper=OURS,
    summary="Scales the photographs, in grey, until they come closest to the radiograph.",
    kinds=BOTH,
    settings=Settings,
    implementation="napari_xraysep.separation.methods.trivial.model:run_grey",
    uses_torch=False,
    deterministic=True,
    baseline=True,
)
