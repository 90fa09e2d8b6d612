"""Movements that only a TransactionEvent tells of count; told by another event too, they count once."""

import pytest

from service.db.transaction import Transaction
from tests.world import Json, bind, capture, commission, ledger, receive, ship

MADE = commission("A=10", at="farm", on=1)


def paper(*things: str, step: str = "shipping", on: float = 2, **fields: str) -> Json:
    return bind(*things, step=step, on=on, **{"po": "1", "id": "paper", **fields})


async def test_goods_that_only_papers_ship_are_found_where_they_went(tx: Transaction) -> None:
    """
    farm ..A 4, by the order alone..> shop
    """
    await capture(tx, MADE, paper("A=4", source="farm", to="shop"))
    book = await ledger(tx)
    assert book.flows == ["A 4: farm -> shop (in transit, inferred)"]
    assert book.at("A") == {"farm": "produced 10, shipped 4", "shop": "nothing"}
    assert book.gaps == ["told_by_papers_only A@farm paper"]


async def test_what_only_papers_ship_is_received(tx: Transaction) -> None:
    """
    farm ..A 4, by the order..> shop, received
    """
    await capture(tx, MADE, paper("A=4", source="farm", to="shop"), receive("A=4", at="shop", on=3, po="1"))
    assert (await ledger(tx)).flows == ["A 4: farm -> shop (inferred)"]


#: sentence -> the other events that tell of the same movement of A 4
TOLD_TOO: dict[str, list[Json]] = {
    "the same ends": [ship("A=4", at="farm", to="shop", on=2.5)],
    "before the paper": [ship("A=4", at="farm", to="shop", on=1.5)],
    "the same papers": [ship("A=4", at="farm", to="shop", on=2, po="1")],
    "in two loads": [ship("A=3", at="farm", to="shop", on=2.5), ship("A=1", at="farm", to="shop", on=2.6)],
    "to nobody named": [ship("A=4", at="farm", on=2.5)],
    "to a party": [ship("A=4", at="farm", to_party="Shops Ltd", on=2.5)],
}


@pytest.mark.parametrize("story", TOLD_TOO)
async def test_a_movement_that_goods_and_papers_tell_is_one(tx: Transaction, story: str) -> None:
    """
    farm --A 4--> shop, and the order says so too
    """
    order = paper("A=4", source="farm", to="shop", to_party="Shops Ltd")
    await capture(tx, MADE, order, *TOLD_TOO[story])
    book = await ledger(tx)
    assert book.at("A") == {"farm": "produced 10, shipped 4", "shop": "nothing"}
    assert not any("inferred" in line for line in book.flows)
    assert book.gaps == []


#: sentence -> events that tell of another movement
ANOTHER: dict[str, Json] = {
    "elsewhere": ship("A=4", at="farm", to="mall", on=2.5),
    "another order": ship("A=4", at="farm", to="shop", on=2.5, po="2"),
    "weeks later": ship("A=4", at="farm", to="shop", on=20),
}


@pytest.mark.parametrize("story", ANOTHER)
async def test_papers_of_another_movement_are_not_dropped(tx: Transaction, story: str) -> None:
    """
    farm --A 4--> another;  farm ..A 4, by the order..> shop
    """
    await capture(tx, MADE, paper("A=4", source="farm", to="shop"), ANOTHER[story])
    book = await ledger(tx)
    assert book.at("A")["farm"] == "produced 10, shipped 8"
    assert "A 4: farm -> shop (in transit, inferred)" in book.flows


async def test_what_papers_tell_beyond_the_goods_counts(tx: Transaction) -> None:
    """
    farm --A 4--> shop;  the order says A 6
    """
    await capture(tx, MADE, paper("A=6", source="farm", to="shop"), ship("A=4", at="farm", to="shop", on=2.5))
    assert (await ledger(tx)).at("A")["farm"] == "produced 10, shipped 6"


@pytest.mark.parametrize(
    "tied",
    [
        bind("A=4", po="1", on=2),
        bind("A=4", po="1", step="shipping", at="farm", on=2),
        bind("A=4", po="1", source_party="Farm Ltd", to_party="Shops Ltd", on=2),
        {**paper("A=4", source="farm", to="shop"), "action": "DELETE"},
    ],
)
async def test_papers_that_tell_no_movement_move_nothing(tx: Transaction, tied: Json) -> None:
    await capture(tx, MADE, tied)
    assert (await ledger(tx)).flows == []
