"""Goods that came to a party and were then found at one of its places are held once, not twice."""

import pytest

from service.db.transaction import Transaction
from tests.world import Json, capture, commission, ledger, observe, owners, receive, sell, ship, transform

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
