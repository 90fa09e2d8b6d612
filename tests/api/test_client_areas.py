"""The Python client and what it reaches beyond the registry: events, named queries, subscriptions, streams,
complaints, suspect codes, units; and answers that come line by line.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import suyuan
from suyuan import NEVER, AsyncSuyuan, Suyuan, verify_signature
from suyuan.call import LineCutter
from tests.api.complaining import complain, picture
from tests.api.registering import TEA, register_batch, register_party, register_product
from tests.api.sink import PATIENCE_SECONDS, listening, until
from tests.api.subscribing import delivering, event
from tests.server import Server
from tests.world import commission, document, gln

UNIT = f"(01){TEA}(21)S1"
START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def ours(client: httpx.AsyncClient, admin_key: str) -> AsyncIterator[AsyncSuyuan]:
    """The client on the application in this process."""
    async with AsyncSuyuan("http://testserver", admin_key, transport=client._transport) as opened:
        yield opened


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [each["eventID"].removeprefix("urn:event:") for each in events]


# --- events and named queries --------------------------------------------------------------------


async def test_every_event_of_a_query_comes_page_after_page(ours: AsyncSuyuan) -> None:
    await ours.capture(document(*(event(number) for number in range(7))))
    assert ids([each async for each in ours.events(perPage=2)]) == [str(number) for number in range(7)]
    found = ours.events(EQ_eventID=["urn:event:3", "urn:event:5"], GE_eventTime=START, EQ_action="ADD")
    assert ids([each async for each in found]) == ["3", "5"]
    assert [each async for each in ours.events(EQ_action="DELETE")] == []


async def test_what_no_query_says_is_named(ours: AsyncSuyuan) -> None:
    with pytest.raises(suyuan.BadInput) as caught:
        await anext(ours.events(EQ_bizstep="shipping"))
    assert caught.value.faults[0].field == "EQ_bizstep"


async def test_extensions_are_defined_for_a_query(ours: AsyncSuyuan) -> None:
    extensions = {"x": "https://x.test/epcis/"}
    told = event("warm", **{"https://x.test/epcis/heat": 5})
    await ours.capture(document(told, event("plain")))
    found = ours.events(extensions=extensions, **{"GE_x:heat": 4})
    assert ids([each async for each in found]) == ["warm"]


async def test_a_named_query_goes_through_its_life(ours: AsyncSuyuan) -> None:
    await ours.capture(document(event("a"), event("b")))
    made = await ours.queries.create("new batches 新", EQ_action=["ADD"], GE_eventTime=START)
    assert made.name == "new batches 新"
    assert (await ours.queries.fetch(made.name)).query == {
        "EQ_action": ["ADD"],
        "GE_eventTime": "2020-01-01T00:00:00Z",
    }
    assert [each.name async for each in ours.queries.list()] == [made.name]
    assert ids([each async for each in ours.queries.events(made.name, perPage=1)]) == ["a", "b"]
    narrowed = ours.queries.events(made.name, EQ_eventID="urn:event:b")
    assert ids([each async for each in narrowed]) == ["b"]
    with pytest.raises(suyuan.Conflict):
        await ours.queries.create(made.name)
    await ours.queries.delete(made.name)
    with pytest.raises(suyuan.NotFound, match="new batches"):
        await ours.queries.fetch(made.name)


async def test_more_named_queries_than_a_page_holds_are_all_listed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "nextPageToken" in request.url.params:
            return httpx.Response(200, json={"member": [{"name": "b"}]})
        link = '</epcis/queries?perPage=200&nextPageToken=t%2B1>; rel="next"'
        return httpx.Response(200, json={"member": [{"name": "a"}]}, headers={"Link": link})

    with Suyuan("http://s.test", "k", transport=httpx.MockTransport(answer)) as client:
        assert [each.name for each in client.queries.list()] == ["a", "b"]


# --- subscriptions and streams -------------------------------------------------------------------


@given(st.binary(max_size=200), st.text(min_size=1, max_size=20), st.integers(0, 63))
def test_a_signature_is_right_for_one_body_and_one_token_alone(body: bytes, token: str, at: int) -> None:
    token = token.encode("utf-8", "ignore").decode() or "t"
    told = hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
    assert verify_signature(body, told, token)
    assert not verify_signature(body + b" ", told, token)
    assert not verify_signature(body, told, token + "x")
    other = "0" if told[at] != "0" else "1"
    assert not verify_signature(body, told[:at] + other + told[at + 1 :], token)


@pytest.mark.parametrize("header", [None, "", "签名", "a" * 64])
def test_what_is_no_signature_is_none(header: str | None) -> None:
    assert not verify_signature(b"{}", header, "token")


async def test_a_subscriber_knows_who_posted(engine: Any, admin_key: str, monkeypatch: Any) -> None:
    async with (
        listening() as sink,
        delivering(engine, admin_key) as http,
        AsyncSuyuan("http://testserver", admin_key, transport=http._transport) as ours,
    ):
        await ours.queries.create("all")
        made = await ours.subscriptions.create("all", sink.url, signature_token="s3cret", since=START)
        assert (made.query_name, made.stream, made.initial_record_time) == ("all", True, START)
        await ours.capture(document(event("one")))
        await until(lambda: sink.events() == ["one"])
        post = sink.taken[0]
        assert verify_signature(post.body, post.headers["gs1-signature"], "s3cret")
        assert not verify_signature(post.body, post.headers["gs1-signature"], "secret")
        daily = await ours.subscriptions.create("all", sink.url, schedule={"hour": "1"}, report_if_empty=True)
        assert (daily.schedule, daily.report_if_empty, daily.stream) == ({"hour": "1"}, True, False)
        assert [each.id async for each in ours.subscriptions.list("all")] == [made.id, daily.id]
        assert (await ours.subscriptions.fetch("all", made.id)).state == "active"
        await ours.subscriptions.delete("all", made.id)
        with pytest.raises(suyuan.NotFound):
            await ours.subscriptions.fetch("all", made.id)
        with pytest.raises(suyuan.BadInput, match="http or https"):
            await ours.subscriptions.create("all", "mailto:a@b.test")


async def test_a_stream_gives_new_events_until_its_query_is_deleted(server: Server) -> None:
    await asyncio.to_thread(server.start)
    with Suyuan(server.url, server.key) as plain:
        async with AsyncSuyuan(server.url, server.key) as ours, asyncio.timeout(PATIENCE_SECONDS):
            await ours.queries.create("all")
            await ours.capture(document(event("a")))
            stream = ours.queries.stream("all", since=START)
            assert ids([await anext(stream)]) == ["a"]
            await ours.capture(document(event("b")))
            assert ids([await anext(stream)]) == ["b"]
            also = plain.queries.stream("all", since=START)
            assert ids(await asyncio.to_thread(lambda: [next(also), next(also)])) == ["a", "b"]
            await ours.queries.delete("all")
            assert [each async for each in stream] == []
            assert await asyncio.to_thread(list, also) == []
            with pytest.raises(suyuan.NotFound, match="all"):
                await anext(ours.queries.stream("all"))
            with pytest.raises(suyuan.BadInput, match="hour"):
                next(plain.queries.stream("all", schedule={"hour": "25"}))
            async with AsyncSuyuan(server.url, "sy_wrong") as stranger:
                with pytest.raises(suyuan.NotAllowed):
                    await anext(stranger.queries.stream("all"))
            await ours.queries.create("more")
            await ours.capture(document(event("c")))
            cut = ours.queries.stream("more", since=START)
            assert ids([await anext(cut)])
            await asyncio.to_thread(server.kill)
            with pytest.raises(suyuan.Unreachable):
                [each async for each in cut]
            with pytest.raises(suyuan.Unreachable):
                await anext(ours.queries.stream("more"))


# --- lines ---------------------------------------------------------------------------------------


@given(st.lists(st.binary(min_size=1, max_size=9).map(lambda line: line.replace(b"\n", b"x"))), st.data())
def test_lines_are_the_same_however_their_octets_come(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"\n".join(lines)
    cutter = LineCutter()
    found: list[bytes] = []
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        found += cutter.cut(whole[:size])
        whole = whole[size:]
    assert found + cutter.last() == lines


async def test_a_trace_line_by_line_is_the_same_trace(ours: AsyncSuyuan) -> None:
    await ours.capture(document(commission("L1=9", id="made", at="farm", on=1)))
    (start,) = [batch.uri async for batch in ours.batches.list()]
    whole = await ours.trace(start)
    lines = [line async for line in ours.trace_lines(start)]
    assert lines[0].counts is not None
    assert lines[0].counts["holdings"] == whole.summary["holdings"]
    assert lines[1].trace is not None
    assert lines[1].trace.summary == whole.summary
    assert [line.holding for line in lines if line.holding] == whole.holdings
    assert [line.flow for line in lines if line.flow] == whole.flows
    with pytest.raises(suyuan.NotFound):
        await anext(ours.trace_lines(f"{TEA} nothing"))


class Slowly(httpx.SyncByteStream):
    """A body that comes in parts, then breaks."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.parts = parts
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    def close(self) -> None:
        self.closed = True


def slow_client(*parts: bytes | Exception) -> tuple[Suyuan, Slowly]:
    body = Slowly(*parts)
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, stream=body))
    return Suyuan("http://s.test", "k", transport=transport, retry=NEVER), body


HEAD = b'{"trace": {"direction": "forward"}}\n'
GAP = '{"gap": {"kind": "k", "message": "a\u2028b"}}\n'.encode()


def test_lines_are_given_as_they_come_and_a_break_is_said() -> None:
    client, body = slow_client(HEAD + GAP[:9], GAP[9:] + b'{"gap"', httpx.ReadError("cut"))
    lines = client.trace_lines("x")
    assert next(lines).trace
    gap = next(lines).gap
    assert gap
    assert gap.message == "a\u2028b"
    with pytest.raises(suyuan.Unreachable, match="cut"):
        next(lines)
    assert body.closed


def test_a_line_that_is_none_is_unreadable_and_who_stops_early_hangs_up() -> None:
    client, body = slow_client(HEAD, b'{"gap": 1}\n')
    with pytest.raises(suyuan.Unreadable):
        list(client.trace_lines("x"))
    client, body = slow_client(HEAD, GAP)
    lines = client.trace_lines("x")
    next(lines)
    assert isinstance(lines, Generator)
    lines.close()
    assert body.closed


# --- what consumers tell -------------------------------------------------------------------------


async def test_a_complaint_is_found_and_answered(client: httpx.AsyncClient, ours: AsyncSuyuan) -> None:
    first = await complain(client)
    second = await complain(client, kind="foreign_body")
    found = [each async for each in ours.complaints.list(kind="foreign_body")]
    assert [(each.number, each.status) for each in found] == [(second["number"], "received")]
    answered = await ours.complaints.answer(found[0].id, zh="已退货。", en="Taken back.")
    assert (answered.status, answered.answer_zh, answered.answer_en) == (
        "answered",
        "已退货。",
        "Taken back.",
    )
    assert [step.status for step in answered.history] == ["received", "looking", "answered"]
    assert (await ours.complaints.answer(found[0].id, status="closed")).status == "closed"
    (other,) = [each async for each in ours.complaints.list(status="received")]
    assert (other.number, (await ours.complaints.fetch(other.id)).text) == (first["number"], other.text)
    with pytest.raises(suyuan.Conflict, match="closed"):
        await ours.complaints.change(found[0].id, status="looking")
    with pytest.raises(suyuan.BadInput, match="answer"):
        await ours.complaints.answer(other.id)


async def test_a_photo_of_a_complaint_is_downloaded(client: httpx.AsyncClient, ours: AsyncSuyuan) -> None:
    fields = {"code": f"/01/{TEA}/10/L1", "kind": "spoiled", "text": "Sour."}
    sent = await client.post(
        "/v1/complaints", data=fields, files={"photo": ("a.jpg", picture(), "image/jpeg")}
    )
    assert sent.status_code == 201, sent.text
    (found,) = [each async for each in ours.complaints.list()]
    (photo,) = found.photos
    assert (await ours.complaints.photo(found.id, photo.id)).startswith(b"\xff\xd8\xff")


async def test_looks_at_a_code_are_told(client: httpx.AsyncClient, ours: AsyncSuyuan) -> None:
    await register_product(client)
    batch = await register_batch(client)
    looks = await ours.looks(batch["uri"])
    assert (looks.level, looks.uri, looks.looks, looks.days) == ("batch", batch["uri"], 0, [])
    assert [each async for each in ours.suspects.list(status="open")] == []
    with pytest.raises(suyuan.NotFound):
        await ours.looks(f"{TEA} L9")
    with pytest.raises(suyuan.NotFound):
        await ours.suspects.fetch(1)
    with pytest.raises(suyuan.NotFound):
        await ours.suspects.decide(1, "cleared", "One pack.")


# --- units, papers, parties ----------------------------------------------------------------------


async def test_a_pack_goes_through_its_life(client: httpx.AsyncClient, ours: AsyncSuyuan) -> None:
    await ours.sites.register(gln=gln("shop"), name_zh="药店", region="350102")
    await register_product(client, category="medicine")
    batch = await register_batch(client, expires_on="2090-01-01")
    done = await client.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["S1"]})
    assert done.status_code == 201, done.text
    asked = await ours.units.verify(UNIT, lot="L1", expires_on=date(2090, 1, 1))
    assert (asked.may_be_supplied, asked.status) == (True, "active")
    gone = await ours.units.decommission(UNIT, "dispensed", site=gln("shop"), reference="R1")
    assert (gone.status, gone.site.gln, gone.repeated) == ("dispensed", gln("shop"), False)
    again = await ours.units.verify(UNIT)
    assert again.first
    assert again.reasons[0].rule == "unit:gone"
    with pytest.raises(suyuan.Conflict):
        await ours.units.decommission(UNIT, "dispensed", site=gln("shop"))
    back = await ours.units.reactivate(UNIT, site=gln("shop"), not_supplied=True)
    assert (back.status, back.returned_from) == ("active", "dispensed")
    unit = await ours.units.fetch(UNIT)
    assert (unit.lot, unit.alarms, [act.kind for act in unit.history]) == (
        "L1",
        1,
        ["leave", "refused", "return"],
    )
    with pytest.raises(suyuan.BadInput) as caught:
        await ours.units.package(TEA)
    assert caught.value.faults[0].rule == "package:code"


async def test_a_paper_is_voided_for_good(client: httpx.AsyncClient, ours: AsyncSuyuan) -> None:
    await register_product(client)
    batch = await register_batch(client)
    paper = await ours.batches.add_document(batch["id"], {"kind": "certificate", "name": "Organic"})
    voided = await ours.batches.change_document(batch["id"], paper.id, void_reason="Issued in error")
    assert voided.voided_at
    assert voided.void_reason == "Issued in error"
    with pytest.raises(suyuan.NotFound):
        await ours.batches.change_document(batch["id"], paper.id + 1, void_reason="x")


async def test_a_party_says_how_much_of_it_is_told(client: httpx.AsyncClient, ours: AsyncSuyuan) -> None:
    party = await register_party(client)
    assert (await ours.parties.change(party["id"], disclosure="hidden")).disclosure == "hidden"
    with pytest.raises(suyuan.BadInput, match="disclosure"):
        await ours.parties.change(party["id"], disclosure="secret")
