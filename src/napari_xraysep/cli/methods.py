"""``xraysep methods``: names, papers, what each needs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from napari_xraysep.cli import say

NEEDS = {
    "double-sided": "radiograph and photographs of both sides (double-sided painting)",
    "concealed": "radiograph and photograph of the surface (concealed design)",
}

BASELINES = "Baselines, to compare the methods above with:"


def methods(as_json: say.Json = False) -> None:
    """List the methods, then the baselines: papers, what each needs."""
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
            "baseline": method.baseline,
            "default": method.name == DEFAULT_METHOD,
            "settings": {
                name: field.description or field.title
                for name, field in method.settings.model_fields.items()
            },
        }
        for method in installed_methods().values()
    ]
    described.sort(key=lambda one: one["baseline"])
    text: list[str] = []
    for one in described:
        if one["baseline"] and BASELINES not in text:
            text += [BASELINES, ""]
        text += [*_paragraph(one), ""]
    say.result(as_json, {"methods": described}, text[:-1])


def _paragraph(one: Mapping[str, Any]) -> list[str]:
    lines = [f"{one['name']}{' (default)' if one['default'] else ''}: {one['title']}"]
    lines += _indented(one["summary"])
    lines += _indented("Needs: " + "; or ".join(one["needs"]) + ".")
    lines += _indented(f"Paper: {one['paper']}.")
    if one["settings"]:
        lines += _indented("Settings (--set): " + ", ".join(one["settings"]) + ".")
    return lines


def _indented(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, 96, initial_indent="    ", subsequent_indent="    ")
