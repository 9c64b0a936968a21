from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_xraysep.errors import InputError
from napari_xraysep.separation.method import Estimate, Step
from napari_xraysep.separation.schedule import Schedule
from napari_xraysep.separation.tensors import Images, Stretch
from napari_xraysep.separation.training import Sampler, centre, settle, solve_last, train
from separation.conftest import Known


def images(shape: tuple[int, int] = (24, 30)) -> Images:
    rng = np.random.default_rng(0)
    x = rng.random(shape, np.float32)
    return Images({"x": x, "valid": np.ones(shape, bool)}, "cpu")


def test_a_linear_network_learns_its_target() -> None:
    sheets = images()
    torch.manual_seed(0)
    network = nn.Conv2d(1, 1, 1)
    schedule = Schedule(epochs=30, patch=16, overlap=8, batch=4, learning_rate=0.1)
    sampler = Sampler(sheets.shape, schedule)

    def losses(patches):
        return {"total": ((network(patches["x"]) - 2 * patches["x"]) ** 2).mean()}

    def preview():
        image = sheets.whole(lambda tiles: [network(tiles["x"])])[0]
        return image, image

    rng = np.random.default_rng(0)
    said = list(train("training", network, losses, sheets, sampler, preview, rng=rng))
    steps = [s for s in said if isinstance(s, Step)]
    assert [s.step for s in steps] == list(range(1, 30 * sampler.batches + 1))
    assert steps[-1].losses["total"] < 1e-3 * steps[0].losses["total"]
    last = said[-1]
    assert isinstance(last, Estimate)
    np.testing.assert_allclose(last.first, 2 * sheets.planes["x"][0].numpy(), atol=0.05)


def test_the_cover_sees_every_patch_once_and_shuffled() -> None:
    sampler = Sampler((24, 30), Schedule(patch=16, overlap=8, batch=4))
    corners = [tuple(c) for batch in sampler.epoch(np.random.default_rng(0)) for c in batch]
    again = [tuple(c) for batch in sampler.epoch(np.random.default_rng(1)) for c in batch]
    assert len(corners) == len(set(corners)) == sampler.count == 6
    assert sorted(corners) == sorted(again)
    assert corners != again


def test_patches_fit_a_small_image_and_a_tiny_one_is_refused() -> None:
    sampler = Sampler((20, 50), Schedule(patch=64, overlap=56), multiple=8)
    assert (sampler.side, sampler.overlap) == (16, 15)
    with pytest.raises(InputError, match="at least 8"):
        Sampler((7, 50), Schedule(patch=64))


def test_large_images_are_previewed_less_often() -> None:
    schedule = Schedule(patch=32, sampling="crops", crops=160)
    assert Sampler((256, 256), schedule).every == 1
    assert Sampler((2048, 2048), schedule).every == 9
    assert Sampler((8192, 8192), schedule).every == 25


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("constant", [1, 1, 1]),
        ("cosine", [1, 0.5, 0.0061558]),
        ("tenfold", [1, 10**-1.5, 10 ** (-3 * 19 / 20)]),
        ("stairs", [1, 0.1, 0.01]),
    ],
)
def test_the_learning_rate_falls_as_said(decay: str, expected: list[float]) -> None:
    schedule = Schedule(epochs=20, learning_rate=0.5, decay=decay)
    rates = [schedule.rate(epoch) / 0.5 for epoch in (0, 10, 19)]
    assert rates == pytest.approx(expected, rel=1e-3)


def test_centre_moves_the_weight_to_the_middle() -> None:
    network = nn.Conv2d(3, 4, 5)
    before = network.weight.detach().clone()
    centre(network)
    torch.testing.assert_close(network.weight[:, :, 2, 2], 3 * before[:, :, 2, 2])
    torch.testing.assert_close(network.weight[:, :, 0, 1], 0.1 * before[:, :, 0, 1])


def test_settle_takes_the_plain_average() -> None:
    network = nn.Sequential(nn.BatchNorm2d(1))
    settle(network, lambda: [network(torch.full((1, 1, 2, 2), v)) for v in (1.0, 3.0)], 0.25)
    assert float(network[0].running_mean) == pytest.approx(2)
    assert network[0].momentum == 0.25


def test_solve_last_finds_the_filter() -> None:
    """Two sides of known features, mixed by a known filter, and masked pixels that lie."""
    torch.manual_seed(0)
    sides = [torch.rand(6, 3, 12, 12) for _ in range(2)]
    truth = nn.Conv2d(3, 1, 3, padding=1)
    x = sum(truth(side) for side in sides).detach()
    valid = torch.ones_like(x)
    valid[:, :, :4, :4] = 0
    patches = {"x": torch.where(valid == 0, 1e3, x), "valid": valid}
    found = nn.Conv2d(3, 1, 3, padding=1)
    solve_last(found, lambda _: sides, [patches])
    torch.testing.assert_close(found.weight, truth.weight, atol=0.02, rtol=0)
    torch.testing.assert_close(found.bias, truth.bias, atol=0.05, rtol=0)


def test_patches_put_together_are_the_whole() -> None:
    sheets = images()
    (whole,) = sheets.whole(lambda tiles: [tiles["x"] * 2])
    (patched,) = sheets.patchwise(lambda tiles: [tiles["x"] * 2], 16, 10, 4)
    np.testing.assert_allclose(patched, whole, atol=1e-6)


def test_the_stretch_is_undone(double_sided: Known) -> None:
    mixture = double_sided.painting.block()
    stretch = Stretch.of(mixture)
    inside = stretch.inside(mixture.xray)
    assert inside.min() == pytest.approx(0, abs=1e-6)
    assert inside.max() == pytest.approx(1, abs=1e-6)
    first, second = stretch.outside([0.3 * inside, 0.7 * inside])
    np.testing.assert_allclose(first + second, mixture.xray, atol=1e-6)
    clipped = Stretch.of(mixture, 0.01).inside(mixture.xray)
    assert np.mean(clipped == 0) == pytest.approx(0.01, abs=0.002)
    assert np.mean(clipped == 1) == pytest.approx(0.01, abs=0.002)
