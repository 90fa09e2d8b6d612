"""What each kind of event does to flows, holdings and gaps: the rows of the table, one by one."""

from collections.abc import Sequence

import pytest

from service.db.transaction import Transaction
from tests.world import (
    Json,
    attach,
    bind,
    capture,
    commission,
    declare_error,
    destroy,
    ledger,
    objects,
    observe,
    pack,
    packing,
    receive,
    sample,
    sell,
    ship,
    transform,
    unpack,
)

MADE = commission("A=10", at="farm", on=1)
SOLD = sell("A=1", at="farm", on=2, id="sold")
OWN = "https://acme.example/steps/"

#: sentence -> (events, flows, balances of A by place, gaps)
EFFECTS: dict[str, tuple[Sequence[Json], list[str], dict[str, str], list[str]]] = {
    "commissioning makes": ([MADE], [], {"farm": "produced 10"}, []),
    "creating a class instance makes": (
        [commission("A=10", step="creating_class_instance", at="farm", on=1)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "harvesting makes, whatever its action": (
        [objects("A=10", step=OWN + "Harvesting", at="farm", on=1)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "adding under an unknown step makes": (
        [objects("A=10", action="ADD", step="urn:gdst:bizStep:fishingEvent", at="farm", on=1)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "shipping to a place is in transit": (
        [MADE, ship("A=4", at="farm", to="shop", on=2)],
        ["A 4: farm -> shop (in transit)"],
        {"farm": "produced 10, shipped 4", "shop": "nothing"},
        [],
    ),
    "shipping from a place to a party is bound for somewhere with it": (
        [MADE, ship("A=4", source="farm", to_party="Shops Ltd", on=2)],
        ["A 4: farm -> Shops Ltd (in transit)"],
        {"farm": "produced 10, shipped 4", "Shops Ltd": "nothing"},
        [],
    ),
    "shipping to nobody named is a gap": (
        [MADE, ship("A=4", at="farm", on=2, id="gone")],
        ["A 4: farm -> ? (in transit)"],
        {"farm": "produced 10, shipped 4", "?": "nothing"},
        ["destination_unknown A@farm gone"],
    ),
    "a receipt from the source completes what went to nobody named": (
        [MADE, ship("A=4", at="farm", on=2), receive("A=4", at="shop", source="farm", on=3)],
        ["A 4: farm -> shop"],
        {"farm": "produced 10, shipped 4", "shop": "received 4"},
        [],
    ),
    "a receipt without a source completes what went to nobody named": (
        [MADE, ship("A=4", at="farm", on=2), receive("A=4", at="shop", on=3)],
        ["A 4: farm -> shop"],
        {"farm": "produced 10, shipped 4", "shop": "received 4"},
        [],
    ),
    "a receipt from elsewhere does not complete what went to nobody named": (
        [
            MADE,
            commission("A=4", at="plant", on=1),
            ship("A=4", at="farm", on=2, id="gone"),
            receive("A=4", at="shop", source="plant", on=3, id="got"),
        ],
        ["A 4: farm -> ? (in transit)", "A 4: plant -> shop"],
        {
            "farm": "produced 10, shipped 4",
            "plant": "produced 4, shipped 4",
            "?": "nothing",
            "shop": "received 4",
        },
        ["destination_unknown A@farm gone", "received_not_shipped A@shop got"],
    ),
    "departing and consigning ship": (
        [
            MADE,
            ship("A=4", step="departing", at="farm", to="shop", on=2),
            ship("A=2", step="consigning", at="farm", to="mall", on=2),
        ],
        ["A 2: farm -> mall (in transit)", "A 4: farm -> shop (in transit)"],
        {"farm": "produced 10, shipped 6", "shop": "nothing", "mall": "nothing"},
        [],
    ),
    "receiving completes the shipment of the same papers": (
        [
            MADE,
            ship("A=4", at="farm", to="shop", po="1", on=2),
            ship("A=4", at="farm", to="shop", po="2", on=2.5),
            receive("A=4", at="shop", source="farm", po="1", on=3),
        ],
        ["A 4: farm -> shop", "A 4: farm -> shop (in transit)"],
        {"farm": "produced 10, shipped 8", "shop": "received 4"},
        [],
    ),
    "arriving and accepting receive": (
        [MADE, ship("A=4", at="farm", to="shop", on=2), receive("A=4", step="arriving", at="shop", on=3)],
        ["A 4: farm -> shop"],
        {"farm": "produced 10, shipped 4", "shop": "received 4"},
        [],
    ),
    "observing elsewhere infers a move": (
        [MADE, observe("A=4", at="shop", on=2)],
        ["A 4: farm -> shop (inferred)"],
        {"farm": "produced 10, shipped 4", "shop": "received 4"},
        [],
    ),
    "observing where they are known to be does nothing": (
        [MADE, observe("A=4", at="farm", on=2)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "observing what nobody made appears from nowhere": (
        [observe("A=4", at="farm", on=2, id="seen")],
        [],
        {"farm": "received 4"},
        ["appears_from_nowhere A@farm seen"],
    ),
    "a transformation consumes and makes": (
        [MADE, transform(["A=4"], ["pie/X=3"], at="farm", on=2)],
        ["A 4: farm -> pie/X@farm"],
        {"farm": "produced 10, consumed 4"},
        [],
    ),
    "transformations of one id are one": (
        [
            MADE,
            transform(["A=4"], [], tid="run", at="farm", on=2),
            transform([], ["pie/X=3"], tid="run", at="farm", on=3),
            transform([], ["pie/Y=1"], tid="run", at="plant", on=4),
        ],
        ["A 4: farm -> pie/X@farm", "A 4: farm -> pie/Y@plant"],
        {"farm": "produced 10, consumed 4"},
        [],
    ),
    "a transformation without outputs is a gap": (
        [MADE, transform(["A=4"], [], tid="run", at="farm", on=2, id="half")],
        [],
        {"farm": "produced 10, consumed 4"},
        ["transformation_without_outputs A@farm half"],
    ),
    "a transformation without inputs is a gap": (
        [transform([], ["A=4"], tid="run", at="farm", on=2, id="half")],
        [],
        {"farm": "produced 4"},
        ["transformation_without_inputs A@farm half"],
    ),
    "packing and unpacking move nothing": (
        [MADE, pack("@P", "A=10", at="farm", on=2), unpack("@P", at="farm", on=3)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "what is packed for a destination has not left": (
        [MADE, pack("@P", "A=10", at="farm", to="shop", on=2)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "receiving as an aggregation seen moves the contents": (
        [
            MADE,
            pack("@P", "A=10", at="farm", on=2),
            ship("@P", at="farm", to="shop", on=3),
            packing("@P", "A=10", action="OBSERVE", step="receiving", at="shop", source="farm", on=4),
        ],
        ["A 10: farm -> shop"],
        {"farm": "produced 10, shipped 10", "shop": "received 10"},
        [],
    ),
    "an association packs": (
        [
            MADE,
            attach("https://id.gs1.org/8003/09521321000008CRATE", "A=10", at="farm", on=2),
            ship("https://id.gs1.org/8003/09521321000008CRATE", at="farm", to="shop", on=3),
        ],
        ["A 10: farm -> shop (in transit)"],
        {"farm": "produced 10, shipped 10", "shop": "nothing"},
        [],
    ),
    "a transaction event does nothing": (
        [MADE, bind("A=10", po="1", at="shop", on=2)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "selling and dispensing sell": (
        [MADE, sell("A=1", at="farm", on=2), sell("A=2", step="dispensing", at="farm", on=3)],
        [],
        {"farm": "produced 10, sold 3"},
        [],
    ),
    "consuming sells": (
        [MADE, sell("A=1", step=OWN + "consuming", at="farm", on=2)],
        [],
        {"farm": "produced 10, sold 1"},
        [],
    ),
    "destroying, decommissioning and deleting destroy": (
        [
            MADE,
            destroy("A=1", at="farm", on=2),
            destroy("A=2", step="decommissioning", at="farm", on=3),
            objects("A=3", action="DELETE", at="farm", on=4),
        ],
        [],
        {"farm": "produced 10, destroyed 6"},
        [],
    ),
    "sampling samples": (
        [MADE, sample("A=1", at="farm", on=2)],
        [],
        {"farm": "produced 10, sampled 1"},
        [],
    ),
    "a void shipment never left": (
        [
            MADE,
            ship("A=4", at="farm", to="shop", on=2),
            objects("A=4", step="void_shipping", at="farm", on=3),
        ],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "an event declared in error does not count": (
        [MADE, SOLD, declare_error(SOLD)],
        [],
        {"farm": "produced 10"},
        [],
    ),
    "an unknown step towards a place ships": (
        [MADE, objects("A=4", step=OWN + "handover", at="farm", source="farm", to="shop", on=2)],
        ["A 4: farm -> shop (in transit)"],
        {"farm": "produced 10, shipped 4", "shop": "nothing"},
        [],
    ),
    "an unknown step at its destination receives": (
        [
            MADE,
            ship("A=4", at="farm", to="shop", on=2),
            objects("A=4", step=OWN + "handover", at="shop", source="farm", to="shop", on=3),
        ],
        ["A 4: farm -> shop"],
        {"farm": "produced 10, shipped 4", "shop": "received 4"},
        [],
    ),
    "an unknown step of a packing event towards a place ships": (
        [MADE, packing("@P", "A=10", action="ADD", step=OWN + "go", at="farm", to="shop", on=2)],
        ["A 10: farm -> shop (in transit)"],
        {"farm": "produced 10, shipped 10", "shop": "nothing"},
        [],
    ),
    "more gone than there was is a negative balance": (
        [MADE, sell("A=12", at="farm", on=2, id="much")],
        [],
        {"farm": "produced 10, sold 12"},
        ["negative_balance A@farm much on_hand=-2 uom=EA"],
    ),
    "units of one dimension are added up": (
        [commission("A=1.5KGM", at="farm", on=1), sell("A=500GRM", at="farm", on=2)],
        [],
        {"farm": "produced 1.5KGM, sold 0.5KGM"},
        [],
    ),
    "an amount that is not stated is a gap": (
        [commission("A", at="farm", on=1, id="some")],
        [],
        {"farm": "nothing"},
        ["quantity_not_stated A@farm some"],
    ),
}


@pytest.mark.parametrize("effect", EFFECTS)
async def test_effect(tx: Transaction, effect: str) -> None:
    events, flows, balances, gaps = EFFECTS[effect]
    await capture(tx, *events)
    book = await ledger(tx)
    assert (sorted(book.flows), book.at("A"), book.gaps) == (flows, balances, gaps)


async def test_two_dimensions_are_never_added_up(tx: Transaction) -> None:
    await capture(tx, MADE, sell("A=1KGM", at="farm", on=2, id="weighed"))
    book = await ledger(tx)
    assert book.holdings == ["A@farm: produced 10", "A@farm: sold 1KGM"]
    assert book.gaps == [
        "mixed_units A@farm weighed uoms=EA KGM",
        "negative_balance A@farm weighed on_hand=-1 uom=KGM",
    ]
