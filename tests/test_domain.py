"""The working domain: polarity first, then response; known values, and back again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_xraysep.domain import (
    POLARITIES,
    RESPONSES,
    Domain,
    check_image,
    luma,
    sample_bits,
    to_unit,
)
from napari_xraysep.errors import InputError

# By hand: g = 0.25 (or 0.75 where black absorbs), ln 4 = 1.386294, ln (4/3) = 0.287682,
# −ln(log10 4) = 0.507398, −ln(log10 (4/3)) = 2.079930
KNOWN = {
    ("white-absorbs", "as-is"): 0.25,
    ("white-absorbs", "log"): 0.25,
    ("white-absorbs", "linear"): 1.386294,
    ("white-absorbs", "film-density"): 0.507398,
    ("black-absorbs", "as-is"): 0.75,
    ("black-absorbs", "log"): 0.75,
    ("black-absorbs", "linear"): 0.287682,
    ("black-absorbs", "film-density"): 2.079930,
}


@pytest.mark.parametrize("bits", [8, 16, None])
@pytest.mark.parametrize(("polarity", "response"), KNOWN)
def test_known_values(polarity, response, bits):
    value = Domain(polarity, response, bits).forward(np.float32([[0.25]]))
    assert value.dtype == np.float32
    assert value[0, 0] == pytest.approx(KNOWN[polarity, response], rel=1e-5)


@pytest.mark.parametrize(("bits", "levels"), [(8, 255), (12, 4095), (16, 65535), (None, 65535)])
def test_the_floor_is_half_a_grey_level(bits, levels):
    floor = 0.5 / levels
    assert Domain(bits=bits).epsilon == pytest.approx(floor)
    ends = np.float32([0, 1])
    linear = Domain("white-absorbs", "linear", bits).forward(ends)
    np.testing.assert_allclose(linear, [-np.log(floor), 0], atol=1e-6)
    film = Domain("white-absorbs", "film-density", bits).forward(ends)
    np.testing.assert_allclose(film, [-np.log(-np.log10(floor)), -np.log(floor)], rtol=1e-5)
    turned = Domain("black-absorbs", "film-density", bits).forward(ends)
    np.testing.assert_array_equal(turned, film[::-1])


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("polarity", "response"), KNOWN)
def test_every_grey_level_comes_back(polarity, response, bits):
    """All levels between the two ends, where the floor leaves half a level."""
    top = 2**bits - 1
    levels = np.arange(top + 1, dtype=np.uint8 if bits == 8 else np.uint16)[None]
    domain = Domain(polarity, response, bits)
    back = domain.inverse(domain.forward(to_unit(levels))) * top
    error = np.abs(back - levels)
    # film density nears its floor where hardly anything was blackened: −log10 g < ε
    assert error[:, 1:-1].max() < (0.02 if response != "film-density" else 1.2)
    assert error.max() < 1.5


@given(
    grey=st.floats(0, 1),
    polarity=st.sampled_from(POLARITIES),
    response=st.sampled_from(RESPONSES),
    bits=st.sampled_from([8, 16, None]),
)
def test_there_and_back(grey, polarity, response, bits):
    """Nothing is lost but what lies below the floors ε."""
    domain = Domain(polarity, response, bits)
    absorbed = grey if polarity == "white-absorbs" else 1 - grey
    low, high = {
        "linear": (domain.epsilon, 1),
        "film-density": (domain.epsilon, 10**-domain.epsilon),
    }.get(response, (0, 1))
    absorbed = min(max(absorbed, low), high)
    expected = absorbed if polarity == "white-absorbs" else 1 - absorbed
    back = domain.inverse(domain.forward(np.full((1, 1), grey, np.float32)))
    assert back[0, 0] == pytest.approx(expected, abs=1e-5)


@given(
    first=st.floats(0.02, 0.98), second=st.floats(0.02, 0.98), response=st.sampled_from(RESPONSES)
)
def test_order_is_kept_or_turned_as_a_whole(first, second, response):
    """Whether more grey is more or less absorption, it is so everywhere."""
    values = Domain("white-absorbs", response).forward(np.float32([[first, second]]))[0]
    turned = Domain("black-absorbs", response).forward(np.float32([[first, second]]))[0]
    sign = {"as-is": 1, "log": 1, "linear": -1, "film-density": 1}[response]
    if abs(first - second) > 1e-4:
        assert np.sign(values[1] - values[0]) == sign * np.sign(second - first)
        assert np.sign(turned[1] - turned[0]) == -sign * np.sign(second - first)


def test_samples_become_0_to_1():
    np.testing.assert_array_equal(to_unit(np.uint8([0, 51, 255])), np.float32([0, 0.2, 1]))
    np.testing.assert_array_equal(to_unit(np.uint16([0, 65535])), [0, 1])
    np.testing.assert_array_equal(to_unit(np.uint16([0, 4095]), bits=12), [0, 1])
    np.testing.assert_array_equal(to_unit(np.float64([-1, 0.5, 2])), [-1, 0.5, 2])
    assert to_unit(np.float64([0.5]), bits=16) == 0.5
    assert to_unit(np.uint8([1])).dtype == np.float32


def test_bits_of_a_type():
    assert [sample_bits(np.dtype(t)) for t in ("u1", "u2", "f4", "?", "i2")] == [
        8,
        16,
        None,
        None,
        None,
    ]


def test_images_that_cannot_be_used():
    good = np.linspace(0, 1, 400).reshape(20, 20)
    check_image("x.tif", good, colour=False)
    check_image("x.tif", np.stack([good] * 3, -1), colour=True)
    for image, colour, words in (
        (good, True, "grey"),
        (np.stack([good] * 4, -1), True, r"\(20, 20, 4\)"),
        (np.stack([good] * 3, -1), False, r"\(20, 20, 3\)"),
        (good * 2, False, "0 to 2"),
        (good - 1, False, "-1 to 0"),
        (np.where(good > 0.5, np.nan, good), False, "NaN"),
        (good * 0, False, "same value"),
        (good.astype(int), False, "int64"),
        (good > 0.5, False, "bool"),
        (good[:15], False, "15 by 20"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            check_image("x.tif", image, colour=colour)
        assert caught.value.subject == "x.tif"


def test_luma_weighs_the_channels_to_one():
    photograph = np.zeros((1, 2, 3), np.float32)
    photograph[0, 0], photograph[0, 1] = 1, (0, 1, 0)
    assert luma(photograph)[0] == pytest.approx([1, 0.7152])
