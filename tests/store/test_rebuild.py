"""The ledger computed anew from events: it changes nothing that is right, and mends what is not."""

import httpx
import pytest

from service.db.transaction import Transaction
from service.ledger.rebuild import rebuild
from tests.owning import own
from tests.world import (
    attach,
    capture,
    commission,
    declare_error,
    ledger,
    pack,
    receive,
    ship,
    transform,
)

WRONG = ship("A=1", at="plant", to="shop", on=6, id="wrong")
EVENTS = [
    commission("A=9", "milk/L#1", "milk/L#2", at="farm", on=1),
    pack("@P", "A=5", "milk#1", at="farm", on=2),
    attach("@C", "@P", at="farm", on=2),
    ship("@C", at="farm", to="plant", on=3, po="7"),
    receive("@C", at="plant", source="farm", on=4, po="7"),
    transform(["A=5"], [], tid="run", at="plant", on=5),
    transform([], ["pie/X=4"], tid="run", at="plant", on=5.5),
    ship("pie/X=4", at="plant", to="shop", on=6),
    WRONG,
    declare_error(WRONG),
]

#: What breaks -> how many rows a rebuild removes and adds for it, at least.
DAMAGE = {
    "DELETE FROM flow WHERE kind = 0": 3,
    "UPDATE flow SET shipped_quantity = 77 WHERE kind = 0": 6,
    "INSERT INTO flow SELECT batch_id + 1000, ordinal, kind, from_site_id, to_batch_id, to_site_id, "
    "departed_at, arrived_at, inferred FROM flow LIMIT 1": 1,
    "INSERT INTO flow SELECT batch_id, ordinal + 100, kind, from_site_id, to_batch_id, to_site_id, "
    "departed_at, arrived_at, inferred FROM flow WHERE kind = 1": 1,
    "UPDATE holding SET received = received + 1": 2,
    "DELETE FROM holding": 3,
    "INSERT INTO gap (batch_id, ordinal, kind, detail) SELECT id, 99, 'negative_balance', '{}' FROM batch": 1,
    "DELETE FROM posting": 8,
    "UPDATE posting SET quantity = 3 WHERE quantity = 5": 6,
    "UPDATE unit SET batch_id = NULL": 2,
    "DELETE FROM event_item WHERE role = 2": 3,
    "UPDATE event_item SET ordinal = ordinal + 50": 10,
    "UPDATE event_item SET told_batch_id = NULL": 4,
    "DELETE FROM journal_entry": 9,
    "UPDATE journal_entry SET voided = NOT voided": 18,
    "UPDATE journal_entry SET transformation_id = NULL, transactions = '{}'": 8,
    "TRUNCATE flow, holding, gap, posting, journal_entry, event_item": 30,
}


async def test_a_rebuild_of_a_ledger_in_order_changes_nothing(tx: Transaction) -> None:
    await capture(tx, *EVENTS)
    before = (await ledger(tx)).rows
    report = await rebuild(tx)
    assert (report.events, report.changed_rows) == (10, 0)
    assert report.flows_before == report.flows_after == 4
    assert report.batches == 3
    assert (await ledger(tx)).rows == before


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_rebuild_mends_and_counts_what_is_damaged(tx: Transaction, damage: str) -> None:
    await capture(tx, *EVENTS)
    before = (await ledger(tx)).rows
    await own(tx)
    await tx.sql.execute(damage)
    report = await rebuild(tx)
    assert report.changed_rows >= DAMAGE[damage]
    assert (await ledger(tx)).rows == before
    assert (await rebuild(tx)).changed_rows == 0


async def test_a_rebuild_is_asked_for_over_http(client: httpx.AsyncClient) -> None:
    await capture(client, *EVENTS)
    answer = await client.post("/v1/ledger/rebuild")
    assert answer.status_code == 200
    assert answer.json() == {
        "events": 10,
        "batches": 3,
        "flows_before": 4,
        "flows_after": 4,
        "changed_rows": 0,
    }


async def test_only_operators_rebuild(client: httpx.AsyncClient) -> None:
    key = await client.post("/v1/keys", json={"name": "x", "role": "operator", "permissions": ["read"]})
    headers = {"Authorization": f"Bearer {key.json()['key']}"}
    answer = await client.post("/v1/ledger/rebuild", headers=headers)
    assert answer.status_code == 403
