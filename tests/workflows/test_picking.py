from __future__ import annotations

import pytest

from napari_xraysep.workflows.picking import best_first, left_out, pick, score

GOOD = {"apart": 0.01, "unexplained_rms": 0.02, "empty": 0.0}
FAIR = {"apart": 0.015, "unexplained_rms": 0.025, "empty": 0.0}
STRAY = {"apart": 0.08, "unexplained_rms": 0.03, "empty": 0.0}
EMPTY = {"apart": 0.001, "unexplained_rms": 0.001, "empty": 1.0}


def test_a_good_one_is_picked_rather_than_an_empty_or_a_straying_one():
    judged = {"stray": STRAY, "empty": EMPTY, "fair": FAIR, "good": GOOD}
    assert pick(judged) == "good"


def test_an_empty_one_is_picked_only_where_there_is_no_other():
    assert pick({0: EMPTY}) == 0
    assert pick({0: EMPTY, 1: STRAY}) == 1


def test_the_score_is_a_geometric_mean_of_what_is_there():
    numbers = ("apart", "unexplained_rms")
    assert score(GOOD, numbers) == pytest.approx((0.01 * 0.02) ** 0.5)
    assert score({"apart": 0.01, "exclusion": 7.0}, numbers) == pytest.approx(0.01)
    assert score({"apart": 0.01, "unexplained_rms": 0.08}, ("apart", *numbers)) == pytest.approx(
        0.02
    )


def test_what_another_method_finds_counts_where_all_are_compared_with_it():
    judged = {
        "near": {**FAIR, "from_regression": 0.02},
        "far": {**GOOD, "from_regression": 0.04},
    }
    assert pick(judged) == "near"
    assert pick({**judged, "far": GOOD}) == "far"


def test_where_nothing_is_left_unexplained_by_any_the_distance_decides():
    concealed = {
        i: {"apart": a, "unexplained_rms": u, "empty": 0.0}
        for i, (a, u) in enumerate([(0.02, 1e-9), (0.01, 5e-8), (0.03, 0.0)])
    }
    assert pick(concealed) == 1


def test_left_out_are_the_empty_and_the_far_but_never_all():
    judged = {"good": GOOD, "fair": FAIR, "stray": STRAY, "empty": EMPTY}
    why = left_out(judged)
    assert set(why) == {"stray", "empty"}
    assert "far" in why["stray"]
    assert "empty" in why["empty"]
    assert left_out({0: EMPTY, 1: EMPTY}) == {}


def test_one_that_is_far_off_is_not_picked_however_near_to_the_regression():
    judged = {name: {**FAIR, "from_regression": 0.05} for name in "abcd"}
    judged["far"] = {**STRAY, "from_regression": 0.01}
    assert set(left_out(judged)) == {"far"}
    assert pick(judged) == "a"


def test_of_two_the_one_far_worse_is_left_out():
    assert set(left_out({"good": GOOD, "stray": STRAY})) == {"stray"}


def test_methods_are_ranked_by_the_remix_test_and_empty_ones_come_last():
    judged = {
        "half": {"empty": 0.0, "remix": 1.0},
        "nothing": {"empty": 1.0, "remix": 0.0},
        "regression": {"empty": 0.0, "remix": 0.05},
    }
    assert best_first(judged) == ["regression", "half", "nothing"]
