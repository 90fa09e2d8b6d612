"""What a trace answers: holdings, flows, balances, gaps, parties, certificates; as JSON and as CSV.

orchard (grower) ── apples L1 ──> press (juice maker) ── juice J ──> shop, and 5 on the way to kiosk
"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.trace import exports, holder_list, routes
from service.trace.answer import Answer
from service.trace.exports import whole
from service.trace.holder_list import COLUMNS
from service.trace.schemas import Trace
from service.trace.starts import Question, find_starts
from service.trace.walk import walk
from service.web.problems import CALLER_GONE
from tests import world
from tests.api.registering import register, register_product
from tests.application import application
from tests.world import (
    capture,
    commission,
    declare_error,
    destroy,
    gln,
    gtin,
    owners,
    receive,
    sample,
    sell,
    ship,
    transform,
    uri,
)

Json = dict[str, Any]

APPLES, JUICE = gtin("apples"), gtin("juice")
RESPONSIBLE = {"name": "王芳", "phone": "+86 591 8765 4321", "email": "wang@juice.example"}


@pytest.fixture
async def juice(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Registered: the juice maker, with the persons responsible. Captured: the story above."""
    maker = await register(
        client,
        "parties",
        name_zh="福州果汁厂",
        name_en="Juice Maker",
        gln=gln("maker"),
        region="350100",
        legal_representative={"name": "李强"},
        quality_manager=RESPONSIBLE,
        contacts=[{"name": "值班室", "phone": "12345", "purpose": "recall"}],
    )
    await register(client, "sites", gln=gln("press"), party_id=maker["id"], name_zh="榨汁车间")
    await register(client, "sites", gln=gln("shop"), name_zh="便利店", name_en="Shop", region="350102")
    await register_product(client, gtin=JUICE, name_zh="苹果汁", name_en="Apple juice")
    await capture(
        client,
        commission("apples/L1=100KGM", at="orchard", on=1),
        ship("apples/L1=100KGM", at="orchard", to="press", on=2, id="haul"),
        receive("apples/L1=98KGM", at="press", source="orchard", on=3, id="weigh"),
        transform(["apples/L1=98KGM"], ["juice/J=50LTR"], at="press", on=4, id="pressing"),
        sample("juice/J=1LTR", at="press", on=4.5),
        ship("juice/J=30LTR", at="press", to="shop", on=5),
        receive("juice/J=30LTR", at="shop", source="press", on=6),
        sell("juice/J=12LTR", at="shop", on=7),
        destroy("juice/J=3LTR", at="shop", on=8),
        ship("juice/J=5LTR", at="press", to="kiosk", on=9, id="lost"),
        master=owners(orchard="grower"),
    )
    return client


async def trace(client: httpx.AsyncClient, direction: str = "forward", **query: Any) -> Json:
    """The trace of the apples forward, or of the juice backward; it has the shape that is published."""
    batch = {"forward": f"{APPLES} L1", "backward": f"{JUICE} J"}[direction]
    response = await client.get(f"/v1/trace/{direction}", params={"batch": batch, **query})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    Trace.model_validate_json(response.content, strict=True)
    found: Json = response.json()
    return found


def named(found: Json) -> dict[str, Json]:
    """The holdings as `juice/J@shop`."""
    return {
        f"{world.name(holding['batch']['uri'])}@{world.name(holding['site']['uri'])}": holding
        for holding in found["holdings"]
    }


async def test_forward_tells_who_holds_what_since_when_and_how_far_away(juice: httpx.AsyncClient) -> None:
    found = await trace(juice)
    told = [(name, holding["affected_at"], holding["hops"]) for name, holding in named(found).items()]
    assert told == [
        ("apples/L1@orchard", "2026-01-02T00:00:00Z", 0),
        ("apples/L1@press", "2026-01-04T00:00:00Z", 0),
        ("juice/J@press", "2026-01-05T00:00:00Z", 1),
        ("juice/J@shop", "2026-01-07T00:00:00Z", 2),
        ("juice/J@kiosk", "2026-01-10T00:00:00Z", 2),
    ]
    assert found["direction"] == "forward"
    assert [start["uri"] for start in found["starts"]] == [uri("apples/L1")]
    batch = named(found)["juice/J@shop"]["batch"]
    assert (batch["gtin"], batch["lot"], batch["product_name_zh"]) == (JUICE, "J", "苹果汁")


async def test_backward_tells_until_when_goods_can_have_contributed(juice: httpx.AsyncClient) -> None:
    found = await trace(juice, "backward")
    told = {name: (holding["affected_at"], holding["hops"]) for name, holding in named(found).items()}
    assert told == {
        "juice/J@press": ("2026-01-10T00:00:00Z", 0),
        "juice/J@shop": ("2026-01-09T00:00:00Z", 0),
        "juice/J@kiosk": ("2026-01-10T00:00:00Z", 0),
        "apples/L1@press": ("2026-01-05T00:00:00Z", 1),
        "apples/L1@orchard": ("2026-01-03T00:00:00Z", 2),
    }
    assert found["direction"] == "backward"


async def test_flows_tell_what_left_what_came_and_the_events_that_show_it(juice: httpx.AsyncClient) -> None:
    found = await trace(juice)
    haul, pressing, *_ = sorted(found["flows"], key=lambda flow: str(flow["departed_at"]))
    assert (haul["kind"], haul["shipped"], haul["received"]) == (
        "move",
        {"quantity": "100", "uom": "KGM"},
        {"quantity": "98", "uom": "KGM"},
    )
    assert haul["events"] == ["urn:event:haul", "urn:event:weigh"]
    assert (pressing["kind"], pressing["events"]) == ("transform", ["urn:event:pressing"])
    assert pressing["from"]["batch_id"] != pressing["to"]["batch_id"]
    (lost,) = (flow for flow in found["flows"] if flow["in_transit"])
    assert (lost["arrived_at"], lost["events"]) == (None, ["urn:event:lost"])
    assert named(found)["juice/J@kiosk"]["in_transit_in"] == [{"quantity": "5", "uom": "LTR"}]


async def test_the_summary_adds_up(juice: httpx.AsyncClient) -> None:
    found = await trace(juice)
    summary, holdings = found["summary"], found["holdings"]
    assert summary["holdings"] == len(holdings) == 5
    assert summary["flows"] == len(found["flows"])
    assert summary["gaps"] == len(found["gaps"]) == sum(summary["gaps_by_party"].values())
    assert summary["parties"] == len(found["parties"]) == 2
    assert summary["batches"] == len({holding["batch"]["id"] for holding in holdings}) == 2
    assert summary["sites"] == len({holding["site"]["id"] for holding in holdings}) == 4
    # The shop's own, and of the press its party's.
    assert summary["regions"] == 2
    for state in ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled", "on_hand"):
        for uom in ("KGM", "LTR"):
            total = sum(
                Decimal(balance[state])
                for holding in holdings
                for balance in holding["balances"]
                if balance["uom"] == uom
            )
            assert Decimal(summary[state].get(uom, "0")) == total, state
    assert summary["in_transit"] == {"LTR": "5"}
    assert summary["on_hand"] == {"LTR": "29"}
    assert (summary["sold"], summary["destroyed"], summary["sampled"]) == (
        {"LTR": "12"},
        {"LTR": "3"},
        {"LTR": "1"},
    )


async def test_parties_come_with_whom_to_call_and_the_first_responsible(juice: httpx.AsyncClient) -> None:
    for direction in ("forward", "backward"):
        found = await trace(juice, direction)
        holder = found["parties"][str(named(found)["juice/J@press"]["party_id"])]
        assert (holder["name_zh"], holder["gln"]) == ("福州果汁厂", gln("maker"))
        assert holder["legal_representative"]["name"] == "李强"
        assert holder["quality_manager"]["phone"] == RESPONSIBLE["phone"]
        assert holder["contacts"][0]["phone"] == "12345"
        grower = found["parties"][str(named(found)["apples/L1@orchard"]["party_id"])]
        assert world.name(grower["uri"]) == "grower"
        assert named(found)["juice/J@kiosk"]["party_id"] is None


async def test_certificates_and_tests_of_the_batches_on_the_way_are_listed(juice: httpx.AsyncClient) -> None:
    batches = (await juice.get("/v1/batches", params={"gtin": APPLES})).json()["items"]
    form = {
        "kind": "certificate",
        "name": "承诺达标合格证",
        "number": "C-1",
        "issued_on": "2026-01-01",
    }
    put = await juice.post(
        f"/v1/batches/{batches[0]['id']}/documents",
        data=form,
        files={"file": ("c.pdf", b"%PDF-1.7 certificate", "application/pdf")},
    )
    assert put.status_code == 201, put.text
    await capture(juice, commission("milk/M=1", at="dairy", on=1))
    for direction in ("forward", "backward"):
        (listed,) = (await trace(juice, direction))["documents"]
        assert (listed["name"], listed["issued_on"], listed["file"]) == ("承诺达标合格证", "2026-01-01", True)
        assert listed["batch_id"] == batches[0]["id"]
    assert (await trace(juice, batch=f"{gtin('milk')} M"))["documents"] == []


async def test_gaps_are_listed_with_the_event_that_shows_them_and_hide_nothing(
    juice: httpx.AsyncClient,
) -> None:
    found = await trace(juice)
    gaps = {gap["kind"]: gap for gap in found["gaps"]}
    assert gaps.keys() == {"quantity_difference", "never_received"}
    assert gaps["quantity_difference"]["event"] == "urn:event:weigh"
    assert gaps["quantity_difference"]["detail"] == {"uom": "KGM", "shipped": "100", "received": "98"}
    press = named(found)["juice/J@press"]["party_id"]
    assert gaps["quantity_difference"]["party_id"] == press
    assert gaps["never_received"]["event"] == "urn:event:lost"
    assert gaps["never_received"]["site_id"] == named(found)["juice/J@kiosk"]["site"]["id"]
    assert found["summary"]["gaps_by_party"] == {str(press): 1, "unknown": 1}


async def test_a_shipment_is_overdue_after_a_fortnight_only(client: httpx.AsyncClient) -> None:
    days = (datetime.now(UTC) - world.START) / timedelta(days=1)
    await capture(
        client,
        commission("apples/L1=10", at="orchard", on=1),
        ship("apples/L1=1", at="orchard", to="shop", on=days - 13, id="recent"),
        ship("apples/L1=1", at="orchard", to="kiosk", on=days - 15, id="overdue"),
    )
    found = await trace(client)
    assert [(gap["kind"], gap["event"]) for gap in found["gaps"]] == [("never_received", "urn:event:overdue")]


async def test_events_dated_in_the_future_are_gaps_and_count_all_the_same(client: httpx.AsyncClient) -> None:
    later = (datetime.now(UTC) - world.START) / timedelta(days=1) + 30
    made = commission("apples/L1=10", at="orchard", on=later, id="made")
    sent = ship("apples/L1=4", at="orchard", to="shop", on=later + 1, id="sent")
    wrong = ship("apples/L1=4", at="orchard", to="kiosk", on=later + 1, id="wrong")
    await capture(client, made, sent, wrong)
    await capture(client, declare_error(wrong))
    found = await trace(client)
    assert named(found).keys() == {"apples/L1@orchard", "apples/L1@shop"}
    assert [(gap["kind"], gap["event"]) for gap in found["gaps"]] == [
        ("event_in_the_future", "urn:event:made"),
        ("event_in_the_future", "urn:event:sent"),
    ]


async def test_gaps_elsewhere_do_not_count(juice: httpx.AsyncClient) -> None:
    """What only the press's other shop lost is no gap of a trace that never got there."""
    await capture(
        juice,
        commission("apples/L1=5KGM", at="cellar", on=1),
        ship("apples/L1=5KGM", at="cellar", to="market", on=2, id="other"),
    )
    query: Json = {"holding": f"{APPLES} L1", "site": gln("orchard"), "batch": []}
    kinds = {gap["event"] for gap in (await trace(juice, **query))["gaps"]}
    assert kinds == {"urn:event:weigh", "urn:event:lost"}


async def csv_of(client: httpx.AsyncClient, **query: Any) -> tuple[httpx.Response, list[dict[str, str]]]:
    """The CSV of the apples' holders, read as a spreadsheet program reads it: the mark, then UTF-8."""
    response = await client.get(
        "/v1/trace/forward", params={"batch": f"{APPLES} L1", "format": "csv", **query}
    )
    assert response.status_code == 200, response.text
    assert response.content.startswith(b"\xef\xbb\xbf")
    titles = {title: column for column, title in COLUMNS}
    rows = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
    return response, [{titles[title]: value for title, value in row.items()} for row in rows]


async def test_the_holders_as_csv_say_the_same_as_the_json(juice: httpx.AsyncClient) -> None:
    response, rows = await csv_of(juice)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="holders.csv"'
    found = await trace(juice)
    assert len(rows) == len(found["holdings"])
    for row, holding in zip(rows, found["holdings"], strict=True):
        (balance,) = holding["balances"]
        assert (row["site_uri"], row["lot"]) == (holding["site"]["uri"], holding["batch"]["lot"])
        assert (row["on_hand"], row["uom"]) == (balance["on_hand"], balance["uom"])
        assert (row["affected_at"], row["hops"]) == (holding["affected_at"], str(holding["hops"]))
    press, shop, kiosk = rows[2:]
    assert (press["party_zh"], press["legal_representative"], press["quality_manager"]) == (
        "福州果汁厂",
        "李强",
        "王芳",
    )
    assert (press["phone"], press["region"], press["product_zh"]) == ("12345", "350100", "苹果汁")
    assert (shop["site_zh"], shop["region"]) == ("便利店", "350102")
    assert kiosk["in_transit"] == "5 LTR"


async def test_holders_are_the_same_in_pieces(
    juice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = await csv_of(juice)
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(holder_list, "ASKED_TOGETHER", 3)
    parted, rows = await csv_of(juice)
    assert len(rows) > 3
    assert parted.content == whole.content


async def test_nothing_in_the_csv_runs_as_a_formula(client: httpx.AsyncClient) -> None:
    evil = '=HYPERLINK("http://evil.example","点我")'
    phone = RESPONSIBLE["phone"]
    holder = await register(
        client,
        "parties",
        name_zh=evil,
        name_en='a "quoted", name',
        gln=gln("evil"),
        contacts=[{"name": "x", "phone": phone}],
    )
    await register(client, "sites", gln=gln("cave"), party_id=holder["id"], name_zh="@SUM(A1)")
    await capture(client, commission("apples/L1=10", at="cave", on=1))
    _, (row,) = await csv_of(client)
    assert (row["party_zh"], row["site_zh"], row["phone"]) == ("'" + evil, "'@SUM(A1)", phone)
    assert row["party_en"] == 'a "quoted", name'


@pytest.mark.parametrize(
    ("accept", "form", "media"),
    [
        ("text/csv", None, "text/csv; charset=utf-8"),
        ("text/csv", "json", "application/json"),
        ("application/json", "csv", "text/csv; charset=utf-8"),
        ("text/html", None, "application/json"),
    ],
)
async def test_a_named_format_wins_over_the_accept_header(
    client: httpx.AsyncClient, accept: str, form: str | None, media: str
) -> None:
    await capture(client, commission("apples/L1=10", at="orchard", on=1))
    query = {"batch": f"{APPLES} L1", **({"format": form} if form else {})}
    response = await client.get("/v1/trace/forward", params=query, headers={"Accept": accept})
    assert response.headers["content-type"] == media


async def test_a_trace_of_more_holders_than_one_piece_is_whole(client: httpx.AsyncClient) -> None:
    shops = 1_203
    await capture(
        client,
        commission(f"apples/L1={shops}", at="orchard", on=1),
        *(
            ship("apples/L1=1", at="orchard", to=f"urn:example:shop:{number}", on=2)
            for number in range(shops)
        ),
    )
    found = await trace(client)
    assert len(found["holdings"]) == found["summary"]["holdings"] == shops + 1
    assert len(found["flows"]) == shops
    _, rows = await csv_of(client)
    assert len({row["site_uri"] for row in rows}) == shops + 1


async def test_the_answer_for_the_service_itself_is_what_http_says(
    juice: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    over_http = await trace(juice)
    async with transaction(engine, snapshot=True) as tx:
        starts = await find_starts(tx, Question((f"{APPLES} L1",)), forward=True)
        found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=100)
        now = datetime.fromisoformat(over_http["computed_at"])
        told = await whole(tx, await Answer.load(tx, starts, found, now=now))
    assert told == over_http


@asynccontextmanager
async def a_capture_in_the_middle(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *events: Json
) -> AsyncIterator[None]:
    """Between finding the starts and walking from them, another connection captures these events."""

    async def capture_then_walk(tx: Transaction, *arguments: Any, **options: Any) -> Any:
        await capture(client, *events)
        return await walk(tx, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(routes, "walk", capture_then_walk)
        yield


async def test_a_capture_in_the_middle_of_a_trace_is_not_half_seen(
    juice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await trace(juice)
    late = ship("juice/J=2LTR", at="shop", to="market", on=9, id="late")
    async with a_capture_in_the_middle(juice, monkeypatch, late):
        meanwhile = await trace(juice)
    after = await trace(juice)
    assert {**meanwhile, "computed_at": ""} == {**before, "computed_at": ""}
    assert named(after).keys() - named(before).keys() == {"juice/J@market"}
    assert after["as_of_event"] == before["as_of_event"] + 1


async def test_json_lines_say_the_same_as_the_document(juice: httpx.AsyncClient) -> None:
    whole = await trace(juice)
    answer = await juice.get(
        "/v1/trace/forward", params={"batch": f"{APPLES} L1"}, headers={"Accept": "application/x-ndjson"}
    )
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = [next(iter(json.loads(line).items())) for line in answer.text.splitlines()]
    counts = {name: whole["summary"][name] for name in ("holdings", "batches", "flows")}
    assert told[0] == ("counts", {"direction": "forward", **counts})
    assert told[1][0] == "trace"
    assert whole == {
        **told[1][1],
        "computed_at": whole["computed_at"],
        **{
            f"{name}s": [value for kind, value in told if kind == name] for name in ("holding", "flow", "gap")
        },
        "parties": {str(value["id"]): value for kind, value in told if kind == "party"},
        "documents": [value for kind, value in told if kind == "document"],
    }
    without = await juice.get(
        "/v1/trace/forward", params={"batch": f"{APPLES} L1", "format": "ndjson", "flows": "false"}
    )
    kinds = {next(iter(json.loads(line))) for line in without.text.splitlines()}
    assert "holding" in kinds
    assert "flow" not in kinds


async def test_a_trace_whose_caller_leaves_is_broken_off(
    juice: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(*_: Any, **__: Any) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(routes, "walk", endless)
    app = application(engine)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async with app.router.lifespan_context(app):
        await app(asking(juice), receive, send)
    assert ended.is_set()
    assert sent[0]["status"] == CALLER_GONE


def asking(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    """A trace of the apples as a server would pass it to the application."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/trace/forward",
        "raw_path": b"/v1/trace/forward",
        "query_string": urlencode({"batch": f"{APPLES} L1", **query}).encode(),
        "headers": [(b"authorization", client.headers["authorization"].encode())],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }


@pytest.mark.parametrize(("form", "first"), [("ndjson", b'{"counts":'), ("csv", "\ufeff主体".encode())])
async def test_the_first_words_of_a_stream_come_before_the_rest_is_read(
    juice: httpx.AsyncClient, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, form: str, first: bytes
) -> None:
    begun, load = asyncio.Event(), Answer.load
    sent: list[bytes] = []

    async def waiting(*arguments: Any, **named: Any) -> Answer:
        await begun.wait()
        return await load(*arguments, **named)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))
        if sent[-1]:
            begun.set()

    monkeypatch.setattr(Answer, "load", waiting)
    app = application(engine)
    async with app.router.lifespan_context(app):
        await app(asking(juice, format=form), receive, send)
    said = [body for body in sent if body]
    assert said[0].startswith(first)
    assert len(said) > 1


async def test_a_database_that_goes_while_a_trace_is_read_is_told_as_such(
    juice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> AsyncIterator[Json]:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        yield {}

    monkeypatch.setattr(exports, "_parties", gone)
    answer = await juice.get("/v1/trace/forward", params={"batch": uri("apples/L1")})
    assert answer.status_code == 503, answer.text
    assert answer.json()["detail_zh"]
