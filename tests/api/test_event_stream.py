"""Events down a WebSocket, from a real server process to a real client; and a kill in the middle of
deliveries.
"""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.api.sink import PATIENCE_SECONDS, listening, until
from tests.api.subscribing import QUERIES, Json, event, name_query, subscribe
from tests.server import Server
from tests.world import document

LD_JSON = {"Content-Type": "application/ld+json"}
IMPATIENT = {
    "SUYUAN_DELIVERY_RETRY_SECONDS": "0.05",
    "SUYUAN_DELIVERY_RETRY_MOST_SECONDS": "0.2",
    "SUYUAN_DELIVERY_TIMEOUT_SECONDS": "2",
}


def client_of(server: Server) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server.url,
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=PATIENCE_SECONDS,
    )


async def capture(client: httpx.AsyncClient, *names: object) -> None:
    answer = await client.post("/epcis/capture", content=document(*map(event, names)), headers=LD_JSON)
    assert answer.status_code == 202, answer.text


def stream(server: Server, query: str, wishes: str, **how: Any) -> connect:
    """A WebSocket of a query; with the key in a header unless told otherwise."""
    url = f"{server.url.replace('http', 'ws', 1)}{query}/events?{wishes}"
    headers = {"Authorization": f"Bearer {server.key}"}
    return connect(url, **{"additional_headers": headers, **how})


async def next_results(socket: ClientConnection) -> Json:
    """`queryResults` of the next message."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        message = json.loads(await socket.recv())
    assert message["type"] == "EPCISQueryDocument"
    results: Json = message["epcisBody"]["queryResults"]
    return results


async def events_of(socket: ClientConnection, count: int) -> list[str]:
    """So many events, from as many messages as they come in."""
    found: list[str] = []
    while len(found) < count:
        results = await next_results(socket)
        found += [each["eventID"].removeprefix("urn:event:") for each in results["resultsBody"]["eventList"]]
    return found


async def test_a_stream_sends_new_events_once_until_its_query_is_deleted(server: Server) -> None:
    await asyncio.to_thread(server.start)
    async with client_of(server) as client:
        query = await name_query(client)
        await capture(client, "before")
        by_key = {"additional_headers": {}, "subprotocols": ["epcis", f"suyuan.key.{server.key}"]}
        async with (
            stream(server, query, "stream=true") as first,
            stream(server, query, "stream=true&initialRecordTime=2020-01-01T00:00:00Z") as all_of_it,
            stream(server, query, "stream=true", **by_key) as browser,
            stream(server, query, "second=[0-59]&reportIfEmpty=true") as scheduled,
        ):
            assert browser.subprotocol == "epcis"
            assert await events_of(all_of_it, 1) == ["before"]
            assert (await next_results(scheduled))["queryName"] == "all"
            await asyncio.gather(*(capture(client, n, n + 1000) for n in range(20)))
            wanted = sorted(str(n + more) for n in range(20) for more in (0, 1000))
            for socket in (first, all_of_it, browser, scheduled):
                assert sorted(await events_of(socket, len(wanted))) == wanted
            await capture(client, "last")
            assert await events_of(first, 1) == ["last"]
            assert (await client.delete(query)).status_code == 204
            for socket in (first, browser):
                with pytest.raises(ConnectionClosed) as closed:
                    await events_of(socket, 100)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1000
    assert await asyncio.to_thread(server.interrupt) == 0


async def test_what_is_wrong_is_said_before_the_upgrade(server: Server) -> None:
    await asyncio.to_thread(server.start)
    async with client_of(server) as client:
        query = await name_query(client)
    cases: list[tuple[str, str, int, str, dict[str, Any]]] = [
        (query, "", 400, "SubscriptionControlsException", {}),
        (query, "stream=true&second=0", 400, "SubscriptionControlsException", {}),
        (query, "stream=perhaps", 400, "SubscriptionControlsException", {}),
        (query, "hour=25", 400, "SubscriptionControlsException", {}),
        (query, "month=2&dayOfMonth=30", 400, "SubscriptionControlsException", {}),
        (query, "stream=true&EQ_action=ADD", 400, "SubscriptionControlsException", {}),
        (query, "stream=true&initialRecordTime=today", 400, "SubscriptionControlsException", {}),
        (f"{QUERIES}/nobody", "stream=true", 404, "NoSuchNameException", {}),
        (query, "stream=true", 401, "SecurityException", {"additional_headers": {}}),
        (query, "stream=true", 401, "SecurityException", {"additional_headers": {"X-API-Key": "sy_x"}}),
    ]
    for path, wishes, status, exception, how in cases:
        with pytest.raises(InvalidStatus) as refused:
            async with stream(server, path, wishes, **how):
                pass
        answer = refused.value.response
        assert answer.status_code == status, (wishes, answer.body)
        problem = json.loads(answer.body or b"")
        assert problem["type"] == f"epcisException:{exception}", wishes
        assert answer.headers["GS1-EPCIS-Version"]
    await monsters_sent(server, query)
    async with stream(server, query, "stream=true"):
        assert await asyncio.to_thread(server.interrupt) == 0


async def monsters_sent(server: Server, query: str) -> None:
    """Whatever a client sends means nothing, up to what is too much for one message."""
    async with (
        stream(server, query, "stream=true") as socket,
        stream(server, query, "stream=true") as other,
        client_of(server) as client,
    ):
        for monster in (b"\xff" * 60_000, "[" * 60_000, "", b"", "\u202e\0"):
            await socket.send(monster)
        await socket.ping()
        await capture(client, "through")
        assert await events_of(socket, 1) == ["through"]
        await socket.send(b"\xff" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await events_of(socket, 1)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        assert await events_of(other, 1) == ["through"]


async def test_a_kill_in_the_middle_of_deliveries_loses_no_event(server: Server) -> None:
    await asyncio.to_thread(server.start, **{**IMPATIENT, "SUYUAN_DELIVERY_MAX_EVENTS": "3"})
    async with listening() as sink:
        async with client_of(server) as client:
            await subscribe(client, await name_query(client), sink.url)
            await capture(client, *range(10))
            await until(lambda: len(sink.taken) >= 1)
            sink.hold.clear()
            await capture(client, *range(10, 20))
            before = len(sink.posts)
            await until(lambda: len(sink.posts) > before or len(sink.events()) >= 10)
            await asyncio.to_thread(server.kill)
        sink.hold.set()
        await asyncio.to_thread(server.start, **IMPATIENT)
        wanted = {str(n) for n in range(20)}
        await until(lambda: set(sink.events()) == wanted)
        async with client_of(server) as client:
            await capture(client, "last")
        await until(lambda: "last" in sink.events())
    # What came more than once came under the id of one delivery.
    deliveries: dict[str, set[str]] = {}
    for post in sink.taken:
        for each in post.events:
            deliveries.setdefault(each, set()).add(post.delivery)
    assert {name: ids for name, ids in deliveries.items() if len(ids) > 1} == {}
