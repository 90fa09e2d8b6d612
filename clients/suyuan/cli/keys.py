"""`suyuan key add|list|renew|revoke`, `suyuan member …`, `suyuan invite`, `suyuan join`, `suyuan whoami`."""

from typing import Annotated, Any

import typer

from suyuan.cli.directory import Limit, Text, commands, option
from suyuan.cli.fields import moment_of
from suyuan.cli.find import find_party
from suyuan.cli.output import LIMIT, Column, Output, as_text
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.client import Suyuan
from suyuan.keys import Key as KeyRow
from suyuan.keys import Member

key = commands("key")
member = commands("member")
RowId = Annotated[int, typer.Argument(metavar="ID", min=1)]
Name = Annotated[str, option("--name")]
Role = Annotated[str, option("--role", key="--as-role", metavar="ROLE")]
Party = Annotated[Text, option("--party", key="--for-party", metavar="ID|URI|…")]
Permit = Annotated[list[str] | None, option("--permit", metavar="PERMISSION")]
Until = Annotated[Text, option("--until", metavar="TIME")]

KEYS: list[Column[KeyRow]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("name", lambda row: row.name),
    Column("hint", lambda row: row.hint, whole=True),
    Column("role", lambda row: row.role),
    Column("of party", lambda row: row.party_id, right=True),
    Column("permissions", lambda row: ", ".join(row.permissions)),
    Column("last used", lambda row: row.last_used_at),
    Column("ends", lambda row: row.revoked_at or row.expires_at),
]

MEMBERS: list[Column[Member]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("name", lambda row: row.name),
    Column("subject", lambda row: row.subject),
    Column("role", lambda row: row.role),
    Column("of party", lambda row: row.party_id, right=True),
    Column("permissions", lambda row: ", ".join(row.permissions)),
    Column("ends", lambda row: row.revoked_at),
]


def _granted(
    client: Suyuan, name: str, role: str, party: str | None, permit: list[str] | None
) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": name, "role": role}
    if party is not None:
        fields["party_id"] = find_party(client, party).id
    return fields | ({"permissions": permit} if permit else {})


def _tell_key(out: Output, made: KeyRow) -> None:
    out.say("key made", id=made.id, role=made.role, permissions=", ".join(made.permissions))
    if not out.as_json:
        out.console.print(made.key, soft_wrap=True)
    out.document(made)


def _tell_member(out: Output, made: Member) -> None:
    out.say("member added", id=made.id, name=made.name, role=made.role)
    out.document(made)


@key.command("add", help=text("key add"))
def add_key(
    name: Name,
    role: Role = "holder",
    party: Party = None,
    permit: Permit = None,
    until: Until = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Issue a key, and show its text this once."""
    with session(url, key, as_json) as (client, out):
        fields = _granted(client, name, role, party, permit)
        _tell_key(out, client.keys.make(**fields, expires_at=moment_of(until)))


@key.command("list", help=text("key list"))
def list_keys(limit: Limit = LIMIT, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Keys as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.keys.list(), KEYS, limit)


@key.command("renew", help=text("key renew"))
def renew_key(
    key_id: RowId,
    overlap: Annotated[int, typer.Option("--overlap", min=0, help=text("--overlap"))] = 24,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Issue another that may do the same."""
    with session(url, key, as_json) as (client, out):
        _tell_key(out, client.keys.renew(key_id, overlap_hours=overlap))


@key.command("revoke", help=text("key revoke"))
def revoke_key(key_id: RowId, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """End a key at once."""
    with session(url, key, as_json) as (client, out):
        ended = client.keys.revoke(key_id)
        out.say("key revoked", id=ended.id, name=ended.name)
        out.document(ended)


@member.command("add", help=text("member add"))
def add_member(
    issuer: Annotated[str, typer.Argument(metavar="ISSUER")],
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    name: Name,
    role: Role = "holder",
    party: Party = None,
    permit: Permit = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Let somebody in for whom an issuer vouches."""
    with session(url, key, as_json) as (client, out):
        fields = _granted(client, name, role, party, permit)
        _tell_member(out, client.members.make(**fields, issuer=issuer, subject=subject))


@member.command("list", help=text("member list"))
def list_members(limit: Limit = LIMIT, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Members as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.members.list(), MEMBERS, limit)


@member.command("remove", help=text("member remove"))
def remove_member(member_id: RowId, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Let a member go."""
    with session(url, key, as_json) as (client, out):
        gone = client.members.revoke(member_id)
        out.say("member removed", id=gone.id, name=gone.name)
        out.document(gone)


def invite(
    name: Name,
    role: Role = "holder",
    party: Party = None,
    permit: Permit = None,
    until: Until = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        fields = _granted(client, name, role, party, permit)
        made = client.invitations.make(**fields, expires_at=moment_of(until))
        out.say("invited", name=made.name, until=as_text(made.expires_at))
        if not as_json:
            out.console.print(made.invitation, soft_wrap=True)
        out.document(made)


def join(
    invitation: Annotated[str, typer.Argument(metavar="INVITATION")],
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        accepted = client.invitations.accept(invitation)
        if accepted.key is not None:
            _tell_key(out, accepted.key)
        elif accepted.member is not None:
            _tell_member(out, accepted.member)


def whoami(url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        out.one(client.whoami())
