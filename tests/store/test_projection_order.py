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
from tests.world import Json, capture, ledger, owners

ledger_owners.listen()


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
