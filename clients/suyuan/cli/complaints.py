"""`suyuan complaints`, `suyuan complaint show|answer`, `suyuan suspects`."""

from typing import Annotated

import typer

from suyuan.cli.directory import Limit, Text, commands, option
from suyuan.cli.fields import moment_of
from suyuan.cli.output import LIMIT, Column, named, word
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.signals import Complaint, Step, Suspect

complaint = commands("complaint")
ComplaintId = Annotated[int, typer.Argument(metavar="ID", min=1)]
OfBatch = Annotated[Text, option("--batch", key="--of-batch")]
Since = Annotated[Text, option("--since", key="--not-before", metavar="TIME")]

COMPLAINTS: list[Column[Complaint]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("number", lambda row: row.number, whole=True),
    Column("status", lambda row: word(row.status)),
    Column("problem", lambda row: word(row.kind)),
    Column("name", lambda row: named(row, "id", "product_name") if row.product_id else row.code),
    Column("lot", lambda row: row.lot),
    Column("received", lambda row: row.received_at),
]

STEPS: list[Column[Step]] = [
    Column("at", lambda step: step.at),
    Column("status", lambda step: word(step.status)),
    Column("by", lambda step: step.by),
]

SUSPECTS: list[Column[Suspect]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("unit", lambda row: row.unit_uri),
    Column("lot", lambda row: row.lot),
    Column("status", lambda row: word(row.status)),
    Column("reasons", lambda row: ", ".join(map(word, row.reasons))),
    Column("looks", lambda row: row.looks, right=True),
]


def list_complaints(
    status: Annotated[Text, option("--status", key="--complaint-status")] = None,
    kind: Annotated[Text, option("--kind", key="--complaint-kind")] = None,
    batch: OfBatch = None,
    since: Since = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        found = client.complaints.list(status=status, kind=kind, batch=batch, since=moment_of(since))
        out.rows(found, COMPLAINTS, limit)


@complaint.command("show", help=text("complaint show"))
def show_complaint(
    complaint_id: ComplaintId, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """One complaint, and how it came to stand where it does."""
    with session(url, key, as_json) as (client, out):
        found = client.complaints.fetch(complaint_id)
        out.one(found, "history")
        if not as_json:
            out.console.print()
            out.rows(found.history, STEPS)


@complaint.command("answer", help=text("complaint answer"))
def answer_complaint(
    complaint_id: ComplaintId,
    zh: Annotated[Text, option("--zh")] = None,
    en: Annotated[Text, option("--en")] = None,
    status: Annotated[str, option("--status", key="--complaint-status")] = "answered",
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Answer a complaint, and say where it stands then."""
    with session(url, key, as_json) as (client, out):
        answered = client.complaints.answer(complaint_id, zh=zh, en=en, status=status)
        out.say("complaint moved", number=answered.number, status=word(answered.status))
        out.document(answered)


def list_suspects(
    status: Annotated[Text, option("--status", key="--suspect-status")] = None,
    batch: OfBatch = None,
    since: Since = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.suspects.list(status=status, batch=batch, since=moment_of(since)), SUSPECTS, limit)
