"""The pictures of a sweep."""

import io

import numpy as np
import pytest
from PIL import Image

from napari_xraysep.evaluation import heat_maps
from napari_xraysep.evaluation.heat_maps import error_png, shares_png
from napari_xraysep.evaluation.outcomes import Axis, Sweep, SweepRun, cell

KINDS = ("good", "empty", "bleed")


def swept(axes, seeds=3, truths=("1.tif", "2.tif"), failed=()):
    """A sweep whose error grows along the first axis and whose outcomes go round."""
    names = [f"lambda_{number}" for number in range(len(axes))]
    runs, cells = [], []
    for number, index in enumerate(np.ndindex(*map(len, axes))):
        settings = {name: axes[i][index[i]] for i, name in enumerate(names)}
        its = []
        for seed in range(seeds):
            value = 0.001 * (1 + index[0] if index else 1) * (1 + seed / 10)
            metrics = {"mse_dc_free_1": value, "mse_dc_free_2": value, "leakage_2": value}
            if truths is None:
                metrics = {"leakage_2": value - 0.002}
            bad = number in failed
            its.append(
                SweepRun(
                    settings=settings,
                    seed=seed,
                    outcome="failed" if bad else KINDS[seed % 3],
                    problem="it failed" if bad else "",
                    metrics={} if bad else metrics,
                )
            )
        runs += its
        cells.append(cell(settings, its))
    sweep = Sweep(
        simulated=True,
        kind="double-sided",
        inputs=(),
        region=None,
        truths=truths,
        method="trial",
        method_title="Trial",
        preset="fast",
        allocation="even",
        settings={},
        over=tuple(
            Axis(name=name, title=f"λ{i}: of the layers", values=values)
            for i, (name, values) in enumerate(zip(names, axes, strict=True))
        ),
        seeds=tuple(range(seeds)),
        rule="the rule",
        error="MSE",
        planned=len(runs),
        complete=not failed,
        cells=tuple(cells),
    )
    return sweep, runs


GRIDS = {
    "none": [],
    "one": [(0, 1, 2)],
    "one value": [(5,)],
    "two": [(0, 0.5, 1), (10, 20)],
    "one cell": [(1,), (2,)],
    "many": [tuple(range(30)), tuple(range(25))],
}


@pytest.mark.parametrize("truths", [("1.tif", "2.tif"), None])
@pytest.mark.parametrize("grid", GRIDS)
def test_every_grid_is_drawn_and_says_what_it_is(grid, truths):
    sweep, runs = swept(GRIDS[grid], seeds=2 if grid == "many" else 3, truths=truths)
    for png in (error_png(sweep, runs), shares_png(sweep)):
        with Image.open(io.BytesIO(png)) as image:
            assert "Hypothetical" in image.text["Title"] or "hypothetical" in image.text["Title"]
            assert "simulated" in image.text["Title"]
            assert "do not prove" in image.text["Description"]
            assert image.width > 800


@pytest.mark.parametrize("grid", ["none", "one", "two"])
@pytest.mark.parametrize("all_of_them", [False, True])
def test_failed_cells_are_left_out(grid, all_of_them):
    failed = range(100) if all_of_them else (0,)
    sweep, runs = swept(GRIDS[grid], failed=failed)
    assert error_png(sweep, runs).startswith(b"\x89PNG")
    assert shares_png(sweep).startswith(b"\x89PNG")


@pytest.fixture
def drawn(monkeypatch):
    """Keep the figures instead of their files."""
    monkeypatch.setattr(heat_maps, "as_png", lambda figure, metadata: figure)


def test_a_heat_map_has_the_first_setting_across_and_the_second_up(drawn):
    sweep, runs = swept(GRIDS["two"], failed=(5,))
    axes, _ = error_png(sweep, runs).axes
    (image,) = axes.get_images()
    values = np.ma.filled(np.ma.masked_invalid(image.get_array()), np.nan)
    # rows: the second setting's 10 and 20; columns: the first one's 0, 0.5 and 1
    np.testing.assert_allclose(values[0], [1.1, 2.2, 3.3])
    np.testing.assert_allclose(values[1, :2], [1.1, 2.2])
    assert np.isnan(values[1, 2])
    assert image.origin == "lower"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "0.5", "1"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["10", "20"]
    assert axes.get_title("left") == "mean MSE (× 10⁻³)"
    assert {text.get_text() for text in axes.texts} == {"1.10", "2.20", "3.30", "none"}


def test_the_shares_are_three_planes_on_one_scale(drawn):
    sweep, _ = swept(GRIDS["two"], seeds=4)
    planes = [axes for axes in shares_png(sweep).axes if axes.get_images()]
    assert len(planes) == 3
    for axes, share in zip(planes, (0.5, 0.25, 0.25), strict=True):
        (image,) = axes.get_images()
        np.testing.assert_allclose(image.get_array(), share)
        assert image.get_clim() == (0, 1)


def test_lines_show_each_run_and_the_mean(drawn):
    sweep, runs = swept(GRIDS["one"])
    (axes,) = error_png(sweep, runs).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.0011, 0.0022, 0.0033])
    assert len(axes.collections[0].get_offsets()) == len(runs)
    (axes,) = shares_png(sweep).axes
    for line in axes.lines:
        np.testing.assert_allclose(line.get_ydata(), 1 / 3)


def test_errors_that_are_nearly_alike_are_not_made_to_look_different(drawn):
    sweep, runs = swept(GRIDS["two"])
    alike = [one.model_copy(update={"error": 0.002}) for one in sweep.cells]
    alike[0] = alike[0].model_copy(update={"error": 0.00202})
    axes, _ = error_png(sweep.model_copy(update={"cells": tuple(alike)}), runs).axes
    (image,) = axes.get_images()
    low, high = image.norm(2.0), image.norm(2.02)
    assert 0.3 < low < high < 0.7
