"""A trace as an answer: who holds what, since when, by which flows, with what left open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg

from service.db.transaction import Transaction
from service.events.store import latest_event
from service.settings import settings
from service.trace.gap_words import GAP_WORDS
from service.trace.graph import BEGINNING, END, Node
from service.trace.starts import Starts
from service.trace.walk import Walk

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
GAPS = "SELECT * FROM gap WHERE batch_id = ANY($1::bigint[]) ORDER BY batch_id, ordinal"
EVENT_KEYS = "SELECT event_id, event_key FROM journal_entry WHERE event_id = ANY($1::bigint[])"
DOCUMENTS = """
SELECT batch_id, id, kind, name, number, issuer, issued_on, valid_until, result,
       file_sha256 IS NOT NULL AS file
FROM batch_document WHERE batch_id = ANY($1::bigint[]) ORDER BY id
"""

STATES = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")
ZERO = Decimal(0)


async def answer(tx: Transaction, starts: Starts, found: Walk, *, now: datetime) -> dict[str, Any]:
    """The whole trace as JSON values. Quantities are decimal texts, instants RFC 3339."""
    parts = await _Parts.load(tx, found)
    holdings = [parts.holding(node) for node in parts.in_order()]
    flows = [parts.flow(row) for row in found.flows]
    gaps = parts.gaps(now)
    batches = {holding["batch"]["id"]: holding["batch"] for holding in holdings}
    return {
        "direction": "forward" if found.forward else "backward",
        "starts": [parts.batch(batch) for batch in sorted(starts.batches) if batch in parts.batches],
        "computed_at": text_of(now),
        "as_of_event": await latest_event(tx),
        "summary": parts.summary(holdings, flows, gaps),
        "holdings": holdings,
        "flows": flows,
        "gaps": gaps,
        "parties": {str(party): parts.party(party) for party in sorted(parts.parties)},
        "documents": await _documents(tx, batches),
    }


async def _documents(tx: Transaction, batches: Mapping[int, Any]) -> list[dict[str, Any]]:
    """Certificates and test reports of every batch on the way."""
    rows = await tx.sql.fetch(DOCUMENTS, sorted(batches))
    return [
        {**row, "issued_on": _day(row["issued_on"]), "valid_until": _day(row["valid_until"])} for row in rows
    ]


class _Parts:
    """Rows that the answer is put together from, by id."""

    def __init__(self, found: Walk) -> None:
        self.found = found
        self.batches: dict[int, asyncpg.Record] = {}
        self.sites: dict[int, asyncpg.Record] = {}
        self.parties: dict[int, asyncpg.Record] = {}
        self.balances: dict[Node, list[asyncpg.Record]] = defaultdict(list)
        self.event_keys: dict[int, str] = {}
        self.gap_rows: list[asyncpg.Record] = []
        self.travelling: dict[Node, list[asyncpg.Record]] = defaultdict(list)

    @classmethod
    async def load(cls, tx: Transaction, found: Walk) -> "_Parts":
        parts = cls(found)
        reached = found.reached
        batches = sorted(found.batches())
        parts.batches = _by_id(await tx.sql.fetch(BATCHES, batches))
        parts.sites = _by_id(await tx.sql.fetch(SITES, sorted({node.site for node in reached})))
        for row in await tx.sql.fetch(HOLDINGS, batches):
            node = Node(row["batch_id"], row["site_id"])
            if node in reached:
                parts.balances[node].append(row)
        owners = {row["party_id"] for rows in parts.balances.values() for row in rows if row["party_id"]}
        parts.parties = _by_id(await tx.sql.fetch(PARTIES, sorted(owners)))
        for row in await tx.sql.fetch(GAPS, batches):
            if row["site_id"] is None or Node(row["batch_id"], row["site_id"]) in reached:
                parts.gap_rows.append(row)
        for row in found.flows:
            if row["arrived_at"] is None:
                parts.travelling[Node(row["to_batch_id"], row["to_site_id"])].append(row)
        events = {row[column] for row in found.flows for column in ("ship_event_id", "receive_event_id")}
        events |= {row["event_id"] for row in parts.gap_rows}
        for row in await tx.sql.fetch(EVENT_KEYS, sorted(event for event in events if event is not None)):
            parts.event_keys[row["event_id"]] = row["event_key"]
        return parts

    def in_order(self) -> list[Node]:
        """Holdings by distance from the start, then time, then key."""
        reached = self.found.reached
        return sorted(reached, key=lambda node: (reached[node].hops, reached[node].at, node))

    def batch(self, batch: int) -> dict[str, Any]:
        row = self.batches[batch]
        return {**row, "made_on": _day(row["made_on"]), "expires_on": _day(row["expires_on"])}

    def party(self, party: int) -> dict[str, Any]:
        return dict(self.parties[party])

    def party_of(self, node: Node) -> int | None:
        rows = self.balances.get(node)
        return rows[0]["party_id"] if rows else None

    def holding(self, node: Node) -> dict[str, Any]:
        reached = self.found.reached[node]
        rows = self.balances.get(node, [])
        first = min((row["first_at"] for row in rows), default=None)
        at = first if reached.at in (BEGINNING, END) else reached.at
        return {
            "batch": self.batch(node.batch),
            "site": dict(self.sites[node.site]),
            "party_id": self.party_of(node),
            "affected_at": text_of(at),
            "hops": reached.hops,
            "balances": [_balance(row) for row in rows],
            "in_transit_in": [
                {"quantity": _number(row["shipped_quantity"]), "uom": row["shipped_uom"]}
                for row in self.travelling.get(node, ())
            ],
        }

    def flow(self, row: asyncpg.Record) -> dict[str, Any]:
        events = [row["ship_event_id"], row["receive_event_id"]]
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
            "events": list(dict.fromkeys(self.event_keys[event] for event in events if event is not None)),
        }

    def gaps(self, now: datetime) -> list[dict[str, Any]]:
        """Gaps of the projection, and those that only the passing of time shows."""
        gaps = [
            self._gap(row["kind"], row["batch_id"], row["site_id"], row["event_id"], row["detail"])
            for row in self.gap_rows
        ]
        overdue = now - timedelta(days=settings().overdue_after_days)
        for row in self.found.flows:
            if row["arrived_at"] is None and row["departed_at"] < overdue:
                where = (row["to_batch_id"], row["to_site_id"], row["ship_event_id"])
                gaps.append(self._gap("never_received", *where, {"departed_at": text_of(row["departed_at"])}))
            if row["departed_at"] > now:
                event = row["ship_event_id"] or row["receive_event_id"]
                gaps.append(self._gap("event_in_the_future", row["batch_id"], row["from_site_id"], event, {}))
        return gaps

    def _gap(
        self, kind: str, batch: int, site: int | None, event: int | None, detail: Mapping[str, Any]
    ) -> dict[str, Any]:
        message, zh = GAP_WORDS[kind]
        return {
            "kind": kind,
            "batch_id": batch,
            "site_id": site,
            "party_id": self.party_of(Node(batch, site)) if site is not None else None,
            "event": self.event_keys.get(event) if event is not None else None,
            "detail": dict(detail),
            "message": message,
            "message_zh": zh,
        }

    def summary(
        self, holdings: Sequence[Mapping[str, Any]], flows: Sequence[Mapping[str, Any]], gaps: Sequence[Any]
    ) -> dict[str, Any]:
        states: dict[str, dict[str, Decimal]] = {
            state: defaultdict(Decimal) for state in ("on_hand", *STATES, "in_transit")
        }
        for rows in self.balances.values():
            for row in rows:
                for state in STATES:
                    states[state][row["uom"]] += row[state]
                states["on_hand"][row["uom"]] += on_hand(row)
        for rows in self.travelling.values():
            for row in rows:
                if row["shipped_uom"] is not None:
                    states["in_transit"][row["shipped_uom"]] += row["shipped_quantity"] or ZERO
        by_party: dict[str, int] = defaultdict(int)
        for gap in gaps:
            by_party[str(gap["party_id"]) if gap["party_id"] is not None else "unknown"] += 1
        return {
            "holdings": len(holdings),
            "batches": len(self.batches),
            "sites": len(self.sites),
            "parties": len(self.parties),
            "regions": len({row["region"] for row in self.sites.values() if row["region"]}),
            "flows": len(flows),
            "gaps": len(gaps),
            "gaps_by_party": dict(by_party),
            **{
                state: {uom: _number(quantity) for uom, quantity in sorted(amounts.items()) if quantity}
                for state, amounts in states.items()
            },
        }


def on_hand(row: asyncpg.Record) -> Decimal:
    """The balance of one row of `holding`."""
    come: Decimal = row["produced"] + row["received"]
    gone: Decimal = row["shipped"] + row["consumed"] + row["sold"] + row["destroyed"] + row["sampled"]
    return come - gone


def _balance(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "uom": row["uom"],
        **{state: _number(row[state]) for state in STATES},
        "on_hand": _number(on_hand(row)),
    }


def _number(quantity: Decimal | None) -> str | None:
    return None if quantity is None else f"{quantity.normalize():f}"


def _day(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def text_of(moment: datetime | None) -> str | None:
    """RFC 3339, UTC, as short as it is exact."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _by_id(rows: Iterable[asyncpg.Record]) -> dict[int, asyncpg.Record]:
    return {row["id"]: row for row in rows}
