from __future__ import annotations

import pytest
from reported import given, record, registered

from napari_xraysep.evaluation import report_words as words


def test_limits_say_what_the_uncertainty_is() -> None:
    assert "Uncertainty was not estimated." in " ".join(words.limits(record()))
    spread = record(uncertainty="standard deviation over 5 restarts")
    assert "standard deviation over 5 restarts" in " ".join(words.limits(spread))
    assert "simulated" not in " ".join(words.limits(record()))
    assert "is simulated" in " ".join(words.limits(record(simulated=True)))


def test_errors_of_concealed_designs_are_larger_than_their_uncertainty() -> None:
    ratio = "1.4 to 2.9 times as large"
    spread = {"uncertainty": "standard deviation over 5 restarts"}
    assert ratio in " ".join(words.limits(record(kind="concealed", **spread)))
    assert ratio not in " ".join(words.limits(record(**spread)))
    assert ratio not in " ".join(words.limits(record(kind="concealed")))


def test_where_nothing_is_unexplained_it_is_said_that_this_tells_nothing() -> None:
    spread = record(uncertainty="spread and what was left unexplained")
    said = " ".join(words.limits(spread, all_explained=True))
    assert (
        "cannot be told with this method: what the method cannot explain it gives to its layers"
        in said
    )
    assert "it is the spread alone" in said
    assert "shows where there was much to guess" not in said
    assert "cannot be told" not in " ".join(words.limits(spread))


def test_how_well_a_photograph_is_registered() -> None:
    assert words.how_well(registered()) == (
        "still off by 0.5 pixels (0.25 mm) on the median and by 1.2 pixels (0.6 mm) at the 95th "
        "percentile, measured on the images in 12 places"
    )
    bare = registered().model_copy(update={"quality": None})
    assert "was not measured" in words.how_well(bare)
    doubted = registered().quality.model_copy(update={"reason": "the images do not confirm it"})
    assert words.how_well(registered().model_copy(update={"quality": doubted})).endswith(
        "; the images do not confirm it"
    )


def test_how_a_photograph_was_registered() -> None:
    assert words.how(registered()) == "by details marked by hand, affine"
    found = registered().model_copy(update={"how": "intensity"})
    assert words.how(found) == "found from the images themselves"
    assert words.how(registered().model_copy(update={"how": "set upright"})) == "set upright"


def test_files_are_named_without_their_folders() -> None:
    assert words.file_name(given("front", "C:\\Pictures\\panel 1.tif")) == "panel 1.tif"
    assert words.file_name(given("front", "a/b/c.tif")) == "c.tif"
    assert words.file_name(given("front", None)) == "an array without a file"


@pytest.mark.parametrize(
    ("seconds", "said"), [(3.04, "3.0 seconds"), (600, "10 minutes"), (36000, "10.0 hours")]
)
def test_durations_are_said_as_a_person_would(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_times_are_in_english() -> None:
    assert words.moment("2026-03-04T05:06:07+00:00") == "4 March 2026, 05:06 UTC"
    assert words.day("2026-12-24T05:06:07") == "24 December 2026"
