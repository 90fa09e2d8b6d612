"""`suyuan filing fsma204|one-step|openfda`, `suyuan recall alarms`."""

from pathlib import Path
from typing import Annotated

import typer

from suyuan.cli.directory import Text, commands, flag, option
from suyuan.cli.output import Column, Output, named
from suyuan.cli.recalls import Case, recall
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.filings import Form, RecallAlarm

filing = commands("filing")

File = Annotated[
    str, typer.Option("-o", "--output", help=text("--filing-o"), metavar="FILE|-", show_default=False)
]
Product = Annotated[Text, option("--product", key="--filing-product")]
First = Annotated[Text, option("--from", key="--filing-from", metavar="DATE")]
Last = Annotated[Text, option("--to", key="--filing-to", metavar="DATE")]

ALARMS: list[Column[RecallAlarm]] = [
    Column("id", lambda alarm: alarm.id, right=True, whole=True),
    Column("alarm kind", lambda alarm: _kind(alarm)),
    Column("lot", lambda alarm: alarm.lot or alarm.batch_uri),
    Column("quantity", lambda alarm: "\n".join(f"{n} {uom}" for uom, n in alarm.amounts.items()), right=True),
    Column("alarm from", lambda alarm: _place(alarm, "from")),
    Column("alarm to", lambda alarm: _place(alarm, "to")),
    Column("at", lambda alarm: alarm.at),
    Column("alarm seen", lambda alarm: alarm.seen_by),
]


def _kind(alarm: RecallAlarm) -> str:
    told = text(f"alarm {alarm.kind}")
    return told if alarm.withdrawn_at is None else f"{told} ({text('alarm withdrawn')})"


def _place(alarm: RecallAlarm, end: str) -> str:
    """Who and where, as far as known."""
    names = [named(alarm, "id", f"{end}_{who}_name") for who in ("party", "site")]
    known = [name for name in names if name and name != str(alarm.id)]
    return "\n".join(dict.fromkeys(known)) or getattr(alarm, f"{end}_site_uri") or ""


def _form(path: str) -> Form:
    """By the end of the file's name; CSV on stdout."""
    ending = Path(path).suffix.lower()
    return "json" if ending == ".json" else "csv" if ending == ".csv" or path == "-" else "xlsx"


def _save(out: Output, path: str, content: bytes) -> None:
    if path == "-":
        out.octets(content)
        return
    Path(path).write_bytes(content)
    out.say("record saved", path=path, octets=len(content))
    out.document({"file": path, "octets": len(content)})


@filing.command("fsma204", help=text("filing fsma204"))
def write_fsma204(
    output: File,
    batches: Annotated[list[str] | None, typer.Argument(metavar="[BATCH]...", show_default=False)] = None,
    product: Product = None,
    case: Annotated[
        int | None, typer.Option("--recall", min=1, help=text("--filing-recall"), metavar="ID")
    ] = None,
    trace: Annotated[Text, option("--trace", key="--filing-trace")] = None,
    first: First = None,
    last: Last = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """The sortable spreadsheet, into a file."""
    with session(url, key, as_json) as (client, out):
        content = client.filings.fsma204(
            *(batches or ()),
            product=product,
            recall=case,
            trace=trace,
            first=first,
            last=last,
            form=_form(output),
        )
        _save(out, output, content)


@filing.command("one-step", help=text("filing one-step"))
def write_one_step(
    party: Annotated[str, typer.Argument(metavar="PARTY", show_default=False)],
    output: File,
    product: Product = None,
    first: First = None,
    last: Last = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Suppliers and customers of a party, into a file."""
    with session(url, key, as_json) as (client, out):
        form = _form(output)
        _save(out, output, client.filings.one_step(party, product=product, first=first, last=last, form=form))


@filing.command("openfda", help=text("filing openfda"))
def show_openfda(case: Case, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """A case in the form of openFDA, as JSON."""
    with session(url, key, as_json) as (client, out):
        out.line(client.filings.openfda(case))


@recall.command("alarms", help=text("recall alarms"))
def list_alarms(
    case: Case,
    unseen: Annotated[bool, flag("--unseen")] = False,
    saw: Annotated[int | None, typer.Option("--saw", min=1, help=text("--saw"), metavar="ID")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """What moved all the same, as a table or lines of JSON."""
    with session(url, key, as_json) as (client, out):
        if saw is not None:
            client.alarms.see(case, saw)
        out.rows(client.alarms.list(case, seen=False if unseen else None), ALARMS)
