from __future__ import annotations

import pytest
from pydantic import ValidationError

from napari_xraysep.simulation import SimulationSettings


@pytest.mark.parametrize(
    "change",
    [{"relief": 1.1}, {"relief": -0.1}, {"size": 20}, {"pixel_size_mm": 0}, {"noise": 0.3},
     {"losses": 0.5}, {"concealed_share": 0}, {"support": "ivory"}, {"response": "log"},
     {"misregistration_px": -1}, {"varnish": 1}],
)  # fmt: skip
def test_out_of_bounds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SimulationSettings(**change)  # type: ignore[arg-type]


def test_every_setting_says_what_it_is() -> None:
    for field in SimulationSettings.model_fields.values():
        assert field.title
        assert field.description
