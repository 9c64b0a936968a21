from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from napari_xraysep import Painting, Sources, separate
from napari_xraysep.errors import InputError
from napari_xraysep.region import Region
from napari_xraysep.separation import (
    Finished,
    Preview,
    Progress,
    RunOptions,
    Started,
    get_method,
)
from napari_xraysep.separation.methods.two_pass_cnn import Settings, model
from napari_xraysep.simulation.samples import sample_folder
from separation.conftest import Known, photograph

METHOD = "two-pass-cnn"
TINY = {
    "epochs": 2,
    "channels": 4,
    "patch": 16,
    "crops": 8,
    "batch": 4,
    "learning_rate": 1e-3,
    "start": "random",
}
CPU = RunOptions(device="cpu")


def convolve(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Eq. 3: 5×5 masks with zero padding, written out."""
    padded = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
    height, width = x.shape[2:]
    out = np.zeros((len(x), len(weight), height, width)) + bias[None, :, None, None]
    for dy in range(5):
        for dx in range(5):
            window = padded[:, :, dy : dy + height, dx : dx + width]
            out += np.einsum("nchw,oc->nohw", window, weight[:, :, dy, dx])
    return out


Normalise = Callable[[np.ndarray, nn.BatchNorm2d], np.ndarray]


def by_its_own(x: np.ndarray, norm: nn.BatchNorm2d) -> np.ndarray:
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    scaled = (x - mean) / np.sqrt(variance + norm.eps)
    weight, bias = (p.detach().numpy()[None, :, None, None] for p in (norm.weight, norm.bias))
    return np.maximum(weight * scaled + bias, 0)


def literal(network: nn.Module, photographs: np.ndarray) -> np.ndarray:
    """f_x layer by layer, normalised by the statistics of what is given, then ReLU."""
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    x = photographs
    for number, layer in enumerate(convolutions):
        x = convolve(x, layer.weight.detach().numpy(), layer.bias.detach().numpy())
        if number < 6:
            x = by_its_own(x, norms[number])
    return x


def tiny_network() -> model.ColourToRadiograph:
    """With weights everywhere that matter, so that none can be left out unnoticed."""
    torch.manual_seed(0)
    network = model.ColourToRadiograph(3).double()
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.3, 0.3)
    return network


def tiny_patches() -> dict[str, Tensor]:
    torch.manual_seed(1)
    front, back = torch.rand(2, 2, 3, 9, 7, dtype=torch.float64)
    x, valid = torch.rand(2, 2, 1, 9, 7, dtype=torch.float64)
    return {"front": front, "back": 0.5 * back, "x": x, "valid": (valid > 0.3).double()}


def test_widths_are_the_papers() -> None:
    network = model.ColourToRadiograph(128)
    convolutions = [layer for layer in network if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [128, 128, 128, 256, 256, 256, 1]
    assert {layer.kernel_size for layer in convolutions} == {(5, 5)}
    assert isinstance(network[-1], nn.Conv2d)


@pytest.mark.parametrize("statistics", ["first", "both"])
def test_the_network_is_the_papers(statistics: str) -> None:
    network, patches = tiny_network(), tiny_patches()
    front, back = patches["front"], patches["back"]
    said = model.both_sides(network, front, back, statistics)
    if statistics == "both":
        expected = literal(network, torch.cat([front, back]).numpy())
    else:
        expected = np.concatenate([literal(network, side.numpy()) for side in (front, back)])
    np.testing.assert_allclose(torch.cat(said).detach().numpy(), expected, atol=1e-9)


@pytest.mark.parametrize("statistics", ["first", "both"])
def test_the_gradient_is_that_of_the_literal_loss(statistics: str) -> None:
    """Against central differences of Eq. 2, written out, in single weights of three layers."""
    network, patches = tiny_network(), tiny_patches()
    order = ("front", "back")

    def loss() -> float:
        sides = [patches[side].numpy() for side in order]
        if statistics == "both":
            x1, x2 = np.split(literal(network, np.concatenate(sides)), 2)
        else:
            x1, x2 = (literal(network, side) for side in sides)
        valid = patches["valid"].numpy()
        square = (patches["x"].numpy() - x1 - x2) ** 2 * valid
        return float(np.mean(square.sum((1, 2, 3)) / valid.sum((1, 2, 3))))

    total = model.losses(network, patches, order, statistics)["total"]
    assert total.item() == pytest.approx(loss(), abs=1e-12)
    total.backward()
    for layer in (network[0], network[9], network[-1]):
        weight, at, step = layer.weight.detach(), (0, 1, 2, 3), 1e-6
        before = float(weight[at])
        measured = []
        for moved in (before + step, before - step):
            weight[at] = moved
            measured.append(loss())
        weight[at] = before
        expected = (measured[0] - measured[1]) / (2 * step)
        assert layer.weight.grad[at].item() == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_the_loss_by_hand() -> None:
    """A network that says 0.2 everywhere leaves 0.6 of 1, and 10 where nobody may look."""
    network = model.ColourToRadiograph(4)
    nn.init.zeros_(network[-1].weight)
    nn.init.constant_(network[-1].bias, 0.2)
    colours = torch.rand(2, 3, 8, 8)
    x, valid = torch.ones(2, 1, 8, 8), torch.ones(2, 1, 8, 8)
    x[0, 0, 0, 0], valid[0, 0, 0, 0] = 10.4, 0
    patches = {"front": colours, "back": colours.flip(0), "x": x, "valid": valid}
    for statistics in ("first", "both"):
        total = model.losses(network, patches, ("front", "back"), statistics)["total"]
        assert total.item() == pytest.approx(0.36, abs=1e-6)
    everywhere = patches | {"valid": torch.ones_like(valid)}
    total = model.losses(network, everywhere, ("front", "back"), "both")["total"]
    assert total.item() == pytest.approx(0.36 + (100 - 0.36) / 128, rel=1e-5)


@pytest.mark.parametrize("statistics", ["first", "both"])
def test_the_loss_does_not_know_the_order(statistics: str) -> None:
    network, patches = tiny_network(), tiny_patches()
    there = model.losses(network, patches, ("front", "back"), statistics)["total"]
    back = model.losses(network, patches, ("back", "front"), statistics)["total"]
    assert there.item() == pytest.approx(back.item(), rel=1e-12)


@pytest.mark.parametrize("order", [("front", "back"), ("back", "front")])
def test_the_kept_statistics_know_the_order(order: tuple[str, str]) -> None:
    """``first``: those of the side given first alone; ``both``: of both, whatever the order."""
    patches = tiny_patches()

    def kept(*sides: str) -> Tensor:
        network = tiny_network()
        network(torch.cat([patches[side] for side in sides]))
        return network[1].running_mean

    def trained(statistics: str) -> Tensor:
        network = tiny_network()
        model.losses(network, patches, order, statistics)
        assert network[1].momentum == nn.BatchNorm2d(1).momentum
        return network[1].running_mean

    torch.testing.assert_close(trained("first"), kept(order[0]))
    torch.testing.assert_close(trained("both"), kept("front", "back"))
    assert (kept(order[0]) - kept(order[1])).abs().max() > 1e-3


@pytest.mark.slow
def test_the_combination_adds_up_best_where_order_matters() -> None:
    """The paper's puzzle: the combination leaves less than its orders do, unless both sides are
    normalised together.
    """
    folder = sample_folder("double-sided")
    files = [folder / f"{name}.tif" for name in ("xray", "front", "back")]
    painting = Sources(*files, mirror_back=True).align()
    options = RunOptions(device="cpu", region=Region.parse("200:328,200:328"))
    errors = {}
    for statistics in ("first", "both"):
        settings = {"statistics": statistics, "start": "random", "learning_rate": 5e-4}
        finished = list(separate(painting, METHOD, settings, options))[-1]
        assert isinstance(finished, Finished)
        found = finished.record.findings
        stages = ("first order", "second order", "combination")
        errors[statistics] = [found[f"recombination MSE, {stage}"] for stage in stages]
    assert errors["first"][2] < 0.8 * np.mean(errors["first"][:2]), errors
    assert errors["both"][2] > 0.9 * np.mean(errors["both"][:2]), errors


def test_the_combination_by_hand() -> None:
    valid = np.array([[True, True, False]])
    first = [np.array([[1.0, 3.0, 9.0]]), np.array([[5.0, 5.0, 9.0]])]
    second = [np.array([[3.0, 5.0, 9.0]]), np.array([[1.0, 3.0, 9.0]])]
    kept = model.combined(first, second, valid, "kept")
    np.testing.assert_array_equal(kept, [[[1, 3, 9]], [[1, 3, 9]]])
    averaged = model.combined(first, second, valid, "averaged")
    np.testing.assert_allclose(averaged, [[[2, 4, 10]], [[2.5, 4.5, 10.5]]])


def test_a_constant_that_passes_between_the_layers_is_averaged_out() -> None:
    """Where one order puts c into the other layer, the combination still adds up."""
    rng = np.random.default_rng(0)
    front, back = rng.random((2, 6, 5))
    valid = np.ones((6, 5), bool)
    first, second = (front, back), (front + 0.3, back - 0.3)
    total = np.add(*model.combined(first, second, valid, "averaged"))
    np.testing.assert_allclose(total, front + back)
    assert np.abs(np.add(*model.combined(first, second, valid, "kept")) - total).min() > 0.29


def test_recombination_by_hand() -> None:
    x = np.array([[1.0, 0.5, 7.0]], np.float32)
    layers = np.array([[[0.5, 0.1, 0.0]], [[0.2, 0.3, 0.0]]], np.float32)
    said = list(model.recombination("here", x, layers, np.array([[True, True, False]])))
    assert {f.name: pytest.approx(f.value) for f in said} == {
        "recombination MSE, here": (0.3**2 + 0.1**2) / 2,
        "recombination mean absolute error, here": 0.2,
    }


def test_the_paper_preset_is_the_papers() -> None:
    settings = get_method(METHOD).settings_for("paper")
    assert isinstance(settings, Settings)
    assert (settings.patch, settings.overlap, settings.epochs) == (64, 52, 300)
    assert (settings.channels, settings.learning_rate, settings.batch) == (128, 1e-4, 32)
    assert (settings.start, settings.constants, settings.assembly) == ("random", "kept", "patches")
    assert get_method(METHOD).allocation == {"fast": "even", "paper": "none"}


def test_both_orders_train_stream_and_combine(double_sided: Known) -> None:
    events = list(separate(double_sided.painting, METHOD, TINY | {"constants": "kept"}, CPU))
    assert events[0] == Started(("first order", "second order"), 8, "cpu")
    progress = [e for e in events if isinstance(e, Progress)]
    assert [e.step for e in progress] == list(range(1, 9))
    assert [e.stage for e in progress] == ["first order"] * 4 + ["second order"] * 4
    previews = [e for e in events if isinstance(e, Preview)]
    stages = ("first order", "second order")
    assert {(e.stage, e.epoch) for e in previews} >= {(stage, 2) for stage in stages}
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.complete
    assert len(finished.record.findings) == 6

    mixture = double_sided.painting.block()
    run = model.run(mixture, get_method(METHOD).settings_for("fast", TINY), model.Context(0, "cpu"))
    said = [e for e in run if isinstance(e, model.Estimate) and e.epoch == 2]
    first, both = said[0], said[-1]
    assert first.stage == "first order"
    spread = both.first - first.first  # only its mean may have changed in the second training
    assert spread.std() < 1e-6
    assert (both.second - first.second).std() > 1e-3


def test_findings_are_what_the_layers_leave(double_sided: Known) -> None:
    """In the stretched radiograph: measured again from the layers that came out."""
    options = RunOptions(device="cpu", allocation="none")
    finished = list(separate(double_sided.painting, METHOD, TINY, options))[-1]
    assert isinstance(finished, Finished)
    x = double_sided.painting.block().xray
    low, high = np.quantile(x, (0.01, 0.99))
    left = np.clip(x, low, high) - finished.layers["front"] - finished.layers["back"]
    findings = finished.record.findings
    error = float(np.mean((left / (high - low)) ** 2))
    assert findings["recombination MSE, combination"] == pytest.approx(error, rel=1e-3)
    error = float(np.mean(np.abs(left / (high - low))))
    assert findings["recombination mean absolute error, combination"] == pytest.approx(
        error, rel=1e-3
    )


def test_the_start_is_already_near_the_radiograph(double_sided: Known) -> None:
    """Before any step, both layers together explain much of it, and neither is empty."""
    mixture = double_sided.painting.block()
    settings = get_method(METHOD).settings_for("fast", {"channels": 6, "patch": 32})
    run = model.run(mixture, settings, model.Context(0, "cpu"))
    start = next(said for said in run if isinstance(said, model.Estimate))
    run.close()
    assert start.epoch == 0
    left = mixture.xray - start.first - start.second
    assert left.std() < 0.7 * mixture.xray.std()
    assert 0.2 < start.first.std() / start.second.std() < 5


def test_it_learns(double_sided: Known) -> None:
    settings = TINY | {"epochs": 12}
    events = separate(double_sided.painting, METHOD, settings, CPU)
    losses = [e.losses["total"] for e in events if isinstance(e, Progress)]
    for order in (losses[:24], losses[24:]):
        assert np.mean(order[-4:]) < 0.6 * np.mean(order[:4])


@pytest.mark.parametrize(
    "changes",
    [
        {"sampling": "cover", "patch": 32, "overlap": 4, "assembly": "patches", "epochs": 1},
        {"statistics": "first", "constants": "kept"},
    ],
)
def test_other_ways_to_train(double_sided: Known, changes: dict) -> None:
    finished = list(separate(double_sided.painting, METHOD, TINY | changes, CPU))[-1]
    assert isinstance(finished, Finished)
    assert finished.complete
    total = sum(finished.layers[name] for name in ("front", "back", "residual"))
    np.testing.assert_allclose(total, double_sided.painting.block().xray, atol=1e-5)


def front_of(painting: Painting, **options: int) -> np.ndarray:
    finished = list(separate(painting, METHOD, TINY, RunOptions(device="cpu", **options)))[-1]
    assert isinstance(finished, Finished)
    return finished.layers["front"]


def test_a_seed_makes_it_repeatable(double_sided: Known) -> None:
    one, again, other = (front_of(double_sided.painting, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_what_the_mask_leaves_out_does_not_matter(double_sided: Known) -> None:
    painting = double_sided.painting
    mask = np.zeros(painting.shape, np.uint8)
    mask[20:40, 30:70] = 1
    hidden = mask.astype(bool)
    changed = {
        name: np.where(hidden if image.ndim == 2 else hidden[..., None], 1 - image, image)
        for name in ("xray", "front", "back")
        for image in [getattr(painting, name)]
    }
    one = front_of(replace(painting, mask=mask))
    other = front_of(replace(painting, mask=mask, **changed))
    np.testing.assert_array_equal(one[~hidden], other[~hidden])
    assert np.abs(one - front_of(painting))[~hidden].max() > 1e-3


def test_a_painting_smaller_than_a_patch() -> None:
    shape = (20, 27)
    front, back = photograph(1, shape), photograph(2, shape)
    painting = Painting.from_arrays((front[..., 0] + back[..., 0]) / 2, front, back)
    assert front_of(painting).shape == shape


def test_a_back_is_needed(concealed: Known) -> None:
    with pytest.raises(InputError, match="there is no back"):
        separate(concealed.painting, METHOD)


def test_paper_training_stops_at_the_next_layer(double_sided: Known) -> None:
    """One step of the paper's preset takes many seconds; cancelling does not wait for its end."""
    cancel = threading.Event()
    options = RunOptions(preset="paper", device="cpu")
    events = separate(double_sided.painting, METHOD, {"batch": 4}, options, cancel)
    next(events)
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    finished = list(events)[-1]
    timer.join()
    assert isinstance(finished, Finished)
    assert not finished.complete
