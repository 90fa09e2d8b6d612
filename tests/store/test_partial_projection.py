"""Of a large batch only a part is projected for a new event: and it is what the whole projection says."""

import os
from collections.abc import Collection, Mapping
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.capture.own_places import Told as Teller
from service.db.transaction import Connection, Transaction
from service.events.json_document import read_document
from service.ledger import partial_reading, project
from service.ledger.partial_project import project_part
from service.ledger.postings import Postings
from service.ledger.rebuild import rebuild
from service.ledger.writing import Written
from tests.store.test_projection_order import another_database
from tests.wide_batches import PARTIES, Wide, wide_batches
from tests.world import capture, commission, document, owners, party, receive, sell, ship


async def checked(
    tx: Transaction,
    batch: int,
    fresh: Collection[int],
    posted: Mapping[int, Postings],
    lotless: int | None,
) -> Written | None:
    """`project_part`, and that the whole projection has nothing to add."""
    part = await project_part(tx, batch, fresh, posted, lotless)
    if part is not None:
        assert (await project.project_batches(tx, [batch])).rows == 0
    return part


@pytest.fixture
def everything_in_parts(in_part: None, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(project, "project_part", checked)
    return monkeypatch


@settings(
    max_examples=int(os.environ.get("SUYUAN_HISTORIES", "4")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(wide=wide_batches(most=10))
async def test_a_part_of_a_batch_is_projected_as_the_whole_of_it(
    shared_engine: AsyncEngine, everything_in_parts: pytest.MonkeyPatch, wide: Wide
) -> None:
    everything_in_parts.setattr(partial_reading, "MOST_POSTINGS", wide.most)
    async with another_database(shared_engine) as tx:
        await capture(tx, master=owners(**wide.owners))
        parties = await capture_parties(tx)
        for step in wide.steps:
            if step.sold is not None:
                await capture(tx, master=owners(**dict([step.sold])))
            told = None if step.hand is None else Teller(parties[party(step.hand)])
            await conduct.capture(tx, read_document(document(step.event), max_events=1), told=told)
        assert (await rebuild(tx)).changed_rows == 0


class Counting:
    """A connection that counts what it is asked, and the rows that come back."""

    def __init__(self, sql: Any) -> None:
        self.sql, self.asked, self.rows = sql, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sql, name)

    async def fetch(self, *asked: Any) -> Any:
        rows = await self.sql.fetch(*asked)
        self.asked, self.rows = self.asked + 1, self.rows + len(rows)
        return rows


@pytest.mark.parametrize("next_event", ["ship", "receive", "sell"])
async def test_one_more_event_reads_no_more_rows_however_many_places_have_the_batch(
    tx: Transaction, in_part: None, monkeypatch: pytest.MonkeyPatch, next_event: str
) -> None:
    monkeypatch.setattr(project, "LARGE", 20)
    monkeypatch.setattr(partial_reading, "MOST_POSTINGS", 20)
    counted = []
    for lot, number in (("A", 40), ("B", 400)):
        shipments = [ship(f"{lot}=1", at="depot", to=f"s{n}", on=2 + n / 1000) for n in range(number)]
        await capture(tx, commission(f"{lot}=1000", at="depot", on=1), *shipments)
        event = {
            "ship": ship(f"{lot}=1", at="depot", to="s7", on=3),
            "receive": receive(f"{lot}=1", at="s7", source="depot", on=3),
            "sell": sell(f"{lot}=1", at="s7", on=3),
        }[next_event]
        counting = Counting(tx.sql)
        await capture(Transaction(tx.orm, cast("Connection", counting)), event)
        counted.append((counting.asked, counting.rows))
    assert counted[0] == counted[1]
    assert (await rebuild(tx)).changed_rows == 0


async def capture_parties(tx: Transaction) -> dict[str, int]:
    await capture(tx, master=owners(**{f"office of {name}": name for name in PARTIES}))
    return {row["uri"]: row["id"] for row in await tx.sql.fetch("SELECT id, uri FROM party")}
