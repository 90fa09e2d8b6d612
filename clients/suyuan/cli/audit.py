"""`suyuan audit`."""

from typing import Annotated

from suyuan.cli.directory import Limit, Text, option
from suyuan.cli.fields import moment_of
from suyuan.cli.find import find_batch, find_party
from suyuan.cli.output import LIMIT, Column
from suyuan.cli.session import Json, Key, Url, session
from suyuan.keys import AuditRecord


def _asked(row: AuditRecord) -> str:
    named = f" ({row.subject.kind} {row.subject.id})" if row.subject is not None else ""
    return f"{row.method} {row.route}{named}"


RECORDS: list[Column[AuditRecord]] = [
    Column("at", lambda row: row.at),
    Column("reader", lambda row: row.reader.name),
    Column("role", lambda row: row.reader.role),
    Column("of party", lambda row: row.reader.party_id, right=True),
    Column("asked", _asked, whole=True),
    Column("batches read", lambda row: ", ".join(batch.uri for batch in row.batches)),
]


def list_reads(
    since: Annotated[Text, option("--since", key="--read-since", metavar="TIME")] = None,
    until: Annotated[Text, option("--until", key="--read-until", metavar="TIME")] = None,
    role: Annotated[Text, option("--role", key="--as-role", metavar="ROLE")] = None,
    party: Annotated[Text, option("--party", key="--read-party", metavar="ID|URI|…")] = None,
    batch: Annotated[Text, option("--batch", key="--read-batch")] = None,
    limit: Limit = LIMIT,
    url: Url = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Run the command."""
    with session(url, key, as_json) as (client, out):
        found = client.audit.list(
            since=moment_of(since),
            until=moment_of(until),
            role=role,
            party=None if party is None else find_party(client, party).id,
            batch=None if batch is None else find_batch(client, batch).id,
        )
        out.rows(found, RECORDS, limit)
