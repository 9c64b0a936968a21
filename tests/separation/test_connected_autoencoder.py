from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from napari_xraysep import separate
from napari_xraysep.errors import InputError
from napari_xraysep.separation import (
    Finished,
    Preview,
    Progress,
    RunOptions,
    get_method,
    losses,
    tensors,
)
from napari_xraysep.separation.methods.connected_autoencoder import Settings, model
from napari_xraysep.separation.tensors import Images
from napari_xraysep.separation.training import start_near_colour
from napari_xraysep.separation.watch import watch
from separation.conftest import Known

TINY = {"epochs": 3, "channels": 8, "patch": 32, "crops": 8, "batch": 2, "learning_rate": 3e-3}


def convolve(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """3×3 correlation with zero padding, written out."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = x.shape[2:]
    out = np.zeros((len(x), len(weight), height, width)) + bias[None, :, None, None]
    for dy in range(3):
        for dx in range(3):
            window = padded[:, :, dy : dy + height, dx : dx + width]
            out += np.einsum("nchw,oc->nohw", window, weight[:, :, dy, dx])
    return out


def normalise(x: np.ndarray) -> np.ndarray:
    """Batch normalisation with the batch's own statistics, then ReLU."""
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return np.maximum((x - mean) / np.sqrt(variance + 1e-5), 0)


def pool(x: np.ndarray) -> np.ndarray:
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))


def upsample(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, 2).repeat(2, 3)


def convolutions(network: nn.Module) -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    ]


@pytest.mark.parametrize("layout", ["printed", "mended"])
def test_the_network_is_the_papers(layout: str) -> None:
    torch.manual_seed(0)
    network = model.ConnectedAutoEncoder(6, layout).double()
    r1, r2 = torch.rand(2, 2, 3, 16, 24, dtype=torch.float64)
    said = network(r1, r2)

    features = np.concatenate([r1, r2])
    for weight, bias in convolutions(network.encoder):
        features = pool(normalise(convolve(features, weight, bias)))
    f1, f2 = features[:2], features[2:]

    def decode(x: np.ndarray, decoder: nn.Module) -> np.ndarray:
        filters = convolutions(decoder)
        for number, (weight, bias) in enumerate(filters):
            if layout == "printed":
                x = upsample(normalise(convolve(x, weight, bias)))
            else:
                x = convolve(upsample(x), weight, bias)
                x = normalise(x) if number < 2 else x
        return x

    x1, x2, x = np.split(decode(np.concatenate([f1, f2, f1 + f2]), network.radiograph), 3)
    images = np.split(decode(features, network.photograph), 2)
    expected = (f1, f2, *images, x1, x2, x)
    for tensor, array in zip(said, expected, strict=True):
        np.testing.assert_allclose(tensor.detach().numpy(), array, atol=1e-9)


def test_both_sides_share_every_weight() -> None:
    network = model.ConnectedAutoEncoder(4)
    r1, r2 = torch.rand(2, 2, 3, 16, 16)
    said, swapped = network(r1, r2), network(r2, r1)
    torch.testing.assert_close(said.x1, swapped.x2)
    torch.testing.assert_close(said.r2, swapped.r1)
    torch.testing.assert_close(said.x, swapped.x)


def test_losses_by_hand() -> None:
    ones = torch.ones(1, 1, 2, 2)
    f1 = torch.tensor([[1.0, 2.0, 3.0, 4.0]]).reshape(1, 4, 1, 1)
    f2 = torch.tensor([[1.0, 3.0, 2.0, 4.0]]).reshape(1, 4, 1, 1)
    images = ones.expand(1, 3, 2, 2)
    said = model.Estimates(f1, f2, images * 0.5, images, ones * 0.1, ones * 0.3, ones * 0.5)
    settings = Settings()
    patches = {"r1": images, "r2": images, "x": ones, "valid": ones}
    terms = model.losses(said, patches, settings)
    expected = {
        "photographs": 0.5,
        "radiograph": 0.5,
        "sum of layers": 0.6,
        "energy": 0.01 + 0.09,
        "correlation": 0.8**2,
    }
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(value, abs=1e-3), name
    total = 0.5 + 3 * 0.5 + 5 * 0.6 + 2 * 0.1 + 0.3 * 0.64
    assert float(terms["total"]) == pytest.approx(total, abs=1e-2)
    balance = model.energy(said.x1, said.x2, ones, "balance")
    assert float(balance) == pytest.approx((0.08 / 0.1) ** 2, abs=1e-4)


def test_masked_pixels_do_not_count() -> None:
    difference = torch.zeros(2, 1, 4, 4)
    difference[0, 0, 0, 0] = 100
    valid = torch.ones_like(difference)
    valid[0, 0, 0, 0] = 0
    assert float(losses.rms(difference, valid)) < 1e-3
    assert float(losses.rms(difference, torch.ones_like(valid))) == pytest.approx(12.5, abs=0.01)


def test_gradients_are_those_of_the_losses() -> None:
    torch.manual_seed(0)
    f1, f2 = torch.rand(2, 2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    x1, x2 = torch.rand(2, 2, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(losses.squared_correlation, (f1, f2))
    valid = (torch.rand(2, 1, 4, 4) > 0.3).double()
    for form in ("printed", "balance"):
        assert torch.autograd.gradcheck(
            lambda a, b, form=form: model.energy(a, b, valid, form), (x1, x2)
        )
    assert torch.autograd.gradcheck(lambda a: losses.rms(a, valid), (x1,))


def test_the_paper_preset_is_the_papers() -> None:
    settings = get_method("connected-autoencoder").settings_for("paper")
    assert isinstance(settings, Settings)
    weights = (settings.lambda_1, settings.lambda_2, settings.lambda_3, settings.lambda_4)
    assert weights == (3, 5, 2, 0.3)
    assert (settings.patch, settings.overlap, settings.epochs) == (64, 56, 200)
    assert (settings.channels, settings.learning_rate, settings.layout) == (128, 1e-4, "printed")
    fast = get_method("connected-autoencoder").settings_for("fast")
    assert (fast.lambda_1, fast.lambda_2, fast.lambda_4) == (3, 5, 0.3)


def test_it_learns_and_streams(double_sided: Known) -> None:
    events = list(separate(double_sided.painting, "connected-autoencoder", TINY | {"epochs": 6}))
    progress = [e for e in events if isinstance(e, Progress)]
    terms = ["total", "photographs", "radiograph", "sum of layers", "energy", "correlation"]
    assert list(progress[0].losses) == terms
    assert progress[-1].losses["photographs"] < 0.7 * progress[0].losses["photographs"]
    assert [e.epoch for e in events if isinstance(e, Preview)] == [0, 1, 2, 3, 4, 5, 6]
    finished = events[-1]
    assert finished.complete
    layers = finished.layers
    total = layers["front"] + layers["back"] + layers["residual"]
    np.testing.assert_allclose(total, double_sided.painting.block().xray, atol=1e-5)


@pytest.mark.parametrize(
    "changes", [{"sampling": "cover", "overlap": 0}, {"layout": "printed", "start": "random"}]
)
def test_other_ways_to_train(double_sided: Known, changes: dict) -> None:
    finished = list(separate(double_sided.painting, "connected-autoencoder", TINY | changes))[-1]
    assert finished.complete
    assert finished.record.settings[next(iter(changes))] == next(iter(changes.values()))


def test_a_seed_makes_it_repeatable(double_sided: Known) -> None:
    def front(seed: int) -> np.ndarray:
        options = RunOptions(seed=seed, device="cpu")
        events = separate(double_sided.painting, "connected-autoencoder", TINY, options)
        return list(events)[-1].layers["front"]

    first = front(1)
    np.testing.assert_array_equal(first, front(1))
    assert np.abs(first - front(2)).max() > 1e-3


def test_layers_leave_in_the_working_domain(double_sided: Known) -> None:
    """A radiograph in attenuation, far from 0..1, comes back on its own scale."""
    xray = np.exp(-3 * double_sided.painting.xray).astype(np.float32)
    painting = replace(double_sided.painting, xray=xray)
    painting = replace(painting, domain=replace(painting.domain, response="linear"))
    layers = list(separate(painting, "connected-autoencoder", TINY))[-1].layers
    radiograph = painting.block().xray
    assert radiograph.max() > 1.2
    assert abs(float((layers["front"] + layers["back"] - radiograph).mean())) < 0.3


def test_paper_training_stops_at_the_next_layer(double_sided: Known) -> None:
    """One step of the paper's preset takes seconds; cancelling does not wait for its end."""
    cancel = threading.Event()
    events = separate(
        double_sided.painting,
        "connected-autoencoder",
        options=RunOptions(preset="paper", device="cpu"),
        cancel=cancel,
    )
    next(events)
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    finished = list(events)[-1]
    timer.join()
    assert isinstance(finished, Finished)
    assert not finished.complete


def test_the_start_is_already_near_the_radiograph(double_sided: Known) -> None:
    """Before any step, both layers together explain much of it, and neither is empty."""
    torch.manual_seed(0)
    mixture = double_sided.painting.block()
    named = {"r1": mixture.front, "r2": mixture.back, "x": mixture.xray, "valid": mixture.valid}
    images = Images(named, "cpu")
    network = model.ConnectedAutoEncoder(16, "mended", 0)
    start_near_colour(
        network,
        network.radiograph,
        images,
        32,
        forward=lambda patches: network(patches["r1"], patches["r2"]),
        inputs=lambda patches: [network.encoder(patches[name]) for name in ("r1", "r2")],
        momentum=model.MOMENTUM,
    )
    first, second = images.whole(network.eval().layers)
    left = mixture.xray - first - second
    assert left.std() < 0.7 * mixture.xray.std()
    assert 0.2 < first.std() / second.std() < 5


def test_watch_leaves_forwards_and_backwards() -> None:
    calls = []

    def checkpoint() -> None:
        calls.append(time.monotonic())
        if len(calls) == limit:
            raise KeyError("stop")

    limit = 0
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    watch(network, checkpoint)
    out = network(torch.ones(1, 2)).sum()
    assert len(calls) == 3
    limit = 5
    with pytest.raises(KeyError):
        out.backward()
    assert len(calls) == 5


def test_settings_that_contradict_are_refused() -> None:
    with pytest.raises(InputError, match="layout=mended"):
        get_method("connected-autoencoder").settings_for("fast", {"layout": "printed"})
    with pytest.raises(InputError, match="overlap smaller"):
        get_method("connected-autoencoder").settings_for("paper", {"overlap": 64})


def test_tiles_make_no_seams(double_sided: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    mixture = double_sided.painting.block()
    images = Images({"r1": mixture.front, "r2": mixture.back}, "cpu")
    network = model.ConnectedAutoEncoder(4, "mended").eval()
    whole = images.whole(network.layers, model.MULTIPLE)
    monkeypatch.setattr(tensors, "TILE", 48)
    tiled = images.whole(network.layers, model.MULTIPLE)
    np.testing.assert_allclose(tiled[0], whole[0], atol=1e-5)
