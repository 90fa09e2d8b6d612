"""The dates of a batch are those that events in force tell, whatever was declared in error and when."""

import itertools

import pytest

from service.db.transaction import Transaction
from tests.world import Json, capture, commission, declare_error, transform, uri

DATES = "SELECT made_on::text, expires_on::text FROM batch WHERE uri = $1"


def made(name: str, made_on: str, expires_on: str) -> Json:
    ilmd = {"cbvmda:productionDate": made_on, "cbvmda:itemExpirationDate": expires_on}
    return commission("A=5", at="farm", on=1, id=name, ilmd=ilmd)


WRONG = made("wrong", "2025-01-01", "2025-06-01")
RIGHT = made("right", "2026-01-01", "2026-06-01")


async def dates(tx: Transaction) -> tuple[str | None, str | None]:
    row = await tx.sql.fetchrow(DATES, uri("A"))
    assert row is not None
    return row["made_on"], row["expires_on"]


@pytest.mark.parametrize("order", list(itertools.permutations([WRONG, RIGHT, declare_error(WRONG)])))
async def test_an_event_declared_in_error_dates_nothing(tx: Transaction, order: tuple[Json, ...]) -> None:
    for event in order:
        await capture(tx, event)
    assert await dates(tx) == ("2026-01-01", "2026-06-01")


async def test_a_batch_that_only_wrong_events_dated_has_no_dates(tx: Transaction) -> None:
    await capture(tx, WRONG, commission("A=5", at="farm", on=2))
    await capture(tx, declare_error(WRONG))
    assert await dates(tx) == (None, None)


async def test_the_makings_in_force_date_what_a_wrong_transformation_made(tx: Transaction) -> None:
    wrong = transform(["B=1"], ["A=5"], at="farm", on=1, id="run", ilmd=WRONG["ilmd"])
    right = transform(["B=1"], ["A=5"], at="farm", on=1, id="rerun", ilmd=RIGHT["ilmd"])
    await capture(tx, wrong, right)
    await capture(tx, declare_error(wrong))
    assert await dates(tx) == ("2026-01-01", "2026-06-01")


async def test_dates_that_were_registered_stay(tx: Transaction) -> None:
    await capture(tx, WRONG)
    await tx.sql.execute("UPDATE batch SET source = 'registered' WHERE uri = $1", uri("A"))
    await capture(tx, declare_error(WRONG))
    assert await dates(tx) == ("2025-01-01", "2025-06-01")
