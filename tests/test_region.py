from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_xraysep.errors import InputError
from napari_xraysep.region import Region


@given(st.tuples(*[st.integers(0, 10**6)] * 4))
def test_text_and_back(numbers):
    y0, y1, x0, x1 = numbers
    region = Region(y0, y0 + y1 + 1, x0, x0 + x1 + 1)
    assert Region.parse(str(region)) == region
    assert Region.parse(f" {region} ".replace(",", " , ")) == region


@pytest.mark.parametrize(
    "text", ["", "1:2", "1:2,3", "a:b,c:d", "-1:2,0:3", "1:2,3:4,5:6", "1.5:2,0:3"]
)
def test_other_text(text):
    with pytest.raises(InputError, match="Y0:Y1,X0:X1"):
        Region.parse(text)


@pytest.mark.parametrize("text", ["5:5,0:9", "0:9,5:5", "9:5,0:9"])
def test_no_area(text):
    with pytest.raises(InputError, match="no area"):
        Region.parse(text)


def test_it_cuts_rows_and_columns():
    image = np.arange(30).reshape(5, 6)
    np.testing.assert_array_equal(image[Region.parse("1:3,2:6").slices], image[1:3, 2:6])


def test_wholly_inside():
    Region(0, 5, 0, 6).check_inside((5, 6))
    for text in ("0:6,0:6", "0:5,0:7", "5:6,0:1"):
        with pytest.raises(InputError, match="wholly inside"):
            Region.parse(text).check_inside((5, 6))
