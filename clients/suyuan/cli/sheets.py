"""`suyuan export`: any list, trace, recall or event query into a file for spreadsheet programs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from suyuan.cli.fields import parameters_of
from suyuan.cli.output import Output
from suyuan.cli.session import BadInput, Json, Key, Url, session
from suyuan.cli.texts import chinese, text
from suyuan.client import Suyuan
from suyuan.sheets import Language, SheetForm, path_of

SheetFile = Annotated[
    str, typer.Option("-o", "--file", help=text("--sheet-file"), metavar="FILE|-", show_default=False)
]
#: The option by which commands that list or show something write it as a sheet instead.
AsSheet = Annotated[
    str | None, typer.Option("--file", help=text("--as-sheet"), metavar="FILE|-", show_default=False)
]


def export(
    what: Annotated[str, typer.Argument(metavar="WHAT", show_default=False)],
    file: SheetFile,
    filters: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", show_default=False)
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help=text("--sheet-zone"), metavar="ZONE", show_default=False)
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        write_sheet(client, out, file, what, zone=zone, **filters_of(what, filters))


def filters_of(what: str, given: list[str] | None) -> dict[str, Any]:
    """`NAME=VALUE` each. A name that is given again has several values: those of an event query stand
    together, all others are told one by one. Raises `BadInput`.
    """
    if path_of(what).startswith("/epcis/"):
        return parameters_of(given)
    filters: dict[str, list[str]] = {}
    for each in given or ():
        for name, value in parameters_of([each], "gtin=06901234567892").items():
            filters.setdefault(name, []).append(value)
    return filters


def form_of(file: str) -> SheetForm:
    """By the end of the file's name; CSV on stdout. Raises `BadInput`."""
    ending = Path(file).suffix.lower()
    if ending == ".xlsx":
        return "xlsx"
    if ending == ".csv" or file == "-":
        return "csv"
    raise BadInput(text("no sheet", file=file))


def write_sheet(
    client: Suyuan, out: Output, file: str, what: str, *, zone: str | None = None, **query: Any
) -> None:
    """A sheet into the file, or to stdout for `-`, its heads in the language of the locale."""
    language: Language = "zh" if chinese() else "en"
    content = client.sheet(what, form_of(file), language=language, zone=zone, **query)
    if file == "-":
        out.octets(content)
        return
    Path(file).write_bytes(content)
    out.say("record saved", path=file, octets=f"{len(content):,}")
    out.document({"file": file, "octets": len(content)})
