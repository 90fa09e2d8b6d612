"""Fields of what is registered or changed, and parameters of queries: from options, arguments, JSON files."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from suyuan.cli.session import BadInput
from suyuan.cli.texts import text

From = Annotated[
    str | None, typer.Option("--from", help=text("--from"), metavar="FILE|-", show_default=False)
]


def fields_of(source: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a JSON object in a file (`-`: stdin), with the options that were given on top.

    Raises `BadInput`, `OSError`.
    """
    fields = _read(source) if source else {}
    fields.update({name: value for name, value in options.items() if value not in (None, [], {})})
    return fields


def _read(source: str) -> dict[str, Any]:
    content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(text("bad json", file=source, reason=error)) from error


def parameters_of(given: Sequence[str] | None, example: str = "EQ_bizStep=shipping") -> dict[str, Any]:
    """`NAME=VALUE` each; a name that is given again has several values. Raises `BadInput`."""
    parameters: dict[str, Any] = {}
    for each in given or ():
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise BadInput(text("no parameter", given=each, example=example))
        parameters[name] = f"{parameters[name]}|{value}" if name in parameters else value
    return parameters


def changes_of(given: Sequence[str]) -> dict[str, Any]:
    """`FIELD=text` each; `FIELD=` clears, `FIELD:=JSON` gives another value. Raises `BadInput`."""
    changes: dict[str, Any] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name.rstrip(":") and equals):
            raise BadInput(text("no parameter", given=each, example="name_en=Mill"))
        if name.endswith(":"):
            try:
                changes[name[:-1]] = msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError) as error:
                raise BadInput(text("no json", given=each, reason=error)) from error
        else:
            changes[name] = value or None
    return changes


def moment_of(given: str | None) -> datetime | None:
    """A moment; one without an offset is meant in the zone of this machine. Raises `BadInput`."""
    if given is None:
        return None
    try:
        return datetime.fromisoformat(given).astimezone()
    except (ValueError, OverflowError) as error:
        raise BadInput(text("no moment", given=given)) from error
