"""Pages of a query: every event once, in order, as of the first page, whatever is captured meanwhile."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.db.transaction import transaction
from service.events.json_document import read_document
from tests import world
from tests.api.querying import events_in, next_token, query
from tests.api.registering import refused
from tests.owning import owning
from tests.rules.epcis import document

Json = dict[str, Any]


def event(number: int, day: float = 1, **fields: Any) -> Json:
    """One of many events: `n{number}`, of a batch of its own."""
    return world.commission(f"L{number}=1", id=f"n{number}", at="farm", on=day, **fields)


async def store(engine: AsyncEngine, *events: Json) -> None:
    async with transaction(engine) as tx:
        await conduct.capture(tx, document_of(*events))


def document_of(*events: Json) -> Any:
    from service.events.json_document import dump_event

    return read_document(dump_event(document(*events)), max_events=1000)


def numbers(answer: httpx.Response) -> list[int]:
    return [int(each["eventID"].removeprefix("urn:event:n")) for each in events_in(answer)]


async def all_pages(client: httpx.AsyncClient, first: httpx.Response, **parameters: str) -> list[int]:
    """The rest of the pages, each asked for by its token."""
    found, token = numbers(first), next_token(first)
    while token is not None:
        answer = await client.get("/epcis/events", params={"nextPageToken": token, **parameters})
        found += numbers(answer)
        token = next_token(answer)
    return found


ORDERS: dict[str, dict[str, str]] = {
    "as recorded": {},
    "by event time": {"orderBy": "eventTime"},
    "by event time, ascending": {"orderBy": "eventTime", "orderDirection": "ASC"},
    "by record time": {"orderBy": "recordTime"},
    "by an extension": {"orderBy": "cbvmda:rank"},
}


@pytest.mark.parametrize("order", ORDERS)
async def test_a_capture_that_commits_late_neither_repeats_nor_hides_an_event(
    client: httpx.AsyncClient, engine: AsyncEngine, order: str
) -> None:
    early = [event(n, day=n % 5, **{"cbvmda:rank": 1 + n % 3}) for n in range(10)]
    await store(engine, *early)
    async with transaction(engine) as late:
        # Its rows have lower ids than those of the next capture, and are committed after it.
        await conduct.capture(late, document_of(*(event(n, day=n % 5) for n in range(100, 105))))
        await store(engine, *(event(n, day=n % 5, **{"cbvmda:rank": 1}) for n in range(20, 30)))
        first = await query(client, perPage="12", **ORDERS[order])
    await store(engine, *(event(n, day=n % 5) for n in range(200, 205)))
    found = await all_pages(client, first, perPage="2")
    assert sorted(found) == [*range(10), *range(20, 30)]
    again = await query(client, perPage="12", **ORDERS[order])
    everything = await all_pages(client, again, perPage="7")
    assert sorted(everything) == [*range(10), *range(20, 30), *range(100, 105), *range(200, 205)]


async def test_pages_are_whole_while_captures_go_on(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await store(engine, *(event(n) for n in range(40)))

    async def keep_capturing(start: int) -> None:
        for n in range(start, start + 30):
            await store(engine, event(n), event(n + 5000))

    capturing = [asyncio.create_task(keep_capturing(start)) for start in (1000, 2000)]
    runs = []
    for _ in range(3):
        async with transaction(engine, snapshot=True) as tx:
            before = {int(each["event_id"][11:]) for each in await tx.sql.fetch("SELECT event_id FROM event")}
        first = await query(client, perPage="5")
        async with transaction(engine, snapshot=True) as tx:
            after = {int(each["event_id"][11:]) for each in await tx.sql.fetch("SELECT event_id FROM event")}
        runs.append((before, await all_pages(client, first, perPage="9"), after))
    await asyncio.gather(*capturing)
    for before, found, after in runs:
        assert len(found) == len(set(found))
        assert before <= set(found) <= after


@pytest.mark.parametrize("earlier", [True, False], ids=["begun before", "begun after"])
async def test_what_is_committed_after_the_first_page_is_on_none(
    client: httpx.AsyncClient, engine: AsyncEngine, earlier: bool
) -> None:
    await store(engine, *(event(n) for n in range(3)))
    async with transaction(engine) as late:
        if earlier:
            await late.sql.fetchval("SELECT pg_current_xact_id()")
        async with transaction(engine) as other:
            await other.sql.fetchval("SELECT pg_current_xact_id()")
            # Rows of `late` have lower ids than those of `other`, which is committed first.
            await conduct.capture(late, document_of(event(100)))
            await conduct.capture(other, document_of(event(3), event(4)))
        first = await query(client, perPage="2")
    assert await all_pages(client, first, perPage="1") == [0, 1, 2, 3, 4]


async def test_a_restored_database_gives_all_its_pages(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await store(engine, *(event(n) for n in range(4)))
    async with owning(engine) as tx:
        await tx.sql.execute("UPDATE event SET recorded_in = 10::bigint ^ 12 + id")
    await store(engine, event(4))
    assert await all_pages(client, await query(client, perPage="1"), perPage="1") == [0, 1, 2, 3, 4]


async def test_events_come_in_the_order_asked_for(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    days = [3, 1, 2, 1]
    await store(engine, *(event(n, day, **{"cbvmda:rank": -1 - n}) for n, day in enumerate(days)))
    await store(engine, event(9, 0))
    assert numbers(await query(client, orderBy="eventTime")) == [0, 2, 3, 1, 9]
    assert numbers(await query(client, orderBy="eventTime", orderDirection="ASC")) == [9, 1, 3, 2, 0]
    assert numbers(await query(client, orderBy="recordTime"))[0] == 9
    assert numbers(await query(client, orderBy="cbvmda:rank")) == [0, 1, 2, 3, 9]
    assert numbers(await query(client)) == [0, 1, 2, 3, 9]


async def test_only_so_many_of_the_first_are_given(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await store(engine, *(event(n, day=n) for n in range(10)))
    first = await query(client, orderBy="eventTime", eventCountLimit="5", perPage="2")
    assert await all_pages(client, first, perPage="2") == [9, 8, 7, 6, 5]
    whole = await query(client, orderBy="eventTime", eventCountLimit="5", perPage="5")
    assert (numbers(whole), next_token(whole)) == ([9, 8, 7, 6, 5], None)


async def test_more_matches_than_wanted_are_refused_and_as_many_are_not(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await store(engine, *(event(n) for n in range(5)))
    assert len(numbers(await query(client, maxEventCount="5"))) == 5
    problem = await refused(client, "GET", "/epcis/events?maxEventCount=4", 413)
    assert problem["type"] == "epcisException:QueryTooLargeException"


async def test_a_page_has_30_events_unless_told_and_1000_at_most(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await store(engine, *(event(n) for n in range(31)))
    answer = await client.get("/epcis/events")
    assert (len(numbers(answer)), next_token(answer) is not None) == (30, True)
    answer = await client.get("/epcis/events?perPage=100000")
    assert (len(numbers(answer)), next_token(answer)) == (31, None)
    answer = await client.get("/epcis/events?perPage=31")
    assert next_token(answer) is None


async def test_a_token_continues_its_own_query_only(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await store(engine, *(event(n) for n in range(5)))
    asked = {"EQ_action": "ADD", "eventType": "ObjectEvent"}
    first = await client.get("/epcis/events", params={**asked, "perPage": "2"})
    token = next_token(first)
    assert token is not None
    link = first.headers["Link"].removeprefix("<").partition(">")[0]
    assert numbers(await client.get(link)) == [2, 3]
    again = await client.get("/epcis/events", params={**asked, "perPage": "3", "nextPageToken": token})
    assert numbers(again) == [2, 3, 4]
    for other in ("EQ_action=DELETE", "EQ_action=ADD", "EQ_bizStep=shipping"):
        fault = await refused(client, "GET", f"/epcis/events?{other}&nextPageToken={token}")
        assert fault["field"] == "nextPageToken"
    fault = await refused(client, "GET", f"/epcis/bizSteps/commissioning/events?nextPageToken={token}")
    assert fault["field"] == "nextPageToken"


@pytest.mark.parametrize("token", ["", "x", "AAAA", "eNoDAAAAAAE", "%00", "eNprYJnCCAADlgE_"])
async def test_a_token_from_elsewhere_is_refused(client: httpx.AsyncClient, token: str) -> None:
    fault = await refused(client, "GET", f"/epcis/events?nextPageToken={token}")
    assert fault["field"] == "nextPageToken"
    if token not in ("", "%00"):
        await refused(client, "DELETE", f"/epcis/nextPageToken/{token}")


async def test_a_token_can_be_given_back(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await store(engine, *(event(n) for n in range(3)))
    token = next_token(await client.get("/epcis/events?perPage=1"))
    answer = await client.delete(f"/epcis/nextPageToken/{token}")
    assert (answer.status_code, answer.content) == (204, b"")
