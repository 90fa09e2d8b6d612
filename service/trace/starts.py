"""Where a trace starts: whatever a person has at hand, as holdings and moments.

A batch (or a unit, which stands for its batch) starts from all its holdings. A logistic unit starts
from what it carried in one use: where that went, forward; where it came from, backward. A holding is
one batch at one site. A product with a range of dates is all its batches made then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing
from service.identifiers.identity import Identity, Kind, identify_code
from service.identifiers.lenient import identity_of
from service.ledger.reading import load_entries, load_packings
from service.ledger.steps import place_of
from service.trace.graph import BEGINNING, END, Node
from service.trace.walk import open_start

FIND_BATCH = "SELECT id FROM batch WHERE uri = ANY($1::text[]) ORDER BY of_one, id LIMIT 1"
FIND_UNIT = "SELECT id, batch_id FROM unit WHERE uri = $1"
FIND_SITE = "SELECT id FROM site WHERE uri = $1 OR gln = $2 ORDER BY uri = $1 DESC, id LIMIT 1"
FIND_PRODUCT = "SELECT id FROM product WHERE uri = $1"
HOLDINGS_OF = "SELECT DISTINCT batch_id, site_id FROM holding WHERE batch_id = ANY($1::bigint[])"
MADE_BETWEEN = """
-- Batches of a product made in a range of days: as registered, else as their first production says
-- (the day in China).
SELECT batch.id FROM batch
WHERE batch.product_id = $1
  AND coalesce(batch.made_on, (
        SELECT (min(holding.produced_at) AT TIME ZONE 'Asia/Shanghai')::date
        FROM holding WHERE holding.batch_id = batch.id)) BETWEEN $2 AND $3
ORDER BY batch.id
"""
EVENTS_OF_UNITS = """
-- What happened to a unit and to everything that ever held it, at any level.
WITH RECURSIVE holder (unit_id) AS (
    SELECT $1::bigint
    UNION
    SELECT parent.unit_id
    FROM holder
    JOIN event_item AS child ON child.unit_id = holder.unit_id AND child.role = 2
    JOIN event_item AS parent ON parent.event_id = child.event_id AND parent.role = 1
)
SELECT DISTINCT item.unit_id, entry.event_id, entry.time
FROM holder
JOIN event_item AS item ON item.unit_id = holder.unit_id
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE NOT entry.voided
"""
FLOWS_OF_EVENTS = """
SELECT batch_id, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at FROM flow
WHERE batch_id IN (SELECT batch_id FROM posting WHERE event_id = ANY($1::bigint[]))
  AND kind = 0 AND (ship_event_id = ANY($1::bigint[]) OR receive_event_id = ANY($1::bigint[]))
"""
POSTED_BY = "SELECT DISTINCT batch_id, event_id FROM posting WHERE event_id = ANY($1::bigint[])"


@dataclass(slots=True)
class Starts:
    """Holdings with their moments, and the batches a person would say the trace starts from."""

    forward: bool
    nodes: dict[Node, datetime] = field(default_factory=dict)
    batches: set[int] = field(default_factory=set)

    def add(self, node: Node, at: datetime) -> None:
        """A start; of two moments for one holding the one that reaches more counts."""
        known = self.nodes.get(node)
        if known is None or (at < known if self.forward else at > known):
            self.nodes[node] = at
        self.batches.add(node.batch)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for. Texts are as the person has them; `field` names are the query's."""

    batches: Sequence[str] = ()
    site: str | None = None
    product: str | None = None
    made_from: date | None = None
    made_to: date | None = None
    #: Which use of a logistic unit: the one at this moment; None means the latest.
    at: datetime | None = None


async def find_starts(tx: Transaction, question: Question, *, forward: bool) -> Starts:
    """The starts; raises `Malformed` and `Missing` naming the parameter at fault."""
    starts = Starts(forward)
    site = await _find_site(tx, question.site) if question.site is not None else None
    for text in question.batches:
        await _add_named(tx, starts, text, question.at, site)
    if question.product is not None:
        await _add_product(tx, starts, question)
    if not question.batches and question.product is None:
        raise Malformed.field(
            "batch",
            None,
            "Say where to start: `batch=` with a Digital Link, an EPC URN, a GTIN and a lot, or any URI; "
            "or `product=` with `made_from=` and `made_to=`.",
            "请给出起点：batch=（数字链接、EPC URN、GTIN 加批号或任意 URI），"
            "或 product= 加 made_from= 与 made_to=。",
        )
    return starts


def understand(text: str, field_name: str) -> tuple[Identity, Malformed | None]:
    """What the text names, and the rule it breaks if it breaks one: captured events may name just that."""
    try:
        return identify_code(text), None
    except Malformed as error:
        faults = [Fault(field_name, text, f.message, f.message_zh, f.rule) for f in error.faults]
        return identity_of(text), Malformed(error.message, error.zh, faults)


async def find_batch(tx: Transaction, text: str, field_name: str = "batch") -> int:
    """The batch that a text names, directly or as one of its units. Raises `Malformed`, `Missing`."""
    identity, broken = understand(text, field_name)
    found = await _batch_of(tx, identity, text, field_name)
    if found is None:
        raise broken or _unknown(field_name, text)
    return found


async def _batch_of(tx: Transaction, identity: Identity, text: str, field_name: str) -> int | None:
    if identity.kind in (Kind.SITE, Kind.PARTY):
        raise Malformed.field(
            field_name,
            text,
            "This names a place or a party; a batch, a unit or a logistic unit is needed.",
            "这是场所或主体的标识，此处需要批次、单件或物流单元。",
        )
    if identity.kind is not Kind.BATCH:
        unit = await tx.sql.fetchrow(FIND_UNIT, identity.uri)
        if unit is not None and unit["batch_id"] is not None:
            return int(unit["batch_id"])
    names = [uri for uri in (identity.batch_uri, identity.uri) if uri is not None]
    batch = await tx.sql.fetchval(FIND_BATCH, names)
    if batch is None and identity.kind is Kind.PRODUCT:
        raise Malformed.field(
            field_name,
            text,
            "This names a product without a lot: add the lot, or ask with `product=`, `made_from=` and "
            "`made_to=`.",
            "这是没有批号的产品标识：请加上批号，或用 product= 加 made_from= 与 made_to= 查询。",
        )
    return None if batch is None else int(batch)


def _unknown(field_name: str, text: str) -> Missing:
    return Missing(
        f"{field_name}={text}: nothing of this name was registered or captured.",
        f"{field_name}={text}：没有登记或采集过这个标识。",
    )


async def _add_named(
    tx: Transaction, starts: Starts, text: str, at: datetime | None, site: int | None
) -> None:
    identity, broken = understand(text, "batch")
    batch = await _batch_of(tx, identity, text, "batch")
    if batch is not None:
        await _add_batches(tx, starts, [batch], site)
        return
    unit = await tx.sql.fetchrow(FIND_UNIT, identity.uri)
    if unit is None:
        raise broken or _unknown("batch", text)
    await _add_logistic_unit(tx, starts, unit["id"], at)


async def _add_batches(
    tx: Transaction, starts: Starts, batches: Sequence[int], site: int | None = None
) -> None:
    moment = open_start(forward=starts.forward)
    starts.batches.update(batches)
    for row in await tx.sql.fetch(HOLDINGS_OF, list(batches)):
        if site is None or row["site_id"] == site:
            starts.add(Node(row["batch_id"], row["site_id"]), moment)


async def _add_product(tx: Transaction, starts: Starts, question: Question) -> None:
    assert question.product is not None
    if question.made_from is None or question.made_to is None or question.made_from > question.made_to:
        raise Malformed.field(
            "made_from",
            f"{question.made_from} … {question.made_to}",
            "A trace of a product needs `made_from` and `made_to`, the first and the last day, in order.",
            "按产品追溯需要 made_from 和 made_to（起止日期，先后有序）。",
        )
    identity, broken = understand(question.product, "product")
    product = await tx.sql.fetchval(FIND_PRODUCT, identity.product_uri or identity.uri)
    if product is None:
        raise broken or _unknown("product", question.product)
    rows = await tx.sql.fetch(MADE_BETWEEN, product, question.made_from, question.made_to)
    await _add_batches(tx, starts, [row["id"] for row in rows])


async def _find_site(tx: Transaction, text: str) -> int:
    identity, _ = understand(text, "site")
    # A bare GLN reads like a GTIN: thirteen digits either way.
    gln = identity.gln or (text.strip() if text.strip().isdecimal() else None)
    site = await tx.sql.fetchval(FIND_SITE, identity.uri, gln)
    if site is None:
        raise _unknown("site", text)
    return int(site)


async def _add_logistic_unit(tx: Transaction, starts: Starts, unit: int, at: datetime | None) -> None:
    """What the unit carried in one use, from where it was moved to (or, never moved, where it was packed)."""
    use = await _use(tx, unit, at)
    for row in await tx.sql.fetch(FLOWS_OF_EVENTS, use):
        arrived = row["arrived_at"] if row["arrived_at"] is not None else row["departed_at"]
        starts.add(Node(row["to_batch_id"], row["to_site_id"]), arrived)
    if not starts.nodes:
        entries = await load_entries(tx, use)
        for row in await tx.sql.fetch(POSTED_BY, use):
            entry = entries[row["event_id"]]
            place = place_of(entry)
            if place is not None:
                starts.add(Node(row["batch_id"], place), entry.time)


async def _use(tx: Transaction, unit: int, at: datetime | None) -> list[int]:
    """The events of one use of a logistic unit: from being packed until it is packed anew after it was
    empty. What happened to it before it was ever packed belongs to the first use.
    """
    rows = await tx.sql.fetch(EVENTS_OF_UNITS, unit)
    packings, _ = await load_packings(tx, {unit} | {row["unit_id"] for row in rows})
    began = packings.uses(unit)
    moment = at if at is not None else END
    # The first use has no beginning, the last no end.
    bounds = [BEGINNING, *began[1:], END]
    use = max(0, sum(1 for time in began if time <= moment) - 1)
    during = [row for row in rows if bounds[use] <= row["time"] < bounds[use + 1]]
    return sorted(
        {
            row["event_id"]
            for row in during
            if row["unit_id"] == unit or unit in packings.inside(row["unit_id"], row["time"]).units
        }
    )
