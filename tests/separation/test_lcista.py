from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from napari_xraysep import separate
from napari_xraysep.errors import InputError
from napari_xraysep.painting import Painting, Region
from napari_xraysep.separation import (
    Finished,
    Preview,
    Progress,
    RunOptions,
    Started,
    get_method,
)
from napari_xraysep.separation.method import Context, Plan
from napari_xraysep.separation.methods.lcista import Settings, colour, layers, model
from napari_xraysep.separation.methods.lcista.colour import describe, law_of_colour
from napari_xraysep.separation.methods.lcista.variants import VARIANTS, Variant
from napari_xraysep.separation.prior import guide
from napari_xraysep.separation.tensors import Stretch
from separation.conftest import Known, attenuation, error, photograph

NAME = "lcista"
NAMES = ("as-printed", "as-run", "corrected")
TINY = {
    "epochs": 2,
    "channels": 6,
    "patch": 24,
    "overlap": 4,
    "crops": 8,
    "batch": 4,
    "unrolled": 2,
}


@pytest.fixture
def concealed() -> Known:
    """A small one."""
    front = photograph(3, (56, 64))
    rows, columns = np.mgrid[:56, :64]
    design = np.where((rows - 30) ** 2 + (columns - 24) ** 2 < 15**2, 0.3, 0.05)
    truths = attenuation(front), design.astype(np.float32)
    return Known(Painting.from_arrays(sum(truths), front), truths)


# The paper, read literally: one image at a time, loops over blocks and filter taps.


def convolve(
    image: np.ndarray, weight: np.ndarray, padded: bool, bias: np.ndarray | None = None
) -> np.ndarray:
    """(c, h, w) by (o, c, 5, 5)."""
    mode: Any = "edge" if padded else "constant"
    around = np.pad(image, ((0, 0), (2, 2), (2, 2)), mode=mode)
    height, width = image.shape[1:]
    out = np.zeros((len(weight), height, width))
    for dy in range(5):
        for dx in range(5):
            window = around[:, dy : dy + height, dx : dx + width]
            out += np.einsum("chw,oc->ohw", window, weight[:, :, dy, dx])
    return out if bias is None else out + bias[:, None, None]


def shrink(values: np.ndarray, threshold: Any, how: str = "soft") -> np.ndarray:
    if how == "hard":
        return np.where(np.abs(values) > threshold, values, 0)
    return np.sign(values) * np.maximum(np.abs(values) - threshold, 0)


HAAR = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


def exclude(b: np.ndarray, c: np.ndarray, mu: np.ndarray, variant: Variant) -> np.ndarray:
    """Σ_i W_iᵀ S(W_i c) ÷ 4 over four shifts of orthogonal 2×2 blocks."""
    if variant.padded:
        b, c = (np.pad(image, 1, mode="reflect") for image in (b, c))
    out = np.zeros_like(c)
    for shift in range(4):
        corners = [
            (y, x)
            for y in range(shift // 2, b.shape[0] - 1, 2)
            for x in range(shift % 2, b.shape[1] - 1, 2)
        ]
        wb = np.array([HAAR @ b[y : y + 2, x : x + 2].ravel() for y, x in corners])
        wc = np.array([HAAR @ c[y : y + 2, x : x + 2].ravel() for y, x in corners])
        if variant.threshold == "transform":
            threshold: Any = mu[shift] * np.abs(wb).mean()
        else:
            threshold = mu[0] * np.abs(wb)
        for (y, x), kept in zip(corners, shrink(wc, threshold), strict=True):
            out[y : y + 2, x : x + 2] += (HAAR.T @ kept).reshape(2, 2) / 4
    return out[1:-1, 1:-1] if variant.padded else out


def literal(
    weights: dict[str, np.ndarray],
    images: tuple[np.ndarray, np.ndarray, np.ndarray],
    settings: Settings,
    variant: Variant,
) -> dict[str, np.ndarray]:
    """Eq. 11 to 14 for one patch: x (h, w), r (c, h, w), g1 (h, w)."""
    x, r, g1 = images

    def positive(scalar: np.ndarray) -> np.ndarray:
        if variant.start == "gaussian":
            return np.maximum(scalar, 0)
        return np.log1p(np.exp(20 * scalar)) / 20

    y1, y2 = g1, x - g1
    z1 = z2 = np.zeros((settings.channels, *x.shape))
    for number in range(settings.unrolled):
        prefix = f"own.{0 if variant.shared else number}."
        w = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}

        def by(name: str, image: np.ndarray, w: dict[str, np.ndarray] = w) -> np.ndarray:
            image = image if image.ndim == 3 else image[None]
            out = convolve(image, w[f"{name}.weight"], variant.padded)
            return out if name in "AF" else out[0]

        lambdas, mu = positive(w["lambdas"]), positive(w["mu"])
        tau = variant.tau_sign * w["tau"]

        def sparse(z: np.ndarray, threshold: np.ndarray) -> np.ndarray:
            return shrink(z, threshold, settings.thresholding) if settings.sparsity else z

        def apart(b: np.ndarray, c: np.ndarray, mu: np.ndarray = mu) -> np.ndarray:
            return exclude(b, c, mu, variant) if settings.exclude else c

        z2 = sparse(z2 + by("A", y2 - by("B", z2)), lambdas[1])
        z1 = sparse(z1 + by("A", y1 - by("B", z1)), lambdas[0])
        y2 = apart(y1, y2 + by("C", x - by("D", y1 + y2)) + tau[1] * (y2 - by("B", z2)))
        y1 = apart(
            y2,
            y1
            + by("C", x - by("D", y1 + y2))
            + tau[0] * (y1 - by("B", z1))
            + w["gamma"] * by("E", r - by("F", y1)),
        )
    if variant.synthesis == "codes":
        x1, x2 = (convolve(z, weights["radiograph.weight"], variant.padded)[0] for z in (z1, z2))
        r1 = convolve(z1, weights["photograph.weight"], variant.padded)
    else:
        x1, x2 = (
            convolve(y[None], weights["radiograph.weight"], variant.padded)[0]
            + weights["radiograph.bias"][0]
            for y in (y1, y2)
        )
        r1 = x1[None]
        for stage in (0, 2, 4, 6):
            bias = weights.get(f"photograph.{stage}.bias")
            r1 = convolve(r1, weights[f"photograph.{stage}.weight"], variant.padded, bias)
            r1 = np.maximum(r1, 0) if stage < 6 else r1
    return {"x1": x1, "x2": x2, "r1": r1, "y1": y1, "y2": y2}


def network(settings: Settings, seed: int = 0) -> model.Lcista:
    """One whose every weight matters, in double precision."""
    torch.manual_seed(seed)
    made = model.Lcista(settings, VARIANTS[settings.variant], colours_of(settings.variant)).double()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if name.endswith(("weight", "bias")):
                weight.normal_(0, 0.15)
            elif name.endswith(("lambdas", "mu")):
                weight.uniform_(0.02, 0.1)
            elif weight.requires_grad:
                weight.uniform_(0.2, 0.6)
    return made


def colours_of(variant: str) -> int:
    return {"as-printed": 3, "as-run": 1, "corrected": 5}[variant]


def settings_of(variant: str, **changes: Any) -> Settings:
    settings = get_method(NAME).settings_for(
        "paper", {"variant": variant, "channels": 4, "unrolled": 2, **changes}
    )
    assert isinstance(settings, Settings)
    return settings


def images_for(variant: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(5)
    channels = colours_of(variant)
    x, g1 = torch.rand(2, 1, 1, 7, 8, dtype=torch.float64)
    return x, torch.rand(1, channels, 7, 8, dtype=torch.float64), g1


CASES = [
    *((name, {}) for name in NAMES),
    ("corrected", {"thresholding": "hard"}),
    ("as-printed", {"sparsity": False}),
    ("corrected", {"exclude": False}),
]


@pytest.mark.parametrize(("variant", "changes"), CASES)
def test_forwards_it_is_the_papers_equations(variant: str, changes: dict) -> None:
    settings = settings_of(variant, **changes)
    made = network(settings)
    x, r, g1 = images_for(variant)
    said = made(x, r, g1)
    weights = {k: v.detach().numpy() for k, v in made.state_dict().items()}
    plain = x[0, 0].numpy(), r[0].numpy(), g1[0, 0].numpy()
    for name, expected in literal(weights, plain, settings, VARIANTS[variant]).items():
        ours = getattr(said, name)[0].detach().numpy()
        np.testing.assert_allclose(ours.squeeze(), expected.squeeze(), atol=1e-10, err_msg=name)
        assert np.abs(expected).max() > 1e-3


@pytest.mark.parametrize("variant", NAMES)
def test_backwards_it_is_the_papers_equations(variant: str) -> None:
    """Autograd agrees with differences of the literal reading, in every kind of weight."""
    settings = settings_of(variant)
    made = network(settings)
    x, r, g1 = images_for(variant)
    said = made(x, r, g1)
    (said.x1.square().sum() + (said.x2 * x).sum() + said.r1.square().sum()).backward()
    plain = x[0, 0].numpy(), r[0].numpy(), g1[0, 0].numpy()
    weights = {k: v.detach().numpy().copy() for k, v in made.state_dict().items()}

    def cost() -> float:
        out = literal(weights, plain, settings, VARIANTS[variant])
        return float((out["x1"] ** 2).sum() + (out["x2"] * plain[0]).sum() + (out["r1"] ** 2).sum())

    rng = np.random.default_rng(0)
    for name, parameter in made.named_parameters():
        if parameter.grad is None:
            assert not parameter.requires_grad
            continue
        at = tuple(rng.integers(0, parameter.shape)) if parameter.ndim else ()
        kept = weights[name][at]
        sides = []
        for step in (1e-6, -1e-6):
            weights[name][at] = kept + step
            sides.append(cost())
        weights[name][at] = kept
        slope = (sides[0] - sides[1]) / 2e-6
        assert float(parameter.grad[at]) == pytest.approx(slope, rel=1e-4, abs=1e-6), name


def test_the_radiograph_is_linear_in_the_codes_as_printed() -> None:
    """x̂ of Eq. 13 is x̂1 + x̂2; layers share one set of weights, and γ, τ are learnt."""
    made = network(settings_of("as-printed"))
    z = torch.rand(2, 1, 4, 7, 8, dtype=torch.float64)
    torch.testing.assert_close(
        made.radiograph(z[0]) + made.radiograph(z[1]), made.radiograph(z[0] + z[1])
    )
    assert len(made.own) == 1
    assert len(network(settings_of("as-run")).own) == 2
    trained = [
        made.own[0].tau.requires_grad,
        network(settings_of("as-run")).own[0].tau.requires_grad,
    ]
    assert trained == [True, False]


def test_losses_by_hand() -> None:
    ones = torch.ones(2, 1, 8, 8)
    said = model.Estimates(ones * 0.1, ones * 0.3, ones * 0.5, ones, ones)
    at = {"x": ones, "r": ones, "valid": ones}
    terms = model.losses(said, at, settings_of("as-run"), VARIANTS["as-run"])
    assert float(terms["radiograph"]) == pytest.approx(0.6**2)
    assert float(terms["photograph"]) == pytest.approx(0.5**2)
    assert float(terms["exclusion"]) == pytest.approx(0, abs=1e-3)
    assert float(terms["total"]) == pytest.approx(0.36 + 0.5 * 0.25, abs=1e-3)
    printed = model.losses(said, at, settings_of("as-printed"), VARIANTS["as-printed"])
    assert float(printed["radiograph"]) == pytest.approx(64 * 0.36, rel=1e-5)
    assert float(printed["photograph"]) == pytest.approx(64 * 0.25, rel=1e-5)
    without = model.losses(
        said, at, settings_of("as-run", exclude=False, eta_1=2), VARIANTS["as-run"]
    )
    assert "exclusion" not in without
    assert float(without["total"]) == pytest.approx(0.36 + 2 * 0.25)


def test_what_is_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed y1 and y2 (Eq. 15); as run x̂2 and x̂1, in that order."""
    seen = []

    def exclusion(a: torch.Tensor, b: torch.Tensor, form: str = "run") -> torch.Tensor:
        seen.append((float(a.mean()), float(b.mean()), form))
        return torch.tensor(2.0)

    monkeypatch.setattr(model, "exclusion", exclusion)
    ones = torch.ones(1, 1, 8, 8)
    said = model.Estimates(ones, 2 * ones, ones, 3 * ones, 4 * ones)
    at = {"x": 3 * ones, "r": ones, "valid": ones}
    for name in ("as-printed", "as-run"):
        terms = model.losses(said, at, settings_of(name), VARIANTS[name])
        assert float(terms["total"]) == pytest.approx(0.1 * 2)
    assert seen == [(3, 4, "printed"), (2, 1, "run")]


def test_masked_pixels_do_not_count_in_the_loss() -> None:
    ones, valid = torch.ones(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    wrong = ones.clone()
    wrong[..., :4] = 50
    valid[..., :4] = 0
    said = model.Estimates(wrong, 0 * ones, wrong, ones, ones)
    settings = settings_of("as-run", exclude=False)
    terms = model.losses(said, {"x": ones, "r": ones, "valid": valid}, settings, VARIANTS["as-run"])
    assert float(terms["total"]) == pytest.approx(0, abs=1e-6)


def test_the_start_is_a_working_iteration() -> None:
    """B A returns the image; without photograph or thresholds y1, y2 stay a sum of x."""
    settings = settings_of("corrected", channels=25, sparsity=False, exclude=False, unrolled=3)
    torch.manual_seed(0)
    made = model.Lcista(settings, VARIANTS["corrected"], 3)
    x, g1 = torch.rand(2, 1, 1, 16, 16)
    inner = (slice(None), slice(None), slice(4, -4), slice(4, -4))
    iteration = made.iterations[0]
    torch.testing.assert_close(iteration.B(iteration.A(x))[inner], x[inner], atol=1e-5, rtol=0)
    said = made(x, torch.rand(1, 3, 16, 16), g1)
    torch.testing.assert_close((said.x1 + said.x2)[inner], x[inner], atol=0.02, rtol=0)
    torch.testing.assert_close(said.x1[inner], g1[inner], atol=0.02, rtol=0)


def test_the_colour_start_reaches_y1_whole() -> None:
    """After enough layers y1 has gained Σ w_s r_s and y2 has lost it."""
    settings = settings_of("corrected", channels=25, sparsity=False, exclude=False, unrolled=8)
    torch.manual_seed(0)
    made = model.Lcista(settings, VARIANTS["corrected"], 3)
    g1, r = torch.full((1, 1, 24, 24), 0.5), torch.rand(1, 3, 24, 24) - 0.5
    x = g1 + 0.2 * torch.rand(1, 1, 24, 24)
    with torch.no_grad():
        made.iterations[0].E.weight[0, :, 2, 2] = torch.tensor([0.3, -0.2, 0.1]) * (2 - layers.STEP)
        for iteration in made.iterations:
            iteration.tau.zero_()
    said = made(x, r, g1)
    law = 0.3 * r[:, :1] - 0.2 * r[:, 1:2] + 0.1 * r[:, 2:]
    torch.testing.assert_close(said.x1, g1 + law, atol=0.02, rtol=0)


def learn(x: np.ndarray, r: np.ndarray, free: np.ndarray) -> np.ndarray:
    return law_of_colour(x, r, free, np.random.default_rng(0), lambda: None)


def test_the_law_of_colour_is_learnt_from_a_bounded_number_of_edges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    r = np.moveaxis(photograph(4, (80, 80)), 2, 0)
    law = np.array([0.4, -0.1, 0.2], np.float32)
    seen = []

    def edges(image: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
        seen.append(sum(map(len, places)))
        return found(image, places)

    found = colour.edges
    monkeypatch.setattr(colour, "edges", edges)
    monkeypatch.setattr(colour, "EDGES", 1000)
    x = np.einsum("c,chw->hw", law, r)
    np.testing.assert_allclose(learn(x, r, np.ones((80, 80), bool)), law, atol=0.02)
    assert seen == [1000] * 4


def test_the_plan_comes_before_any_work(concealed: Known) -> None:
    """And the first thing after it can be stopped."""
    calls = []
    context = Context(0, "cpu", lambda: calls.append(1))
    steps = model.run(concealed.painting.block(), get_method(NAME).settings_for("fast"), context)
    assert isinstance(next(steps), Plan)
    assert not calls
    next(steps)
    assert len(calls) >= colour.TYPICAL + 36 + colour.ROUNDS


def test_it_stops_while_colours_are_described_and_the_law_is_learnt() -> None:
    front, free = photograph(4, (40, 40)), np.ones((40, 40), bool)
    r, rng = np.moveaxis(front, 2, 0), np.random.default_rng(0)
    calls = []
    describe(front, free, rng, lambda: calls.append("describe"))
    law_of_colour(r[0], r, free, rng, lambda: calls.append("law"))
    assert calls == ["describe"] * colour.TYPICAL + ["law"] * (len(r) + colour.ROUNDS)


def test_the_law_of_colour_is_not_bent_by_the_design() -> None:
    rng = np.random.default_rng(0)
    r = np.moveaxis(photograph(4, (80, 80)), 2, 0)
    law = np.array([0.4, -0.1, 0.2], np.float32)
    x = np.einsum("c,chw->hw", law, r) + 0.001 * rng.standard_normal((80, 80))
    x[20:50, 30:60] += 0.5
    valid = np.ones((80, 80), bool)
    np.testing.assert_allclose(learn(x, r, valid), law, atol=0.02)
    x[60:] = rng.random((20, 80))
    valid[60:] = False
    np.testing.assert_allclose(learn(x, r, valid), law, atol=0.02)
    assert not learn(x, r, np.zeros_like(valid)).any()


def test_colours_are_described_without_left_out_pixels() -> None:
    front, valid = photograph(4, (40, 50)), np.ones((40, 50), bool)
    valid[:, :20] = False
    described = describe(front, valid, np.random.default_rng(0), lambda: None)
    assert described.shape == (40, 50, 36)
    np.testing.assert_allclose(described[valid].mean(0), 0, atol=1e-5)
    rgb = described[..., :3] - described[0, 0, :3]
    np.testing.assert_allclose(rgb, front - front[0, 0], atol=1e-5)
    changed = np.where(valid[..., None], front, 0)
    again = describe(changed.astype(np.float32), valid, np.random.default_rng(0), lambda: None)
    np.testing.assert_array_equal(again[valid], described[valid])


def test_the_law_of_colour_stays_as_it_starts() -> None:
    """Corrected, E and F are not trained; as run they are."""
    for name in ("as-run", "corrected"):
        made = network(settings_of(name))
        trained = [made.own[0].E.weight.requires_grad, made.own[0].F.weight.requires_grad]
        assert trained == [name == "as-run"] * 2


def test_a_variant_brings_its_schedule_and_an_explicit_setting_wins() -> None:
    method = get_method(NAME)
    paper, fast = method.settings_for("paper"), method.settings_for("fast")
    assert isinstance(paper, Settings)
    assert isinstance(fast, Settings)
    assert (paper.variant, fast.variant) == ("as-printed", "corrected")
    assert (paper.unrolled, paper.channels, paper.eta_1, paper.eta_2) == (5, 64, 0.5, 0.1)
    assert (paper.patch, paper.overlap, paper.epochs, paper.assembly) == (50, 45, 120, "patches")
    rates = [paper.rate(epoch) for epoch in (0, 40, 80)]
    np.testing.assert_allclose(rates, [1e-3, 1e-4, 1e-5])
    assert (fast.eta_1, fast.eta_2, fast.unrolled) == (0.5, 0.1, 5)
    run = method.settings_for("fast", {"variant": "as-run", "epochs": 7})
    assert isinstance(run, Settings)
    assert (run.patch, run.overlap, run.decay, run.epochs) == (64, 48, "stairs", 7)
    with pytest.raises(InputError, match="variant"):
        method.settings_for("fast", {"variant": "as-imagined"})


@pytest.mark.parametrize("variant", NAMES)
def test_every_variant_runs(concealed: Known, variant: str) -> None:
    changes = {"variant": variant, "epochs": 5, "learning_rate": 3e-3}
    events = list(separate(concealed.painting, NAME, TINY | changes))
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    progress = [e for e in events if isinstance(e, Progress)]
    assert progress[-1].step == started.total_steps
    assert set(progress[0].losses) == {"total", "radiograph", "photograph", "exclusion"}
    first, last = (
        np.mean([e.losses["total"] for e in progress if e.epoch == epoch]) for epoch in (1, 5)
    )
    assert last < first
    assert next(e.epoch for e in events if isinstance(e, Preview)) == 0
    total = sum(finished.layers[n] for n in ("surface", "concealed", "residual"))
    np.testing.assert_allclose(total, concealed.painting.block().xray, atol=1e-4)
    assert finished.record.settings["variant"] == variant


def test_fast_finds_the_surface_better_than_grey(concealed: Known) -> None:
    options = RunOptions(device="cpu")
    changes = {"epochs": 2, "crops": 16}
    found = list(separate(concealed.painting, NAME, changes, options))[-1].layers["surface"]
    grey = list(separate(concealed.painting, "grey", None, options))[-1].layers["surface"]
    truth = concealed.layers[0]
    assert error(found, truth) < 0.8 * error(grey, truth)


@pytest.mark.parametrize("drawn", [False, True])
def test_masked_pixels_change_nothing(concealed: Known, drawn: bool) -> None:
    def surface(value: float) -> np.ndarray:
        mask = np.zeros((56, 64), np.uint8)
        mask[:20, 40:] = 1
        xray = concealed.painting.xray.copy()
        xray[mask != 0] = value
        front = concealed.painting.front.copy()
        front[mask != 0] = value
        prior = np.zeros_like(mask)
        prior[10:50, 5:45] = 1
        painting = replace(
            concealed.painting,
            xray=xray,
            front=front,
            mask=mask,
            prior_mask=prior if drawn else None,
        )
        options = RunOptions(device="cpu", allocation="none")
        layers = list(separate(painting, NAME, TINY, options))[-1].layers
        return layers["surface"]

    np.testing.assert_array_equal(surface(0.0), surface(1.0))


def test_a_drawn_prior_is_trusted_where_nothing_lies_underneath(concealed: Known) -> None:
    """Outside the drawn region the surface stays the radiograph, whatever the colours there."""
    prior = np.zeros((56, 64), np.uint8)
    prior[12:48, 6:42] = 1
    painting = replace(concealed.painting, prior_mask=prior)
    finished = list(separate(painting, NAME, TINY | {"epochs": 1}))[-1]
    outside = np.s_[:, 50:]
    radiograph = painting.block().xray[outside]
    assert finished.layers["surface"][outside].std() > 0.8 * radiograph.std()
    assert finished.layers["concealed"][outside].std() < 0.3 * radiograph.std()


def test_inside_a_drawn_prior_the_photograph_has_a_say(concealed: Known) -> None:
    """The law of colour makes g1 inside of it, better than the scaled grey does."""
    prior = np.zeros((56, 64), np.uint8)
    prior[12:48, 6:42] = 1
    mixture = replace(concealed.painting, prior_mask=prior).block()
    inside = prior > 0
    stretch = Stretch.of(mixture)
    found = model.gather(
        mixture, stretch, VARIANTS["corrected"], np.random.default_rng(0), lambda: None
    )["g1"]
    grey, truth = stretch.inside(guide(mixture)), concealed.layers[0] / stretch.span
    assert np.var((found - truth)[inside]) < 0.5 * np.var((grey - truth)[inside])
    np.testing.assert_allclose(found[~inside], stretch.inside(mixture.xray)[~inside], atol=1e-6)


def test_the_radiograph_is_seen_where_nothing_is_learnt(concealed: Known) -> None:
    whole = concealed.painting.block()
    learnt = np.zeros(whole.shape, bool)
    learnt[:, :80] = True
    mixture = replace(whole, valid=learnt, known=np.ones_like(learnt))
    found = model.gather(
        mixture, Stretch.of(mixture), VARIANTS["corrected"], np.random.default_rng(0), lambda: None
    )
    np.testing.assert_allclose(found["x"], Stretch.of(mixture).inside(whole.xray), atol=1e-6)
    assert not found["valid"][:, 80:].any()


def test_previews_are_of_the_whole_image_and_only_the_result_is_of_patches(
    concealed: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for name in ("whole", "patchwise"):
        method = getattr(model.Images, name)

        def noted(*given: Any, method: Any = method, name: str = name, **named: Any) -> Any:
            made.append(name)
            return method(*given, **named)

        monkeypatch.setattr(model.Images, name, noted)
    changes = TINY | {"variant": "as-printed", "epochs": 3, "assembly": "patches"}
    list(separate(concealed.painting, NAME, changes))
    assert made == ["whole"] * 4 + ["patchwise"]


@pytest.mark.parametrize("variant", NAMES)
def test_tiles_see_as_far_as_the_network(variant: str) -> None:
    """A pixel farther away than the margin changes nothing; one within the reach does."""
    settings = settings_of(variant)
    # a threshold of the whole image's magnitude has no reach, so it is left out here
    settings = settings.model_copy(update={"exclude": variant != "as-printed"})
    made = network(settings)
    margin = model.reach(settings)
    x, g1 = torch.rand(2, 1, 1, 5, 2 * margin + 5, dtype=torch.float64)
    r = torch.rand(1, colours_of(variant), 5, 2 * margin + 5, dtype=torch.float64)
    first = made(x, r, g1).x1[..., 0].detach()
    for far, same in ((margin + 1, True), (4, False)):
        other = x.clone()
        other[..., far:] += 1
        assert torch.equal(made(other, r, g1).x1[..., 0], first) == same


def test_a_region_smaller_than_a_patch(concealed: Known) -> None:
    options = RunOptions(region=Region(3, 21, 5, 25))
    changes = TINY | {"patch": 64, "overlap": 60}
    finished = list(separate(concealed.painting, NAME, changes, options))[-1]
    assert finished.layers["surface"].shape == (18, 20)


def test_a_seed_makes_it_repeatable(concealed: Known) -> None:
    def surface(seed: int) -> np.ndarray:
        options = RunOptions(seed=seed, device="cpu")
        return list(separate(concealed.painting, NAME, TINY, options))[-1].layers["surface"]

    first = surface(1)
    np.testing.assert_array_equal(first, surface(1))
    assert np.abs(first - surface(2)).max() > 1e-5


def test_layers_leave_in_the_working_domain(concealed: Known) -> None:
    """A radiograph in attenuation, far from 0..1, comes back on its own scale."""
    xray = np.exp(-3 * concealed.painting.xray).astype(np.float32)
    painting = replace(concealed.painting, xray=xray)
    painting = replace(painting, domain=replace(painting.domain, response="linear"))
    found = list(separate(painting, NAME, TINY))[-1].layers
    radiograph = painting.block().xray
    assert radiograph.max() > 1.2
    assert np.abs(found["unexplained"]).mean() < 0.3 * radiograph.mean()


def test_the_papers_training_stops_at_the_next_layer(concealed: Known) -> None:
    """It stops inside a step, and inside the first look at the whole image."""
    calls = 0

    def checkpoint() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyError("stop")

    settings = get_method(NAME).settings_for("paper", {"patch": 40, "overlap": 0})
    steps = model.run(concealed.painting.block(), settings, Context(0, "cpu", checkpoint))
    next(steps)
    with pytest.raises(KeyError):
        next(steps)


def test_a_cancelled_run_keeps_its_last_layers(concealed: Known) -> None:
    cancel = threading.Event()
    events = separate(concealed.painting, NAME, TINY | {"epochs": 500}, cancel=cancel)
    for event in events:
        if isinstance(event, Preview) and event.epoch == 1:
            cancel.set()
        finished = event
    assert isinstance(finished, Finished)
    assert not finished.complete
    assert set(finished.layers) == {"surface", "concealed", "residual", "unexplained"}


def test_two_sides_are_refused(double_sided: Known) -> None:
    with pytest.raises(InputError, match="back was given"):
        separate(double_sided.painting, NAME)
