"""Who may work on the ledger at the same time.

The projection of a batch is computed from all that is known of it, so two captures that touch one
batch (or one logistic unit) take turns, and what one reads the other has committed. Rules:

1. Every capture holds the ledger lock shared. What changes the ground under *all* batches holds it
   alone: an error declaration (it voids an event that may be on its way in), a change of a site's
   owner, a rebuild.
2. Then transformationIDs (two events of one transformation may have nothing else in common), then products
   (shared by captures of their lots, alone by captures of goods whose lot is not told: each bears on the
   other, though they may have no batch in common), then logistic units, then batches (`FOR NO KEY UPDATE`)
   are locked, each in the order of ids. Which ones is found by reading; after locking it is read again, and
   when more turned up, the locks are given back (to the savepoint) and taken anew, all together. So no two
   captures wait in a circle.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, TypeVar

from service.db.transaction import Transaction

#: pg_advisory_xact_lock key of the ledger.
LEDGER_LOCK = 0x4C4544474552  # "LEDGER"

#: First key of the advisory locks of transformationIDs, and how many there are of them: a capture may
#: name thousands, and PostgreSQL's table of locks is small.
TRANSFORMATION_LOCKS = 0x5452  # "TR"
TRANSFORMATION_STRIPES = 128

#: The same for products.
PRODUCT_LOCKS = 0x5044  # "PD"
PRODUCT_STRIPES = 256
STRIPES = (TRANSFORMATION_LOCKS, TRANSFORMATION_STRIPES, PRODUCT_LOCKS, PRODUCT_STRIPES)
LOCK_PLAN = """
-- All that a plan names, in one statement: each step asks for what the one before it has counted, so none
-- begins before that one holds its locks. $1: transformationIDs; $2, $3: products, and whether alone;
-- $4: units; $5: batches; $6, $7: first key of the locks of transformationIDs, and their number; $8, $9: of
-- products.
WITH tied AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock($6::int, stripe)::text) AS held FROM (
        SELECT DISTINCT abs(hashtext(id) % $7::int) AS stripe
        FROM unnest($1::text[]) AS id ORDER BY stripe
    ) AS stripes
), products AS MATERIALIZED (
    SELECT count(CASE WHEN alone THEN pg_advisory_xact_lock($8::int, stripe)::text
                      ELSE pg_advisory_xact_lock_shared($8::int, stripe)::text END) AS held
    FROM (
        SELECT (id % $9::int)::int AS stripe, bool_or(alone) AS alone
        FROM unnest($2::bigint[], $3::boolean[]) AS product (id, alone)
        WHERE (SELECT held FROM tied) >= 0
        GROUP BY stripe ORDER BY stripe
    ) AS stripes
), units AS MATERIALIZED (
    SELECT id FROM unit WHERE id = ANY($4::bigint[]) AND (SELECT held FROM products) >= 0
    ORDER BY id FOR NO KEY UPDATE
), held AS MATERIALIZED (SELECT count(*) AS units FROM units),
batches AS MATERIALIZED (
    SELECT id FROM batch WHERE id = ANY($5::bigint[]) AND (SELECT units FROM held) >= 0
    ORDER BY id FOR NO KEY UPDATE
)
SELECT count(*) FROM batches
"""
# Which transactions have ended. The savepoint's own number, which row locks take, is no part of it.
SEEN = "SELECT pg_current_snapshot()::text"
LOCK_BATCHES = "SELECT FROM batch WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"


class Plan(Protocol):
    """What is about to be projected, and so must not change meanwhile."""

    @property
    def transformations(self) -> Collection[str]: ...

    @property
    def units(self) -> Collection[int]: ...

    @property
    def batches(self) -> Collection[int]: ...


P = TypeVar("P", bound=Plan)

#: (product, whether goods of it without a lot are concerned)
ProductLock = tuple[int, bool]


async def share_ledger(tx: Transaction) -> None:
    """Rule 1 for ordinary captures."""
    await tx.sql.execute("SELECT pg_advisory_xact_lock_shared($1)", LEDGER_LOCK)


async def own_ledger(tx: Transaction) -> None:
    """Rule 1 for what changes the ground under all batches."""
    await tx.sql.execute("SELECT pg_advisory_xact_lock($1)", LEDGER_LOCK)


def _no_products(_: Plan) -> Collection[ProductLock]:
    return ()


async def lock_plan(
    tx: Transaction,
    make: Callable[[], Awaitable[P]],
    products_of: Callable[[P], Collection[ProductLock]] = _no_products,
) -> P:
    """Rule 2: the plan that `make` reads, with everything it names locked.

    It need not be read again where no other transaction has ended since: it would come out the same.
    """
    seen = await tx.sql.fetchval(SEEN)
    plan = await make()
    transformations, units, batches = set(plan.transformations), set(plan.units), set(plan.batches)
    products = set(products_of(plan))
    while True:
        await tx.sql.execute("SAVEPOINT ledger_locks")
        alone = sorted(products)
        await tx.sql.execute(
            LOCK_PLAN,
            sorted(transformations),
            [product for product, _ in alone],
            [by_itself for _, by_itself in alone],
            sorted(units),
            sorted(batches),
            *STRIPES,
        )
        if seen != (now := await tx.sql.fetchval(SEEN)):
            seen, plan = now, await make()
        if (
            transformations.issuperset(plan.transformations)
            and products.issuperset(products_of(plan))
            and units.issuperset(plan.units)
            and batches.issuperset(plan.batches)
        ):
            # The savepoint is released with the transaction.
            return plan
        await tx.sql.execute("ROLLBACK TO SAVEPOINT ledger_locks")
        await tx.sql.execute("RELEASE SAVEPOINT ledger_locks")
        transformations.update(plan.transformations)
        products.update(products_of(plan))
        units.update(plan.units)
        batches.update(plan.batches)
