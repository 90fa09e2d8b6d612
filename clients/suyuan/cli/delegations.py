"""`suyuan delegation add|list|revoke|events`."""

from typing import Annotated, Any

import typer

from suyuan.cli.directory import Limit, Text, commands, option
from suyuan.cli.fields import moment_of
from suyuan.cli.find import find_party, find_site
from suyuan.cli.keys import Party, RowId, Until
from suyuan.cli.output import LIMIT, Column
from suyuan.cli.session import Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.keys import DelegatedEvent, Delegation

delegation = commands("delegation")
PARTY: Any = "ID|URI|…"

COLUMNS: list[Column[Delegation]] = [
    Column("id", lambda row: row.id, right=True, whole=True),
    Column("for whom", lambda row: row.party_id, right=True),
    Column("delegate", lambda row: row.delegate_id, right=True),
    Column("places", lambda row: ", ".join(map(str, row.site_ids)) if row.site_ids else text("all places")),
    Column("since", lambda row: row.starts_at),
    Column("ends", lambda row: row.revoked_at or row.ends_at),
]
EVENTS: list[Column[DelegatedEvent]] = [
    Column("event", lambda row: row.event_id),
    Column("when", lambda row: row.event_time),
    Column("recorded", lambda row: row.record_time),
]


@delegation.command("add", help=text("delegation add"))
def add_delegation(
    delegate: Annotated[str, typer.Argument(metavar=PARTY)],
    site: Annotated[list[str] | None, option("--site", key="--at-site", metavar=PARTY)] = None,
    since: Annotated[Text, option("--since", key="--from-time", metavar="TIME")] = None,
    until: Until = None,
    party: Party = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Let another party capture."""
    with session(url, key, as_json) as (client, out):
        fields: dict[str, Any] = {"delegate_id": find_party(client, delegate).id}
        if party is not None:
            fields["party_id"] = find_party(client, party).id
        if site:
            fields["site_ids"] = [find_site(client, each).id for each in site]
        made = client.delegations.make(**fields, starts_at=moment_of(since), ends_at=moment_of(until))
        out.say("delegated", id=made.id, party=made.party_id, delegate=made.delegate_id)
        out.document(made)


@delegation.command("list", help=text("delegation list"))
def list_delegations(limit: Limit = LIMIT, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Delegations as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.delegations.list(), COLUMNS, limit)


@delegation.command("events", help=text("delegation events"))
def list_delegated(
    delegation_id: RowId, limit: Limit = LIMIT, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """Events as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.delegations.events(delegation_id), EVENTS, limit)


@delegation.command("revoke", help=text("delegation revoke"))
def revoke_delegation(delegation_id: RowId, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """End a delegation at once."""
    with session(url, key, as_json) as (client, out):
        ended = client.delegations.revoke(delegation_id)
        out.say("delegation revoked", id=ended.id)
        out.document(ended)
