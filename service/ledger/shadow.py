"""The ledger's tables once more, beside those in use: what a rebuild derives goes there first.

They stand in a schema of their own under the same names, so that whoever finds them first on its search path
writes them with the statements of captures. `live_…` are views of the tables in use.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from service.db.transaction import Transaction

SCHEMA: Final = "ledger_rebuild"
MAKE_SCHEMA = """
DROP SCHEMA IF EXISTS ledger_rebuild CASCADE;
CREATE SCHEMA ledger_rebuild
"""
DROP_SCHEMA = "DROP SCHEMA IF EXISTS ledger_rebuild CASCADE"
MAKE_TABLE = """
CREATE UNLOGGED TABLE ledger_rebuild.{table} (LIKE {table} INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE VIEW ledger_rebuild.live_{table} AS SELECT * FROM {table}
"""
# What a unit counts for is looked at again; what it is, is not derived from events.
COPY_UNITS = """
INSERT INTO ledger_rebuild.unit SELECT live.* FROM ledger_rebuild.live_unit AS live
WHERE NOT EXISTS (SELECT FROM ledger_rebuild.unit WHERE unit.id = live.id)
"""
#: Whose a place is, as it was when the rebuild began.
KEEP_SITES = """
CREATE UNLOGGED TABLE ledger_rebuild.site_before AS SELECT id, party_id, unspecified, gln, uri FROM site
"""
SITES_CHANGED = """
SELECT before.id FROM ledger_rebuild.site_before AS before JOIN site USING (id)
WHERE (before.party_id, before.unspecified, before.gln) IS DISTINCT FROM
      (site.party_id, site.unspecified, site.gln)
"""
UNITS_REGISTERED = """
UPDATE ledger_rebuild.unit SET registered_batch_id = live.registered_batch_id
FROM ledger_rebuild.live_unit AS live
WHERE live.id = unit.id AND live.registered_batch_id IS DISTINCT FROM unit.registered_batch_id
RETURNING unit.id
"""
AHEAD = "SELECT set_config('search_path', 'ledger_rebuild, ' || current_setting('search_path'), true)"
ANALYZE = "ANALYZE ledger_rebuild.{table}"


@dataclass(frozen=True, slots=True)
class Derived:
    """A table that is derived from events: `key`, of which a row's neighbours are computed together, and what
    is compared (`ordinal` of flows and gaps only numbers them).
    """

    table: str
    key: str
    columns: str


JOURNAL: Final = (
    Derived(
        "event_item",
        "event_id",
        "event_id, ordinal, role, unit_id, batch_id, told_batch_id, quantity, uom",
    ),
    Derived(
        "journal_entry",
        "event_id",
        "event_id, event_key, time, type, action, step, site_id, read_site_id, source_site_id, "
        "source_party_id, destination_site_id, destination_party_id, transactions, transformation_id, "
        "voided, told_by",
    ),
)
OF_BATCHES: Final = (
    Derived("posting", "batch_id", "batch_id, event_id, role, uom, quantity, doubt"),
    Derived(
        "flow",
        "batch_id",
        "batch_id, kind, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at, inferred, "
        "shipped_quantity, shipped_uom, received_quantity, received_uom, ship_event_id, receive_event_id",
    ),
    Derived(
        "holding",
        "batch_id",
        "batch_id, site_id, uom, party_id, first_at, last_at, produced_at, produced, received, shipped, "
        "consumed, sold, destroyed, sampled",
    ),
    Derived("gap", "batch_id", "batch_id, kind, site_id, event_id, detail"),
)
UNITS: Final = Derived("unit", "id", "id, batch_id")

# The keys from $1 to $2 whose rows here and in use are not the same, and how many rows that are. Each row
# that only one side has is left over.
COMPARE = """
SELECT id, sum(abs(surplus))::int AS rows FROM (
    SELECT {key} AS id, sum(side) AS surplus FROM (
        SELECT {columns}, 1 AS side FROM ledger_rebuild.{table} WHERE {key} BETWEEN $1 AND $2
        UNION ALL
        SELECT {columns}, -1 AS side FROM ledger_rebuild.live_{table} WHERE {key} BETWEEN $1 AND $2
    ) AS sides GROUP BY {columns}
) AS compared WHERE surplus <> 0 GROUP BY id
"""
COMPARE_SOME = COMPARE.replace("{key} BETWEEN $1 AND $2", "{key} = ANY($1::bigint[])")
REMOVE = "DELETE FROM ledger_rebuild.live_{table} WHERE {key} = ANY($1::bigint[])"
REPLACE = """
INSERT INTO ledger_rebuild.live_{table}
SELECT * FROM ledger_rebuild.{table} WHERE {key} = ANY($1::bigint[])
"""
MEND_UNITS = """
UPDATE ledger_rebuild.live_unit AS live SET batch_id = unit.batch_id
FROM ledger_rebuild.unit WHERE unit.id = live.id AND unit.id = ANY($1::bigint[])
"""


def of(template: str, derived: Derived) -> str:
    """A statement about one of the tables, by its names."""
    told = {"{table}": derived.table, "{key}": derived.key, "{columns}": derived.columns}
    for place, name in told.items():
        template = template.replace(place, name)
    return template


async def make(tx: Transaction) -> None:
    """The tables, empty but for the units."""
    await tx.sql.execute(MAKE_SCHEMA)
    for derived in (*JOURNAL, *OF_BATCHES, UNITS):
        await tx.sql.execute(of(MAKE_TABLE, derived))
    await tx.sql.execute(KEEP_SITES)
    await tx.sql.execute(COPY_UNITS)


async def drop(tx: Transaction) -> None:
    """As if nothing had been there."""
    await tx.sql.execute(DROP_SCHEMA)


async def stand_ahead(tx: Transaction) -> None:
    """Until this transaction ends, statements mean these tables."""
    await tx.sql.execute(AHEAD)


async def analyze(tx: Transaction, tables: Collection[Derived]) -> None:
    """Tell PostgreSQL what is in them."""
    for derived in tables:
        await tx.sql.execute(of(ANALYZE, derived))


async def differing(tx: Transaction, tables: Collection[Derived], first: int, last: int) -> set[int]:
    """The keys from `first` to `last` whose rows are not those in use."""
    found: set[int] = set()
    for derived in tables:
        rows = await tx.sql.fetch(of(COMPARE, derived), first, last)
        found.update(row["id"] for row in rows)
    return found


async def put_into_use(tx: Transaction, tables: Collection[Derived], keys: Collection[int]) -> dict[int, int]:
    """Let the rows of these keys be in use as they are here; key -> how many rows had to be removed or added,
    of those that were not the same. Others are not touched.
    """
    wrong: dict[int, int] = {}
    for derived in tables:
        rows = await tx.sql.fetch(of(COMPARE_SOME, derived), sorted(keys))
        changed = sorted(row["id"] for row in rows)
        _add(wrong, {row["id"]: row["rows"] for row in rows})
        if not changed:
            continue
        if derived is UNITS:
            await tx.sql.execute(MEND_UNITS, changed)
            continue
        await tx.sql.execute(of(REMOVE, derived), changed)
        await tx.sql.execute(of(REPLACE, derived), changed)
    return wrong


def _add(counts: dict[int, int], more: Mapping[int, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count
