"""What HTML pages have in common: escaping, numbers, pictures that lie in the page itself."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


def template(name: str, **filters: Callable[..., str]) -> Template:
    """Return a page's template: whatever is put into it is escaped, what is missing an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("napari_xraysep.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, **filters}
    return environment.get_template(name)


def data_uri(picture: bytes, kind: str = "png") -> str:
    """Return a picture's file, of that kind, as an address that holds all of it."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def number(value: float | None) -> str:
    """Write a number to three digits; a dash where there is none."""
    if value is None:
        return "–"
    if value and abs(value) < 1e-3:
        return f"{value:.2e}".replace("-", "−").replace("e−0", "e−")
    return f"{value:.3g}".replace("-", "−")
