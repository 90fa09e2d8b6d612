"""A trace as an answer: who holds what, since when, by which flows, with what left open."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import asyncpg

from service.db.transaction import Transaction
from service.events.store import latest_event
from service.trace.gaps import Gap, open_gaps
from service.trace.graph import BEGINNING, END, Node
from service.trace.starts import Starts
from service.trace.walk import Walk, carried_flows

BATCHES = """
SELECT batch.id, batch.uri, batch.lot, batch.made_on, batch.expires_on,
       product.uri AS product_uri, product.gtin, product.category, product.name_zh AS product_name_zh,
       product.name_en AS product_name_en
FROM batch LEFT JOIN product ON product.id = batch.product_id
WHERE batch.id = ANY($1::bigint[])
"""
SITES = """
SELECT id, uri, gln, name_zh, name_en, region, address, unspecified FROM site WHERE id = ANY($1::bigint[])
"""
PARTIES = """
SELECT id, uri, uscc, gln, name_zh, name_en, roles, region, address, contacts, licences,
       legal_representative, quality_manager
FROM party WHERE id = ANY($1::bigint[])
"""
HOLDINGS = """
SELECT * FROM holding WHERE batch_id = ANY($1::bigint[]) ORDER BY batch_id, site_id, uom
"""
EVENT_KEYS = "SELECT event_id, event_key FROM journal_entry WHERE event_id = ANY($1::bigint[])"
DOCUMENTS = """
SELECT batch_id, id, kind, name, number, issuer, issued_on, valid_until, result,
       file_sha256 IS NOT NULL AS file
FROM batch_document WHERE batch_id = ANY($1::bigint[]) ORDER BY id
"""

STATES = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")
ZERO = Decimal(0)

Json = dict[str, Any]


async def answer(tx: Transaction, starts: Starts, found: Walk, *, now: datetime) -> Json:
    """The whole trace as JSON values. Quantities are decimal texts, instants RFC 3339."""
    told = await Answer.load(tx, starts, found, now=now)
    return {**told.head(), "holdings": list(told.holdings()), "flows": list(told.flows()), **told.tail()}


class Answer:
    """Everything the answer is put together from. Holdings and flows may be many: they are made into
    JSON values one after the other, as somebody takes them.
    """

    def __init__(self, starts: Starts, found: Walk, now: datetime) -> None:
        self.starts = starts
        self.found = found
        self.now = now
        self.as_of_event = 0
        self.carried: Sequence[asyncpg.Record] = ()
        self.batches: dict[int, Json] = {}
        self.sites: dict[int, Json] = {}
        self.parties: dict[int, Json] = {}
        self.balances: dict[Node, list[asyncpg.Record]] = defaultdict(list)
        self.event_keys: dict[int, str] = {}
        self.open: list[Gap] = []
        self.travelling: dict[Node, list[asyncpg.Record]] = defaultdict(list)
        self.documents: list[Json] = []

    @classmethod
    async def load(cls, tx: Transaction, starts: Starts, found: Walk, *, now: datetime) -> "Answer":
        """Read what `found` names. `now` tells what is overdue, and what is dated in the future."""
        told = cls(starts, found, now)
        reached = found.reached
        batches = sorted(found.batches() | starts.batches)
        told.as_of_event = await latest_event(tx)
        told.carried = await carried_flows(tx, found)
        told.batches = {row["id"]: _batch(row) for row in await tx.sql.fetch(BATCHES, batches)}
        told.sites = _by_id(await tx.sql.fetch(SITES, sorted({node.site for node in reached})))
        for row in await tx.sql.fetch(HOLDINGS, batches):
            node = Node(row["batch_id"], row["site_id"])
            if node in reached:
                told.balances[node].append(row)
        owners = {rows[0]["party_id"] for rows in told.balances.values()}
        told.parties = _by_id(await tx.sql.fetch(PARTIES, _known(owners)))
        for row in told.carried:
            if row["arrived_at"] is None:
                told.travelling[Node(row["to_batch_id"], row["to_site_id"])].append(row)
        told.open = await open_gaps(tx, found, told.carried, told.balances, now=now)
        events = {gap.event for gap in told.open}
        for column in ("ship_event_id", "receive_event_id"):
            events.update(row[column] for row in told.carried)
        for row in await tx.sql.fetch(EVENT_KEYS, _known(events)):
            told.event_keys[row["event_id"]] = row["event_key"]
        told.documents = [_document(row) for row in await tx.sql.fetch(DOCUMENTS, batches)]
        return told

    def head(self) -> Json:
        """What the answer begins with."""
        return {
            "direction": "forward" if self.found.forward else "backward",
            "starts": [self.batches[batch] for batch in sorted(self.starts.batches)],
            "computed_at": text_of(self.now),
            "as_of_event": self.as_of_event,
            "summary": self._summary(),
        }

    def tail(self) -> Json:
        """What it ends with."""
        return {
            "gaps": [self._gap(gap) for gap in self.open],
            "parties": {str(party): self.parties[party] for party in sorted(self.parties)},
            "documents": self.documents,
        }

    def holdings(self) -> Iterator[Json]:
        """By distance from the start, then time, then key."""
        affected = {node: self._affected_at(node) for node in self.found.reached}
        order = sorted(
            (reached.hops, affected[node] or BEGINNING, node) for node, reached in self.found.reached.items()
        )
        for hops, _, node in order:
            yield self._holding(node, affected[node], hops)

    def flows(self) -> Iterator[Json]:
        """The flows by which the trace went."""
        return map(self._flow, self.carried)

    def _affected_at(self, node: Node) -> datetime | None:
        """Of a start without a moment of its own: since, or until, anything was here at all."""
        at = self.found.reached[node].at
        rows = self.balances.get(node, ())
        if at == BEGINNING:
            return min((row["first_at"] for row in rows), default=None)
        if at == END:
            return max((row["last_at"] for row in rows), default=None)
        return at

    def _holding(self, node: Node, affected_at: datetime | None, hops: int) -> Json:
        rows = self.balances.get(node, ())
        return {
            "batch": self.batches[node.batch],
            "site": self.sites[node.site],
            "party_id": self._party_of(node),
            "affected_at": text_of(affected_at),
            "hops": hops,
            "balances": [_balance(row) for row in rows],
            "in_transit_in": [
                {"quantity": _number(row["shipped_quantity"]), "uom": row["shipped_uom"]}
                for row in self.travelling.get(node, ())
            ],
        }

    def _flow(self, row: asyncpg.Record) -> Json:
        shipped, received = row["ship_event_id"], row["receive_event_id"]
        events = (shipped,) if shipped == received else (shipped, received)
        return {
            "kind": "transform" if row["kind"] else "move",
            "from": {"batch_id": row["batch_id"], "site_id": row["from_site_id"]},
            "to": {"batch_id": row["to_batch_id"], "site_id": row["to_site_id"]},
            "departed_at": text_of(row["departed_at"]),
            "arrived_at": text_of(row["arrived_at"]),
            "in_transit": row["arrived_at"] is None,
            "inferred": row["inferred"],
            "shipped": {"quantity": _number(row["shipped_quantity"]), "uom": row["shipped_uom"]},
            "received": {"quantity": _number(row["received_quantity"]), "uom": row["received_uom"]},
            "events": [self.event_keys[event] for event in events if event is not None],
        }

    def _gap(self, gap: Gap) -> Json:
        message, zh = gap.words
        return {
            "kind": gap.kind,
            "batch_id": gap.batch,
            "site_id": gap.site,
            "party_id": self._party_of_gap(gap),
            "event": self.event_keys.get(gap.event) if gap.event is not None else None,
            "detail": dict(gap.detail),
            "message": message,
            "message_zh": zh,
        }

    def _party_of(self, node: Node) -> int | None:
        rows = self.balances.get(node)
        return rows[0]["party_id"] if rows else None

    def _party_of_gap(self, gap: Gap) -> int | None:
        return None if gap.site is None else self._party_of(Node(gap.batch, gap.site))

    def _summary(self) -> Json:
        by_party: dict[str, int] = defaultdict(int)
        for gap in self.open:
            party = self._party_of_gap(gap)
            by_party["unknown" if party is None else str(party)] += 1
        return {
            "holdings": len(self.found.reached),
            "batches": len(self.found.batches()),
            "sites": len(self.sites),
            "parties": len(self.parties),
            "regions": len(self._regions()),
            "flows": len(self.carried),
            "gaps": len(self.open),
            "gaps_by_party": dict(by_party),
            **{
                state: {uom: _number(quantity) for uom, quantity in sorted(amounts.items()) if quantity}
                for state, amounts in self._amounts().items()
            },
        }

    def _regions(self) -> set[str]:
        """Of the sites; where a site's is not known, of its party."""
        regions: set[str] = set()
        for node in self.found.reached:
            party = self.parties.get(self._party_of(node) or 0, {})
            regions.update(filter(None, [self.sites[node.site]["region"] or party.get("region")]))
        return regions

    def _amounts(self) -> dict[str, dict[str, Decimal]]:
        """state -> unit of measure -> quantity over all holdings."""
        amounts: dict[str, dict[str, Decimal]] = {
            state: defaultdict(Decimal) for state in ("on_hand", *STATES, "in_transit")
        }
        for rows in self.balances.values():
            for row in rows:
                for state in STATES:
                    amounts[state][row["uom"]] += row[state]
                amounts["on_hand"][row["uom"]] += on_hand(row)
        for rows in self.travelling.values():
            for row in rows:
                if row["shipped_uom"] is not None:
                    amounts["in_transit"][row["shipped_uom"]] += row["shipped_quantity"] or ZERO
        return amounts


def on_hand(row: asyncpg.Record) -> Decimal:
    """The balance of one row of `holding`."""
    come: Decimal = row["produced"] + row["received"]
    gone: Decimal = row["shipped"] + row["consumed"] + row["sold"] + row["destroyed"] + row["sampled"]
    return come - gone


def text_of(moment: datetime | None) -> str | None:
    """RFC 3339, UTC, as short as it is exact."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _balance(row: asyncpg.Record) -> Json:
    return {
        "uom": row["uom"],
        **{state: _number(row[state]) for state in STATES},
        "on_hand": _number(on_hand(row)),
    }


def _batch(row: asyncpg.Record) -> Json:
    return {**row, "made_on": _day(row["made_on"]), "expires_on": _day(row["expires_on"])}


def _document(row: asyncpg.Record) -> Json:
    return {**row, "issued_on": _day(row["issued_on"]), "valid_until": _day(row["valid_until"])}


@lru_cache(maxsize=4_096)
def _number(quantity: Decimal | None) -> str | None:
    return None if quantity is None else f"{quantity.normalize():f}"


def _day(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def _by_id(rows: Iterable[asyncpg.Record]) -> dict[int, Json]:
    return {row["id"]: dict(row) for row in rows}


def _known(keys: Iterable[int | None]) -> list[int]:
    return sorted(key for key in keys if key is not None)
