"""The projection's rows, written by difference: what a capture does not change is not touched."""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import asyncpg
import msgspec
from msgspec.structs import astuple
from sqlmodel import SQLModel

from service.db.rows import array_text, insert_rows
from service.db.transaction import Transaction
from service.ledger import tables
from service.ledger.model import BatchLedger, Flow, Gap, Holding
from service.ledger.postings import Postings

#: One row of `posting`, in the order of these columns.
PostingRow = tuple[int, int, int, str, object, int]
POSTING_COLUMNS = ("batch_id", "event_id", "role", "uom", "quantity", "doubt")

FLOW_COLUMNS = (
    "kind",
    "from_site_id",
    "to_batch_id",
    "to_site_id",
    "departed_at",
    "arrived_at",
    "inferred",
    "shipped_quantity",
    "shipped_uom",
    "received_quantity",
    "received_uom",
    "ship_event_id",
    "receive_event_id",
)
HOLDING_COLUMNS = (
    "site_id",
    "uom",
    "party_id",
    "first_at",
    "last_at",
    "produced_at",
    "produced",
    "received",
    "shipped",
    "consumed",
    "sold",
    "destroyed",
    "sampled",
)
HOLDING_KEY = itemgetter("batch_id", "site_id", "uom")
HOLDING_OF = itemgetter(*HOLDING_COLUMNS)
GAP_COLUMNS = ("kind", "site_id", "event_id", "detail")

OLD_POSTINGS = """
SELECT batch_id, event_id, role, uom, quantity, doubt FROM posting WHERE event_id = ANY($1::bigint[])
"""
DELETE_POSTINGS = """
DELETE FROM posting
USING unnest($1::text::bigint[], $2::text::bigint[], $3::text::smallint[], $4::text::text[])
    AS gone (batch_id, event_id, role, uom)
WHERE posting.batch_id = gone.batch_id AND posting.event_id = gone.event_id
  AND posting.role = gone.role AND posting.uom = gone.uom
"""
OLD_FLOWS = "SELECT * FROM flow WHERE batch_id = ANY($1::bigint[])"
OLD_HOLDINGS = "SELECT * FROM holding WHERE batch_id = ANY($1::bigint[])"
OLD_GAPS = "SELECT * FROM gap WHERE batch_id = ANY($1::bigint[])"
DELETE_FLOWS = """
DELETE FROM flow USING unnest($1::text::bigint[], $2::text::int[]) AS gone (batch_id, ordinal)
WHERE flow.batch_id = gone.batch_id AND flow.ordinal = gone.ordinal
"""
DELETE_GAPS = """
DELETE FROM gap USING unnest($1::text::bigint[], $2::text::int[]) AS gone (batch_id, ordinal)
WHERE gap.batch_id = gone.batch_id AND gap.ordinal = gone.ordinal
"""
DELETE_HOLDINGS = """
DELETE FROM holding
USING unnest($1::text::bigint[], $2::text::bigint[], $3::text::text[]) AS gone (batch_id, site_id, uom)
WHERE holding.batch_id = gone.batch_id AND holding.site_id = gone.site_id AND holding.uom = gone.uom
"""


@dataclass(slots=True)
class Written:
    """What writing by difference did: batches whose rows changed, and rows removed or added in all.
    `departures`: (batch, place) that a flow which changed left from.
    """

    batches: set[int] = field(default_factory=set)
    rows: int = 0
    departures: set[tuple[int, int]] = field(default_factory=set)

    def add(self, other: "Written") -> None:
        """Both together."""
        self.batches |= other.batches
        self.rows += other.rows
        self.departures |= other.departures


@dataclass(frozen=True, slots=True)
class PostingChanges:
    """Rows of `posting` to be removed and added."""

    gone: frozenset[PostingRow] = frozenset()
    fresh: frozenset[PostingRow] = frozenset()

    def anew(self) -> set[tuple[int, int]]:
        """(event, batch) of all that changes."""
        return {(row[1], row[0]) for row in self.gone | self.fresh}


async def posting_changes(
    tx: Transaction,
    events: Collection[int],
    told: Mapping[int, Postings],
    unposted: Collection[int] = (),
) -> PostingChanges:
    """What lets the postings of `events` be exactly `told` (event -> postings; none where it is missing).
    `unposted`: those of the events that have none yet.
    """
    new: set[PostingRow] = {
        (batch, event, int(role), uom, quantity, int(posted.doubt))
        for event, postings in told.items()
        for (role, batch), posted in postings.items()
        for uom, quantity in posted.amounts.items()
    }
    posted_before = sorted(set(events).difference(unposted))
    old: set[PostingRow] = {
        (row["batch_id"], row["event_id"], row["role"], row["uom"], row["quantity"], row["doubt"])
        for row in (await tx.sql.fetch(OLD_POSTINGS, posted_before) if posted_before else ())
    }
    return PostingChanges(frozenset(old - new), frozenset(new - old))


async def write_postings(tx: Transaction, changes: PostingChanges) -> int:
    """Write these changes; how many rows were removed or added."""
    if changes.gone:
        keys = list(zip(*changes.gone, strict=True))[:4]
        await tx.sql.execute(DELETE_POSTINGS, *map(array_text, keys))
    if changes.fresh:
        records = sorted(changes.fresh, key=lambda row: (row[0], row[1], row[2], row[3]))
        await insert_rows(tx.sql, tables.Posting, records, POSTING_COLUMNS)
    return len(changes.gone) + len(changes.fresh)


async def write_ledgers(
    tx: Transaction, ledgers: Mapping[int, BatchLedger], unwritten: Collection[int] = ()
) -> Written:
    """Let flows, holdings and gaps of these batches be exactly the given ones. `unwritten`: those of which
    none are here yet.
    """
    known = sorted(ledgers.keys() - set(unwritten))
    flows = {batch: map(flow_row, ledger.flows) for batch, ledger in ledgers.items()}
    old_flows = await tx.sql.fetch(OLD_FLOWS, known) if known else []
    written = await _write_numbered(tx, tables.Flow, old_flows, DELETE_FLOWS, FLOW_COLUMNS, flows)
    gaps = {batch: map(gap_row, ledger.gaps) for batch, ledger in ledgers.items()}
    old_gaps = await tx.sql.fetch(OLD_GAPS, known) if known else []
    written.add(await _write_numbered(tx, tables.Gap, old_gaps, DELETE_GAPS, GAP_COLUMNS, gaps))
    old_holdings = await tx.sql.fetch(OLD_HOLDINGS, known) if known else []
    written.add(await _write_holdings(tx, ledgers, old_holdings))
    return written


class PartRows(NamedTuple):
    """Rows of a part of a batch as they are stored, and the last numbers of all its flows and gaps."""

    flows: Sequence[asyncpg.Record]
    gaps: Sequence[asyncpg.Record]
    holdings: Sequence[asyncpg.Record]
    last_flow: int
    last_gap: int


async def write_part(tx: Transaction, batch: int, before: PartRows, ledger: BatchLedger) -> Written:
    """Let flows, holdings and gaps of a part of a batch be exactly the given ones."""
    flows, gaps = {batch: map(flow_row, ledger.flows)}, {batch: map(gap_row, ledger.gaps)}
    written = await _write_numbered(
        tx, tables.Flow, before.flows, DELETE_FLOWS, FLOW_COLUMNS, flows, before.last_flow
    )
    written.add(
        await _write_numbered(tx, tables.Gap, before.gaps, DELETE_GAPS, GAP_COLUMNS, gaps, before.last_gap)
    )
    written.add(await _write_holdings(tx, {batch: ledger}, before.holdings))
    return written


async def _write_numbered(
    tx: Transaction,
    table: type[SQLModel],
    old: Sequence[asyncpg.Record],
    delete: str,
    columns: Sequence[str],
    rows: Mapping[int, Iterable[tuple[Hashable, ...]]],
    numbered: int = 0,
) -> Written:
    """Rows that have no key but their content, numbered within the batch; kept rows keep their number.
    `numbered`: so many numbers are in use by other rows of the batch.
    """
    known: dict[int, dict[tuple[Hashable, ...], list[int]]] = defaultdict(lambda: defaultdict(list))
    last: dict[int, int] = defaultdict(lambda: numbered)
    content_of_row = itemgetter(*columns)
    for row in old:
        batch, ordinal = row["batch_id"], row["ordinal"]
        content = content_of_row(row)
        known[batch][content if table is tables.Flow else tuple(map(_plain, content))].append(ordinal)
        last[batch] = max(last[batch], ordinal)
    fresh: list[tuple[object, ...]] = []
    gone: list[tuple[int, int]] = []
    changed: dict[int, list[tuple[Hashable, ...]]] = defaultdict(list)
    for batch, contents in rows.items():
        before = known.get(batch)
        if before is None:  # nothing to compare them with
            for ordinal, content in enumerate(contents, last[batch] + 1):
                fresh.append((batch, ordinal, *content))
                changed[batch].append(content)
            continue
        wanted = Counter(contents)
        for content, ordinals in before.items():
            surplus = len(ordinals) - wanted[content]
            if surplus > 0:
                gone.extend((batch, ordinal) for ordinal in ordinals[-surplus:])
                changed[batch].append(content)
            wanted[content] -= len(ordinals)
        ordinal = last[batch]
        for content, count in wanted.items():
            if count > 0:
                changed[batch].append(content)
            for _ in range(count):
                ordinal += 1
                fresh.append((batch, ordinal, *content))
    if gone:
        await tx.sql.execute(delete, *map(array_text, zip(*gone, strict=True)))
    if fresh:
        await insert_rows(tx.sql, table, fresh, ("batch_id", "ordinal", *columns))
    left: set[tuple[int, int]] = set()
    if table is tables.Flow:
        left = {(batch, int(str(row[1]))) for batch, contents in changed.items() for row in contents}
    return Written(set(changed), len(gone) + len(fresh), left)


async def _write_holdings(
    tx: Transaction, ledgers: Mapping[int, BatchLedger], before: Sequence[asyncpg.Record]
) -> Written:
    new = {
        (batch, holding.site, holding.uom): holding_row(holding)
        for batch, ledger in ledgers.items()
        for holding in ledger.holdings
    }
    old = {HOLDING_KEY(row): HOLDING_OF(row) for row in before}
    gone = [key for key, row in old.items() if new.get(key) != row]
    fresh = {key: row for key, row in new.items() if old.get(key) != row}
    if gone:
        await tx.sql.execute(DELETE_HOLDINGS, *map(array_text, zip(*gone, strict=True)))
    if fresh:
        records = [(key[0], *row) for key, row in fresh.items()]
        await insert_rows(tx.sql, tables.Holding, records, ("batch_id", *HOLDING_COLUMNS))
    return Written({batch for batch, _, _ in [*gone, *fresh]}, len(gone) + len(fresh))


def flow_row(flow: Flow) -> tuple[Hashable, ...]:
    """A flow as a row, without its batch and number."""
    # Its fields stand in the order of the columns.
    return int(flow.kind), *astuple(flow)[1:]


def holding_row(holding: Holding) -> tuple[object, ...]:
    """A holding as a row, without its batch."""
    return (
        holding.site,
        holding.uom,
        holding.party,
        holding.first_at,
        holding.last_at,
        holding.produced_at,
        holding.produced,
        holding.received,
        holding.shipped,
        holding.consumed,
        holding.sold,
        holding.destroyed,
        holding.sampled,
    )


def gap_row(gap: Gap) -> tuple[Hashable, ...]:
    """A gap as a row, without its batch and number."""
    return (gap.kind, gap.site, gap.event_id, _plain(dict(gap.detail)))


def content_of(row: asyncpg.Record, columns: Sequence[str]) -> tuple[Hashable, ...]:
    """These columns of a row, to be compared with what `flow_row`, `gap_row` or `holding_row` makes."""
    return tuple(_plain(row[column]) for column in columns)


def _plain(value: object) -> Hashable:
    """A column's value, to be compared: `jsonb` is read as a dict and written as a text."""
    if isinstance(value, dict):
        return msgspec.json.encode(value, order="sorted").decode()
    assert isinstance(value, Hashable)
    return value
