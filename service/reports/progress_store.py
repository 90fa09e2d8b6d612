"""What the progress of a case is computed from."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction
from service.ledger.acts import act_place
from service.ledger.reading import entry_of
from service.ledger.steps import Effect, known_effect
from service.reports.case_facts import Destroyed, LateMove
from service.reports.tiers import Edge, Node

BATCHES: Final = "SELECT batch_id, in_scope FROM recall_batch WHERE recall_id = $1 ORDER BY batch_id"
DESTROYED: Final = """
-- What events since $2 that may destroy goods say of the batches $1 themselves (role 0: object).
SELECT posting.batch_id, posting.uom, posting.quantity, entry.*
FROM posting JOIN journal_entry AS entry ON entry.event_id = posting.event_id
WHERE posting.batch_id = ANY($1::bigint[]) AND posting.role = 0 AND entry.time >= $2 AND NOT entry.voided
  AND (entry.step IS NOT NULL OR entry.action = 'DELETE')
"""
MOVES: Final = """
SELECT batch_id, from_site_id, to_site_id, coalesce(shipped_uom, received_uom),
       coalesce(shipped_quantity, received_quantity), departed_at, arrived_at
FROM flow
WHERE batch_id = ANY($1::bigint[]) AND kind = 0 AND departed_at >= $2
  AND coalesce(shipped_quantity, received_quantity) IS NOT NULL
  AND coalesce(shipped_uom, received_uom) IS NOT NULL
ORDER BY batch_id, ordinal
"""
UNITS: Final = "SELECT first, last FROM recall_unit_range WHERE recall_id = $1 ORDER BY first LIMIT $2"
#: Ranges of units that one case names.
RANGES_MOST: Final = 2_000
CONTACTS: Final = "SELECT id, name, email, phone FROM recall_contact WHERE recall_id = $1"


async def case_batches(tx: Transaction, recall_id: int) -> dict[int, bool]:
    """The batches of a case: id -> whether its scope names it."""
    return {row["batch_id"]: row["in_scope"] for row in await tx.sql.fetch(BATCHES, recall_id)}


async def case_holders(tx: Transaction, recall_id: int) -> dict[Node, int | None]:
    """The affected holdings of a case, and the party at each."""
    rows = await tx.sql.fetch(statement("service.reports", "case_holders"), recall_id)
    return {(row["batch_id"], row["site_id"]): row["party_id"] for row in rows}


async def case_edges(tx: Transaction, batches: Collection[int], since: datetime) -> list[Edge]:
    """Where the batches went, before a moment and since then."""
    rows = await tx.sql.fetch(statement("service.reports", "case_edges"), sorted(batches), since)
    return [Edge(*row) for row in rows]


async def moves_since(tx: Transaction, batches: Collection[int], since: datetime) -> list[LateMove]:
    """Each move of the batches since a moment of which a quantity is told."""
    return [LateMove(*row) for row in await tx.sql.fetch(MOVES, sorted(batches), since)]


async def destroyed_since(tx: Transaction, batches: Collection[int], since: datetime) -> list[Destroyed]:
    """What each event since a moment destroyed of the batches."""
    found: list[Destroyed] = []
    for row in await tx.sql.fetch(DESTROYED, sorted(batches), since):
        entry = entry_of(row)
        place = act_place(entry)
        known = known_effect(entry.step)
        gone = known is Effect.DESTROY or (
            known is None and entry.type == "ObjectEvent" and entry.action == "DELETE"
        )
        if gone and place is not None and row["quantity"] is not None:
            found.append(Destroyed(row["batch_id"], place, row["uom"], row["quantity"], entry.time))
    return found


async def case_contacts(tx: Transaction, recall_id: int) -> dict[int, dict[str, Any]]:
    """Buyers whom holders named, by id."""
    return {row["id"]: dict(row) for row in await tx.sql.fetch(CONTACTS, recall_id)}


async def list_units(tx: Transaction, recall_id: int) -> list[tuple[str, str]]:
    """The ranges of units that a case names: first and last URI of each."""
    rows = await tx.sql.fetch(UNITS, recall_id, RANGES_MOST)
    return [(row["first"], row["last"]) for row in rows]
