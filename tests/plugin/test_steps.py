from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from npe2 import PluginManifest

import napari_xraysep
from napari_xraysep.plugin.help_window import docs_folder
from napari_xraysep.plugin.loading import Loaded
from napari_xraysep.plugin.steps import NUMBERS, PAGES, State, next_of, steps
from napari_xraysep.project import Area, NamedRegion, PriorDrawing, Project, StoredRunRef
from napari_xraysep.records import Quality
from napari_xraysep.transforms import Piece, SideTransform, Transform, Transforms

RUN = StoredRunRef(folder="xray-xraysep-1", method="regression", started="2026-01-01T00:00:00")


@pytest.fixture
def concealed(loaded: Loaded) -> Loaded:
    return replace(loaded, images={r: im for r, im in loaded.images.items() if r != "back"})


def stand(
    loaded: Loaded | None,
    project: Project | None = None,
    running: bool = False,
    results: bool = False,
) -> dict[str, tuple[State, str]]:
    found = steps(loaded, project, running=running, results=results)
    return {step.dock: (step.state, step.said) for step in found}


def after(dock: str, *known: Any, running: bool = False, results: bool = False) -> Any:
    return next_of(steps(*known, running=running, results=results), dock)


def registered(loaded: Loaded, median: float | None) -> Transforms:
    images, shape = loaded.images, loaded.shape
    whole = Piece.from_matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    side = SideTransform(
        photograph=images["front"].record,
        transform=Transform(radiograph_shape=shape, photograph_shape=shape, whole=whole),
        how="automatically",
        quality=None if median is None else Quality(ok=True, median_px=median),
    )
    return Transforms(radiograph=images["radiograph"].record, front=side)


def test_the_steps_are_the_docks_of_the_manifest_in_their_order() -> None:
    manifest = PluginManifest.from_file(Path(napari_xraysep.__file__).parent / "napari.yaml")
    assert [one.display_name for one in manifest.contributions.widgets or []] == list(NUMBERS)


def test_each_step_has_its_page() -> None:
    assert list(PAGES) == list(NUMBERS)
    for page in PAGES.values():
        assert (docs_folder() / page).is_file(), page


def test_at_first_only_the_images_are_due() -> None:
    found = stand(None)
    assert found["Load painting"][0] is State.DUE
    assert {state for dock, (state, _) in found.items() if dock != "Load painting"} == {
        State.WAITING
    }
    assert after("Load painting", None, None).dock is None
    assert after("Separate", None, None).dock == "Load painting"
    assert after("Separate", None, None).sentence.startswith("First")


def test_photographs_of_the_same_size_are_to_be_checked_and_a_back_needs_no_prior(
    loaded: Loaded,
) -> None:
    found = stand(loaded, Project())
    assert found["Load painting"] == (State.DONE, "double-sided, 56 × 40")
    assert found["Register"] == (State.OPTIONAL, "same size, not checked")
    assert found["Prior"] == (State.NOT_NEEDED, "not needed: it has a back")
    assert found["Separate"][0] is State.DUE
    assert after("Load painting", loaded, Project()).dock == "Register"
    assert "check how" in after("Load painting", loaded, Project()).sentence
    assert after("Register", loaded, Project()).dock == "Mask and regions"
    assert after("Mask and regions", loaded, Project()).dock == "Separate"


def test_photographs_that_do_not_fit_are_registered_next(loaded: Loaded) -> None:
    apart = replace(loaded, painting=None, refusal="The front does not fit.")
    assert stand(apart, Project())["Register"][0] is State.DUE
    assert stand(apart, Project())["Separate"][0] is State.WAITING
    assert after("Load painting", apart, Project()).dock == "Register"
    assert after("Separate", apart, Project()).dock == "Register"
    assert after("Register", apart, Project()).dock is None


def test_photographs_that_were_registered_before_need_no_registration(loaded: Loaded) -> None:
    known = {
        role: replace(image, record=image.record.model_copy(update={"registered": True}))
        for role, image in loaded.images.items()
    }
    before = replace(loaded, images=known)
    assert stand(before, Project())["Register"] == (
        State.NOT_NEEDED,
        "not needed: registered before",
    )


def test_a_registration_that_was_found_is_due_until_it_is_used(loaded: Loaded) -> None:
    def follows(dock: str) -> Any:
        return next_of(
            steps(loaded, Project(), running=False, results=False, unused=("front",)), dock
        )

    found = steps(loaded, Project(), running=False, results=False, unused=("front",))[1]
    assert (found.state, found.said) == (State.DUE, "front found, not in use")
    assert "use what was found" in follows("Register").sentence
    for dock in ("Load painting", "Mask and regions", "Separate"):
        assert follows(dock).dock == "Register"
        assert "use the registration found" in follows(dock).sentence


@pytest.mark.parametrize(("median", "said"), [(0.24, "front 0.24 px"), (None, "front by hand")])
def test_a_registration_is_told_with_its_measure(
    concealed: Loaded, loaded: Loaded, median: float | None, said: str
) -> None:
    used = Project(transforms=registered(loaded, median))
    assert stand(concealed, used)["Register"] == (State.DONE, said)
    assert stand(loaded, used)["Register"] == (State.OPTIONAL, f"{said}, back not checked")


def test_what_is_drawn_counts_as_done(concealed: Loaded) -> None:
    assert after("Mask and regions", concealed, Project()).dock == "Prior"
    square = Area(polygons=(((0, 0), (0, 9), (9, 9)),))
    drawn = Project(
        mask=square,
        prior=PriorDrawing(area=square),
        regions=(NamedRegion(name="face", region="0:9,0:9"),),
    )
    found = stand(concealed, drawn)
    assert found["Mask and regions"] == (State.DONE, "mask drawn, 1 region")
    assert found["Prior"] == (State.DONE, "design marked")
    assert after("Register", concealed, drawn).dock == "Separate"


def test_a_run_is_waited_for_and_then_looked_at(loaded: Loaded) -> None:
    assert stand(loaded, Project(), running=True)["Separate"][0] is State.RUNNING
    assert "Cancel" in after("Separate", loaded, Project(), running=True).sentence
    for known in ((loaded, Project(), False, True), (loaded, Project(runs=(RUN, RUN)))):
        assert stand(*known)["Separate"][0] is State.DONE
        assert stand(*known)["Compare"][0] is State.DUE
    assert stand(loaded, Project(runs=(RUN, RUN)))["Separate"][1] == "2 runs"
    assert after("Separate", loaded, Project(runs=(RUN,))).dock == "Compare"


def test_a_stored_run_without_its_painting_is_compared_next() -> None:
    assert after("Separate", None, None, results=True).dock == "Compare"
