"""Subscriptions through HTTP and to real receivers: every event once, in whatever order commits come."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.db.transaction import transaction
from service.settings import settings
from tests.api.querying import next_token
from tests.api.registering import refused
from tests.api.sink import Sink, listening, until, until_told
from tests.api.subscribing import (
    QUERIES,
    delivering,
    document_of,
    impatient,
    name_query,
    read,
    record,
    record_when_it_passes,
    subscribe,
)
from tests.house.interface import SNAPSHOT

Json = dict[str, Any]
#: Every second.
ALWAYS = {"second": "[0-59]"}
PATHS = ("/0", "/1", "/2")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    impatient(monkeypatch)
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


# --- subscribing ---------------------------------------------------------------------------------


async def test_the_documented_subscriptions_are_taken(client: httpx.AsyncClient) -> None:
    path = await name_query(client)
    paths = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"]
    operation = paths[f"{QUERIES}/{{name}}/subscriptions"]["post"]
    for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
        body = example["value"]
        answer = await client.post(f"{path}/subscriptions", json=body)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert told["dest"] == body["dest"]
        assert told.get("schedule") == body.get("schedule")
        assert told.get("stream") == body.get("stream")
        assert told["createdAt"].endswith("Z")
        assert body["signatureToken"] not in answer.text


async def test_what_is_known_of_a_subscription_is_told_but_its_secret(client: httpx.AsyncClient) -> None:
    path = await name_query(client)
    for spelling in ("signatureToken", "secret"):
        how = {spelling: "hush-hush", "schedule": {"hour": 1, "minute": "5"}, "reportIfEmpty": True}
        made = await subscribe(client, path, "https://client.example.com/x", **how)
        answer = await client.get(made["path"])
        told = answer.json()
        assert told == {name: value for name, value in made.items() if name != "path"}
        assert (told["queryName"], told["state"], told["reportIfEmpty"]) == ("all", "active", True)
        assert told["schedule"] == {"hour": 1, "minute": "5"}
        assert datetime.fromisoformat(told["nextRunAt"]).strftime("%H:%M:%S") == "01:05:00"
        assert "hush-hush" not in answer.text
        listed = (await client.get(f"{path}/subscriptions")).text
        assert "hush-hush" not in listed
    in_xml = await client.get(made["path"], headers={"Accept": "application/xml"})
    root = ElementTree.fromstring(in_xml.content)
    assert root.findtext("subscriptionID") == made["subscriptionID"]
    assert root.findtext("schedule/minute") == "5"


async def test_subscriptions_are_listed_in_pages(client: httpx.AsyncClient) -> None:
    path, other = await name_query(client), await name_query(client, "other")
    made = [await subscribe(client, path, f"http://127.0.0.1:9/{n}") for n in range(5)]
    await subscribe(client, other, "http://127.0.0.1:9/other")
    listed: list[Json] = []
    answer = await client.get(f"{path}/subscriptions", params={"perPage": "2"})
    while True:
        listed += answer.json()["member"]
        token = next_token(answer)
        if token is None:
            break
        answer = await client.get(f"{path}/subscriptions", params={"perPage": "2", "nextPageToken": token})
    assert [each["subscriptionID"] for each in listed] == [each["subscriptionID"] for each in made]
    in_xml = await client.get(f"{path}/subscriptions", headers={"Accept": "application/xml"})
    assert len(ElementTree.fromstring(in_xml.content).findall("member/subscriptionID")) == 5


CONTROLS = "SubscriptionControlsException"
STREAM = {"dest": "http://127.0.0.1:9/", "stream": True}


@pytest.mark.parametrize(
    ("body", "field", "exception"),
    [
        ({"dest": "http://127.0.0.1:9/"}, "/stream", CONTROLS),
        ({**STREAM, "stream": False}, "/stream", CONTROLS),
        ({**STREAM, "schedule": {"second": "0"}}, "/schedule", CONTROLS),
        ({**STREAM, "stream": "yes"}, "/stream", CONTROLS),
        ({"dest": "http://127.0.0.1:9/", "schedule": {}}, "/schedule", CONTROLS),
        ({"dest": "http://127.0.0.1:9/", "schedule": "0 0"}, "/schedule", CONTROLS),
        ({"dest": "http://127.0.0.1:9/", "schedule": {"hour": "24"}}, "/schedule/hour", CONTROLS),
        ({"dest": "http://127.0.0.1:9/", "schedule": {"week": "2"}}, "/schedule/week", CONTROLS),
        (
            {"dest": "http://127.0.0.1:9/", "schedule": {"dayOfMonth": "31", "month": "2"}},
            "/schedule",
            CONTROLS,
        ),
        ({**STREAM, "reportIfEmpty": "no"}, "/reportIfEmpty", CONTROLS),
        ({**STREAM, "initialRecordTime": "2026-01-01"}, "/initialRecordTime", CONTROLS),
        ({**STREAM, "initialRecordTime": 5}, "/initialRecordTime", CONTROLS),
        ({"stream": True}, "/dest", "ValidationException"),
        ({**STREAM, "dest": "ftp://127.0.0.1/"}, "/dest", "ValidationException"),
        ({**STREAM, "dest": "http://"}, "/dest", "ValidationException"),
        ({**STREAM, "dest": "http://a:99999/"}, "/dest", "ValidationException"),
        ({**STREAM, "dest": "http://[::1/"}, "/dest", "ValidationException"),
        ({**STREAM, "dest": "client.example.com"}, "/dest", "ValidationException"),
        ({**STREAM, "dest": 5}, "/dest", "ValidationException"),
        ({**STREAM, "signatureToken": 5}, "/signatureToken", "ValidationException"),
        ({**STREAM, "signatureToken": ""}, "/signatureToken", "ValidationException"),
        ({**STREAM, "trigger": "x"}, "/trigger", "ValidationException"),
        ([], "/", "ValidationException"),
    ],
)
async def test_what_is_no_subscription_is_refused_by_field(
    client: httpx.AsyncClient, body: Any, field: str, exception: str
) -> None:
    path = await name_query(client)
    assert (await refused(client, "POST", f"{path}/subscriptions", json=body))["field"] == field
    problem = (await client.post(f"{path}/subscriptions", json=body)).json()
    assert (problem["type"], problem["status"]) == (f"epcisException:{exception}", 400)
    assert (await client.get(f"{path}/subscriptions")).json()["member"] == []


async def test_forms_that_cannot_be_promised_are_refused(client: httpx.AsyncClient) -> None:
    path = await name_query(client)
    for form in ("Always_EPC_URN", "Sometimes"):
        headers = {"GS1-EPC-Format": form}
        await refused(client, "POST", f"{path}/subscriptions", 406, json=STREAM, headers=headers)


async def test_private_destinations_can_be_forbidden(
    engine: AsyncEngine, admin_key: str, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with delivering(engine, admin_key) as client:
        allowed = await subscribe(client, await name_query(client), sink.url)
    impatient(monkeypatch, DELIVERY_PRIVATE="false")
    async with delivering(engine, admin_key) as client:
        for dest in ("http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/x"):
            body = {**STREAM, "dest": dest}
            fault = await refused(client, "POST", f"{QUERIES}/all/subscriptions", json=body)
            assert fault["field"] == "/dest"
        await record(engine, 1)
        told = await until_told(lambda: read(client, allowed), lambda it: it["failures"] > 1)
        assert "127.0.0.1" in told["lastError"]
    assert sink.posts == []


# --- delivering ----------------------------------------------------------------------------------


async def test_a_stream_delivers_what_is_recorded_as_it_is_recorded(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    await record(engine, "before")
    query = await name_query(live)
    made = await subscribe(live, query, f"{sink.url}/here?a=1", signatureToken="秘密")
    await record(engine, 0)
    await until(lambda: len(sink.taken) == 1)
    await record(engine, 1)
    await until(lambda: len(sink.taken) == 2)
    await record(engine, 2)
    await until(lambda: len(sink.taken) == 3)
    assert sink.events("/here?a=1") == ["0", "1", "2"]
    first = sink.taken[0]
    assert first.results["queryName"] == "all"
    assert first.results["subscriptionID"] == made["subscriptionID"]
    assert first.headers["content-type"] == "application/json"
    assert first.headers["gs1-epcis-version"] == first.headers["gs1-cbv-version"] == "2.0.0"
    key = "秘密".encode()
    assert first.headers["gs1-signature"] == hmac.new(key, first.body, hashlib.sha256).hexdigest()
    assert first.delivery == f"{made['subscriptionID']}-1"
    assert json.loads(first.body)["type"] == "EPCISQueryDocument"
    told = await until_told(lambda: read(live, made), lambda it: it["deliveries"] == 3)
    assert (told["state"], told["failures"]) == ("active", 0)
    assert told["lastNotifiedAt"]


async def test_only_what_the_query_finds_is_delivered_in_the_form_asked_for(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    asked: Json = {"EQ_eventID": ["urn:event:1", "urn:event:3"], "orderBy": "eventTime", "eventCountLimit": 1}
    query = await name_query(live, **asked)
    answer = await live.post(
        f"{query}/subscriptions",
        json={"dest": sink.url, "stream": True},
        headers={"GS1-EPC-Format": "Always_GS1_Digital_Link"},
    )
    assert answer.status_code == 201
    await record(engine, 1, 2)
    await record(engine, 3)
    await until(lambda: sink.events() == ["1", "3"])
    assert "gs1-signature" not in sink.taken[0].headers
    assert sink.taken[0].headers["gs1-epc-format"] == "Always_GS1_Digital_Link"


async def test_what_was_recorded_before_is_delivered_to_who_asks_for_it(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    await record(engine, 1)
    async with transaction(engine) as tx:
        since = await tx.sql.fetchval("SELECT clock_timestamp()")
    await record(engine, 2)
    query = await name_query(live)
    await subscribe(live, query, f"{sink.url}/all", initialRecordTime="2020-01-01T00:00:00Z")
    await subscribe(live, query, f"{sink.url}/since", initialRecordTime=since.isoformat())
    await subscribe(live, query, f"{sink.url}/later", initialRecordTime="2999-01-01T00:00:00Z")
    await subscribe(live, query, f"{sink.url}/now")
    await record(engine, 3)
    await until(lambda: sink.events("/all") == ["1", "2", "3"])
    await until(lambda: sink.events("/since") == ["2", "3"])
    await until(lambda: sink.events("/now") == ["3"])
    assert sink.events("/later") == []


@pytest.mark.parametrize("begun", ["before", "after"])
async def test_a_commit_that_comes_late_is_neither_missed_nor_repeated(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink, begun: str
) -> None:
    await record(engine, 0)  # the place and the product: later captures do not wait for each other
    query = await name_query(live)
    if begun == "after":
        await subscribe(live, query, sink.url)
    async with transaction(engine) as late:
        # Rows of `late` have lower ids, and it a lower number, than what is committed before it.
        await conduct.capture(late, document_of("late"))
        if begun == "before":
            await subscribe(live, query, sink.url)
        await record(engine, 1)
        await until(lambda: sink.events() == ["1"])
        await record(engine, 2)
        await until(lambda: sink.events() == ["1", "2"])
    await until(lambda: sink.events() == ["1", "2", "late"])
    await record(engine, 3)
    await until(lambda: sink.events() == ["1", "2", "late", "3"])


async def test_captures_at_once_are_delivered_once_each_by_two_services_at_once(
    engine: AsyncEngine, admin_key: str, sink: Sink
) -> None:
    async with delivering(engine, admin_key) as one, delivering(engine, admin_key) as other:
        query = await name_query(one)
        await asyncio.gather(
            *(subscribe(client, query, f"{sink.url}/{n}") for n, client in enumerate((one, other, one)))
        )

        async def keep_recording(start: int) -> None:
            for n in range(start, start + 20):
                await record(engine, n, n + 5000)

        await asyncio.gather(*(keep_recording(start) for start in (1000, 2000, 3000)))
        wanted = sorted(
            str(n + more)
            for start in (1000, 2000, 3000)
            for n in range(start, start + 20)
            for more in (0, 5000)
        )
        await until(lambda: all(len(sink.events(path)) >= len(wanted) for path in PATHS))
    for path in PATHS:
        assert sorted(sink.events(path)) == wanted
    deliveries = [post.delivery for post in sink.posts]
    assert len(deliveries) == len(set(deliveries))


async def test_much_is_delivered_in_bounded_posts_in_order(
    engine: AsyncEngine, admin_key: str, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, DELIVERY_MAX_EVENTS="4")
    async with delivering(engine, admin_key) as client:
        await record(engine, *range(10))
        made = await subscribe(
            client, await name_query(client), sink.url, initialRecordTime="2020-01-01T00:00:00Z"
        )
        await until(lambda: len(sink.taken) == 3)
    assert [len(post.events) for post in sink.taken] == [4, 4, 2]
    assert sorted(sink.events()) == sorted(map(str, range(10)))
    assert [post.delivery for post in sink.taken] == [f"{made['subscriptionID']}-{n}" for n in (1, 2, 3)]


async def test_a_receiver_who_finds_it_too_large_gets_less_at_once(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    await record(engine, *range(8))
    sink.answers = [413, 413]
    await subscribe(live, await name_query(live), sink.url, initialRecordTime="2020-01-01T00:00:00Z")
    await until(lambda: len(sink.events()) == 8)
    assert [len(post.events) for post in sink.posts] == [8, 4, 2, 2, 2, 2]
    assert len(set(sink.events())) == 8


async def test_what_was_not_acknowledged_is_repeated_with_the_same_id_until_it_is(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    made = await subscribe(live, await name_query(live), sink.url)
    sink.answers = [500, 404, 302, 503, 400, 500, 429]
    sink.headers = f"Location: {sink.url}/elsewhere\r\n"
    await record(engine, 1)
    told = await until_told(lambda: read(live, made), lambda it: it["state"] == "failing")
    assert "HTTP " in told["lastError"]
    assert told["lastErrorAt"]
    assert told["nextAttemptAt"]
    await record(engine, 2)
    await until(lambda: sink.events() == ["1", "2"])
    assert {post.path for post in sink.posts} == {"/"}
    assert len({post.delivery for post in sink.posts[:8]}) == 1
    assert all(post.events == ["1"] for post in sink.posts[:8])
    told = await until_told(lambda: read(live, made), lambda it: it["deliveries"] == 2)
    assert (told["state"], told["failures"]) == ("active", 0)
    assert "lastError" not in told


async def test_a_receiver_that_is_away_gets_all_when_it_is_back(
    live: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with listening() as away:
        port = away.port
    made = await subscribe(live, await name_query(live), f"http://127.0.0.1:{port}/")
    await record(engine, 1)
    told = await until_told(lambda: read(live, made), lambda it: it["failures"] >= 2)
    assert told["lastError"]
    await record(engine, 2)
    sink = Sink(port)
    sink.hold.set()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", port)
    try:
        await until(lambda: sink.events() == ["1", "2"])
    finally:
        server.close()


async def test_a_receiver_that_never_answers_is_left_after_a_while(
    engine: AsyncEngine, admin_key: str, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, DELIVERY_TIMEOUT_SECONDS="0.2")
    async with delivering(engine, admin_key) as client:
        made = await subscribe(client, await name_query(client), sink.url)
        sink.hold.clear()
        await record(engine, 1)
        told = await until_told(lambda: read(client, made), lambda it: it["failures"] >= 1)
        assert told["lastError"] == "no answer within 0.2 s"
        sink.hold.set()
        await until_told(lambda: read(client, made), lambda it: it["deliveries"] == 1)
    assert {post.delivery for post in sink.posts} == {f"{made['subscriptionID']}-1"}


async def test_nothing_is_delivered_after_a_subscription_has_ended(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    query = await name_query(live)
    ended = await subscribe(live, query, f"{sink.url}/ended")
    await subscribe(live, query, f"{sink.url}/other")
    assert (await live.delete(ended["path"])).status_code == 204
    assert (await live.get(ended["path"])).status_code == 404
    await record(engine, 1)
    await until(lambda: sink.events("/other") == ["1"])
    assert sink.events("/ended") == []


async def test_the_deletion_of_its_query_ends_a_subscription_in_the_middle(
    engine: AsyncEngine, admin_key: str, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, DELIVERY_MAX_EVENTS="1")
    async with delivering(engine, admin_key) as client:
        await record(engine, *range(5))
        query = await name_query(client)
        sink.hold.clear()
        await subscribe(client, query, sink.url, initialRecordTime="2020-01-01T00:00:00Z")
        await until(lambda: len(sink.posts) == 1)
        assert (await client.delete(query)).status_code == 204
        sink.hold.set()
        other = await name_query(client, "other")
        await subscribe(client, other, f"{sink.url}/other", initialRecordTime="2020-01-01T00:00:00Z")
        await until(lambda: len(sink.events("/other")) == 5)
    assert len(sink.events()) == 1


async def test_a_schedule_delivers_at_its_times_and_says_when_there_is_nothing(
    live: httpx.AsyncClient, engine: AsyncEngine, sink: Sink
) -> None:
    query = await name_query(live)
    talking = await subscribe(live, query, f"{sink.url}/talking", schedule=ALWAYS, reportIfEmpty=True)
    quiet = await subscribe(live, query, f"{sink.url}/quiet", schedule=ALWAYS)
    never = await subscribe(live, query, f"{sink.url}/never", schedule={"month": "2", "dayOfMonth": "29"})
    await until(lambda: len([post for post in sink.taken if post.path == "/talking"]) >= 2)
    assert [post for post in sink.taken if post.path == "/quiet"] == []
    await record(engine, 1)
    await until(lambda: sink.events("/talking") == sink.events("/quiet") == ["1"])
    told = await until_told(lambda: read(live, talking), lambda it: it["deliveries"] >= 3)
    assert told["nextRunAt"] > told["createdAt"]
    assert (await read(live, quiet))["deliveries"] <= 1
    assert (await read(live, never))["deliveries"] == 0


async def test_what_was_recorded_while_the_service_was_down_is_delivered_afterwards(
    engine: AsyncEngine, admin_key: str, sink: Sink
) -> None:
    async with delivering(engine, admin_key) as client:
        await subscribe(client, await name_query(client), sink.url)
        await record(engine, 1)
        await until(lambda: sink.events() == ["1"])
    await record(engine, 2)
    async with delivering(engine, admin_key):
        await until(lambda: sink.events() == ["1", "2"])


async def test_workers_can_be_left_to_another_process(
    engine: AsyncEngine, admin_key: str, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        monkeypatch.setenv("SUYUAN_WORKERS", "false")
        settings.cache_clear()
        without = await stack.enter_async_context(delivering(engine, admin_key))
        await subscribe(without, await name_query(without), sink.url)
        await record(engine, 1)
        assert sink.posts == []
        monkeypatch.delenv("SUYUAN_WORKERS")
        settings.cache_clear()
        await stack.enter_async_context(delivering(engine, admin_key))
        await until(lambda: sink.events() == ["1"])


async def test_deliveries_go_on_after_the_database_cut_every_connection(
    engine: AsyncEngine, admin_key: str, sink: Sink, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A lease that could not be given back runs out after this and a little more.
    impatient(monkeypatch, DELIVERY_TIMEOUT_SECONDS="1")
    async with delivering(engine, admin_key) as live:
        made = await subscribe(live, await name_query(live), sink.url)
        await record(engine, 1)
        await until_told(lambda: read(live, made), lambda it: it["deliveries"] == 1)
        connection = await asyncpg.connect(cluster)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                engine.url.database,
            )
        finally:
            await connection.close()
        await record_when_it_passes(engine, 2)
        await until(lambda: sink.events() == ["1", "2"])
