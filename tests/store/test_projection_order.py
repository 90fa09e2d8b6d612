"""In any order, in any documents, again and again: the same ledger, and a rebuild changes nothing."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.ledger import owners as ledger_owners
from service.ledger.rebuild import rebuild
from tests.chains import Chain, chains
from tests.conftest import RollBack
from tests.memory_ledger import MemoryLedger
from tests.world import Json, capture, ledger, owners, party, place

ledger_owners.listen()

PRODUCT = "https://id.gs1.org/01/09525820056057"
CELLAR = f"{place('shop')}/254/cellar"
SHIPPED: Json = {
    "type": "ObjectEvent",
    "eventTime": "2026-01-02T00:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "bizLocation": {"id": place("mill")},
}


@asynccontextmanager
async def another_database(engine: AsyncEngine) -> AsyncIterator[Transaction]:
    """An empty one, as far as anybody can tell: all of it is rolled back."""
    with suppress(RollBack):
        async with transaction(engine) as tx:
            yield tx
            raise RollBack


async def in_pieces(tx: Transaction, chain: Chain, chance: random.Random) -> None:
    """Capture the chain's events in any order, split anyhow, some of them twice; owners told anytime."""
    rest = chance.sample(chain.events, len(chain.events))
    rest += chance.choices(rest, k=2)
    documents: list[tuple[list[Json], list[Json]]] = []
    while rest:
        size = chance.randint(1, 3)
        # One document may not tell of one event twice.
        once = {(e["eventID"], "errorDeclaration" in e): e for e in rest[:size]}
        documents.append((list(once.values()), []))
        rest = rest[size:]
    for at, by in chain.owners.items():
        chance.choice(documents)[1].extend(owners(**{at: by}))
    for events, master in documents:
        await capture(tx, *events, master=master)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chain=chains(most=10), chance=st.randoms(use_true_random=False))
async def test_any_way_of_capturing_gives_the_same_ledger(
    shared_engine: AsyncEngine, chain: Chain, chance: random.Random
) -> None:
    async with another_database(shared_engine) as tx:
        await capture(tx, *chain.events, master=owners(**chain.owners))
        expected = (await ledger(tx)).rows
    assert expected == MemoryLedger(chain.events, chain.owner_uris()).rows()
    async with another_database(shared_engine) as tx:
        await in_pieces(tx, chain, chance)
        assert (await ledger(tx)).rows == expected
        report = await rebuild(tx)
        assert report.changed_rows == 0
        assert report.flows_before == report.flows_after
        assert report.events == len(chain.events)
        assert (await ledger(tx)).rows == expected


async def test_a_lot_of_a_party_is_joined_to_what_left_its_place_whenever_the_place_is_told_to_be_its(
    shared_engine: AsyncEngine,
) -> None:
    lot, lotless = f"{PRODUCT}/10/A", PRODUCT
    told = [
        {**SHIPPED, "eventID": "urn:event:1", "quantityList": [{"epcClass": lot}]}
        | {"destinationList": [{"type": "possessing_party", "destination": party("Shop Ltd")}]},
        {**SHIPPED, "eventID": "urn:event:2", "quantityList": [{"epcClass": lotless}]}
        | {"destinationList": [{"type": "location", "destination": CELLAR}]},
        {**SHIPPED, "eventID": "urn:event:3", "quantityList": [{"epcClass": lotless}]}
        | {"bizLocation": {"id": place("kiosk")}, "bizStep": "retail_selling"}
        | {"eventTime": "2026-01-13T00:00:00Z"},
    ]
    async with another_database(shared_engine) as tx:
        await capture(tx, *told, master=owners(shop="Shop Ltd"))
        expected = (await ledger(tx)).rows
    async with another_database(shared_engine) as tx:
        await capture(tx, *told)
        await capture(tx, told[0], master=owners(shop="Shop Ltd"))
        assert (await ledger(tx)).rows == expected
        # And to that of nobody's any more.
        await capture(tx, told[0], master=owners(shop="Another Ltd"))
        assert (await ledger(tx)).rows == MemoryLedger(told, {place("shop"): party("Another Ltd")}).rows()
    assert any(row[:2] == ("flow", 2) for row in expected)
