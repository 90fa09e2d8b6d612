"""Chains told by several parties: captured by each in any order, they give what the plain rules say."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.caller import Caller
from service.auth.permissions import Role
from service.capture import conduct
from service.capture.own_places import Told as Teller
from service.db.transaction import Transaction
from service.events.json_document import read_document
from service.ledger.rebuild import rebuild
from service.registry.schemas import SiteChange
from service.registry.sites import change_site
from tests.chains import PARTIES, Chain
from tests.rules.test_claims import Told, told_chains
from tests.store.test_projection_order import another_database
from tests.world import Json, capture, document, ledger, owners, party, place

OPERATOR = Caller("operator", "key:0", Role.OPERATOR, None, frozenset())


def by_operators(event: Json) -> bool:
    """Whose word counts on errors, on the lots of packs, and on containers and what is in them
    (`entrusted.py`, which the ledger in memory has not got) is not what `claims.py` decides.
    """
    named = (*event.get("epcList", ()), *event.get("inputEPCList", ()))
    return (
        event["type"] in ("AggregationEvent", "AssociationEvent")
        or "errorDeclaration" in event
        or any("/10/" in epc or "/00/" in epc for epc in named)
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=told_chains(), chance=st.randoms(use_true_random=False))
async def test_what_several_parties_tell_in_any_order_is_what_the_rules_say(
    shared_engine: AsyncEngine, drawn: Told, chance: random.Random
) -> None:
    events = drawn.chain.events
    hands = [
        None if hand is None or by_operators(event) else hand[:1]
        for hand, event in zip(drawn.hands, events, strict=True)
    ]
    told = chance.sample(list(zip(events, hands, strict=True)), len(events))
    shuffled = Told(
        Chain([event for event, _ in told], drawn.chain.owners), [hand for _, hand in told], drawn.sold
    )
    at, seller, until = drawn.sold or ("farm", drawn.chain.owners["farm"], 0)
    before = {**drawn.chain.owners, at: seller, "den": "Rival", "home": PARTIES[0], "stall": PARTIES[1]}
    async with another_database(shared_engine) as tx:
        await capture(tx, master=owners(**before))
        ids = {row["uri"]: row["id"] for row in await tx.sql.fetch("SELECT id, uri FROM party")}
        for number, (event, hand) in enumerate(told):
            if number == until:
                await sell(tx, at, drawn.chain.owners[at])
            teller = Teller(ids[party(hand[0])]) if hand is not None else None
            await conduct.capture(tx, read_document(document(event), max_events=1), told=teller)
        if until == len(told):
            await sell(tx, at, drawn.chain.owners[at])
        assert (await ledger(tx)).rows == shuffled.ledger().rows()
        assert (await rebuild(tx)).changed_rows == 0


async def sell(tx: Transaction, at: str, to: str) -> None:
    """A place gets another owner on record."""
    site = await tx.sql.fetchval("SELECT id FROM site WHERE uri = $1", place(at))
    await change_site(tx, OPERATOR, site, SiteChange(party=party(to), name_en=at[-9:]))
