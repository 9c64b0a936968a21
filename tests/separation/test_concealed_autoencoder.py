from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

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
from napari_xraysep.separation.method import WarmStart
from napari_xraysep.separation.methods.concealed_autoencoder import Settings, model
from napari_xraysep.separation.tensors import Stretch
from separation.conftest import Known, attenuation, photograph

NAME = "concealed-autoencoder"
TINY = {"warm_epochs": 2, "epochs": 2, "channels": 6, "patch": 24, "crops": 8, "batch": 4}


@pytest.fixture
def concealed() -> Known:
    """A small one."""
    front = photograph(3, (64, 56))
    rows, columns = np.mgrid[:64, :56]
    design = np.where((rows - 30) ** 2 + (columns - 24) ** 2 < 15**2, 0.3, 0.05)
    layers = attenuation(front), design.astype(np.float32)
    return Known(Painting.from_arrays(sum(layers), front), layers)


def taught(known: Known) -> WarmStart:
    """The surface's true layer and its mirror image."""
    front, surface = known.painting.block().front, known.layers[0]
    return WarmStart(front, surface, surface[:, ::-1].copy(), "known")


def convolve(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """3×3 correlation with zero padding, written out."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(x), len(weight), *x.shape[2:])) + bias[None, :, None, None]
    for dy in range(3):
        for dx in range(3):
            window = padded[:, :, dy : dy + x.shape[2], dx : dx + x.shape[3]]
            out += np.einsum("nchw,oc->nohw", window, weight[:, :, dy, dx])
    return out


def activate(x: np.ndarray) -> np.ndarray:
    """Batch normalisation with the batch's own statistics, then ReLU."""
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return np.maximum((x - mean) / np.sqrt(variance + 1e-5), 0)


def literally(network: model.ConcealedAutoEncoder, r1: np.ndarray, x: np.ndarray) -> list:
    """Section III of the paper, step by step: r̂1, x̂1, x̂2, x̂."""

    def filters(part: nn.Module) -> list[tuple[np.ndarray, np.ndarray]]:
        found = [layer for layer in part if isinstance(layer, nn.Conv2d)]
        return [(la.weight.detach().numpy(), la.bias.detach().numpy()) for la in found]

    def encode(image: np.ndarray, encoder: nn.Module) -> np.ndarray:
        for weight, bias in filters(encoder):
            image = activate(convolve(image, weight, bias))
        return image

    def decode(features: np.ndarray, decoder: nn.Module) -> np.ndarray:
        *hidden, (weight, bias) = filters(decoder)
        for inner in hidden:
            features = activate(convolve(features, *inner))
        return convolve(features, weight, bias)

    f1, f = encode(r1, network.encode_photograph), encode(x, network.encode_radiograph)
    f2 = f - f1
    layers = np.split(decode(np.concatenate([f1, f2, f]), network.radiograph), 3)
    return [decode(f1, network.photograph), *layers]


def exclusion(g1: np.ndarray, x2: np.ndarray, weights: dict[tuple, float]) -> float:
    """One patch (h, w), as Zhang et al. compute it; weights once found are kept as they are."""
    total = 0.0
    for level in range(3):
        if level:
            g1, x2 = (
                i.reshape(i.shape[0] // 2, 2, i.shape[1] // 2, 2).mean((1, 3)) for i in (g1, x2)
            )
        for axis in (0, 1):
            a, b = np.diff(g1, axis=axis), np.diff(x2, axis=axis)
            own = 2 * np.abs(a).mean() / np.abs(b).mean()
            weight = weights.setdefault((g1.tobytes(), axis), own)
            product = np.tanh(a / 2) ** 2 * np.tanh(weight * b / 2) ** 2
            total += product.mean() ** 0.25
    return total / 3


def tiny_batch() -> tuple[model.ConcealedAutoEncoder, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    network = model.ConcealedAutoEncoder(4).double()
    shapes = {"r1": 3, "x": 1, "g1": 1, "x1": 1, "x2": 1}
    patches = {name: torch.rand(2, c, 8, 12, dtype=torch.float64) for name, c in shapes.items()}
    patches["valid"] = (torch.rand(2, 1, 8, 12) > 0.3).double()
    return network, patches


def test_the_network_is_the_papers() -> None:
    network, patches = tiny_batch()
    said = network(patches["r1"], patches["x"])
    expected = literally(network, patches["r1"].numpy(), patches["x"].numpy())
    for tensor, array in zip(said, expected, strict=True):
        np.testing.assert_allclose(tensor.detach().numpy(), array, atol=1e-9)
    network.eval()
    whole = network(patches["r1"], patches["x"])
    for layer, same in zip(network.layers(patches), (whole.x1, whole.x2), strict=True):
        torch.testing.assert_close(layer, same)


@pytest.mark.parametrize("stage", ["warm", "training"])
def test_gradients_are_those_of_the_literal_loss(stage: str) -> None:
    """Weights of every part, nudged by hand, change the literal loss as autograd says."""
    network, patches = tiny_batch()
    arrays = {name: tensor.numpy() for name, tensor in patches.items()}
    settings = Settings(exclusion=0.7)
    weights: dict[tuple, float] = {}  # the exclusion's own weights get no gradient

    def norm(difference: np.ndarray) -> float:
        """Eq. 6 and 8: a root mean square over each patch's valid pixels, averaged."""
        pairs = zip(difference, arrays["valid"], strict=True)
        squares = [(d**2)[:, v[0] > 0].mean() for d, v in pairs]
        return float(np.mean(np.sqrt(squares)))

    def literal() -> float:
        r1, x1, x2, x = literally(network, arrays["r1"], arrays["x"])
        total = norm(arrays["r1"] - r1)
        if stage == "warm":
            return total + norm(arrays["x1"] - x1) + norm(arrays["x2"] - x2)
        pairs = zip(arrays["g1"], x2, strict=True)
        shared = np.mean([exclusion(g[0], i[0], weights) for g, i in pairs])
        return total + norm(arrays["x"] - x) + norm(arrays["x"] - x1 - x2) + 0.7 * float(shared)

    said = network(patches["r1"], patches["x"])
    warm = stage == "warm"
    terms = model.warm_losses(said, patches) if warm else model.losses(said, patches, settings)
    assert float(terms["total"].detach()) == pytest.approx(literal(), abs=1e-6)
    terms["total"].backward()
    parts = (
        network.encode_photograph,
        network.encode_radiograph,
        network.photograph,
        network.radiograph,
    )
    for part in parts:
        weight = part[3].weight
        step = 1e-6
        with torch.no_grad():
            weight[1, 2, 0, 1] += step
            above = literal()
            weight[1, 2, 0, 1] -= 2 * step
            below = literal()
            weight[1, 2, 0, 1] += step
        assert weight.grad is not None
        slope = (above - below) / (2 * step)
        assert float(weight.grad[1, 2, 0, 1]) == pytest.approx(slope, abs=1e-5)


def test_losses_by_hand() -> None:
    ones = torch.ones(1, 1, 16, 16)
    image = ones.expand(1, 3, 16, 16)
    said = model.Estimates(image * 0.5, ones * 0.1, ones * 0.3, ones * 0.8)
    patches = {"r1": image, "x": ones, "g1": ones, "valid": ones, "x1": ones, "x2": ones}
    terms = model.losses(said, patches, Settings())
    expected = {"photograph": 0.5, "radiograph": 0.2, "sum of layers": 0.6, "exclusion": 0}
    assert {name: float(term) for name, term in terms.items()} == pytest.approx(
        expected | {"total": 1.3}, abs=1e-3
    )
    warm = model.warm_losses(said, patches)
    expected = {"photograph": 0.5, "first layer": 0.9, "second layer": 0.7, "total": 2.1}
    assert {name: float(term) for name, term in warm.items()} == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("form", ["run", "printed"])
def test_exclusion_is_against_the_guide_and_moves_only_the_concealed_layer(form: str) -> None:
    torch.manual_seed(0)
    stripes = (torch.arange(16) % 4 < 2).float().expand(1, 1, 16, 16)
    x1 = torch.rand(1, 1, 16, 16, requires_grad=True)
    settings = Settings(exclusion=1, exclusion_form=form)

    def term(x2: torch.Tensor) -> torch.Tensor:
        said = model.Estimates(torch.zeros(1, 3, 16, 16), x1, x2, x1)
        ones = torch.ones_like(stripes)
        patches = {"r1": said.r1, "x": ones, "g1": stripes, "valid": ones}
        return model.losses(said, patches, settings)["exclusion"]

    across = stripes.transpose(2, 3)
    assert float(term(stripes.clone())) > 1.2 * float(term(across)) > 0
    x2 = (0.5 * stripes + 0.5 * across).clone().requires_grad_()
    term(x2).backward()
    assert x2.grad is not None
    assert float(x2.grad.abs().max()) > 0
    assert x1.grad is None


def test_the_paper_preset_is_the_papers() -> None:
    settings = get_method(NAME).settings_for("paper")
    assert isinstance(settings, Settings)
    assert (settings.patch, settings.overlap, settings.sampling) == (50, 45, "cover")
    assert (settings.warm_epochs, settings.epochs, settings.batch) == (100, 100, 32)
    assert (settings.first_learning_rate, settings.learning_rate) == (1e-4, 1e-6)
    assert (settings.channels, settings.exclusion, settings.warm_start) == (128, 0.1, True)
    assert get_method(NAME).allocation == {"fast": "even", "paper": "even"}


def test_it_streams_through_its_stages(concealed: Known) -> None:
    events = list(separate(concealed.painting, NAME, TINY | {"warm_epochs": 3}))
    started = events[0]
    assert isinstance(started, Started)
    progress = [e for e in events if isinstance(e, Progress)]
    assert list(dict.fromkeys(e.stage for e in progress)) == list(started.stages)
    assert [e.step for e in progress] == list(range(1, started.total_steps + 1))
    assert [(e.stage, e.epoch) for e in events if isinstance(e, Preview)][-4:] == [
        ("warm start", 2),
        ("warm start", 3),
        ("training", 1),
        ("training", 2),
    ]
    finished = events[-1]
    assert finished.complete
    assert "mirror image" in finished.record.warm_start
    assert finished.record.allocation == "even"
    layers = finished.layers
    total = layers["surface"] + layers["concealed"] + layers["residual"]
    np.testing.assert_allclose(total, concealed.painting.block().xray, atol=1e-5)
    np.testing.assert_allclose(layers["residual"], 0, atol=1e-5)


def test_the_warm_start_teaches_the_surface(concealed: Known) -> None:
    """After it and before any other training, x̂1 is near the layer that it was shown."""
    truth = concealed.layers[0]
    changes = TINY | {"warm_epochs": 30, "epochs": 1, "channels": 12, "learning_rate": 1e-12}
    options = RunOptions(allocation="none")
    events = list(separate(concealed.painting, NAME, changes, options, warm_from=taught(concealed)))
    losses = [e.losses["total"] for e in events if isinstance(e, Progress) and "total" in e.losses]
    assert losses[59] < 0.5 * losses[0]
    surface = events[-1].layers["surface"]
    assert np.corrcoef(surface.ravel(), truth.ravel())[0, 1] > 0.9
    assert 0.7 < surface.std() / truth.std() < 1.3


def test_without_a_warm_start_it_trains_at_once_and_faster(concealed: Known) -> None:
    rates = {"learning_rate": 1e-12, "first_learning_rate": 3e-3}
    changes = TINY | rates | {"warm_start": False, "epochs": 8}
    events = list(separate(concealed.painting, NAME, changes))
    assert events[0] == Started(("training",), 16, events[0].device)
    progress = [e for e in events if isinstance(e, Progress)]
    assert progress[-1].losses["total"] < 0.8 * progress[0].losses["total"]
    assert events[-1].record.warm_start is None


@pytest.mark.parametrize("sampling", ["cover", "crops"])
def test_a_painting_of_another_size_may_teach(concealed: Known, sampling: str) -> None:
    front = photograph(7, (60, 44))
    layer = attenuation(front)
    pair = WarmStart(front, layer, layer[::-1].copy(), "another")
    changes = TINY | {"sampling": sampling, "overlap": 4, "batch": 16}
    events = list(separate(concealed.painting, NAME, changes, warm_from=pair))
    assert [e for e in events if isinstance(e, Progress)][-1].step == events[0].total_steps
    assert events[-1].record.warm_start == "another"


def test_a_pair_of_this_painting_is_on_its_grey_scale(concealed: Known) -> None:
    mixture = concealed.painting.block()
    stretch = Stretch.of(mixture)
    first, second = concealed.layers
    own = model.warm_images(WarmStart(mixture.front, first, second, ""), mixture, stretch, "cpu")
    planes = {name: plane[0].numpy() for name, plane in own.planes.items()}
    np.testing.assert_allclose(planes["x"], stretch.inside(mixture.xray), atol=1e-6)
    labels = stretch.outside([planes["x1"], planes["x2"]])
    for label, layer in zip(labels, (first, second), strict=True):
        np.testing.assert_allclose(label, layer, atol=1e-6)
    bright = WarmStart(mixture.front[::-1], 5 * first, 5 * second, "")
    other = model.warm_images(bright, mixture, stretch, "cpu").planes["x"]
    assert (float(other.min()), float(other.max())) == pytest.approx((0, 1), abs=1e-5)


def test_what_is_left_out_has_no_influence(concealed: Known) -> None:
    mask = np.zeros(concealed.painting.shape, np.uint8)
    mask[30:50, 20:36] = 255
    painting = replace(concealed.painting, mask=mask)
    xray, front = painting.xray.copy(), painting.front.copy()
    xray[mask > 0], front[mask > 0] = 1, (0, 1, 0)
    damaged = replace(painting, xray=xray, front=front)
    pair = taught(concealed)

    def surface(of: Painting) -> np.ndarray:
        *_, finished = separate(of, NAME, TINY, RunOptions(device="cpu"), warm_from=pair)
        return finished.layers["surface"][mask == 0]

    np.testing.assert_array_equal(surface(painting), surface(damaged))


def test_a_drawn_prior_guides_by_the_exclusion_alone(concealed: Known) -> None:
    prior = np.zeros(concealed.painting.shape, np.uint8)
    prior[16:48, 10:46] = 255
    drawn = replace(concealed.painting, prior_mask=prior)

    def surface(of: Painting, weight: float) -> np.ndarray:
        changes = TINY | {"warm_start": False, "exclusion": weight}
        return list(separate(of, NAME, changes, RunOptions(device="cpu")))[-1].layers["surface"]

    np.testing.assert_array_equal(surface(concealed.painting, 0), surface(drawn, 0))
    assert np.abs(surface(concealed.painting, 1) - surface(drawn, 1)).max() > 1e-4


def test_a_seed_makes_it_repeatable(concealed: Known) -> None:
    def surface(seed: int) -> np.ndarray:
        options = RunOptions(seed=seed, device="cpu")
        events = separate(concealed.painting, NAME, TINY, options, warm_from=taught(concealed))
        return list(events)[-1].layers["surface"]

    first = surface(1)
    np.testing.assert_array_equal(first, surface(1))
    assert np.abs(first - surface(2)).max() > 1e-3


def test_a_region_smaller_than_a_patch(concealed: Known) -> None:
    options = RunOptions(region=Region(40, 60, 30, 54))
    finished = list(separate(concealed.painting, NAME, TINY, options))[-1]
    assert finished.complete
    assert finished.layers["concealed"].shape == (20, 24)


def test_patches_are_put_together_as_in_the_paper(concealed: Known) -> None:
    first, second = (
        list(
            separate(
                concealed.painting,
                NAME,
                TINY | {"overlap": 12, "assembly": assembly},
                warm_from=taught(concealed),
            )
        )[-1].layers["surface"]
        for assembly in ("patches", "whole")
    )
    assert np.abs(first - second).max() > 1e-6
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("stage", ["example to learn from", "warm start", "training"])
def test_it_stops_in_every_stage(concealed: Known, stage: str) -> None:
    cancel = threading.Event()
    seen = []
    for event in separate(concealed.painting, NAME, TINY | {"epochs": 500}, cancel=cancel):
        seen.append(event)
        if isinstance(event, Progress) and event.stage == stage:
            cancel.set()
    assert isinstance(seen[-1], Finished)
    assert not seen[-1].complete
    assert len([e for e in seen if isinstance(e, Progress) and e.stage == stage]) == 1


def test_a_double_sided_painting_is_refused(double_sided: Known) -> None:
    with pytest.raises(InputError, match="leave the back out"):
        separate(double_sided.painting, NAME)
