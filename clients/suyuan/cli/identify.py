"""`suyuan identify`: what codes name."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Any

import typer

from suyuan.cli.output import Output, plain
from suyuan.cli.session import REFUSED, Json, Key, Url, session
from suyuan.cli.texts import chinese, text
from suyuan.codes import CODES_MOST, Code, identify

#: What is not for people: shown with --json.
NOT_SHOWN = ("line", "errors", "symbol_data", "hri", "key", "product_uri")


def identify_codes(
    codes: Annotated[list[str], typer.Argument(metavar="CODE|-", show_default=False)],
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command; `-` takes a code from each line of the standard input."""
    wanted = _lines() if codes == ["-"] else iter(codes)
    with session(url, key, as_json) as (client, out):
        valid = True
        for some in _chunks(wanted):
            for found in client.send(identify(some)):
                valid &= found.valid
                _show(out, found)
        if not valid:
            raise typer.Exit(REFUSED)


def _lines() -> Iterator[str]:
    # Octets, cut at line feeds: a text stream also ends a line at a lone carriage return.
    for line in sys.stdin.buffer:
        code = line.decode("utf-8", "replace").rstrip("\r\n")
        if code.strip():
            yield code


def _chunks(codes: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(codes)
    while some := list(islice(rest, CODES_MOST)):
        yield some


def _show(out: Output, found: Code) -> None:
    if out.as_json:
        out.line(found)
        return
    out.one(found, *NOT_SHOWN)
    for fault in found.errors:
        message: Any = fault.get("message_zh" if chinese() else "message")
        told = plain(f"{text('broken rule')} {fault.get('rule', '')}: {message}")
        out.console.print(told, markup=False)
    out.console.print()
