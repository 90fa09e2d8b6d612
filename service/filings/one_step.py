"""One step back and one step forward (Regulation (EC) 178/2002, art. 18; 食品安全法 50 to 53): from which
businesses a party was supplied, with what, when and how much, and which businesses it supplied.

Read from the ledger's movements between places of different parties. Goods that went to consumers have no
business customer and are not told; nor are movements between places of the party itself.
"""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import asyncpg

from service.audit.shown import is_watched, passes, shows
from service.db.transaction import Transaction
from service.filings.documents import references
from service.filings.local_days import Span, local_day
from service.filings.places import Place, both_names, telephone
from service.filings.registry_rows import RegistryRows

#: Movements read at a time.
MOVES_AT_ONCE: Final = 2_000

MOVES: Final = """
-- Movements from (out) and to (in) the holdings of party $1, of product $2 (null: any), that departed (out)
-- or arrived (in) from $3 to $4.
WITH held AS (
    SELECT DISTINCT holding.batch_id, holding.site_id
    FROM holding JOIN batch ON batch.id = holding.batch_id
    WHERE holding.party_id = $1 AND ($2::bigint IS NULL OR batch.product_id = $2)
),
moved AS (
    SELECT 'in' AS direction, flow.*, flow.to_site_id AS own_site_id, flow.from_site_id AS other_site_id,
           coalesce(flow.arrived_at, flow.departed_at) AS moment
    FROM held JOIN flow ON flow.batch_id = held.batch_id AND flow.to_site_id = held.site_id
    WHERE flow.kind = 0
    UNION ALL
    SELECT 'out', flow.*, flow.from_site_id, flow.to_site_id, flow.departed_at
    FROM held JOIN flow ON flow.batch_id = held.batch_id AND flow.from_site_id = held.site_id
    WHERE flow.kind = 0
)
SELECT moved.*, other.party_id AS other_party_id,
       shipped.event_id AS ship_event, shipped.facts -> 'bizTransaction' AS ship_papers,
       shipped.payload ->> 'eventTimeZoneOffset' AS ship_offset,
       received.event_id AS receive_event, received.facts -> 'bizTransaction' AS receive_papers,
       received.payload ->> 'eventTimeZoneOffset' AS receive_offset
FROM moved
LEFT JOIN LATERAL (
    SELECT party_id FROM holding
    WHERE holding.batch_id = moved.batch_id AND holding.site_id = moved.other_site_id LIMIT 1
) AS other ON true
LEFT JOIN event AS shipped ON shipped.id = moved.ship_event_id
LEFT JOIN event AS received ON received.id = moved.receive_event_id
WHERE moved.moment BETWEEN $3 AND $4
ORDER BY moved.direction, moved.moment, moved.batch_id, moved.ordinal
"""

MET: Final = """
-- Of which batches, and with which places, party $1 has movements as above: whoever is at the other end.
WITH held AS (
    SELECT DISTINCT holding.batch_id, holding.site_id
    FROM holding JOIN batch ON batch.id = holding.batch_id
    WHERE holding.party_id = $1 AND ($2::bigint IS NULL OR batch.product_id = $2)
)
SELECT DISTINCT flow.batch_id, flow.from_site_id + flow.to_site_id - held.site_id AS site_id
FROM held
JOIN flow ON flow.batch_id = held.batch_id AND held.site_id IN (flow.from_site_id, flow.to_site_id)
WHERE flow.kind = 0
  AND (flow.departed_at BETWEEN $3 AND $4 OR flow.arrived_at BETWEEN $3 AND $4)
"""
#: Field -> title.
COLUMNS: Final = {
    "direction": "Direction 方向",
    "business": "Supplier or customer 供货者或购货者",
    "business_uscc": "USCC 统一社会信用代码",
    "business_gln": "GLN of the business 企业 GLN",
    "business_address": "Address 地址",
    "business_phone": "Phone 电话",
    "other_place": "Their place 对方场所",
    "own_place": "Own place 本方场所",
    "product": "Product 产品",
    "lot": "Lot 批号",
    "quantity": "Quantity 数量",
    "uom": "Unit 单位",
    "dispatched_on": "Dispatched on 发货日期",
    "received_on": "Received on 收货日期",
    "received_quantity": "Received quantity 实收数量",
    "received_uom": "Received unit 实收单位",
    "document_type": "Document type 单据类型",
    "document_number": "Document number 单据编号",
    "batch_uri": "Batch URI 批次标识",
    "events": "Events 事件标识",
}
IN: Final = "in 购进"
OUT: Final = "out 售出"
#: What art. 18 and its guidance want of each delivery; a lot, where there is one, is wanted by art. 18(4).
REQUIRED: Final = ("business", "business_address", "product", "lot", "quantity")


class Delivery(NamedTuple):
    """One delivery from or to another business; the fields are those of `COLUMNS`, in their order."""

    direction: str
    business: str | None
    business_uscc: str | None
    business_gln: str | None
    business_address: str | None
    business_phone: str | None
    other_place: str | None
    own_place: str | None
    product: str | None
    lot: str | None
    quantity: Decimal | None
    uom: str | None
    dispatched_on: date | None
    received_on: date | None
    received_quantity: Decimal | None
    received_uom: str | None
    document_type: str | None
    document_number: str | None
    batch_uri: str
    events: str


class Deliveries:
    """What a party was supplied with and supplied; `missing` grows as rows are told."""

    def __init__(self, party: int, product: int | None, span: Span) -> None:
        self.party = party
        self.product = product
        self.span = span
        self.missing: Counter[tuple[int | None, str, str]] = Counter()
        self.registry = RegistryRows()

    async def note(self, tx: Transaction) -> None:
        """Note whose trade the record shows, if that is wanted, before any of it is told."""
        if is_watched():
            met = await tx.sql.fetch(MET, self.party, self.product, *self.span.moments())
            shows("party", [self.party])
            passes({row["batch_id"] for row in met}, {row["site_id"] for row in met})

    async def rows(self, tx: Transaction) -> AsyncIterator[list[Delivery]]:
        """All rows, deliveries received first, each in the order of time; some at a time."""
        await self.registry.load(tx, parties=[self.party])
        cursor = await tx.sql.cursor(MOVES, self.party, self.product, *self.span.moments())
        while found := await cursor.fetch(MOVES_AT_ONCE):
            await self.registry.load(
                tx,
                batches={row["batch_id"] for row in found},
                sites={row[side] for row in found for side in ("own_site_id", "other_site_id")},
                parties={row["other_party_id"] for row in found},
            )
            told = (self._delivery(row) for row in found)
            yield [delivery for delivery in told if delivery is not None]

    def _delivery(self, row: asyncpg.Record) -> Delivery | None:
        """The row of a movement; None for one within the party, or on another day."""
        other = self.registry.place(row["other_site_id"], row["other_party_id"])
        party = other.party if other is not None else None
        dispatched, received = _days(row)
        coming = row["direction"] == "in"
        day = (received or dispatched) if coming else (dispatched or received)
        if party == self.party or day is None or day not in self.span:
            return None
        lot = self.registry.lot(row["batch_id"])
        kinds, numbers = references(row["ship_papers"] or row["receive_papers"] or {})
        stated = row["shipped_quantity"] is not None
        quantity, uom = (
            ("shipped_quantity", "shipped_uom") if stated else ("received_quantity", "received_uom")
        )
        business = self.registry.parties.get(party or 0)
        delivery = Delivery(
            IN if coming else OUT,
            (both_names(business) or business["uri"]) if business else None,
            business["uscc"] if business else None,
            business["gln"] if business else None,
            business["address"] if business else None,
            telephone(business) if business else None,
            other.name if other else None,
            _name(self.registry.place(row["own_site_id"], self.party)),
            lot.product,
            lot.tlc,
            row[quantity],
            row[uom],
            dispatched,
            received,
            row["received_quantity"],
            row["received_uom"],
            kinds,
            numbers,
            lot.uri,
            "; ".join(event for event in (row["ship_event"], row["receive_event"]) if event),
        )
        for name in REQUIRED:
            if getattr(delivery, name) is None:
                self.missing[self.party, delivery.direction, COLUMNS[name]] += 1
        return delivery


def _name(place: Place | None) -> str | None:
    return place.name if place is not None else None


def _days(row: asyncpg.Record) -> tuple[date | None, date | None]:
    """(dispatched, received), each where it happened; of what was only shipped or only received, the one."""
    dispatched = row["departed_at"] if row["ship_event"] is not None else None
    received = row["arrived_at"]
    return (
        local_day(dispatched, row["ship_offset"]) if dispatched else None,
        local_day(received, row["receive_offset"] or row["ship_offset"]) if received else None,
    )
