"""Chains told by several parties: captured by each in any order, they give what the plain rules say."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.capture.own_places import Told as Teller
from service.events.json_document import read_document
from service.ledger.rebuild import rebuild
from tests.chains import PARTIES
from tests.rules.test_claims import Told, told_chains
from tests.store.test_projection_order import another_database
from tests.world import Json, capture, document, ledger, owners, party


def by_operators(event: Json) -> bool:
    """Whose word counts on errors, on the lots of packs, and on what is taken out of containers
    (`entrusted.py`, which the ledger in memory has not got) is not what `claims.py` decides.
    """
    of_containers = event["type"] in ("AggregationEvent", "AssociationEvent")
    return (
        of_containers or "errorDeclaration" in event or any("/10/" in epc for epc in event.get("epcList", ()))
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
    async with another_database(shared_engine) as tx:
        await capture(tx, master=owners(**drawn.chain.owners, den="Rival", home=PARTIES[0], stall=PARTIES[1]))
        ids = {row["uri"]: row["id"] for row in await tx.sql.fetch("SELECT id, uri FROM party")}
        told = list(zip(events, hands, strict=True))
        for event, hand in chance.sample(told, len(told)):
            teller = Teller(ids[party(hand[0])]) if hand is not None else None
            await conduct.capture(tx, read_document(document(event), max_events=1), told=teller)
        assert (await ledger(tx)).rows == Told(drawn.chain, hands).ledger().rows()
        assert (await rebuild(tx)).changed_rows == 0
