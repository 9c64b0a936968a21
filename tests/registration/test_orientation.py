from __future__ import annotations

import numpy as np
import pytest
from displaced import SIDE, errors, picture, placed

from napari_xraysep.registration.orientation import all_turns, extents_of, refined, search
from napari_xraysep.registration.pyramid import to_unit
from napari_xraysep.transforms import ORIENTATIONS, Orientation, Piece

EVERYWHERE = np.ones((SIDE, SIDE), bool)


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_every_orientation_is_told_from_the_others(name: Orientation) -> None:
    truth = placed(name, scale=0.8, shift=(30, -40))
    photograph = to_unit(picture().photograph(truth))
    found = search(
        picture().xray, EVERYWHERE, photograph, list(ORIENTATIONS), [1.0], [0.0], lambda done: None
    )
    assert [guess.orientation for guess in found].index(name) == 0
    assert len(found) == 8
    assert found[0].score > 2 * found[1].score
    guess = truth.model_copy(update={"whole": Piece.from_matrix(found[0].matrix)})
    assert errors(truth, guess).max() < 4  # less than a pixel of the small pictures


def test_climbing_finds_size_and_turn() -> None:
    truth = placed("mirrored, turned left", scale=1.2, turn=3, shift=(10, 20))
    photograph = to_unit(picture().photograph(truth))
    rough = search(
        picture().xray,
        EVERYWHERE,
        photograph,
        [truth.orientation],
        [1.04],
        [0.0],
        lambda done: None,
    )
    best, *_ = refined(
        picture().xray,
        EVERYWHERE,
        photograph,
        rough,
        lambda guess: guess.score,
        lambda done: None,
    )
    assert best.score > rough[0].score
    guess = truth.model_copy(update={"whole": Piece.from_matrix(best.matrix)})
    assert np.median(errors(truth, guess)) < 4


def test_a_known_scale_narrows_the_search() -> None:
    wide, narrow = extents_of((900, 600), (450, 300), None), extents_of((900, 600), (450, 300), 0.5)
    assert min(wide) < 0.5 < 2 < max(wide)
    assert min(narrow) == pytest.approx(1 / 1.1)
    assert max(narrow) == pytest.approx(1.1)
    assert len(narrow) < len(wide) / 4
    assert 0.0 in all_turns()
    assert np.rad2deg(max(all_turns())) == pytest.approx(10.2)
