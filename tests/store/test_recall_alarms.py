"""Goods that move after the stop: one alarm for each event, whatever is captured when.

farm --L1 10, before the stop--> plant --L1 4, after it--> shop
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from service.db.transaction import Transaction
from service.ledger import owners
from service.ledger.rebuild import rebuild
from service.recall import advice, alarm_store, alarms, conduct
from service.recall.moving import move_recall
from service.recall.schemas import NewRecall
from tests.world import (
    START,
    capture,
    commission,
    declare_error,
    destroy,
    give_back,
    name,
    receive,
    sell,
    ship,
    thing,
    transform,
)

#: The day of the stop: events of the tests before and after it have their times from `tests.world`.
STOP = 10
TITLES = {"title_zh": "召回", "title_en": "Recall", "reason_zh": "原因", "reason_en": "Reason"}


@pytest.fixture
async def case(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> int:
    """A case on L1, opened on the day of the stop, with listeners as the application has them."""
    for area in (owners, conduct, alarms, advice):
        area.listen()
    await capture(
        tx,
        commission("L1=10", at="farm", on=1),
        ship("L1=10", at="farm", to="plant", on=2, id="before"),
        receive("L1=10", at="plant", source="farm", on=3),
    )
    asked = NewRecall(**TITLES, hazard_class=1, batch=[thing("L1").uri])
    recall = await conduct.open_recall(tx, asked, by="tests")
    assert recall.id is not None
    await tx.sql.execute(
        "UPDATE recall SET opened_at = $2 WHERE id = $1", recall.id, START + timedelta(days=STOP)
    )
    return recall.id


async def _told(tx: Transaction, case: int, *, withdrawn: bool = False) -> list[str]:
    """The alarms in a line each."""
    rows = await alarm_store.list_alarms(tx, case, 0, 100, seen=None)
    return [
        f"{row['kind']} {name(row['batch_uri'])} {row['amounts']} {name(row['from_site_uri'] or '?')} -> "
        f"{name(row['to_site_uri'] or '?')} {name(row['event'])}"
        for row in rows
        if (row["withdrawn_at"] is not None) is withdrawn
    ]


async def test_what_leaves_after_the_stop_is_an_alarm_and_what_left_before_is_none(
    tx: Transaction, case: int
) -> None:
    assert await _told(tx, case) == []
    await capture(
        tx,
        ship("L1=4", at="plant", to="shop", on=STOP + 1, id="s"),
        receive("L1=4", at="shop", source="plant", on=STOP + 2),
        sell("L1=1", at="shop", on=STOP + 3, id="till"),
        transform(["L1=2"], ["pie/P=7"], at="plant", on=STOP + 3, id="bake"),
        ship("L1=1", at="plant", to="shop2", on=STOP - 1, id="late-word"),
        destroy("L1=1", at="plant", on=STOP + 4),
        ship("other/X=4", at="plant", to="shop", on=STOP + 1),
    )
    assert sorted(await _told(tx, case)) == [
        "shipped L1 {'EA': '4'} plant -> shop s",
        "sold L1 {'EA': '1'} shop -> ? till",
        "transformed L1 {'EA': '2'} plant -> ? bake",
    ]


async def test_what_is_made_of_a_recalled_batch_and_shipped_is_an_alarm_too(
    tx: Transaction, case: int
) -> None:
    await capture(tx, ship("pie/P=7", at="plant", to="shop", on=STOP + 4, id="pies"))
    assert await _told(tx, case) == []
    await capture(tx, transform(["L1=2"], ["pie/P=7"], at="plant", on=STOP + 3, id="bake"))
    assert sorted(await _told(tx, case)) == [
        "shipped pie/P {'EA': '7'} plant -> shop pies",
        "transformed L1 {'EA': '2'} plant -> ? bake",
    ]


async def test_goods_that_come_back_are_no_alarm(tx: Transaction, case: int) -> None:
    await capture(
        tx,
        ship("L1=3", at="plant", to="farm", on=STOP + 1, id="back"),
        give_back("L1=1", at="plant", to="depot", on=STOP + 1, id="returned"),
        ship("L1=1", at="plant", to="plant2", on=STOP + 1, id="elsewhere"),
    )
    assert await _told(tx, case) == ["shipped L1 {'EA': '1'} plant -> plant2 elsewhere"]
    # To its supplier, who did not make it.
    await capture(tx, ship("L1=1", at="plant2", to="plant", on=STOP + 2, id="undone"))
    assert await _told(tx, case) == ["shipped L1 {'EA': '1'} plant -> plant2 elsewhere"]
    await capture(tx, ship("L1=1", at="plant2", to="depot", on=STOP + 3, id="sideways"))
    assert len(await _told(tx, case)) == 2


async def test_an_error_declaration_withdraws_the_alarm_for_everybody_to_see(
    tx: Transaction, case: int
) -> None:
    shipment = ship("L1=4", at="plant", to="shop", on=STOP + 1, id="s")
    await capture(tx, shipment)
    assert await _told(tx, case) == ["shipped L1 {'EA': '4'} plant -> shop s"]
    await capture(tx, declare_error(shipment))
    assert await _told(tx, case) == []
    assert await _told(tx, case, withdrawn=True) == ["shipped L1 {'EA': '4'} plant -> shop s"]


async def test_an_arrival_and_the_departure_captured_after_it_are_one_alarm(
    tx: Transaction, case: int
) -> None:
    told: list[list[int]] = []

    async def hear(_tx: Transaction, recall_id: int, fresh: Sequence[int]) -> None:
        assert recall_id == case
        told.append(list(fresh))

    alarms.alarm_listeners.append(hear)
    try:
        await capture(tx, receive("L1=4", at="shop", source="plant", on=STOP + 2, id="r"))
        assert await _told(tx, case) == ["shipped L1 {'EA': '4'} plant -> shop r"]
        await capture(tx, ship("L1=4", at="plant", to="shop", on=STOP + 1, id="s"))
    finally:
        alarms.alarm_listeners.remove(hear)
    assert await _told(tx, case) == ["shipped L1 {'EA': '4'} plant -> shop s"]
    assert await _told(tx, case, withdrawn=True) == []
    assert [len(fresh) for fresh in told] == [1]


async def test_a_rebuild_and_a_second_look_neither_double_nor_lose_alarms(tx: Transaction, case: int) -> None:
    await capture(tx, ship("L1=4", at="plant", to="shop", on=STOP + 1, id="s"))
    before = await alarm_store.list_alarms(tx, case, 0, 10, seen=None)
    await alarms.watch_batches(tx, {row["batch_id"] for row in before})
    await tx.sql.execute("UPDATE flow SET to_site_id = from_site_id")
    await rebuild(tx)
    assert await alarm_store.list_alarms(tx, case, 0, 10, seen=None) == before


async def test_a_closed_case_raises_no_alarm_and_one_taken_up_again_does(tx: Transaction, case: int) -> None:
    await move_recall(tx, case, "closed", by="tests", note="over")
    await capture(tx, ship("L1=4", at="plant", to="shop", on=STOP + 1, id="s"))
    assert await _told(tx, case) == []
    await move_recall(tx, case, "open", by="tests", note="not over")
    assert await _told(tx, case) == ["shipped L1 {'EA': '4'} plant -> shop s"]


async def test_only_the_units_that_a_case_means_are_alarms(tx: Transaction, case: int) -> None:
    await capture(tx, commission("milk/M#1", "milk/M#2", "milk/M#3", at="dairy", on=1))
    batch = await tx.sql.fetchval("SELECT id FROM batch WHERE uri = $1", thing("milk/M").uri)
    await tx.sql.execute(
        "INSERT INTO recall_batch (batch_id, recall_id, in_scope, found_at, units_only)"
        " VALUES ($1, $2, true, now(), true)",
        *(batch, case),
    )
    unit = thing("milk#2").uri
    await tx.sql.execute("INSERT INTO recall_unit_range VALUES ($1, $2, $2)", case, unit)
    await capture(
        tx,
        ship("milk/M#1", at="dairy", to="shop", on=STOP + 1, id="one"),
        ship("milk/M#2", at="dairy", to="shop", on=STOP + 1, id="two"),
    )
    assert await _told(tx, case) == ["shipped milk/M {'EA': '1'} dairy -> shop two"]
