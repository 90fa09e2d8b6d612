"""Named queries, webhooks and streams of parties: each has its own, and is given what it sees, no more."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, MutableMapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.websockets import WebSocket

from service import clock
from service.db.transaction import transaction
from service.errors import NoSuchName
from service.events.epc_format import EpcFormat
from service.jobs.bell import Bell
from service.settings import settings
from service.subscriptions import stream_routes
from service.subscriptions.on_record import DELIVERY, STREAM
from service.subscriptions.streaming import Stream, Wishes
from tests.api.partnering import id_of, key_of, partners, tell
from tests.api.registering import refused
from tests.api.sink import Sink, listening, until, until_told
from tests.api.subscribing import QUERIES, delivering, impatient
from tests.world import commission, receive, ship

PLACES = {"farm": "grower", "mill": "miller", "shop": "grocer"}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    impatient(monkeypatch, DELIVERY_PRIVATE_PARTIES="true")
    yield
    settings.cache_clear()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with listening() as made:
        yield made


@pytest.fixture
async def live(engine: AsyncEngine, admin_key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with delivering(engine, admin_key) as client:
        yield client


async def subscribe(client: httpx.AsyncClient, headers: dict[str, str], dest: str, name: str = "all") -> str:
    """Name a query of everything and subscribe to it; the subscription's path."""
    named = await client.post(QUERIES, json={"name": name, "query": {}}, headers=headers)
    assert named.status_code == 201, named.text
    path = f"{named.headers['Location']}/subscriptions"
    made = await client.post(path, json={"dest": dest, "stream": True}, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


async def test_each_is_delivered_what_its_party_sees(live: httpx.AsyncClient, sink: Sink) -> None:
    keys = await partners(live, **PLACES)
    for who in keys:
        await subscribe(live, keys[who], f"{sink.url}/{who}")
    await subscribe(live, {}, f"{sink.url}/operator")
    sent = ship("L1=5", at="farm", to="mill", on=2, id="sent")
    came = receive("L1=5", at="mill", source="farm", on=3, id="came")
    for who, event in (
        ("grower", commission("L1=9", at="farm", on=1, id="made")),
        ("grower", sent),
        ("miller", came),
        ("grocer", commission("G1=1", at="shop", on=1, id="own")),
    ):
        assert (await tell(live, keys[who], event)).status_code == 201
    expected = {
        "grower": ["made", "sent", "came"],
        "miller": ["sent", "came"],
        "grocer": ["own"],
        "operator": ["made", "sent", "came", "own"],
    }
    await until(lambda: all(len(sink.events(f"/{who}")) >= len(some) for who, some in expected.items()))
    assert {who: sink.events(f"/{who}") for who in expected} == expected
    # What the operator was given of their trade, parties read; of their own part nothing is kept.
    for who, seen in expected.items():
        told = (await live.get("/v1/audit", headers=keys.get(who, {}))).json()["items"]
        delivered = [each for each in told if each["route"] == DELIVERY[1]]
        assert {each["reader"]["role"] for each in delivered} == {"operator"}, who
        assert len(delivered) <= len(seen), who


async def test_names_of_queries_do_not_collide_nor_tell(live: httpx.AsyncClient, sink: Sink) -> None:
    keys = await partners(live, **PLACES)
    paths = {who: await subscribe(live, keys[who], f"{sink.url}/{who}") for who in ("grower", "miller")}
    again = {"name": "all", "query": {}}
    await refused(live, "POST", QUERIES, 409, json=again, headers=keys["grower"])
    missing = await refused(live, "GET", f"{QUERIES}/none", 404, headers=keys["grocer"])
    for method, path in (
        ("GET", f"{QUERIES}/all"),
        ("GET", f"{QUERIES}/all/events"),
        ("GET", f"{QUERIES}/all/subscriptions"),
        ("GET", paths["miller"]),
        ("DELETE", f"{QUERIES}/all"),
        ("DELETE", paths["miller"]),
        ("POST", f"{QUERIES}/all/subscriptions"),
        ("GET", f"{QUERIES}/all?party={await id_of(live, keys, 'miller')}"),
        ("DELETE", f"{QUERIES}/all?party={await id_of(live, keys, 'miller')}"),
    ):
        body = {"json": {"dest": sink.url, "stream": True}} if method == "POST" else {}
        hidden = await refused(live, method, path, 404, headers=keys["grocer"], **body)
        assert hidden["detail"].replace("name all", "name none") == missing["detail"], (method, path)
    # One's own query, but another's subscription: as one that is not there.
    assert (await live.get(paths["miller"], headers=keys["grower"])).status_code == 404
    assert (await live.get(QUERIES, headers=keys["grocer"])).json()["member"] == []
    whose = [await id_of(live, keys, who) for who in ("grower", "miller")]
    listed = (await live.get(f"{QUERIES}?perPage=1")).json()["member"]
    assert [(each["name"], each["partyID"]) for each in listed] == [("all", whose[0])]
    everything = (await live.get(QUERIES)).json()["member"]
    assert sorted(each["partyID"] for each in everything) == sorted(whose)
    # Operators see to any of them, by saying whose.
    theirs = await live.get(f"{QUERIES}/all/subscriptions?party={whose[1]}")
    assert [each["dest"] for each in theirs.json()["member"]] == [f"{sink.url}/miller"]
    assert (await live.delete(f"{QUERIES}/all?party={whose[1]}")).status_code == 204
    assert (await live.get(paths["miller"], headers=keys["miller"])).status_code == 404
    assert (await live.get(paths["grower"], headers=keys["grower"])).status_code == 200


async def test_a_revoked_key_ends_its_subscriptions_and_a_renewed_one_does_not(
    live: httpx.AsyncClient, sink: Sink, engine: AsyncEngine
) -> None:
    keys = await partners(live, **PLACES)
    paths = {
        who: await subscribe(live, keys[who], f"{sink.url}/{who}", name=who) for who in ("grower", "miller")
    }
    rows = {row["party_id"]: row["id"] for row in (await live.get("/v1/keys")).json()["items"]}
    ids = {who: await id_of(live, keys, who) for who in paths}
    renewed = await live.post(f"/v1/keys/{rows[ids['grower']]}/renewal?overlap_hours=0")
    assert renewed.status_code == 201
    assert (await live.post(f"/v1/keys/{rows[ids['miller']]}/revocation")).status_code == 200
    sent = ship("L1=5", at="farm", to="mill", on=2, id="sent")
    assert (await tell(live, {}, sent)).status_code == 201
    await until(lambda: sink.events("/grower") == ["sent"])
    other = await key_of(live, ids["miller"])

    async def look() -> dict[str, str]:
        told: dict[str, str] = (await live.get(paths["miller"], headers=other)).json()
        return told

    ended = await until_told(look, lambda told: told["state"] == "ended")
    assert "subscribe anew" in ended["lastError"]
    assert sink.events("/miller") == []
    async with transaction(engine) as tx:
        left = await tx.sql.fetchval("SELECT count(*) FROM subscription WHERE ended_at > $1", _lately())
    assert left == 1


def _lately() -> object:
    return clock.now() - timedelta(hours=1)


async def test_a_party_has_bounds_and_nothing_delivered_into_the_network_of_the_service(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.subscriptions.conduct.MAX_OF_PARTY", 1)
    keys = await partners(client, farm="grower", mill="miller")
    path = await subscribe(client, keys["grower"], "http://127.0.0.1:9/")
    more = {"name": "b", "query": {}}
    await refused(client, "POST", QUERIES, 409, json=more, headers=keys["grower"])
    body = {"dest": "http://127.0.0.1:9/", "stream": True}
    await refused(client, "POST", path.rpartition("/")[0], 409, json=body, headers=keys["grower"])
    named = await client.post(QUERIES, json=more, headers=keys["miller"])
    assert named.status_code == 201
    monkeypatch.setenv("SUYUAN_DELIVERY_PRIVATE_PARTIES", "false")
    settings.cache_clear()
    for dest in ("http://127.0.0.1:9/", "http://[::1]/", "http://10.0.0.7/x", "http://localhost/"):
        body = {"dest": dest, "stream": True}
        fault = await refused(client, "POST", f"{QUERIES}/b/subscriptions", json=body, headers=keys["miller"])
        assert fault["field"] == "/dest"


class Line:
    """A WebSocket's channel: `sent` is what came down it; `slow`: nobody takes what comes."""

    def __init__(self, *, slow: bool = False, **scope: Any) -> None:
        self.slow = slow
        self.sent: list[dict[str, Any]] = []
        self._coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._coming.put_nowait({"type": "websocket.connect"})
        bare = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}
        self.socket = WebSocket({**bare, **scope}, self._coming.get, self._send)

    def leave(self) -> None:
        """The client goes."""
        self._coming.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if self.slow and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        self.sent.append(dict(message))

    @property
    def events(self) -> list[str]:
        """The eventIDs that came, in order."""
        told = [json.loads(message["text"]) for message in self.sent if "text" in message]
        return [
            event["eventID"].removeprefix("urn:event:")
            for document in told
            for event in document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        ]


async def test_a_stream_gives_a_party_what_it_sees_until_its_key_is_revoked(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    keys = await partners(client, farm="grower", mill="miller")
    query = {"name": "all", "query": {}}
    assert (await client.post(QUERIES, json=query, headers=keys["grower"])).status_code == 201
    bell, line = Bell(), Line()
    key = keys["grower"]["Authorization"].removeprefix("Bearer ")
    wishes = Wishes(None, False, None, EpcFormat.NO_PREFERENCE, key)
    other = Wishes(None, False, None, EpcFormat.NO_PREFERENCE, keys["miller"]["Authorization"][7:])
    with pytest.raises(NoSuchName):
        await Stream(engine, bell, other, asyncio.Semaphore(1)).prepare("all")
    stream = Stream(engine, bell, wishes, asyncio.Semaphore(1))
    await stream.prepare("all")
    await line.socket.accept()
    running = asyncio.create_task(stream.run(line.socket))
    for who, event in (
        ("miller", commission("L2=1", at="mill", on=1, id="hidden")),
        ("grower", commission("L1=9", at="farm", on=1, id="made")),
        ("miller", receive("L1=5", at="mill", source="farm", on=3, id="came")),
    ):
        assert (await tell(client, keys[who], event)).status_code == 201
    bell.ring()
    await until(lambda: len(line.events) >= 2)
    assert line.events == ["made", "came"]
    rows = (await client.get("/v1/keys", headers=keys["grower"])).json()["items"]
    assert (await client.post(f"/v1/keys/{rows[0]['id']}/revocation")).status_code == 200
    late = commission("L3=9", at="farm", on=4, id="late")
    assert (await tell(client, {}, late)).status_code == 201
    bell.ring()
    await running
    assert (line.sent[-1]["type"], line.sent[-1]["code"]) == ("websocket.close", 1008)
    assert line.events == ["made", "came"]


async def test_a_stream_is_put_on_record_before_it_is_sent_and_let_go_where_nobody_takes_it(
    client: httpx.AsyncClient, engine: AsyncEngine, admin_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.subscriptions.streaming.SEND_SECONDS", 0.05)
    keys = await partners(client, farm="grower", mill="miller")
    assert (await client.post(QUERIES, json={"name": "all", "query": {}})).status_code == 201
    line, wishes = Line(slow=True), Wishes(None, False, None, EpcFormat.NO_PREFERENCE, admin_key)
    stream = Stream(engine, Bell(), wishes, asyncio.Semaphore(1))
    await stream.prepare("all")
    await line.socket.accept()
    made = commission("L1=9", at="farm", on=1, id="made")
    assert (await tell(client, keys["grower"], made)).status_code == 201
    await stream.run(line.socket)
    assert (line.sent[-1]["type"], line.sent[-1]["code"]) == ("websocket.close", 1013)
    for who, count in (("grower", 1), ("miller", 0)):
        told = (await client.get("/v1/audit", headers=keys[who])).json()["items"]
        assert [each["route"] for each in told].count(STREAM[1]) == count


async def test_however_many_streams_are_opened_at_once_few_begin(
    client: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_routes, "MOST_STREAMS", 30)
    monkeypatch.setattr(stream_routes, "STREAMS_OF_ONE", 3)
    keys = await partners(client, farm="grower")
    query = {"name": "all", "query": {}}
    assert (await client.post(QUERIES, json=query, headers=keys["grower"])).status_code == 201
    app = SimpleNamespace(state=SimpleNamespace(engine=engine, bell=Bell()))
    key = [(b"authorization", keys["grower"]["Authorization"].encode())]
    how: dict[str, Any] = {
        "query_string": b"stream=true",
        "app": app,
        "extensions": {"websocket.http.response": {}},
    }
    lines = [Line(**how, headers=key if number % 2 else []) for number in range(200)]
    running = [asyncio.create_task(stream_routes.stream_events(line.socket, "all")) for line in lines]
    await until(lambda: all(line.sent for line in lines))
    answers = Counter(line.sent[0].get("status", line.sent[0]["type"]) for line in lines)
    # Of the first thirty half had no key; all others were not looked at.
    assert answers == {"websocket.accept": 3, 429: 12, 401: 15, 503: 170}
    assert len(stream_routes.streams) == 3
    for line in lines:
        line.leave()
    await asyncio.gather(*running)
    assert not stream_routes.streams
