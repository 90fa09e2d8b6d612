"""What bears on the contents of logistic units, loaded in bulk: packings, and where the units were."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from service.db.transaction import Transaction
from service.ledger.contents import Packing, Packings
from service.ledger.entrusted import entrusted
from service.ledger.model import Entry, Role
from service.ledger.postings import PACKING_TYPES, Item
from service.ledger.reading import entry_of, load_entries, load_items, load_sites
from service.ledger.steps import moves_by_papers, moves_contents, place_of
from service.ledger.untold_contents import LATE_WITHIN, settle

# Unit by unit (OFFSET 0 keeps it so): a planner that expects ten times the units at each level would rather
# read all that was ever packed, which costs what is there and not what is touched.
INSIDE = """
-- Every unit that was ever packed, at any level, into one of $1; $1 themselves included.
WITH RECURSIVE inside (unit_id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT packed.unit_id
    FROM inside CROSS JOIN LATERAL (
        SELECT child.unit_id
        FROM event_item AS parent
        JOIN event_item AS child ON child.event_id = parent.event_id AND child.role = 2
        WHERE parent.unit_id = inside.unit_id AND parent.role = 1 AND child.unit_id IS NOT NULL
        OFFSET 0
    ) AS packed
)
SELECT unit_id FROM inside
"""
HOLDERS = """
-- $1 and everything that ever held one of them, at any level. An event that packs a hundred thousand things
-- is asked for its parent once, not once for each.
WITH RECURSIVE holder (unit_id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT held.unit_id
    FROM (
        SELECT DISTINCT packed.event_id
        FROM holder CROSS JOIN LATERAL (
            SELECT child.event_id FROM event_item AS child
            WHERE child.unit_id = holder.unit_id AND child.role = 2
            OFFSET 0
        ) AS packed
    ) AS packing
    CROSS JOIN LATERAL (
        SELECT parent.unit_id FROM event_item AS parent
        WHERE parent.event_id = packing.event_id AND parent.role = 1
        OFFSET 0
    ) AS held
)
SELECT unit_id FROM holder
"""
WHICH_ARE_PARENTS = "SELECT DISTINCT unit_id FROM event_item WHERE role = 1 AND unit_id = ANY($1::bigint[])"
PACKING_EVENTS = """
-- The events that pack or unpack one of $1, as parent or as child.
SELECT DISTINCT item.event_id
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND item.role IN (1, 2)
  AND entry.type = ANY($2::text[]) AND NOT entry.voided
"""
NAMING = """
-- The events that name one of $1 otherwise than as what goes into something.
SELECT item.unit_id, item.role AS named_as, entry.*
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND item.role IN (0, 1, 3) AND NOT entry.voided
"""
NAMING_ALONE = """
-- The same for the instances $1 that hold nothing: those since $2 that do not name what holds them ($3).
SELECT item.unit_id, item.role AS named_as, entry.*
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND item.role IN (0, 3) AND NOT entry.voided
  AND entry.time >= $2 AND entry.event_id <> ALL($3::bigint[])
  AND (entry.type, entry.action) IS DISTINCT FROM ('ObjectEvent', 'ADD')
"""
TELLERS = "SELECT id, told_by FROM event WHERE id = ANY($1::bigint[])"


async def which_are_parents(tx: Transaction, units: Collection[int]) -> set[int]:
    """Those of `units` into which anything was ever packed."""
    return {row["unit_id"] for row in await tx.sql.fetch(WHICH_ARE_PARENTS, sorted(units))}


async def load_packings(tx: Transaction, units: Collection[int]) -> tuple[Packings, set[int]]:
    """The contents of `units` at any time, and every unit ever inside them."""
    if not units:
        return Packings(()), set()
    inside = {row["unit_id"] for row in await tx.sql.fetch(INSIDE, sorted(units))}
    parents = await which_are_parents(tx, inside)
    holders = {row["unit_id"] for row in await tx.sql.fetch(HOLDERS, sorted(parents))}
    bearing = sorted(inside | holders)
    events = [row["event_id"] for row in await tx.sql.fetch(PACKING_EVENTS, bearing, list(PACKING_TYPES))]
    entries, items = await load_entries(tx, events), await load_items(tx, events)
    packings = [
        packing
        for event, entry in entries.items()
        if (packing := packing_of(entry, items.get(event, ()))) is not None
    ]
    if not packings:
        return Packings(()), inside
    naming = await _load_naming(tx, packings, holders, inside)
    sites = await load_sites(tx, [*entries.values(), *(e for told in naming.values() for e, _ in told)])
    book = settle(packings, naming, sites)
    told = {entry.event_id for entries_of in naming.values() for entry, _ in entries_of} | entries.keys()
    rows = await tx.sql.fetch(TELLERS, sorted(told))
    tellers = dict.fromkeys(told) | {row["id"]: row["told_by"] for row in rows}
    by_key = {entry.key: entry for entry in entries.values()}
    trusted = entrusted(packings, by_key, naming, tellers, sites)
    if trusted is not None:
        book.beside = settle(*trusted, sites)
    return book, inside


async def _load_naming(
    tx: Transaction, packings: Sequence[Packing], holders: set[int], inside: set[int]
) -> dict[int, list[tuple[Entry, Role]]]:
    naming: dict[int, list[tuple[Entry, Role]]] = defaultdict(list)
    entries: dict[int, Entry] = {}
    rows = await tx.sql.fetch(NAMING, sorted(holders))
    alone = sorted(inside - holders)
    if alone:
        together = sorted({row["event_id"] for row in rows})
        since = min(packing.time for packing in packings) - LATE_WITHIN
        rows += await tx.sql.fetch(NAMING_ALONE, alone, since, together)
    for row in rows:
        entry = entries.get(row["event_id"])
        if entry is None:
            entry = entries[row["event_id"]] = entry_of(row)
        role = role_in_course(entry, Role(row["named_as"]))
        if role is not None:
            naming[row["unit_id"]].append((entry, role))
    return naming


def role_in_course(entry: Entry, role: Role) -> Role | None:
    """What a unit is to an event that says where it was. A packing as such (`ADD`) does not say: it is what
    the rest is held against.
    """
    if entry.type == "TransactionEvent" and not moves_by_papers(entry):
        return None
    if role is not Role.PARENT:
        return role
    if moves_contents(entry) or entry.action == "OBSERVE":
        return Role.OBJECT
    return None if entry.action == "ADD" else Role.PACKED


def packing_of(entry: Entry, items: Sequence[Item]) -> Packing | None:
    """A packing event's entry and items as the contents see them; None without a parent."""
    parent = next((item.unit for item in items if item.role is Role.PARENT), None)
    if parent is None:
        return None
    classes: dict[tuple[int, str], Decimal | None] = {}
    for item in items:
        if item.role is Role.CHILD and item.batch is not None:
            key = (item.batch, item.uom)
            known = classes.get(key, Decimal(0))
            classes[key] = None if known is None or item.quantity is None else known + item.quantity
    children = frozenset(item.unit for item in items if item.role is Role.CHILD and item.unit is not None)
    action = entry.action or "OBSERVE"
    return Packing(entry.key, entry.time, action, parent, children, classes, place_of(entry))
