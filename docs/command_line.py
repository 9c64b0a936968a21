"""Write ``command-line.md`` from what ``xraysep --help`` says.

Run ``python docs/command_line.py`` after changing a command; a test compares the page with it.
"""

from __future__ import annotations

import os
from pathlib import Path

import typer

from napari_xraysep.cli.app import app

PAGE = Path(__file__).parent / "command-line.md"
WIDTH = 100
INTRODUCTION = """# Command line

<!-- Written by docs/command_line.py from the commands' own help; change it there. -->

Everything but drawing can be done without a window. This is what `xraysep COMMAND --help` says; the
[first separation](first-separation.md#without-a-window) shows the commands at work.

A command ends with exit code 0; with 2 where what it was given cannot be used, after one line that
says what is wrong and what to do, and with nothing written; with 1 where a run or a registration
failed; and with 130 where Ctrl-C stopped it, which leaves what there is so far, marked as partial.
`--json` prints one JSON object for other programs.
"""


def page() -> str:
    """Return the whole page."""
    group = typer.main.get_command(app)
    parts = [INTRODUCTION, _help(group, None, "xraysep")]
    with group.make_context("xraysep", [], resilient_parsing=True) as above:
        for name, command in group.commands.items():
            parts.append(f"## {name}\n")
            parts.append(_help(command, above, name))
    return "\n".join(parts)


def _help(command: object, above: object, name: str) -> str:
    settings = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    with command.make_context(  # type: ignore[attr-defined]
        name, [], parent=above, resilient_parsing=True, **settings
    ) as context:
        lines = context.get_help().rstrip().splitlines()
    return "\n".join(["```text", *(line.rstrip() for line in lines), "```", ""])


if __name__ == "__main__":
    os.environ["COLUMNS"] = str(WIDTH)
    PAGE.write_text(page(), encoding="utf-8")
