"""Records as JSON files: written whole or not at all, refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from napari_xraysep.errors import InputError
from napari_xraysep.io.staging import replacing
from napari_xraysep.records import Record

Kind = TypeVar("Kind", bound=Record)


def read_record(path: Path, kind: type[Kind], what: str) -> Kind:
    """Read a JSON file.

    Parameters
    ----------
    what
        What it should be, for sentences: *a project file*.

    Raises
    ------
    InputError
        It cannot be read, is no JSON, is something else, of another version, or was changed by
        hand so that a field no longer fits.
    """
    try:
        held = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(path, "there is no such file", f"give {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"it cannot be read ({error})", f"give {what}") from None
    except json.JSONDecodeError as error:
        raise InputError(
            path, f"line {error.lineno} is no JSON ({error.msg.lower()})", "mend it or copy it anew"
        ) from None
    format_field = kind.model_fields.get("format")
    if format_field is not None:
        if not isinstance(held, dict) or held.get("format") != format_field.default:
            raise InputError(path, f"it is not {what}", f"give {what}")
        if held.get("version") != kind.model_fields["version"].default:
            raise InputError(
                path,
                f"it is of version {held.get('version')}, this program reads version "
                f"{kind.model_fields['version'].default}",
                "open it with the version of napari-xraysep that wrote it",
            )
    try:
        return kind.model_validate_json(json.dumps(held))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(
            path,
            f"its field {where or 'list'} does not fit ({message[:1].lower()}{message[1:]})",
            "mend it, or take a copy from before it was changed",
        ) from None


def write_record(path: Path, record: Record) -> None:
    """Write a record as JSON under a temporary name, then rename it.

    Raises
    ------
    InputError
        It cannot be written; a file of that name is then as it was.
    """
    with replacing(path) as part:
        part.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
