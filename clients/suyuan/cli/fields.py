"""Fields of what is registered: from options, and from a JSON file."""

import sys
from collections.abc import Mapping
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
