"""How one command reads what was typed: nothing twice, nothing blank."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from napari_xraysep.errors import InputError

FREE_TEXT = ("notes", "operator")
"""What may be blank: that takes back what was said before."""


class Command(TyperCommand):
    """A command that refuses what would otherwise be taken for something else in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options.

        Raises
        ------
        InputError
            An option that takes one value is given twice, of which only the last would count; or
            a value is blank: a folder without a name would be the current one.
        """
        # a copy, since reading takes what it has read off the list
        typed, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in dict.fromkeys(order):
            value = typed.get(str(parameter.name))
            if not isinstance(value, str):
                continue  # a switch, or one that may be repeated
            is_option = parameter.opts[0].startswith("-")
            subject = parameter.opts[0] if is_option else str(parameter.metavar).strip("[]")
            if order.count(parameter) > 1:
                raise InputError(subject, "it is given twice", "give it once")
            if not value.strip() and parameter.name not in FREE_TEXT:
                raise InputError(subject, "what was given is blank", "give a name or value")
        return super().parse_args(ctx, args)
