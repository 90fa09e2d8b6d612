"""`suyuan recall notices|answers|channel`."""

from typing import Annotated

import typer

from suyuan.cli.directory import Name, Text, flag, option
from suyuan.cli.fields import fields_of
from suyuan.cli.find import find_party
from suyuan.cli.output import Column, named
from suyuan.cli.recalls import Case
from suyuan.cli.reports import recall
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import chinese, text
from suyuan.notices import AnswerLine, Channel, DefaultChannel, Recipient

__all__ = ["recall"]


def _told(row: Recipient) -> str:
    told = ", ".join(row.how) or row.last_error or ""
    return f"{told} ({text('possibly twice')})" if row.possibly_twice else told


RECIPIENTS: list[Column[Recipient]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("name", named),
    Column("told by", _told),
    Column("told at", lambda row: row.notified_at),
    Column("read at", lambda row: row.acknowledged_at),
    Column("answer until", lambda row: row.answer_by),
    Column("answered at", lambda row: row.answered_at),
    Column("reach", lambda row: "" if row.reachable else (row.phone or text("not reachable"))),
]

ANSWERS: list[Column[AnswerLine]] = [
    Column("id", lambda row: row.recipient_id, right=True, whole=True),
    Column("lot", lambda row: row.lot or row.batch_uri),
    Column("said received", lambda row: row.received, right=True),
    Column("said sold", lambda row: row.sold, right=True),
    Column("said on hand", lambda row: row.on_hand, right=True),
    Column("said quarantined", lambda row: row.quarantined, right=True),
    Column("said returned", lambda row: row.returned, right=True),
    Column("said destroyed", lambda row: row.destroyed, right=True),
    Column("said passed on", lambda row: row.passed_on, right=True),
    Column(
        "differs",
        lambda row: "\n".join(one.message_zh if chinese() else one.message for one in row.differences),
    ),
]

CHANNELS: list[Column[Channel | DefaultChannel]] = [
    Column("id", lambda row: row.id if isinstance(row, Channel) else None, right=True, whole=True),
    Column("kind", lambda row: row.kind),
    Column("address", lambda row: row.shown),
    Column("language", lambda row: row.language),
]


@recall.command("notices", help=text("recall notices"))
def list_notices(
    case: Case,
    link: Annotated[int | None, typer.Option("--link", min=1, help=text("--link"), metavar="ID")] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Whom a case tells; or a link for one of them."""
    with session(url, key, as_json) as (client, out):
        if link is not None:
            made = client.notices.link(case, link)
            out.document(made)
            if not as_json:
                out.console.print(made.url, soft_wrap=True)
            return
        rows = list(client.notices.recipients(case))
        out.rows(rows, RECIPIENTS)
        out.say(
            "notice counts",
            all=len(rows),
            told=sum(row.notified_at is not None for row in rows),
            unreachable=sum(not row.reachable for row in rows),
            answered=sum(row.answered_at is not None for row in rows),
        )
        waiting = sum(row.waiting for row in rows)
        if waiting:
            out.say("notices waiting", count=waiting)


@recall.command("answers", help=text("recall answers"))
def list_answers(
    case: Case,
    differing: Annotated[bool, flag("--differing")] = False,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """What holders answered."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.notices.answers(case, differing), ANSWERS)


@recall.command("channel", help=text("recall channel"))
def change_channels(
    party: Name,
    add: Annotated[Text, option("--add", key="--add-channel", metavar="KIND")] = None,
    address: Annotated[Text, option("--address", key="--channel-address")] = None,
    language: Annotated[Text, option("--language", key="--channel-language")] = None,
    remove: Annotated[
        int | None, typer.Option("--remove", min=1, help=text("--remove-channel"), metavar="ID")
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """How a party is told; add or remove a channel."""
    with session(url, key, as_json) as (client, out):
        party_id = find_party(client, party).id
        if add is not None:
            fields = fields_of(None, {"kind": add, "address": address, "language": language})
            made = client.notices.add_channel(party_id, **fields)
            out.say("channel added", id=made.id, shown=made.shown)
            if made.secret is not None:
                out.say("channel secret", secret=made.secret)
            out.document(made)
        elif remove is not None:
            client.notices.remove_channel(party_id, remove)
            out.say("channel removed", id=remove)
        else:
            found = client.notices.channels(party_id)
            rows: list[Channel | DefaultChannel] = [*found.items, *found.by_default]
            out.rows(rows, CHANNELS)
