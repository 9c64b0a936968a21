"""The commands put together, and how anything that goes wrong ends: one line and an exit code."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from napari_xraysep import __version__
from napari_xraysep.cli.command import Command
from napari_xraysep.cli.compare import compare
from napari_xraysep.cli.demo import demo
from napari_xraysep.cli.evaluate import evaluate
from napari_xraysep.cli.export import export
from napari_xraysep.cli.gui import gui
from napari_xraysep.cli.methods import methods
from napari_xraysep.cli.register import register
from napari_xraysep.cli.report import report
from napari_xraysep.cli.separate import separate
from napari_xraysep.cli.simulate import simulate
from napari_xraysep.cli.sweep import sweep
from napari_xraysep.errors import InputError, XraysepError

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
NOT_A_NUMBER = {
    "valid int": "it is no whole number",
    "valid float": "it is no number",
    "valid number": "it is no number",
}
"""What typer's versions say of such a value, in part, and what we say."""

app = typer.Typer(
    name="xraysep",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo,
    gui,
    simulate,
    register,
    separate,
    compare,
    sweep,
    evaluate,
    report,
    export,
    methods,
):
    app.command(cls=Command)(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xraysep {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def xraysep(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Separate the mixed X-radiograph of a painting into the layers it is made of.

    Every result is a hypothetical separation.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``xraysep`` and return its exit code.

    0: done; 2: bad input; 1: a run failed; 130: interrupted. A failure says one line on stderr,
    ``xraysep: FILE OR OPTION: what is wrong; cure``.
    """
    # What libraries log or warn of while reading a file would break the one line.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        code = typer.main.get_command(app)(
            args=None if arguments is None else list(arguments),
            prog_name="xraysep",
            standalone_mode=False,
        )
    except XraysepError as error:
        return _fail(error, BAD_INPUT if isinstance(error, InputError) else FAILED)
    except OSError as error:
        problem = error.strerror or str(error)
        subject = error.filename or "xraysep"
        return _fail(InputError(subject, problem, "check the disk and its permissions"), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        # Typer's exceptions for wrong usage are its own or click's, as its version goes.
        if not hasattr(error, "format_message"):
            raise
        return _fail(_usage_error(error), BAD_INPUT)
    return int(code or 0)


def _fail(error: XraysepError, code: int) -> int:
    sys.stderr.write("xraysep: " + " ".join(str(error).split()) + "\n")
    return code


def _usage_error(error: Any) -> InputError:
    """Say wrong usage as we say everything: what, what is wrong, cure."""
    context = getattr(error, "ctx", None)
    command = "xraysep" if context is None else context.command_path
    parameter = getattr(error, "param", None)
    subject = "COMMAND" if command == "xraysep" else command
    problem = str(error.message).removeprefix("Value error, ")
    if parameter is not None:
        is_option = parameter.opts[0].startswith("-")
        subject = parameter.opts[0] if is_option else str(parameter.name).upper()
        problem = problem or "it is missing"
    elif getattr(error, "option_name", None):
        subject = error.option_name
        if type(error).__name__ == "NoSuchOption":
            problem = "there is no such option"
    for wording, plain in NOT_A_NUMBER.items():
        if wording in problem:
            problem = plain
    problem, _, similar = problem.partition(". Did you mean ")
    problem = problem[:1].lower() + problem[1:].rstrip(".?")
    cure = f"see {command} --help"
    if similar:
        cure = f"{similar.rstrip('?')} may be meant, {cure}"
    return InputError(subject, problem, cure)
