from __future__ import annotations

from typing import Any

import pytest
from reported import PAPER, given, record, registered

from napari_xraysep.evaluation import report_words as words
from napari_xraysep.evaluation.report_methods import methods_paragraphs
from napari_xraysep.records import RestartRecord, RunRecord, Stated
from napari_xraysep.transforms import Transforms

SETTINGS = [words.Setting("weight", "Weight", 0.5, 0.5), words.Setting("size", "Size", 3, 4)]


def methods(one: RunRecord, settings: Any = SETTINGS) -> str:
    return " ".join(methods_paragraphs(one, settings))


def test_the_methods_paragraph_says_what_was_done() -> None:
    said = methods(record())
    assert "X-radiograph (xray.tif) has 80 × 60 pixels of 16 bit, each 0.5 mm (stated)" in said
    assert "4 × 3 cm" in said
    assert "White was taken to be what absorbs (assumed: nobody stated it)" in said
    assert "adding up where paint layers lie over each other (stated)" in said
    assert "napari-xraysep 9.8.7 [1] and its method Trial method (trial) [2]" in said
    assert "preset “fast”" in said
    assert "differ from the preset: size = 3 (not 4)." in said
    assert "on the CPU with the random seed 7 and took 65.2 seconds" in said
    assert "half to each layer" in said
    assert "front.tif, 80 × 60 pixels) was taken as lying on the radiograph pixel by pixel." in said
    assert "mirrored left to right" in said
    assert "The whole radiograph was separated." in said
    assert "simulated" not in said
    assert words.references(record())[1] == PAPER


def test_what_is_not_known_is_not_said() -> None:
    said = methods(record(pixel_size_mm=Stated(value=None, assumed=True)), None)
    assert "the size of a pixel is not known" in said
    assert "cm" not in said
    assert "differ" not in said
    assert "what the preset was is not known" in said
    assert words.pixel_size(record(pixel_size_mm=Stated(value=None, assumed=True))) == "not known"
    assert "All settings were those of the preset." in methods(record(), SETTINGS[:1])


def test_every_response_and_every_allocation_has_words() -> None:
    for response in ("as-is", "log", "linear", "film-density"):
        assert "grey values were taken" in methods(
            record(response=Stated(value=response, assumed=False))
        )
    none, even, variance = (methods(record(allocation=how)) for how in ("none", "even", "variance"))
    assert "stays in the residual" in none
    assert "evenly" in even
    assert "strength of both" in variance


def test_nothing_unexplained_is_not_called_shared_out() -> None:
    said = " ".join(methods_paragraphs(record(kind="concealed"), SETTINGS, all_explained=True))
    assert (
        "left nothing unexplained, so that there was nothing to share out: what the method" in said
    )
    assert "as a rule to the concealed one." in said
    assert "half to each layer" not in said


def test_what_guided_the_run_is_said() -> None:
    mask = given("mask", None, outlines=(((0, 0), (0, 9), (9, 9)),))
    said = methods(
        record(
            inputs=(*record().inputs, mask),
            region="4:20,10:50",
            height=16,
            width=40,
            learn_on="4:10,10:20",
            prior="drawn: the design lies in 20 % of the radiograph",
            warm_start="another painting",
            simulated=True,
        )
    )
    assert "rows 4 to 19 and columns 10 to 49, 40 × 16 pixels" in said
    assert "learnt from rows and columns 4:10,10:20 only" in said
    assert "A mask (drawn by hand)" in said
    assert "beforehand: drawn – the design lies in 20 % of the radiograph." in said
    assert "learnt beforehand from: another painting" in said
    assert said.startswith("The simulated X-radiograph")


def test_a_stopped_run_says_so_in_methods_and_limits() -> None:
    said = methods(record(complete=False))
    assert "stopped before its end" in said
    assert "took" not in said
    assert any("stopped before its end" in one for one in words.limits(record(complete=False)))
    assert not any("stopped" in one for one in words.limits(record()))


def test_restarts_are_said_with_their_seeds() -> None:
    restarts = (
        RestartRecord(seed=3, kept=True, picked=True),
        RestartRecord(seed=4, kept=True),
        RestartRecord(seed=5, kept=False, why="an empty layer"),
    )
    said = methods(record(restarts=restarts))
    assert "run 3 times from different random starts (seeds 3, 4, 5); the result is the" in said
    assert "mean of 2." in said
    halves = [one.model_copy(update={"resampled": True}) for one in restarts[1:]]
    said = methods(record(restarts=(restarts[0], *halves)))
    assert "the first run learnt from everything and is the result" in said
    assert "half of the painting's blocks, drawn at random (seeds 4, 5)" in said


def test_registration_is_part_of_the_methods() -> None:
    transforms = Transforms(radiograph=given("radiograph", "xray.tif"), front=registered())
    said = methods(record(transforms=transforms.model_dump(mode="json")))
    assert "front (front.tif, 80 × 60 pixels) was laid on the radiograph, mirrored (by" in said
    assert "0.5 pixels (0.25 mm)" in said
    beforehand = given("front", "front.tif", registered=True, icc_profile="Adobe RGB")
    said = methods(record(inputs=(record().inputs[0], beforehand)))
    assert "was converted from Adobe RGB to sRGB and had been registered" in said


@pytest.mark.parametrize("paper", ["napari-xraysep (this tool)", "none; to compare with"])
def test_a_method_without_a_paper_of_its_own_has_one_reference(paper: str) -> None:
    own = record(paper=paper)
    assert len(words.references(own)) == 1
    assert "[2]" not in methods(own)
    assert "version 9.8.7" in words.references(own)[0]
