"""How runs are judged, and what a cell of a sweep says of them."""

import math

import numpy as np
import pytest

from napari_xraysep.evaluation import evaluate
from napari_xraysep.evaluation.metrics import BLEED_ABOVE, EMPTY_BELOW, LEAKAGE_ABOVE
from napari_xraysep.evaluation.outcomes import (
    SweepRun,
    about_error,
    cell,
    error,
    mean,
    outcome,
    rule,
)
from napari_xraysep.painting import Mixture

RNG = np.random.default_rng(0)
FIRST, SECOND = RNG.random((2, 40, 40), np.float32)
# photographs that do not explain the layers wholly, as real ones do not
FRONT, BACK = (layer + RNG.random((40, 40), np.float32) for layer in (FIRST, SECOND))


def measured(first, second, truth=True):
    front, back = (np.repeat(grey[..., None] / 2, 3, 2) for grey in (FRONT, BACK))
    mixture = Mixture(FIRST + SECOND, front, back, np.ones(FIRST.shape, bool))
    return evaluate((first, second), mixture, (FIRST, SECOND) if truth else None)


@pytest.mark.parametrize("truth", [True, False])
def test_good_empty_and_bleeding_results_are_told_apart(truth):
    assert outcome(measured(FIRST, SECOND, truth)) == "good"
    assert outcome(measured(FIRST + SECOND, 0.1 * SECOND, truth)) == "empty"
    bled = FIRST + 0.4 * SECOND, 0.6 * SECOND
    assert outcome(measured(*bled, truth)) == "bleed"
    assert outcome(measured(FIRST + 0.1 * SECOND, 0.9 * SECOND, truth)) == "good"


def test_empty_goes_before_bleed():
    found = measured(FIRST + SECOND, 0.01 * SECOND)
    assert found["bleed"] == 1
    assert outcome(found) == "empty"


def test_without_truth_only_leakage_above_its_threshold_counts():
    found = {"empty": 0.0, "leakage_1": -0.4, "leakage_2": LEAKAGE_ABOVE}
    assert outcome(found) == "good"
    assert outcome(found | {"leakage_2": LEAKAGE_ABOVE + 0.01}) == "bleed"
    assert outcome({"empty": 0.0, "leakage_1": -0.39, "leakage_2": -0.37}) == "good"
    assert outcome({"empty": 0.0}) == "good"


def test_the_rule_states_its_thresholds():
    assert f"{EMPTY_BELOW}" in rule(True)
    assert f"{BLEED_ABOVE}" in rule(True)
    assert f"above {LEAKAGE_ABOVE}" in rule(False)
    assert "without the true layers" in rule(False)


def test_the_error_is_the_mean_mse_or_the_stronger_leakage():
    assert error({"mse_dc_free_1": 1.0, "mse_dc_free_2": 2.0, "leakage_1": 9.0}) == 1.5
    assert error({"leakage_1": -0.5, "leakage_2": 0.25}) == 0.25
    assert error({"leakage_1": -0.5}) == 0
    assert "0 where none" in about_error(False)
    assert math.isnan(error({}))


def run(kind, value=1.0, **changes):
    metrics = {"mse_dc_free_1": value, "mse_dc_free_2": value}
    values = {"settings": {"a": 0.5}, "seed": 0, "seconds": value, "metrics": metrics}
    return SweepRun(outcome=kind, **values | changes)


def test_a_cell_counts_failed_runs_apart():
    failed = run("failed", metrics={}, seconds=None, problem="it failed")
    runs = [run("good"), run("bleed", 3.0), run("good", 2.0), run("empty", 2.0), failed, failed]
    found = cell({"a": 0.5}, runs)
    assert (found.ended, found.failed) == (4, 2)
    assert found.shares == {"good": 0.5, "empty": 0.25, "bleed": 0.25}
    assert (found.error, found.seconds) == (2.0, 2.0)
    assert found.means == {"mse_dc_free_1": 2.0, "mse_dc_free_2": 2.0}
    assert found.problems == ("it failed",)


def test_a_cell_in_which_all_failed_has_no_shares():
    found = cell({}, [run("failed", metrics={}, seconds=None, problem="it failed")])
    assert (found.ended, found.shares, found.error, found.seconds) == (0, {}, None, None)


def test_means_are_of_numbers_only():
    assert mean([1.0, None, math.nan, 2.0]) == 1.5
    assert mean([None]) is None
