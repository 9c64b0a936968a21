from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from napari_xraysep import Painting, separate
from napari_xraysep.errors import InputError, SeparationError
from napari_xraysep.painting import Region
from napari_xraysep.separation import Finished, Method, Preview, Progress, RunOptions, Started
from napari_xraysep.separation import method as registry
from napari_xraysep.separation.events import PREVIEW_SIDE
from napari_xraysep.separation.method import Context, Estimate, Plan, Settings, Step
from napari_xraysep.separation.options import MARGIN
from separation.conftest import Known, error, photograph


class TrialSettings(Settings):
    epochs: int = 3


def run_trial(mixture, settings, context: Context) -> Iterator[Plan | Step | Estimate]:
    yield Plan(("trial",), settings.epochs)
    for epoch in range(1, settings.epochs + 1):
        yield Step("trial", epoch, epoch, {"loss": 1 / epoch})
        context.checkpoint()
        share = np.float32(0.4 * epoch / settings.epochs)
        yield Estimate("trial", epoch, mixture.xray * share, mixture.xray * share)


def run_out_of_memory(mixture, settings, context):
    yield Plan(("trial",), 1)
    raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")


def run_broken(mixture, settings, context):
    yield Plan(("trial",), 1)
    raise RuntimeError("shape mismatch")


def run_diverging(mixture, settings, context):
    yield Plan(("trial",), 1)
    yield Estimate("trial", 1, mixture.xray * np.nan, mixture.xray)


def run_stray(mixture, settings, context):
    yield Plan(("trial",), 1)
    raise np.linalg.LinAlgError("Singular matrix")


def run_interrupted(mixture, settings, context):
    yield Plan(("trial",), 1)
    raise KeyboardInterrupt


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Method:
    method = Method(
        name="trial",
        title="Trial",
        paper="none",
        summary="For tests.",
        kinds=frozenset({"double-sided"}),
        settings=TrialSettings,
        presets={"fast": {}, "paper": {"epochs": 5}},
        allocation={"fast": "even", "paper": "none"},
        implementation="separation.test_engine:run_trial",
        uses_torch=False,
    )
    methods = {"trial": method}
    for name in ("out_of_memory", "broken", "stray", "interrupted", "diverging"):
        implementation = f"separation.test_engine:run_{name}"
        methods[name] = replace(method, name=name, implementation=implementation)
    monkeypatch.setattr(registry, "installed_methods", lambda: methods)
    return method


def test_events_come_in_order_and_the_layers_add_up(trial: Method, double_sided: Known) -> None:
    events = list(separate(double_sided.painting, "trial"))
    kinds = [type(event) for event in events]
    assert kinds == [Started, *[Progress, Preview] * 3, Finished]
    assert events[0] == Started(("trial",), 3, "cpu")
    assert events[-1].complete
    layers = events[-1].layers
    assert list(layers) == ["front", "back", "residual", "unexplained"]
    radiograph = double_sided.painting.block().xray
    total = layers["front"] + layers["back"] + layers["residual"]
    np.testing.assert_allclose(total, radiograph, atol=1e-6)
    np.testing.assert_allclose(layers["unexplained"], 0.2 * radiograph, atol=1e-6)
    np.testing.assert_allclose(layers["residual"], 0, atol=1e-6)


def test_record_says_what_was_done(trial: Method, double_sided: Known) -> None:
    options = RunOptions(seed=7, preset="paper", region=Region(10, 60, 20, 100))
    finished = list(separate(double_sided.painting, "trial", options=options))[-1]
    record = finished.record
    assert (record.method, record.preset, record.seed) == ("trial", "paper", 7)
    assert record.settings == {"epochs": 5}
    assert record.allocation == "none"
    assert record.region == "10:60,20:100"
    assert finished.layers["front"].shape == (record.height, record.width) == (50, 80)
    assert record.polarity.assumed
    assert record.layers == tuple(finished.layers)
    assert record.versions["numpy"] == np.__version__
    assert "torch" not in record.versions or record.versions["torch"]


def test_unallocated_error_stays_in_the_residual(trial: Method, double_sided: Known) -> None:
    options = RunOptions(allocation="none")
    layers = list(separate(double_sided.painting, "trial", options=options))[-1].layers
    np.testing.assert_array_equal(layers["residual"], layers["unexplained"])
    assert np.abs(layers["residual"]).max() > 0.01


def test_masked_pixels_keep_their_error(trial: Method, double_sided: Known) -> None:
    mask = np.zeros(double_sided.painting.shape, np.uint8)
    mask[:20, :20] = 255
    painting = replace(double_sided.painting, mask=mask)
    layers = list(separate(painting, "trial"))[-1].layers
    np.testing.assert_array_equal(layers["residual"][:20, :20], layers["unexplained"][:20, :20])
    np.testing.assert_allclose(layers["residual"][20:], 0, atol=1e-6)


def test_previews_are_small_copies(trial: Method) -> None:
    front = photograph(1, (40, 2500))
    painting = Painting.from_arrays(front.mean(2), front, front)
    previews = [e for e in separate(painting, "trial") if isinstance(e, Preview)]
    assert previews[0].pixel_step == 3
    for image in previews[0].layers.values():
        assert max(image.shape) <= PREVIEW_SIDE
        assert image.shape == (13, 833)
        image[:] = 9
    assert previews[1].layers["front"].max() < 9


def test_cancel_keeps_the_last_preview(trial: Method, double_sided: Known) -> None:
    cancel = threading.Event()
    events = []
    for event in separate(double_sided.painting, "trial", {"epochs": 100}, cancel=cancel):
        events.append(event)
        if isinstance(event, Preview) and event.epoch == 2:
            cancel.set()
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert not finished.complete
    assert not finished.record.complete
    assert len(events) == 6
    np.testing.assert_array_equal(finished.layers["front"], events[-2].layers["front"])


def test_cancel_before_any_preview_has_no_layers(trial: Method, double_sided: Known) -> None:
    cancel = threading.Event()
    cancel.set()
    events = list(separate(double_sided.painting, "trial", cancel=cancel))
    assert isinstance(events[-1], Finished)
    assert events[-1].layers == {}
    assert not events[-1].complete


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("out_of_memory", "not enough memory"),
        ("broken", "shape mismatch"),
        ("stray", r"it failed \(LinAlgError: Singular matrix\); please report this"),
        ("diverging", "no longer finite"),
    ],
)
def test_failures_are_ours_to_explain(
    trial: Method, double_sided: Known, method: str, words: str
) -> None:
    with pytest.raises(SeparationError, match=words):
        list(separate(double_sided.painting, method))


def test_what_stops_the_program_passes(trial: Method, double_sided: Known) -> None:
    with pytest.raises(KeyboardInterrupt):
        list(separate(double_sided.painting, "interrupted"))
    events = separate(double_sided.painting, "trial")
    next(events)
    events.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "nonsense"}, "there is no such method"),
        ({"settings": {"nonsense": 1}}, "no such setting"),
        ({"settings": {"epochs": "many"}}, "'many' is not allowed"),
        ({"options": RunOptions(region=Region(0, 20, 0, 9999))}, "wholly inside"),
        ({"options": RunOptions(device="cuda")}, "CPU alone"),
        ({"options": RunOptions(seed=-1)}, "--seed: -1 is negative"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    trial: Method, double_sided: Known, arguments: dict, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        separate(double_sided.painting, **{"method": "trial", **arguments})


def test_a_double_sided_method_needs_a_back(trial: Method, concealed: Known) -> None:
    with pytest.raises(InputError, match="there is no back"):
        separate(concealed.painting, "trial")


def layers_of(painting: Painting, method: str, options: RunOptions) -> Finished:
    *_, finished = separate(painting, method, options=options)
    assert isinstance(finished, Finished)
    return finished


def test_a_region_is_shown_with_a_margin_and_its_layers_are_cut_out(
    trial: Method, double_sided: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting, region = double_sided.painting, Region(4, 40, 50, 100)
    shown: list[tuple[int, int]] = []

    def load(method: Method):
        def run(mixture, settings, context):
            shown.append(mixture.shape)
            yield from run_trial(mixture, settings, context)

        return run

    monkeypatch.setattr(Method, "load", load)
    part = layers_of(painting, "trial", RunOptions(region=region))
    whole = layers_of(painting, "trial", RunOptions())
    assert shown == [(40 + MARGIN, 120 - 50 + MARGIN), painting.shape]
    assert (part.record.height, part.record.width, part.record.region) == (36, 50, str(region))
    np.testing.assert_array_equal(part.layers["front"], whole.layers["front"][region.slices])


def test_what_lies_outside_of_what_is_learnt_from_has_no_influence(double_sided: Known) -> None:
    painting, region = double_sided.painting, Region(10, 70, 20, 90)
    inside = np.zeros(painting.shape, bool)
    inside[region.slices] = True
    noise = np.random.default_rng(0).random(painting.shape).astype(np.float32)
    xray = np.asarray(painting.xray)
    other = replace(painting, xray=np.where(inside, xray, noise))
    options = RunOptions(learn_on=region, allocation="none")
    ours, theirs = (layers_of(p, "regression", options) for p in (painting, other))
    assert ours.record.learn_on == str(region)
    assert ours.layers["front"].shape == painting.shape
    for name in ("front", "back"):
        np.testing.assert_array_equal(ours.layers[name], theirs.layers[name])
    learnt = error(ours.layers["front"], double_sided.layers[0])
    assert learnt < 0.5 * np.std(double_sided.layers[0])


def test_the_mask_keeps_its_meaning_beside_what_is_learnt_from(double_sided: Known) -> None:
    mask = np.zeros((96, 120), np.uint8)
    mask[:, :30] = 1
    painting = replace(double_sided.painting, mask=mask)
    options = RunOptions(learn_on=Region(0, 90, 10, 90))
    result = layers_of(painting, "regression", options).layers
    left = result["residual"]
    assert np.abs(left[:, :30]).max() > 0  # left out: nothing is allocated there
    np.testing.assert_allclose(left[:, 30:], 0, atol=1e-6)
    with pytest.raises(InputError, match=r"--learn-on: the mask leaves out the whole region"):
        layers_of(painting, "regression", RunOptions(learn_on=Region(0, 90, 0, 20)))


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("regression", {"learn_on": Region(0, 97, 0, 10)}, "--learn-on: 0:97,0:10 does not lie"),
        (
            "regression",
            {"learn_on": Region(0, 50, 0, 50), "region": Region(0, 40, 0, 60)},
            "does not lie wholly inside the part that is separated",
        ),
        ("mca", {"learn_on": Region(0, 50, 0, 50)}, "mca learns nothing"),
    ],
)
def test_a_region_to_learn_from_that_makes_no_sense(
    double_sided: Known, concealed: Known, method: str, options, sentence: str
) -> None:
    known = double_sided if method == "regression" else concealed
    with pytest.raises(InputError, match=sentence):
        separate(known.painting, method, options=RunOptions(**options))


def test_a_prior_that_no_method_heeds_is_not_claimed(trial: Method, double_sided: Known) -> None:
    marks = np.zeros(double_sided.painting.shape, np.uint8)
    marks[:20] = 1
    record = list(separate(double_sided.painting.with_prior(marks), "trial"))[-1].record
    assert record.prior is None
    assert any(note.startswith("trial makes no use of the prior: drawn") for note in record.notes)
