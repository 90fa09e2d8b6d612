"""`suyuan drill run|list|show|history`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from suyuan.cli.directory import Limit, Text, commands, option
from suyuan.cli.fields import fields_of
from suyuan.cli.output import LIMIT, Column, Output, word
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.reports import Drill, Trend

drill = commands("drill")
DrillId = Annotated[int, typer.Argument(metavar="ID", min=1)]
Pdf = Annotated[Text, option("--pdf", metavar="FILE|-")]
Product = Annotated[int | None, typer.Option("--product-id", min=1, help=text("--product-id"))]
Party = Annotated[int | None, typer.Option("--party-id", min=1, help=text("--party-id"))]

DRILLS: list[Column[Drill]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("number", lambda row: row.number, whole=True),
    Column("started", lambda row: row.started_at),
    Column("seconds", lambda row: f"{row.seconds:.3f}", right=True),
    Column("percent", lambda row: row.percent, right=True),
    Column("reachable", lambda row: f"{row.reachable}/{row.holders}", right=True),
    Column("gap count", lambda row: row.gaps, right=True),
]

TRENDS: list[Column[Trend]] = [
    Column("measure", lambda row: row.measure),
    Column("first", lambda row: _number(row.first), right=True),
    Column("before", lambda row: _number(row.before), right=True),
    Column("latest", lambda row: _number(row.latest), right=True),
    Column("best", lambda row: _number(row.best), right=True),
    Column("since before", lambda row: word(row.since_before or "")),
    Column("over all", lambda row: word(row.over_all or "")),
]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def save(out: Output, path: str, content: bytes) -> None:
    """Write a file, or stdout for `-`."""
    if path == "-":
        out.octets(content)
        return
    Path(path).write_bytes(content)
    out.say("pdf saved", path=path, octets=len(content))


@drill.command("run", help=text("drill run"))
def run_drill(
    batches: Annotated[list[str] | None, option("--batch", key="--drill-batch")] = None,
    input_batch: Annotated[Text, option("--input-batch", key="--drill-input")] = None,
    product: Annotated[Text, option("--product", key="--drill-product")] = None,
    made_from: Annotated[Text, option("--made-from", key="--drill-made", metavar="DATE")] = None,
    made_to: Annotated[Text, option("--made-to", key="--drill-made", metavar="DATE")] = None,
    note: Annotated[Text, option("--note", key="--drill-note")] = None,
    pdf: Pdf = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """A mock recall, and what it measured."""
    with session(url, key, as_json) as (client, out):
        asked: dict[str, Any] = {
            "batch": batches,
            "input_batch": input_batch,
            "product": product,
            "made_from": made_from,
            "made_to": made_to,
            "note": note,
        }
        done = client.drills.run(**fields_of(None, asked))
        _tell(out, done)
        out.document(done)
        if pdf:
            save(out, pdf, client.drills.pdf(done.id))


def _tell(out: Output, done: Drill) -> None:
    out.say(
        "drill done",
        number=done.number,
        seconds=f"{done.seconds:.3f}",
        percent="?" if done.percent is None else done.percent,
        reachable=done.reachable,
        holders=done.holders,
        gaps=done.gaps,
    )


@drill.command("list", help=text("drill list"))
def list_drills(
    product: Product = None,
    party: Party = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Drills as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.drills.list(product=product, party=party), DRILLS, limit)


@drill.command("show", help=text("drill show"))
def show_drill(
    drill_id: DrillId,
    pdf: Pdf = None,
    holders: Annotated[Text, option("--holders", metavar="FILE|-")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """One drill, its report and its list."""
    with session(url, key, as_json) as (client, out):
        if pdf:
            save(out, pdf, client.drills.pdf(drill_id))
        if holders:
            save(out, holders, client.drills.holders_csv(drill_id))
        if not (pdf or holders):
            found = client.drills.fetch(drill_id)
            _tell(out, found)
            out.document(found)


@drill.command("history", help=text("drill history"))
def show_history(
    product: Product = None, party: Party = None, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """Drills and their trend."""
    with session(url, key, as_json) as (client, out):
        found = client.drills.history(product=product, party=party)
        if as_json:
            out.line(found)
            return
        out.rows(found.drills, DRILLS)
        out.rows(found.trends, TRENDS)
