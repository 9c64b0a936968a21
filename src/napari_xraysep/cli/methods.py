"""``xraysep methods``: names, papers, what each needs."""

from __future__ import annotations

import textwrap
from typing import Any

from napari_xraysep.cli import say

NEEDS = {
    "double-sided": "radiograph and photographs of both sides (double-sided painting)",
    "concealed": "radiograph and photograph of the surface (concealed design)",
}


def methods(as_json: say.Json = False) -> None:
    """List the methods, their papers, what each needs."""
    from napari_xraysep.separation import DEFAULT_METHOD
    from napari_xraysep.separation.method import installed_methods

    described: list[dict[str, Any]] = [
        {
            "name": method.name,
            "title": method.title,
            "summary": method.summary,
            "paper": method.paper,
            "needs": [text for kind, text in NEEDS.items() if kind in method.kinds],
            "uses_torch": method.uses_torch,
            "default": method.name == DEFAULT_METHOD,
            "settings": {
                name: field.description or field.title
                for name, field in method.settings.model_fields.items()
            },
        }
        for method in installed_methods().values()
    ]
    text = []
    for one in described:
        text += [f"{one['name']}{' (default)' if one['default'] else ''}: {one['title']}"]
        text += _indented(one["summary"])
        text += _indented("Needs: " + "; or ".join(one["needs"]) + ".")
        text += _indented(f"Paper: {one['paper']}.")
        text += _indented("Settings (--set): " + ", ".join(one["settings"]) + ".")
        text += [""]
    say.result(as_json, {"methods": described}, text[:-1])


def _indented(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, 96, initial_indent="    ", subsequent_indent="    ")
