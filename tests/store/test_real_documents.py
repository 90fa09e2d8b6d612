"""What partners really send: things left out, told twice, told late, told by other names.

Every story is captured in one document, then event by event backwards and in two other orders.
"""

import random
from collections.abc import Sequence

import pytest

from service.db.transaction import Transaction
from service.ledger import owners as ledger_owners
from service.ledger.rebuild import rebuild
from tests.memory_ledger import MemoryLedger
from tests.world import (
    Json,
    attach,
    capture,
    commission,
    declare_error,
    give_back,
    gln,
    ledger,
    objects,
    observe,
    owners,
    pack,
    packing,
    receive,
    sell,
    ship,
    transform,
    uri,
)

ledger_owners.listen()

MADE = commission("A=10", at="farm", on=1)
DOCK = f"https://id.gs1.org/414/{gln('shop')}/254/dock"
TRUCK = "https://id.gs1.org/8004/9521321TRUCK"
WRONG = pack("@P", "A=10", at="farm", on=2, id="wrong")

#: story -> (events, flows, gaps)
STORIES: dict[str, tuple[Sequence[Json], list[str], list[str]]] = {
    "a shipment received in parts": (
        [
            MADE,
            ship("A=10", at="farm", to="shop", on=2),
            receive("A=5", at="shop", source="farm", on=3),
            receive("A=5", at="shop", source="farm", on=4),
        ],
        ["A 5: farm -> shop", "A 5: farm -> shop"],
        [],
    ),
    "two shipments received at once": (
        [
            MADE,
            ship("A=4", at="farm", to="shop", on=2),
            ship("A=6", at="farm", to="shop", on=2.1),
            receive("A=10", at="shop", on=3),
        ],
        ["A 4: farm -> shop", "A 6: farm -> shop"],
        [],
    ),
    "two equal trucks on one day": (
        [
            MADE,
            ship("A=5", at="farm", to="shop", on=2),
            ship("A=5", at="farm", to="shop", on=2.1),
            receive("A=5", at="shop", on=2.5),
            receive("A=5", at="shop", on=2.6),
        ],
        ["A 5: farm -> shop", "A 5: farm -> shop"],
        [],
    ),
    "two equal trucks, each loaded, then gone": (
        [
            MADE,
            ship("A=5", at="farm", to="shop", on=2),
            ship("A=5", at="farm", to="shop", on=2.1),
            ship("A=5", step="departing", at="farm", to="shop", on=2.2),
            ship("A=5", step="departing", at="farm", to="shop", on=2.3),
        ],
        ["A 5: farm -> shop (in transit)", "A 5: farm -> shop (in transit)"],
        [],
    ),
    "the destination is named only when the truck departs": (
        [MADE, ship("A=5", at="farm", on=2), ship("A=5", step="departing", at="farm", to="shop", on=2.1)],
        ["A 5: farm -> shop (in transit)"],
        [],
    ),
    "the source is named only when the goods are accepted": (
        [
            MADE,
            commission("A=10", at="plant", on=1.5),
            receive("A=5", step="arriving", at="shop", on=3, id="came"),
            receive("A=5", step="accepting", at="shop", source="farm", on=3.1),
        ],
        ["A 5: farm -> shop"],
        ["received_not_shipped A@shop came"],
    ),
    "accepted from another source than arrived": (
        [
            MADE,
            commission("A=10", at="plant", on=1),
            ship("A=5", at="farm", to="shop", on=2),
            receive("A=5", step="arriving", at="shop", on=3),
            receive("A=5", step="accepting", at="shop", source="plant", on=4, id="other"),
        ],
        ["A 5: farm -> shop", "A 5: plant -> shop"],
        ["received_not_shipped A@shop other"],
    ),
    "ten arrive and nine are accepted": (
        [
            MADE,
            ship("A=10", at="farm", to="shop", on=2),
            receive("A=10", step="arriving", at="shop", on=3),
            receive("A=9", step="accepting", at="shop", on=3.1, id="took"),
        ],
        ["A 10: farm -> shop"],
        ["quantity_difference A@shop took arrived=10 told=9 uom=EA"],
    ),
    "part of what went to nobody named turns up": (
        [MADE, ship("A=10", at="farm", on=2, id="gone"), receive("A=4", at="shop", on=3)],
        ["A 4: farm -> shop", "A 6: farm -> ? (in transit)"],
        ["destination_unknown A@farm gone"],
    ),
    "all of what went to nobody named turns up in two places": (
        [
            MADE,
            ship("A=10", at="farm", on=2),
            receive("A=4", at="mall", on=3),
            receive("A=6", at="shop", source="farm", on=4),
        ],
        ["A 4: farm -> mall", "A 6: farm -> shop"],
        [],
    ),
    "the shop's clock is slow": (
        [
            MADE,
            receive("A=10", at="shop", source="farm", on=2, id="got"),
            ship("A=10", at="farm", to="shop", on=2.1),
        ],
        ["A 10: farm -> shop"],
        ["received_before_shipped A@shop got"],
    ),
    "a receipt long before a shipment is another one": (
        [
            MADE,
            receive("A=5", at="shop", source="farm", on=2, id="got"),
            ship("A=5", at="farm", to="shop", on=5),
        ],
        ["A 5: farm -> shop", "A 5: farm -> shop (in transit)"],
        ["received_not_shipped A@shop got"],
    ),
    "the same papers tie a receipt to a later shipment": (
        [
            MADE,
            receive("A=9", at="shop", source="farm", on=2, id="got", po="1"),
            ship("A=10", at="farm", to="shop", on=5, po="1"),
        ],
        ["A 10/9: farm -> shop"],
        [
            "quantity_difference A@shop got received=9 shipped=10 uom=EA",
            "received_before_shipped A@shop got",
        ],
    ),
    "cross-docking that nobody recorded": (
        [
            MADE,
            ship("A=10", at="farm", to="dock", on=2),
            ship("A=10", at="dock", to="shop", on=3, id="on"),
            receive("A=10", at="shop", source="dock", on=4),
        ],
        ["A 10: farm -> dock (inferred)", "A 10: dock -> shop"],
        ["arrival_inferred A@dock on"],
    ),
    "sold before the receipt is recorded": (
        [
            MADE,
            ship("A=10", at="farm", to="shop", on=2),
            sell("A=3", at="shop", on=3, id="sold"),
            receive("A=10", at="shop", on=4),
        ],
        ["A 10: farm -> shop (inferred)"],
        ["used_before_received A@shop sold"],
    ),
    "a second delivery is used up and never received": (
        [
            commission("A=20", at="farm", on=1),
            ship("A=10", at="farm", to="shop", on=2),
            receive("A=10", at="shop", on=3),
            sell("A=10", at="shop", on=4),
            ship("A=10", at="farm", to="shop", on=5),
            sell("A=10", at="shop", on=6, id="sold"),
        ],
        ["A 10: farm -> shop", "A 10: farm -> shop (inferred)"],
        ["arrival_inferred A@shop sold"],
    ),
    "a drop shipment to a party arrives at a place nobody owns": (
        [MADE, ship("A=10", at="farm", to_party="Shop Ltd", on=2), receive("A=10", at="shop", on=3)],
        ["A 10: farm -> shop"],
        [],
    ),
    "received at the dock of the place it was sent to": (
        [MADE, ship("A=10", at="farm", to="shop", on=2), receive("A=10", at=DOCK, source="farm", on=3)],
        [f"A 10: farm -> {DOCK}"],
        [],
    ),
    "seen at the dock of the place it was sent to": (
        [MADE, ship("A=10", at="farm", to="shop", on=2), observe("A=10", at=DOCK, on=3, id="seen")],
        [f"A 10: farm -> {DOCK} (inferred)"],
        [f"arrival_inferred A@{DOCK} seen"],
    ),
    "sent to one shop and received at another": (
        [
            MADE,
            ship("A=5", at="farm", to="mall", on=2),
            receive("A=5", at="shop", source="farm", on=3, id="got"),
        ],
        ["A 5: farm -> mall (in transit)", "A 5: farm -> shop"],
        ["received_not_shipped A@shop got"],
    ),
    "there and back and there again": (
        [
            MADE,
            ship("A=10", at="farm", to="shop", on=2),
            receive("A=10", at="shop", source="farm", on=3),
            give_back("A=10", at="shop", to="farm", on=4),
            receive("A=10", at="farm", source="shop", on=5),
            ship("A=10", at="farm", to="shop", on=6),
            receive("A=10", at="shop", source="farm", on=7),
        ],
        ["A 10: farm -> shop", "A 10: shop -> farm", "A 10: farm -> shop"],
        [],
    ),
    "no event names a place but the last": (
        [commission("A=4", on=1), ship("A=4", on=2), receive("A=4", at="shop", on=3)],
        ["A 4: ? -> shop"],
        [],
    ),
    "a transformation without a place": (
        [
            commission("A=4", at="farm", on=1),
            transform(["A=4"], ["pie/X=4"], on=2),
            ship("pie/X=4", at="plant", to="shop", on=3),
        ],
        ["A 4: farm -> pie/X@?", "pie/X 4: plant -> shop (in transit)", "pie/X 4: ? -> plant (inferred)"],
        [],
    ),
    "the same goods by serial and by lot in one event": (
        [
            commission("milk/L#1", "milk/L#2", at="farm", on=1),
            ship("milk#1", "milk#2", "milk/L=2", at="farm", to="shop", on=2),
        ],
        ["milk/L 2: farm -> shop (in transit)"],
        [],
    ),
    "counted when shipped, weighed when received": (
        [MADE, ship("A=10", at="farm", to="shop", on=2), receive("A=25KGM", at="shop", on=3, id="got")],
        ["A 10/25KGM: farm -> shop"],
        [
            "quantity_difference A@shop got received= shipped=10 uom=EA",
            "quantity_difference A@shop got received=25 shipped= uom=KGM",
        ],
    ),
    "the number of a pallet is given out while it is packed": (
        [
            MADE,
            pack("@P", "A=10", at="farm", on=2),
            commission("@P", at="farm", on=2),
            ship("@P", at="farm", to="shop", on=3),
            objects("@P", action="DELETE", step="decommissioning", at="shop", on=5),
        ],
        ["A 10: farm -> shop (in transit)"],
        [],
    ),
    "packed, packed elsewhere, packed back without unpacking": (
        [
            commission("milk/L#1", at="farm", on=1),
            pack("@P", "milk#1", at="farm", on=2),
            pack("@Q", "milk#1", at="farm", on=3),
            pack("@P", "milk#1", at="farm", on=4),
            ship("@P", at="farm", to="shop", on=5),
            ship("@Q", at="farm", to="mall", on=5),
        ],
        ["milk/L 1: farm -> shop (in transit)"],
        [],
    ),
    "cases with numbers and lots of their own inside a pallet inside a truck": (
        [
            commission("milk/L#1", "milk/L#2", "milk/M#3", at="farm", on=1),
            commission("case/K#1", at="farm", on=1),
            pack("case#1", "milk#1", "milk#2", at="farm", on=2),
            pack("@P", "case#1", "milk#3", at="farm", on=3),
            attach(TRUCK, "@P", at="farm", step="loading", on=4),
            ship(TRUCK, at="farm", to="shop", on=5),
        ],
        [
            "case/K 1: farm -> shop (in transit)",
            "milk/L 2: farm -> shop (in transit)",
            "milk/M 1: farm -> shop (in transit)",
        ],
        [],
    ),
    "a pallet is received as what is seen on it": (
        [
            MADE,
            pack("@P", "A=10", at="farm", on=2),
            ship("@P", at="farm", to="shop", on=3),
            packing(
                "@P", "A=10", action="OBSERVE", step="receiving", at="shop", source="farm", to="shop", on=4
            ),
        ],
        ["A 10: farm -> shop"],
        [],
    ),
    "a packing declared in error was never inside": (
        [MADE, WRONG, ship("@P", at="farm", to="shop", on=3), declare_error(WRONG)],
        [],
        [],
    ),
    "the parts of one run, told apart": (
        [
            commission("A=1", "B=1", at="plant", on=1),
            transform(["A=1"], [], tid="run", at="plant", on=2),
            transform(["B=1"], [], tid="run", at="plant", on=3),
            transform([], ["pie/X=1"], tid="run", at="plant", on=4),
            transform([], ["pie/Y=1"], tid="run", at="plant", on=5),
        ],
        [
            "A 1: plant -> pie/X@plant",
            "A 1: plant -> pie/Y@plant",
            "B 1: plant -> pie/X@plant",
            "B 1: plant -> pie/Y@plant",
        ],
        [],
    ),
    "labels with wrong check digits": (
        [
            commission("urn:epc:class:lgtin:95213.2.L1=4", at="farm", on=1),
            ship(
                "urn:epc:class:lgtin:95213.2.L1=4", at="farm", to="https://id.gs1.org/414/9521321000000", on=2
            ),
            receive(
                "urn:epc:class:lgtin:95213.2.L1=4",
                at="https://id.gs1.org/414/9521321000000",
                source="farm",
                on=3,
            ),
        ],
        ["urn:epc:class:lgtin:95213.2.L1 4: farm -> https://id.gs1.org/414/9521321000000"],
        [],
    ),
}


@pytest.mark.parametrize("story", STORIES)
async def test_story(tx: Transaction, story: str) -> None:
    events, flows, gaps = STORIES[story]
    assert await told(tx, events) == (sorted(flows), gaps, MemoryLedger(events).rows())
    for order in (events[::-1], *(random.Random(seed).sample(events, len(events)) for seed in (1, 2))):
        savepoint = tx.sql.transaction()
        await savepoint.start()
        for event in order:
            await capture(tx, event)
        assert (await ledger(tx)).rows == MemoryLedger(events).rows()
        await savepoint.rollback()


async def told(tx: Transaction, events: Sequence[Json]) -> tuple[list[str], list[str], list[object]]:
    savepoint = tx.sql.transaction()
    await savepoint.start()
    await capture(tx, *events)
    book = await ledger(tx)
    await savepoint.rollback()
    return sorted(book.flows), book.gaps, list(book.rows)


async def test_a_new_owner_bears_on_batches_that_were_never_at_the_place(tx: Transaction) -> None:
    """The yard belongs to the sender: a receipt there is a receipt at the shop. Or does it?"""
    first, smaller = sorted(("Farm Ltd", "Yard Ltd"), key=lambda name: uri_of_party(name), reverse=True)
    await capture(
        tx,
        commission("A=5", at="farm", on=1),
        receive("A=5", at="yard", source="farm", source_party=first, to="shop", on=2),
        master=owners(yard=first),
    )
    assert set((await ledger(tx)).at("A")) == {"farm", "shop"}
    await capture(tx, master=owners(yard=smaller))
    assert set((await ledger(tx)).at("A")) == {"farm", "yard"}
    assert (await rebuild(tx)).changed_rows == 0


async def test_a_new_owner_owns_the_parts_of_the_place(tx: Transaction) -> None:
    await capture(tx, commission("A=5", at=DOCK, on=1))
    await capture(tx, master=owners(shop="Shop Ltd"))
    row = await tx.sql.fetchrow("SELECT party.uri FROM holding JOIN party ON party.id = holding.party_id")
    assert row is not None
    assert row["uri"] == uri_of_party("Shop Ltd")


async def test_a_party_whose_uri_somebody_registered_as_a_place_has_that_place(
    tx: Transaction,
) -> None:
    cooperative = "urn:acme:cooperative:7"
    await tx.sql.execute(
        "INSERT INTO party (uri, source, created_at, updated_at) "
        "VALUES ('urn:acme:owner', 'registered', now(), now())"
    )
    await tx.sql.execute(
        """
        INSERT INTO site (uri, party_id, unspecified, source, created_at, updated_at)
        SELECT $1, id, false, 'registered', now(), now() FROM party WHERE uri = 'urn:acme:owner'
        """,
        cooperative,
    )
    await capture(tx, MADE, ship("A=5", at="farm", to_party=cooperative, on=2))
    assert (await ledger(tx)).flows == [f"A 5: farm -> {cooperative} (in transit)"]


def uri_of_party(name: str) -> str:
    return f"https://id.gs1.org/417/{gln(name)}"


def test_things_have_one_uri_with_and_without_their_lot() -> None:
    assert uri("milk/L#1") == uri("milk#1")
