"""Goods that came to a party and were then found at one of its places are held once, not twice."""

import pytest

from service.db.transaction import Transaction
from tests.world import (
    Json,
    capture,
    commission,
    ledger,
    observe,
    owners,
    party,
    place,
    receive,
    sell,
    ship,
    transform,
)

TO_PARTY = [
    commission("A=4", at="farm", on=1),
    receive("A=4", source="farm", to_party="Shops Ltd", on=2, id="got"),
]

#: sentence -> what shows where all of it is
FOUND: dict[str, Json] = {
    "seen": observe("A=4", at="shop", on=3),
    "sold": sell("A=4", at="shop", on=3),
    "shipped on": ship("A=4", at="shop", to="mall", on=3),
    "used": transform(["A=4"], ["pie/X=1"], at="shop", on=3),
}


@pytest.mark.parametrize("how", FOUND)
async def test_goods_of_a_party_are_where_a_later_event_finds_all_of_them(tx: Transaction, how: str) -> None:
    """
    farm --A 4--> somewhere with Shops Ltd;  A 4 at its shop
    """
    await capture(tx, *TO_PARTY, FOUND[how], master=owners(shop="Shops Ltd"))
    book = await ledger(tx)
    assert "A 4: farm -> shop" in book.flows
    assert "Shops Ltd" not in book.at("A")
    assert "received_not_shipped A@shop got" in book.gaps


@pytest.mark.parametrize(
    "found", [sell("A=1", at="shop", on=3), observe("A=4", at="mall", on=3)], ids=["some", "another's"]
)
async def test_goods_of_a_party_of_which_it_is_not_certain_stay_with_the_party(
    tx: Transaction, found: Json
) -> None:
    """
    farm --A 4--> somewhere with Shops Ltd;  A 1 at its shop, or all of it with somebody else
    """
    await capture(tx, *TO_PARTY, found, master=owners(shop="Shops Ltd", mall="Mall Ltd"))
    assert "Shops Ltd" in (await ledger(tx)).at("A")


#: sentence -> how a firm's goods go from its one warehouse to its other
WITHIN_ONE_PARTY: dict[str, list[Json]] = {
    "received only": [receive("A=4", at="cold store", source_party="Shops Ltd", on=4)],
    "shipped to the party": [
        ship("A=4", at="shop", to_party="Shops Ltd", on=3),
        receive("A=4", at="cold store", source_party="Shops Ltd", on=4),
    ],
    "by read points": [
        ship("A=4", read="shop", to_party="Shops Ltd", on=3),
        receive("A=4", read="cold store", source_party="Shops Ltd", on=4),
    ],
}


@pytest.mark.parametrize("how", WITHIN_ONE_PARTY)
async def test_a_party_that_receives_from_itself_holds_the_goods_where_it_received_them(
    tx: Transaction, how: str
) -> None:
    """
    farm --A 4--> shop --> cold store of the same party
    """
    came = [commission("A=4", at="farm", on=1), receive("A=4", at="shop", source="farm", on=2)]
    run_by = owners(**{"shop": "Shops Ltd", "cold store": "Shops Ltd"})
    await capture(tx, *came, *WITHIN_ONE_PARTY[how], master=run_by)
    book = await ledger(tx)
    assert book.at("A")["cold store"] == "received 4"
    assert not book.at("A").keys() & {"?", "Shops Ltd"}


async def test_goods_that_a_trader_bought_for_a_shop_are_at_the_shop(tx: Transaction) -> None:
    """
    farm --A 4, bought by the trader--> shop, which names the trader as its source
    """
    bought = [
        {"type": "owning_party", "destination": party("trader")},
        {"type": "location", "destination": place("shop")},
    ]
    sold_by = [{"type": "owning_party", "source": party("trader")}]
    await capture(
        tx,
        commission("A=4", at="farm", on=1),
        ship("A=4", at="farm", on=2, destinationList=bought),
        receive("A=4", at="shop", on=3, sourceList=sold_by),
    )
    book = await ledger(tx)
    assert book.at("A")["shop"] == "received 4"
    assert "?" not in book.at("A")
