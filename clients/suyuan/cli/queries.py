"""`suyuan query add|list|show|delete|events`, `suyuan subscribe add|list|show|delete`."""

from typing import Annotated

import typer

from suyuan import queries
from suyuan.cli.directory import Limit, Text, commands, flag, option
from suyuan.cli.events import Extensions, Most, Parameters, prefixes_of, write_events
from suyuan.cli.fields import From, fields_of, moment_of, parameters_of
from suyuan.cli.output import LIMIT, Column, Output, word
from suyuan.cli.session import BadInput, Json, Key, Url, session
from suyuan.cli.texts import text
from suyuan.client import Suyuan
from suyuan.queries import NamedQuery, Subscription

query = commands("query")
subscribe = commands("subscribe")

QueryName = Annotated[str, typer.Argument(metavar="NAME")]
Query = Annotated[str, typer.Argument(metavar="QUERY")]
SubscriptionId = Annotated[str, typer.Argument(metavar="ID")]
Since = Annotated[Text, option("--since", metavar="TIME")]

QUERIES: list[Column[NamedQuery]] = [
    Column("name", lambda row: row.name),
    Column("parameters", lambda row: "\n".join(f"{name}={value}" for name, value in row.query.items())),
]


def _when(row: Subscription) -> str:
    return "stream" if row.schedule is None else " ".join(f"{k}={v}" for k, v in row.schedule.items())


SUBSCRIPTIONS: list[Column[Subscription]] = [
    Column("id", lambda row: row.id),
    Column("dest", lambda row: row.dest),
    Column("when", _when),
    Column("status", lambda row: word(row.state)),
    Column("acknowledged", lambda row: row.deliveries, right=True),
    Column("problem", lambda row: row.last_error if row.failures else None),
]

# --- query ---------------------------------------------------------------------------------------


@query.command("add", help=text("query add"))
def add_query(
    name: QueryName,
    parameters: Parameters = None,
    source: From = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Keep a query under a name."""
    with session(url, key, as_json) as (client, out):
        fields = fields_of(source, parameters_of(parameters))
        made = client.send(queries.create(name, fields))
        out.say("query added", name=made.name)
        out.document(made)


@query.command("list", help=text("query list"))
def list_queries(limit: Limit = LIMIT, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Named queries as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.queries.list(), QUERIES, limit)


@query.command("show", help=text("query show"))
def show_query(name: QueryName, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """One named query."""
    with session(url, key, as_json) as (client, out):
        out.one(client.queries.fetch(name))


@query.command("delete", help=text("query delete"))
def delete_query(name: QueryName, url: Url = None, key: Key = None, as_json: Json = False) -> None:
    """Delete a named query."""
    with session(url, key, as_json) as (client, out):
        client.queries.delete(name)
        out.say("query deleted", name=name)
        out.document({"name": name})


@query.command("events", help=text("query events"))
def events_of_query(
    name: QueryName,
    parameters: Parameters = None,
    follow: Annotated[bool, flag("--follow")] = False,
    since: Since = None,
    extensions: Extensions = None,
    limit: Most = 0,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """The events of a named query, or new ones as they come; a line of JSON each."""
    with session(url, key, as_json) as (client, out):
        if follow:
            if parameters or extensions:
                raise BadInput(text("follow narrows"))
            _follow(client, out, name, since, limit)
            return
        if since:
            raise BadInput(text("since follows"))
        wanted = queries.events_of(name, parameters_of(parameters), prefixes_of(extensions))
        write_events(out, client.each(wanted), limit)


def _follow(client: Suyuan, out: Output, name: str, since: str | None, limit: int) -> None:
    for count, event in enumerate(client.queries.stream(name, since=moment_of(since)), 1):
        out.line(event)
        out.octets(b"")  # who waits sees it now
        if count == limit:
            return


# --- subscribe -----------------------------------------------------------------------------------


@subscribe.command("add", help=text("subscribe add"))
def add_subscription(
    query: Query,
    dest: Annotated[str, typer.Argument(metavar="ADDRESS")],
    token: Annotated[Text, option("--token")] = None,
    schedule: Annotated[list[str] | None, option("--schedule", metavar="FIELD=VALUE")] = None,
    report_if_empty: Annotated[bool, flag("--report-if-empty")] = False,
    since: Since = None,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Subscribe to a named query."""
    with session(url, key, as_json) as (client, out):
        made = client.subscriptions.create(
            query,
            dest,
            schedule=parameters_of(schedule, "hour=1") or None,
            signature_token=token,
            report_if_empty=report_if_empty,
            since=moment_of(since),
        )
        out.say("subscribed", id=made.id, dest=made.dest)
        out.document(made)


@subscribe.command("list", help=text("subscribe list"))
def list_subscriptions(
    query: Query, limit: Limit = LIMIT, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """The subscriptions to a query as a table or as lines of JSON."""
    with session(url, key, as_json) as (client, out):
        out.rows(client.subscriptions.list(query), SUBSCRIPTIONS, limit)


@subscribe.command("show", help=text("subscribe show"))
def show_subscription(
    query: Query, subscription_id: SubscriptionId, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """One subscription."""
    with session(url, key, as_json) as (client, out):
        out.one(client.subscriptions.fetch(query, subscription_id))


@subscribe.command("delete", help=text("subscribe delete"))
def delete_subscription(
    query: Query, subscription_id: SubscriptionId, url: Url = None, key: Key = None, as_json: Json = False
) -> None:
    """End a subscription."""
    with session(url, key, as_json) as (client, out):
        client.subscriptions.delete(query, subscription_id)
        out.say("unsubscribed", id=subscription_id)
        out.document({"subscriptionID": subscription_id})
