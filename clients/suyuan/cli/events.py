"""`suyuan events`: events that match a query, a line of JSON each."""

from collections.abc import Iterable
from itertools import islice
from typing import Annotated

import msgspec
import typer

from suyuan import events
from suyuan.cli.directory import option
from suyuan.cli.fields import parameters_of
from suyuan.cli.output import Output
from suyuan.cli.session import BadInput, Json, Key, Url, session
from suyuan.cli.sheets import AsSheet, write_sheet
from suyuan.cli.texts import text

Parameters = Annotated[list[str] | None, typer.Argument(metavar="PARAM=VALUE", show_default=False)]
Extensions = Annotated[list[str] | None, option("--extension", metavar="PREFIX=URI")]
Most = Annotated[int, typer.Option("--limit", min=0, help=text("--most"))]


def list_events(
    parameters: Parameters = None,
    extensions: Extensions = None,
    limit: Most = 0,
    file: AsSheet = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        query = parameters_of(parameters)
        if file is not None:
            if extensions:
                raise BadInput(text("sheet extensions"))
            write_sheet(client, out, file, "events", **query)
            return
        write_events(out, client.each(events.page(query, prefixes_of(extensions))), limit)


def prefixes_of(given: list[str] | None) -> dict[str, str]:
    """The prefixes of `--extension`. Raises `BadInput`."""
    return parameters_of(given, "example=https://example.com/epcis/")


def write_events(out: Output, found: Iterable[msgspec.Raw], limit: int) -> None:
    """A line for each event, digit by digit as it is written. `limit` 0: all."""
    for written in islice(found, limit or None):
        out.line(
            written if b"\n" not in bytes(written) else msgspec.Raw(msgspec.json.format(written, indent=-1))
        )
