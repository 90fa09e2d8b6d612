"""A trace as an answer: who holds what, since when, by which flows, with what left open."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import asyncpg
import numpy as np

from service.db.transaction import Transaction
from service.events.store import latest_event
from service.trace.gaps import Gap, open_gaps
from service.trace.holders import NOBODY, STATES, Holders, load_holders, text_of
from service.trace.passes import Column, distinct
from service.trace.starts import Starts
from service.trace.walk import Walk, carried_flows
from service.trace.words import Regions

BATCHES: Final = """
SELECT batch.id, batch.uri, batch.lot, batch.made_on, batch.expires_on,
       product.uri AS product_uri, product.gtin, product.category, product.name_zh AS product_name_zh,
       product.name_en AS product_name_en
FROM batch LEFT JOIN product ON product.id = batch.product_id
WHERE batch.id = ANY($1::bigint[])
"""
EVENT_KEYS: Final = "SELECT event_id, event_key FROM journal_entry WHERE event_id = ANY($1::bigint[])"
UNDER_WAY: Final = """
-- Of flows: which have not arrived.
SELECT n FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS flowed (batch_id, ordinal, n)
JOIN flow USING (batch_id, ordinal) WHERE arrived_at IS NULL ORDER BY n
"""
DOCUMENTS: Final = """
SELECT batch_id, id, kind, name, number, issuer, issued_on, valid_until, result,
       file_sha256 IS NOT NULL AS file
FROM batch_document WHERE batch_id = ANY($1::bigint[]) ORDER BY id
"""

#: What the numbers of `flow.kind` mean.
KINDS: Final = ("move", "transform", "lot_untold")
#: Flows told together.
FLOWS_AT_ONCE: Final = 2_000

Json = dict[str, Any]
#: (batch, site): a `Node` without the cost of making one.
Key = tuple[int, int]


class PartyAt:
    """Who is at a holding: a mapping without a place for each, for gaps ask for few of them."""

    def __init__(self, holders: Holders) -> None:
        self.order = np.lexsort((holders.site, holders.batch))
        self.holders = holders
        self.batch = holders.batch[self.order]

    def _place(self, key: Key) -> int | None:
        begin, end = np.searchsorted(self.batch, key[0]), np.searchsorted(self.batch, key[0], side="right")
        some = self.order[begin:end]
        place = int(np.searchsorted(self.holders.site[some], key[1]))
        found = place < len(some) and self.holders.site[some[place]] == key[1]
        return int(some[place]) if found else None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and self._place(key) is not None

    def get(self, key: Key) -> int | None:
        """None where nobody is known, or it is no holding of these."""
        place = self._place(key)
        party = NOBODY if place is None else int(self.holders.party[place])
        return None if party == NOBODY else party


class Answer:
    """Everything the answer is put together from, but for the flows, which are read as they are told."""

    def __init__(self, starts: Starts, found: Walk, now: datetime) -> None:
        self.starts = starts
        self.found = found
        self.now = now
        self.as_of_event = 0
        self.batches: dict[int, Json] = {}
        self.sites: Regions
        self._of_parties: Regions
        self.holders: Holders
        self.party_at: PartyAt
        #: Shipped and not received yet, by where it goes.
        self.travelling: dict[Key, list[Json]] = defaultdict(list)
        self.event_keys: dict[int, str] = {}
        self.open: list[Gap] = []
        self.documents: list[Json] = []

    @classmethod
    async def load(cls, tx: Transaction, starts: Starts, found: Walk, *, now: datetime) -> "Answer":
        """Read what `found` names. `now` tells what is overdue, and what is dated in the future."""
        told = cls(starts, found, now)
        batches = sorted(found.batches() | starts.batches)
        told.as_of_event = await latest_event(tx)
        told.batches = {row["id"]: _batch(row) for row in await tx.sql.fetch(BATCHES, batches)}
        told.sites = await Regions.of(tx, "site", distinct(found.holdings.site))
        told.holders, late = await load_holders(tx, found, now)
        told.party_at = PartyAt(told.holders)
        parties = distinct(told.holders.party)
        told._of_parties = await Regions.of(tx, "party", parties[parties != NOBODY])
        under_way = await told._load_travelling(tx)
        told.open = await open_gaps(tx, sorted(found.batches()), told.party_at, under_way, late, now=now)
        undated = sorted(starts.undated.keys() - starts.batches)
        told.open += [
            Gap("day_unknown", batch, None, None, {"uri": starts.undated[batch]}) for batch in undated
        ]
        for row in await tx.sql.fetch(EVENT_KEYS, _known(gap.event for gap in told.open)):
            told.event_keys[row["event_id"]] = row["event_key"]
        told.documents = [_document(row) for row in await tx.sql.fetch(DOCUMENTS, batches)]
        return told

    async def _load_travelling(self, tx: Transaction) -> Sequence[asyncpg.Record]:
        """The flows in transit."""
        # What arrived at the moment it departed may be told so, or be under way still.
        flows = self.found.flows
        at_once = np.flatnonzero(flows.departs == flows.reaches)
        open_ = await tx.sql.fetch(UNDER_WAY, flows.batch[at_once].tolist(), flows.ordinal[at_once].tolist())
        rows = await carried_flows(tx, flows.of(at_once[[row["n"] - 1 for row in open_]]))
        for row in rows:
            quantity = {"quantity": row["shipped_quantity"], "uom": row["shipped_uom"]}
            self.travelling[row["to_batch_id"], row["to_site_id"]].append(quantity)
        return rows

    @property
    def parties(self) -> Column:
        """The parties that are known, by id."""
        return self._of_parties.ids

    def head(self) -> Json:
        """What the answer begins with."""
        return {
            "direction": "forward" if self.found.forward else "backward",
            "starts": [self.batches[batch] for batch in sorted(self.starts.batches)],
            "computed_at": text_of(self.now),
            "as_of_event": self.as_of_event,
            "summary": self._summary(),
        }

    def gaps(self) -> Iterator[Json]:
        """What the events leave open."""
        for gap in self.open:
            message, zh = gap.words
            yield {
                "kind": gap.kind,
                "batch_id": gap.batch,
                "site_id": gap.site,
                "party_id": self._party_of_gap(gap),
                "event": self.event_keys.get(gap.event) if gap.event is not None else None,
                "detail": dict(gap.detail),
                "message": message,
                "message_zh": zh,
            }

    async def flows(self, tx: Transaction) -> AsyncIterator[list[Json]]:
        """The flows by which the trace went, `FLOWS_AT_ONCE` together."""
        flows = self.found.flows
        for begin in range(0, len(flows), FLOWS_AT_ONCE):
            some = flows.of(np.arange(begin, min(begin + FLOWS_AT_ONCE, len(flows))))
            yield [_flow(row) for row in await carried_flows(tx, some)]

    def _party_of_gap(self, gap: Gap) -> int | None:
        return None if gap.site is None else self.party_at.get((gap.batch, gap.site))

    def _summary(self) -> Json:
        by_party: dict[str, int] = defaultdict(int)
        for gap in self.open:
            party = self._party_of_gap(gap)
            by_party["unknown" if party is None else str(party)] += 1
        return {
            "holdings": len(self.found),
            "batches": len(self.found.batches()),
            "sites": len(self.sites.ids),
            "parties": len(self.parties),
            "regions": len(set(self.regions(self.holders)) - {None}),
            "flows": len(self.found.flows),
            "gaps": len(self.open),
            "gaps_by_party": dict(by_party),
            **self._amounts(),
        }

    def regions(self, holders: Holders) -> list[str | None]:
        """Of the site of each of `holders`, or of some of them; where it is not known, of its party."""
        of_sites, of_parties = self.sites.at(holders.site), self._of_parties.at(holders.party)
        return [site or party for site, party in zip(of_sites, of_parties, strict=True)]

    def _amounts(self) -> dict[str, dict[str, str]]:
        """state -> unit of measure -> quantity over all holdings, where there is any."""
        amounts: dict[str, dict[str, Decimal]] = {
            state: defaultdict(Decimal) for state in ("on_hand", *STATES, "in_transit")
        }
        for state, uom, quantity in self.holders.amounts():
            amounts[state][uom] += quantity
        for parts in self.travelling.values():
            for part in parts:
                if part["uom"] is not None:
                    amounts["in_transit"][part["uom"]] += Decimal(part["quantity"] or 0)
        return {
            state: {uom: f"{quantity.normalize():f}" for uom, quantity in sorted(of.items()) if quantity}
            for state, of in amounts.items()
        }


def _flow(row: asyncpg.Record) -> Json:
    shipped, received = row["ship_event"], row["receive_event"]
    events = (shipped,) if shipped == received else (shipped, received)
    return {
        "kind": KINDS[row["kind"]],
        "from": {"batch_id": row["batch_id"], "site_id": row["from_site_id"]},
        "to": {"batch_id": row["to_batch_id"], "site_id": row["to_site_id"]},
        "departed_at": text_of(row["departed_at"]),
        "arrived_at": text_of(row["arrived_at"]),
        "in_transit": row["arrived_at"] is None,
        "inferred": row["inferred"],
        "shipped": {"quantity": row["shipped_quantity"], "uom": row["shipped_uom"]},
        "received": {"quantity": row["received_quantity"], "uom": row["received_uom"]},
        "events": [event for event in events if event is not None],
    }


def _batch(row: asyncpg.Record) -> Json:
    return {**row, "made_on": _day(row["made_on"]), "expires_on": _day(row["expires_on"])}


def _document(row: asyncpg.Record) -> Json:
    return {**row, "issued_on": _day(row["issued_on"]), "valid_until": _day(row["valid_until"])}


def _day(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())


def _known(keys: Iterable[int | None]) -> list[int]:
    return sorted({key for key in keys if key is not None})
