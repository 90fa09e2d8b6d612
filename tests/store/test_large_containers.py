"""Containers with many contents, six deep: what a late packing and a sale in between touch is counted."""

from typing import Any

import pytest

from service.db.transaction import Transaction
from service.ledger.containers import HOLDERS
from service.ledger.project import make_plan
from tests.world import Json, capture, commission, pack, receive, sell, ship, unpack

#: What is packed together; the bench has a hundred thousand.
PACKS = 400
SERIALS = [f"milk/L1#{n}" for n in range(PACKS)]
BARE = [f"milk#{n}" for n in range(PACKS)]
#: @C0 holds the packs, each of the others the one before it.
NESTS = [pack(f"@C{n}", f"@C{n - 1}", at="farm", on=2 + n / 10) for n in range(1, 6)]
TRIP = [
    commission(*SERIALS, at="farm", on=1),
    pack("@C0", *BARE, at="farm", on=2),
    *NESTS,
    ship("@C5", at="farm", to="port", on=4),
    receive("@C5", at="port", source="farm", on=5),
    unpack("@C5", at="port", on=6),
    ship("@C4", at="port", to="shop", on=7),
]
#: Other goods on the same way, by numbers of their own.
OTHERS = [
    event
    for n in range(10)
    for event in (
        commission(f"L{n}=1", at="farm", on=1),
        pack(f"@O{n}", f"L{n}=1", at="farm", on=2),
        ship(f"@O{n}", at="farm", to="port", on=4),
    )
]


async def seed_plan(tx: Transaction, event: Json) -> tuple[int, int]:
    """How many events' postings, and how many batches, are computed again for this event."""
    await capture(tx, event)
    seed = await tx.sql.fetchval("SELECT id FROM event WHERE event_id = $1", event["eventID"])
    plan = await make_plan(tx, {seed})
    return len(plan.events), len(plan.batches)


async def test_all_levels_are_opened(tx: Transaction) -> None:
    await capture(tx, *TRIP)
    quantities = await tx.sql.fetch(
        "SELECT shipped_quantity::int AS sent, received_quantity::int AS got FROM flow ORDER BY departed_at"
    )
    assert [tuple(row.values()) for row in quantities] == [(PACKS, PACKS), (PACKS, None)]


async def test_a_late_packing_deep_inside_touches_what_holds_it_and_nothing_else(tx: Transaction) -> None:
    await capture(tx, *TRIP, *OTHERS)
    late = pack("@C0", "B=3", at="farm", on=2.05, id="late")
    # Itself, packings and movements of the six containers, not the making of the packs; and of the batches
    # only the one that turned up inside: the packs' own postings came out the same.
    assert await seed_plan(tx, late) == (1 + len(TRIP[1:]), 1)


async def test_goods_beside_are_not_touched(tx: Transaction) -> None:
    await capture(tx, *TRIP, *OTHERS)
    assert await seed_plan(tx, sell("L3=1", at="port", on=6, id="sold")) == (1, 1)
    events, batches = await seed_plan(tx, receive("@O4", at="port", source="farm", on=5, id="came"))
    assert (events, batches) == (3, 1)


@pytest.mark.parametrize("sold", [1, 5])
async def test_a_pack_sold_by_itself_is_taken_out_of_all_levels(tx: Transaction, sold: int) -> None:
    events = [sell(f"milk#{n}", at="port", on=6.5) for n in range(sold)]
    await capture(tx, *TRIP, *events)
    quantity = await tx.sql.fetchval("SELECT shipped_quantity FROM flow ORDER BY departed_at DESC LIMIT 1")
    assert quantity == PACKS - sold


async def test_an_event_that_packs_many_things_is_asked_for_its_parent_once(tx: Transaction) -> None:
    await capture(tx, TRIP[0], TRIP[1])
    units = [row["id"] for row in await tx.sql.fetch("SELECT id FROM unit WHERE uri LIKE '%/21/%'")]
    assert len(units) == PACKS
    (plan,) = await tx.sql.fetchrow(f"EXPLAIN (ANALYZE, FORMAT JSON) {HOLDERS}", units) or ("",)
    assert loops(plan, "parent") == 1


def loops(node: Any, alias: str) -> int:
    """How often a plan has looked into a table."""
    if isinstance(node, list):
        return sum(loops(each, alias) for each in node)
    if not isinstance(node, dict):
        return 0
    own = int(node["Actual Loops"]) if node.get("Alias") == alias else 0
    return own + sum(loops(inner, alias) for inner in node.values())
