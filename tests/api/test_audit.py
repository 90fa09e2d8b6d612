"""Whoever is shown the trade of others is put on record, and those others can read it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from service import clock
from service.audit import recorder
from service.audit.recorder import Read, Reader, Recorder
from service.audit.retention import erase_reads
from service.audit.shown import Shown
from service.db.transaction import transaction
from tests.api.flour_trade import PLACES, trade_flour
from tests.api.own_service import OwnService, own_service
from tests.api.parties import Headers, joined, key_of
from tests.api.registering import Json, refused
from tests.owning import owning
from tests.world import event_id, party, place, uri


@pytest.fixture(scope="module")
async def trading(cluster: str) -> AsyncIterator[tuple[OwnService, dict[str, Headers]]]:
    """A service of goods that have gone their way, and party -> headers of a key of its own."""
    async with own_service(cluster) as client:
        yield client, await trade_flour(client)


@pytest.fixture
def service(trading: tuple[OwnService, dict[str, Headers]]) -> OwnService:
    """Of `trading`."""
    return trading[0]


@pytest.fixture
def keys(trading: tuple[OwnService, dict[str, Headers]]) -> dict[str, Headers]:
    """Of `trading`."""
    return trading[1]


async def told(service: httpx.AsyncClient, headers: Headers, **query: str) -> list[Json]:
    answer = await service.get("/v1/audit", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
async def test_an_operators_trace_is_read_by_those_whose_trade_it_shows(
    service: OwnService, keys: dict[str, Headers], form: str
) -> None:
    before = {who: len(await told(service, keys[who])) for who in keys}
    answer = await service.get("/v1/trace/forward", params={"batch": uri("L1"), "format": form})
    assert answer.status_code == 200
    for who in ("grower", "miller", "grocer"):
        (record, *older) = await told(service, keys[who])
        assert len(older) == before[who]
        assert record["route"] == "/v1/trace/forward"
        assert record["reader"]["role"] == "operator"
        assert record["reader"]["key"].startswith("key:")
        assert record["parties"] is None
        # What a shop's flour was milled of is not the shop's to know.
        assert [batch["uri"] for batch in record["batches"]] == ([] if who == "grocer" else [uri("L1")])
    assert len(await told(service, keys["rival"])) == before["rival"]
    (whole, *_) = await told(service, {})
    assert len(whole["parties"]) == 3


GRANT = """
INSERT INTO access_grant (grantor_id, grantee_id, created_at, created_by) VALUES ($1, $2, $3, 'itself')
"""
#: What is asked -> whose trade its answer shows.
ASKED: list[tuple[str, str, dict[str, str], set[str]]] = [
    ("GET", "/v1/batches", {"batch": uri("L1")}, {"grower"}),
    ("GET", "/v1/batches", {"batch": uri("R1")}, {"rival"}),
    ("GET", "/epcis/events", {"EQ_bizStep": "retail_selling"}, {"grocer"}),
    ("GET", "/epcis/events", {"EQ_bizStep": "shipping"}, {"grower", "miller", "grocer"}),
    ("GET", f"/epcis/events/{event_id('rivals')}", {}, {"rival"}),
    ("GET", f"/epcis/bizLocations/{quote(place('mill'), safe='')}", {}, {"miller"}),
    ("GET", "/epcis/bizLocations", {}, set(PLACES.values())),
    ("GET", "/v1/filings/fsma204", {"batch": uri("L1"), "format": "csv"}, {"grower", "miller"}),
    ("GET", "/v1/filings/one-step", {"party": party("grocer")}, {"miller", "grocer"}),
    ("GET", "/v1/scans", {"code": uri("L1")}, {"grower"}),
    ("POST", "/v1/recalls/preview", {"batch": uri("flour/F1")}, {"miller", "grocer"}),
    ("POST", "/v1/drills", {"batch": uri("R1")}, {"rival"}),
    ("GET", "/v1/drills", {}, set()),
    ("GET", "/v1/drills/1/holders.csv", {}, {"rival"}),
]


@pytest.mark.parametrize(("method", "path", "query", "whose"), ASKED)
async def test_a_record_says_whose_trade_an_answer_showed(
    service: OwnService, method: str, path: str, query: dict[str, str], whose: set[str]
) -> None:
    names = {row["id"]: row["uri"] for row in (await service.get("/v1/parties")).json()["items"]}
    before = await told(service, {}, limit="500")
    body = {name: [value] for name, value in query.items()}
    sent = {"json": body} if method == "POST" else {"params": query}
    answer = await service.request(method, path, **sent)
    assert answer.status_code in (200, 201), answer.text
    (record, *older) = await told(service, {}, limit="500")
    assert len(older) == len(before)
    assert {names[each] for each in record["parties"]} == {party(who) for who in whose}


async def test_own_reads_and_public_knowledge_leave_no_record(
    service: OwnService, keys: dict[str, Headers]
) -> None:
    before = len(await told(service, {}))
    for path in ("/v1/parties", "/v1/parties/1", "/v1/products", "/v1/sites", "/v1/keys", "/v1/audit"):
        assert (await service.get(path)).status_code == 200
    mine = await service.get("/v1/trace/forward", params={"batch": uri("L1")}, headers=keys["miller"])
    assert mine.status_code == 200
    await refused(service, "GET", "/v1/batches/999999", 404)
    assert len(await told(service, {})) == before


async def test_nobody_asks_for_anothers_records(service: OwnService, keys: dict[str, Headers]) -> None:
    await service.get("/v1/trace/forward", params={"batch": uri("L1")})
    (first, *_) = await told(service, {})
    await refused(service, "GET", "/v1/audit?party=1", 403, headers=keys["grocer"])
    (batch,) = first["batches"]
    # Nor learns, by a filter, which records are about what it may not see.
    assert await told(service, keys["grocer"], batch=str(batch["id"])) == []
    assert await told(service, keys["miller"], batch=str(batch["id"])) != []
    assert await told(service, {}, role="regulator") == []


async def test_the_log_is_read_in_pages_the_latest_first(service: OwnService) -> None:
    for _ in range(3):
        await service.get("/v1/trace/forward", params={"batch": uri("L1")})
    whole = [record["id"] for record in await told(service, {})]
    assert whole == sorted(whole, reverse=True)
    first = (await service.get("/v1/audit", params={"limit": 2})).json()
    second = await told(service, {}, limit="2", page=first["next_page"])
    assert [record["id"] for record in (*first["items"], *second)] == whole[:4]


async def test_an_authority_reads_its_own_records_alone_whosever_page_it_continues(
    service: OwnService, keys: dict[str, Headers]
) -> None:
    bureau, _ = await joined(service, "bureau", roles=["regulator"])
    office = await key_of(service, bureau, "regulator")
    assert (await service.post("/v1/jurisdictions", json={"party_id": bureau})).status_code == 201
    trace = {"batch": uri("L1")}
    for headers in (office, {}, office, {}):
        assert (await service.get("/v1/trace/forward", params=trace, headers=headers)).status_code == 200
    assert [record["reader"]["party_id"] for record in await told(service, office)] == [bureau] * 2
    for headers in ({}, keys["grower"]):
        page = (await service.get("/v1/audit", params={"limit": 1}, headers=headers)).json()["next_page"]
        seen = await told(service, office, page=page)
        assert {record["reader"]["party_id"] for record in seen} == {bureau}


async def test_an_answer_that_cannot_be_recorded_is_not_given(
    service: OwnService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "statement", lambda *_: "INSERT INTO gone VALUES ($1)")
    for path, query in (
        ("/v1/trace/forward", {"batch": uri("L1"), "format": "ndjson"}),
        ("/v1/batches/1", {}),
    ):
        problem = await refused(service, "GET", path, 503, params=query)
        assert "on record" in problem["detail"]
        assert uri("L1") not in json.dumps(problem)
    monkeypatch.undo()
    assert (await service.get("/v1/batches/1")).status_code == 200


async def test_many_readers_share_a_commit(service: OwnService, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []
    write = Recorder._write

    async def counted(self: Recorder, rows: list[tuple[object, ...]]) -> Exception | None:
        groups.append(len(rows))
        await asyncio.sleep(0)
        return await write(self, rows)

    monkeypatch.setattr(Recorder, "_write", counted)
    before = len(await told(service, {}, limit="500"))
    own = Recorder(service.engine)
    reader = Reader("an operator", "key:1", "operator", None)
    shown = Shown()
    shown.ids["batch"].add(1)
    reads = [Read(clock.now(), reader, "GET", "/v1/batches", None, shown) for _ in range(30)]
    await asyncio.gather(*(own.record(read) for read in reads))
    await own.close()
    assert sum(groups) == 30
    assert len(groups) < 10
    assert len(await told(service, {}, limit="500")) == before + 30


async def test_the_log_is_not_changed_and_goes_when_it_is_old(service: OwnService) -> None:
    for order in ("UPDATE audit_read SET reader = 'x'", "DELETE FROM audit_read", "TRUNCATE audit_read"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owning(service.engine) as tx:
                await tx.sql.execute(order)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(service.engine) as tx:
                await tx.sql.execute(order)
    kept = await told(service, {}, limit="500")
    middle = kept[len(kept) // 2]["at"]
    async with owning(service.engine) as tx:
        assert await erase_reads(tx, datetime.fromisoformat(middle)) > 0
    left = await told(service, {}, limit="500")
    assert left == [record for record in kept if record["at"] >= middle]


async def test_a_party_that_reads_by_anothers_leave_is_put_on_record_for_it(
    service: OwnService, keys: dict[str, Headers]
) -> None:
    ids = {row["uri"]: row["id"] for row in (await service.get("/v1/parties")).json()["items"]}
    async with transaction(service.engine) as tx:
        await tx.sql.execute(GRANT, ids[party("miller")], ids[party("rival")], clock.now())
    query = {"batch": uri("L1")}
    before = {who: len(await told(service, keys[who], limit="500")) for who in keys}
    assert (await service.get("/v1/trace/forward", params=query, headers=keys["rival"])).status_code == 200
    (record, *_) = await told(service, keys["miller"])
    assert record["reader"]["party_id"] == ids[party("rival")]
    after = {who: len(await told(service, keys[who], limit="500")) for who in keys}
    assert after == before | {"miller": before["miller"] + 1}
    # What it sees of its own, it sees without anybody's leave.
    own = await service.get("/v1/trace/forward", params={"batch": uri("R1")}, headers=keys["rival"])
    assert own.status_code == 200
    assert len(await told(service, keys["miller"], limit="500")) == after["miller"]


async def test_a_unit_that_is_looked_at_by_anothers_leave_is_put_on_record_for_it(
    service: OwnService, keys: dict[str, Headers]
) -> None:
    ids = {row["uri"]: row["id"] for row in (await service.get("/v1/parties")).json()["items"]}
    lots = (await service.get("/v1/batches?limit=500")).json()["items"]
    lot = next(row["id"] for row in lots if row["uri"] == uri("flour/F1"))
    made = await service.post(f"/v1/batches/{lot}/serials", json={"serials": ["S1"]})
    assert made.status_code == 201, made.text
    (unit,) = (await service.get(f"/v1/batches/{lot}/serials")).json()["items"]
    body = {"grantor_id": ids[party("miller")], "grantee_id": ids[party("rival")]}
    assert (await service.post("/v1/grants", json=body)).status_code == 201
    query = {"unit": unit["uri"]}
    before = len(await told(service, keys["miller"], limit="500"))
    for who, more in (("rival", 1), ("miller", 0)):
        answer = await service.get("/v1/units", params=query, headers=keys[who])
        assert answer.status_code == 200, answer.text
        records = await told(service, keys["miller"], limit="500")
        assert len(records) == before + more, who
        before = len(records)
        assert (records[0]["route"], records[0]["reader"]["party_id"]) == ("/v1/units", ids[party("rival")])
