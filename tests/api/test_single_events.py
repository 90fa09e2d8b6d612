"""Single events that come at once are captured in groups; nobody notices but by the speed."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture.conduct import capture_events
from service.db.transaction import Transaction, transaction
from service.events.json_document import dump_event
from service.ledger.locks import own_ledger
from tests import world
from tests.api.querying import LD_JSON, ask

Json = dict[str, Any]


def event(name: str, lot: str = "L1", **fields: Any) -> Json:
    return world.commission(f"{lot}=1", id=name, at="farm", on=1) | fields


async def send(client: httpx.AsyncClient, told: Json, **headers: str) -> httpx.Response:
    return await client.post("/epcis/events", content=dump_event(told), headers={**LD_JSON, **headers})


async def jobs(client: httpx.AsyncClient) -> list[tuple[int, int]]:
    """Of each job, how many events it stored, and how many it found here."""
    return [(job["stored"], job["repeated"]) for job in (await client.get("/epcis/capture")).json()]


async def test_events_that_come_at_once_are_all_stored_each_with_its_job(client: httpx.AsyncClient) -> None:
    told = [event(f"e{n}", f"L{n % 3}") for n in range(40)]
    answers = await asyncio.gather(*(send(client, each) for each in told))
    assert [answer.status_code for answer in answers] == [201] * 40
    found = {each["eventID"] for each in await ask(client, perPage="100")}
    assert found == {each["eventID"] for each in told}
    assert (await client.get("/epcis/capture?perPage=100")).json()[0]["success"]
    assert len((await client.get("/epcis/capture?perPage=100")).json()) == 40


async def test_what_is_answered_is_in_the_ledger(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    goods = [f"L{n}" for n in range(8)]
    await asyncio.gather(*(send(client, event(f"made-{lot}", lot)) for lot in goods))
    await asyncio.gather(
        *(send(client, world.ship(f"{lot}=1", id=f"sent-{lot}", at="farm", to="shop", on=2)) for lot in goods)
    )
    assert (await world.ledger(engine)).flows == [f"{lot} 1: farm -> shop (in transit)" for lot in goods]


async def test_one_that_is_refused_refuses_no_other(client: httpx.AsyncClient) -> None:
    await send(client, event("e1"))
    told = [event("e0"), event("e1", disposition="damaged"), event("e2"), event("e1")]
    answers = await asyncio.gather(*(send(client, each) for each in told))
    assert [answer.status_code for answer in answers] == [201, 409, 201, 201]
    assert "e1" in answers[1].json()["detail"]
    assert sorted(await jobs(client)) == [(0, 1), (1, 0), (1, 0), (1, 0)]


async def test_the_same_event_twice_at_once_is_stored_once(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(send(client, event("e1")) for _ in range(5)))
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (201, answers[0].headers["Location"])
    }
    assert sorted(await jobs(client)) == [(0, 1)] * 4 + [(1, 0)]


async def test_callers_without_a_good_key_are_told_so_and_nothing_else(client: httpx.AsyncClient) -> None:
    stranger = {"Authorization": "Bearer sy_nobody"}
    answers = await asyncio.gather(
        send(client, event("e1")),
        send(client, event("e2"), **stranger),
        send(client, event("e3", action="REMOVE"), **stranger),
        send(client, event("e4", note="x" * 100_000), **stranger),
        send(client, event("e5")),
    )
    assert [answer.status_code for answer in answers] == [201, 401, 401, 401, 201]
    assert len(await ask(client)) == 2


async def test_an_error_declaration_among_others_voids_its_event(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    first = event("e1")
    await send(client, first)
    declaration = first | {"errorDeclaration": {"declarationTime": "2026-02-01T00:00:00Z"}}
    answers = await asyncio.gather(*(send(client, each) for each in (event("e2", "L2"), declaration)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert "L1" not in str((await world.ledger(engine)).holdings)


async def until_somebody_waits(tx: Transaction) -> None:
    """Until a lock is wanted that is not granted."""
    waiting = 0
    while not waiting:
        await asyncio.sleep(0.01)
        waiting = await tx.sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")


async def test_whoever_must_wait_makes_nobody_else_wait(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await send(client, event("e0", "L0"))
    async with transaction(engine) as tx:
        await tx.sql.execute("SELECT FROM batch WHERE lot = 'L0' FOR UPDATE")
        waiting = asyncio.create_task(send(client, event("e1", "L0")))
        # It came first, by itself: a group of one waits for the lock.
        await until_somebody_waits(tx)
        others = await asyncio.gather(*(send(client, event(f"e{n}", f"L{n}")) for n in range(2, 6)))
        assert [answer.status_code for answer in others] == [201] * 4
        assert not waiting.done()
    assert (await waiting).status_code == 201


async def test_while_somebody_owns_the_ledger_everybody_waits_and_nothing_is_lost(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await own_ledger(tx)
        sent = [asyncio.create_task(send(client, event(f"e{n}", f"L{n}"))) for n in range(12)]
        await asyncio.sleep(0.5)
        assert not any(task.done() for task in sent)
    assert [answer.status_code for answer in await asyncio.gather(*sent)] == [201] * 12


async def test_an_error_of_one_event_is_not_that_of_its_group(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(tx: Any, events: Any) -> Any:
        if any("bad" in each.item.event_id for each in events):
            raise RuntimeError("a fault of ours")
        return await capture_events(tx, events)

    monkeypatch.setattr("service.capture.together.capture_events", failing)
    told = [event("e1"), event("bad"), event("e2")]
    answers = await asyncio.gather(*(send(client, each) for each in told), return_exceptions=True)
    told_of = [answer if isinstance(answer, BaseException) else answer.status_code for answer in answers]
    assert told_of[::2] == [201, 201]
    assert isinstance(told_of[1], RuntimeError) or told_of[1] == 500
