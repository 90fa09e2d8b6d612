"""The Python client: what it does of its own (retries, pages, errors, cutting), and with the service."""

import inspect
import json
from collections.abc import AsyncIterator, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import suyuan
from suyuan import NEVER, AsyncSuyuan, CaptureLimits, Retry, Suyuan, areas, async_areas, captures

Handler = Callable[[httpx.Request], httpx.Response]


class Service:
    """Answers from a list, and remembers what it was asked and how long the client paused."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **more: Any) -> Suyuan:
        return Suyuan(
            "http://suyuan.test",
            "sy_test",
            transport=httpx.MockTransport(self),
            pause=self.pauses.append,
            **more,
        )


def problem(status: int, **fields: Any) -> httpx.Response:
    headers = {"content-type": "application/problem+json"}
    return httpx.Response(status, content=json.dumps({"status": status, **fields}), headers=headers)


def party(number: int) -> dict[str, Any]:
    return {"id": number, "uri": f"https://x.test/party/{number}"}


def test_a_refusal_carries_every_field_of_the_problem() -> None:
    fault = {"field": "/gln", "value": "1", "message": "No.", "message_zh": "不。", "rule": "gs1:length"}
    service = Service(
        problem(400, title="Bad", detail="gln: No.", detail_zh="gln：不。", type="x:Y", errors=[fault])
    )
    with pytest.raises(suyuan.BadInput) as caught:
        service.client().parties.register(name_en="A", gln="1")
    error = caught.value
    assert (error.status, error.title, error.type) == (400, "Bad", "x:Y")
    assert (error.detail, error.detail_zh, str(error)) == ("gln: No.", "gln：不。", "gln: No.")
    assert error.faults == (suyuan.Fault(**fault),)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, suyuan.BadInput),
        (401, suyuan.NotAllowed),
        (403, suyuan.NotAllowed),
        (404, suyuan.NotFound),
        (409, suyuan.Conflict),
        (413, suyuan.TooLarge),
        (418, suyuan.Refused),
        (503, suyuan.Unavailable),
    ],
)
def test_each_status_has_its_exception(status: int, kind: type[suyuan.Refused]) -> None:
    with pytest.raises(suyuan.Refused) as caught:
        Service(problem(status, detail="so")).client(retry=NEVER).parties.fetch(1)
    assert type(caught.value) is kind


def test_a_refusal_by_something_that_is_no_suyuan_still_tells_its_status() -> None:
    with pytest.raises(suyuan.NotFound, match="404 Not Found"):
        Service(httpx.Response(404, text="<html>")).client().parties.fetch(1)


def test_an_answer_that_is_no_suyuan_answer_is_unreadable() -> None:
    with pytest.raises(suyuan.Unreadable, match="did not answer as a Suyuan service"):
        Service(httpx.Response(200, text="<html>")).client().parties.fetch(1)


def test_a_reading_call_is_repeated_after_passing_failures_with_growing_waits() -> None:
    service = Service(
        httpx.ConnectError("refused"),
        httpx.ReadError("cut"),
        httpx.Response(503),
        httpx.Response(200, json=party(1)),
    )
    assert service.client().parties.fetch(1).id == 1
    assert service.pauses == [0.25, 0.5, 1.0]


def test_retry_after_is_honoured_within_bounds() -> None:
    later = [httpx.Response(503, headers={"retry-after": text}) for text in ("3", "900", "soon")]
    service = Service(*later, httpx.Response(200, json=party(1)))
    service.client().parties.fetch(1)
    assert service.pauses == [3.0, 8.0, 1.0]


def test_a_registration_that_may_have_arrived_is_not_repeated() -> None:
    service = Service(httpx.ReadTimeout("late"))
    with pytest.raises(suyuan.Unreachable, match="late"):
        service.client().parties.register(name_en="A")
    assert len(service.asked) == 1


def test_a_registration_that_never_left_is_repeated() -> None:
    service = Service(httpx.ConnectError("refused"), httpx.Response(201, json=party(1)))
    assert service.client().parties.register(name_en="A").id == 1


def test_a_capture_is_repeated_because_it_doubles_nothing() -> None:
    service = Service(
        httpx.ReadError("cut"),
        httpx.Response(202, headers={"location": "/epcis/capture/7"}),
        httpx.Response(200, json={"captureID": "7", "stored": 0, "repeated": 3}),
    )
    job = service.client().capture({"type": "EPCISDocument"})
    assert (job.id, job.stored, job.repeated) == ("7", 0, 3)
    assert service.asked[0].content == service.asked[1].content


def test_failures_end_after_the_stated_attempts() -> None:
    service = Service(*[httpx.ConnectError("refused")] * 9)
    with pytest.raises(suyuan.Unreachable, match=r"http://suyuan\.test cannot be reached: refused"):
        service.client(retry=Retry(attempts=3)).parties.fetch(1)
    assert len(service.asked) == 3


def test_lists_follow_the_pages_to_the_end_and_no_further_than_wanted() -> None:
    pages = [
        httpx.Response(200, json={"items": [party(1), party(2)], "next_page": "a2"}),
        httpx.Response(200, json={"items": [party(3)], "next_page": None}),
    ]
    service = Service(*pages)
    assert [row.id for row in service.client().parties.list(role="retailer")] == [1, 2, 3]
    assert [dict(request.url.params) for request in service.asked] == [
        {"role": "retailer", "limit": "200"},
        {"role": "retailer", "limit": "200", "page": "a2"},
    ]
    service = Service(httpx.Response(200, json={"items": [party(1), party(2)], "next_page": "a2"}))
    assert next(service.client().parties.list()).id == 1
    assert len(service.asked) == 1


def test_the_key_goes_as_a_bearer_and_lists_of_starts_are_repeated_parameters() -> None:
    service = Service(httpx.Response(200, json={"direction": "forward"}))
    service.client().trace("A", "B & C", made_from=date(2026, 3, 1))
    request = service.asked[0]
    assert request.headers["authorization"] == "Bearer sy_test"
    assert request.url.params.get_list("batch") == ["A", "B & C"]
    assert request.url.params["made_from"] == "2026-03-01"


def test_an_event_id_is_escaped_whole() -> None:
    service = Service(httpx.Response(200, json={}))
    service.client().event("ni:///sha-256;ab?ver=CBV2.0")
    assert service.asked[0].url.raw_path == b"/epcis/events/ni%3A%2F%2F%2Fsha-256%3Bab%3Fver%3DCBV2.0"


def faces(kind: type) -> dict[str, list[str]]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: [str(each) for each in inspect.signature(method).parameters.values()]
        for name, method in methods
        if not name.startswith("_")
    }


AREAS = ["Rows", "Batches", "Recalls", "Queries", "Subscriptions", "Complaints", "Suspects", "Units"]


@pytest.mark.parametrize(
    ("one", "other"),
    [(Suyuan, AsyncSuyuan), *((getattr(areas, name), getattr(async_areas, name)) for name in AREAS)],
)
def test_both_faces_have_the_same_methods(one: type, other: type) -> None:
    assert faces(one)
    assert faces(one) == faces(other)


async def test_the_async_face_repeats_and_pages_alike() -> None:
    service = Service(
        httpx.ConnectError("refused"),
        httpx.Response(200, json={"items": [party(1)], "next_page": "x"}),
        httpx.Response(200, json={"items": [party(2)]}),
    )

    async def pause(seconds: float) -> None:
        service.pauses.append(seconds)

    async with AsyncSuyuan(
        "http://s.test", "k", transport=httpx.MockTransport(service), pause=pause
    ) as client:
        assert [row.id async for row in client.parties.list()] == [1, 2]
    assert service.pauses == [0.25]


# --- cutting documents ---------------------------------------------------------------------------

EVENTS = st.lists(
    st.dictionaries(st.text(max_size=4), st.one_of(st.integers(), st.text(max_size=8)), max_size=3),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(1, 7), st.integers(4200, 4600), st.booleans())
def test_parts_hold_every_event_once_in_order_within_the_limits(
    events: list[dict[str, Any]], most: int, octets: int, queried: bool
) -> None:
    body = {"queryResults": {"resultsBody": {"eventList": events}}} if queried else {"eventList": events}
    document = {"@context": ["x"], "epcisHeader": {"a": 1}, "epcisBody": body}
    content = json.dumps(document, ensure_ascii=False).encode()
    seen: list[Any] = []
    for part in captures.parts_of(content, CaptureLimits(most, octets)):
        told = json.loads(part)
        inner = told["epcisBody"]["queryResults"]["resultsBody"] if queried else told["epcisBody"]
        assert len(inner["eventList"]) <= most
        assert len(part) <= octets or len(inner["eventList"]) == 1
        assert (told["@context"], told["epcisHeader"]) == (["x"], {"a": 1})
        seen += inner["eventList"]
    assert seen == events


def test_a_document_within_the_limits_goes_as_it_is_written() -> None:
    content = b'\xef\xbb\xbf{ "epcisBody": {"eventList": [ {"quantity": 1.50} ] } }'
    assert list(captures.parts_of(content, CaptureLimits())) == [content]


def test_cut_events_keep_their_digits() -> None:
    content = b'{"epcisBody": {"eventList": [{"quantity": 1.50}, {"quantity": 12345678901234567890.10}]}}'
    parts = b"".join(captures.parts_of(content, CaptureLimits(events=1)))
    assert b"1.50" in parts
    assert b"12345678901234567890.10" in parts


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff\xfe", b'{"epcisBody": {}}', b'{"epcisBody": {"eventList": 1}}', b"[" * 9999],
)
def test_what_is_no_document_is_said_with_its_name(content: bytes) -> None:
    with pytest.raises(suyuan.NotADocument, match=r"^a\.json"):
        list(captures.parts_of(content, CaptureLimits(), "a.json"))


# --- with the service ----------------------------------------------------------------------------


@pytest.fixture
async def ours(client: httpx.AsyncClient, admin_key: str) -> AsyncIterator[AsyncSuyuan]:
    """The client on the application in this process."""
    async with AsyncSuyuan("http://testserver", admin_key, transport=client._transport) as opened:
        yield opened


async def test_a_row_goes_through_its_life(ours: AsyncSuyuan) -> None:
    made = await ours.parties.register(
        name_zh="漯河金穗面粉有限公司", gln="6901234000009", roles=["producer"]
    )
    assert (made.uri, made.source) == ("https://id.gs1.org/417/6901234000009", "registered")
    assert (await ours.parties.change(made.id, name_en="Jinsui")).name_en == "Jinsui"
    assert await ours.parties.fetch(made.id) == await ours.parties.find(gln="6901234000009")
    assert await ours.parties.find(gln="6901234000016") is None
    with pytest.raises(suyuan.Conflict, match=str(made.id)):
        await ours.parties.register(name_zh="又", gln="6901234000009")
    with pytest.raises(suyuan.NotFound):
        await ours.parties.fetch(999_999)


async def test_a_batch_is_labelled_and_documented(ours: AsyncSuyuan) -> None:
    await ours.products.register(
        gtin="06901234567892", category="food", name_en="Noodles", shelf_life_days=300
    )
    batch = await ours.batches.register(
        gtin="06901234567892", lot="L/1", made_on=date(2026, 3, 2), quantity="12.50", uom="KGM"
    )
    assert (batch.quantity, batch.expires_on) == (Decimal("12.50"), date(2026, 12, 27))
    assert (await ours.batches.label(batch.id)).startswith(b"\x89PNG")
    assert b"<svg" in await ours.batches.label(batch.id, "svg", text="elements")
    with pytest.raises(ValueError, match="png or svg"):
        await ours.batches.label(batch.id, "gif")
    file = ("report.pdf", b"%PDF-1.7", "application/pdf")
    report = {"kind": "test_report", "name": "GB 5009", "result": "passed"}
    made = await ours.batches.add_document(batch.id, report, file)
    bare = await ours.batches.add_document(batch.id, {"kind": "certificate", "name": "承诺达标合格证"})
    assert made.file_name == "report.pdf"
    assert [row.id async for row in ours.batches.documents(batch.id)] == [made.id, bare.id]


async def test_a_wrong_key_is_not_allowed(client: httpx.AsyncClient) -> None:
    async with AsyncSuyuan("http://testserver", "sy_wrong", transport=client._transport) as stranger:
        with pytest.raises(suyuan.NotAllowed):
            await stranger.parties.fetch(1)


# --- connection ----------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("SUYUAN_URL", "SUYUAN_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_arguments_come_before_the_environment_and_that_before_the_file(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suyuan.connection import find_connection, store_connection

    assert find_connection() == suyuan.Connection("http://127.0.0.1:8000", "")
    path = store_connection(suyuan.Connection("https://stored.test", 'sy_"stored"'))
    assert path.stat().st_mode & 0o777 == 0o600
    assert find_connection() == suyuan.Connection("https://stored.test", 'sy_"stored"')
    monkeypatch.setenv("SUYUAN_URL", "https://environment.test/")
    monkeypatch.setenv("SUYUAN_KEY", "sy_environment")
    assert find_connection() == suyuan.Connection("https://environment.test", "sy_environment")
    assert find_connection("https://given.test", "sy_given") == suyuan.Connection(
        "https://given.test", "sy_given"
    )


def test_a_stored_key_is_not_sent_to_another_address(home: Any) -> None:
    from suyuan.connection import find_connection, store_connection

    store_connection(suyuan.Connection("https://stored.test", "sy_stored"))
    assert find_connection("https://stored.test/").key == "sy_stored"
    assert find_connection("https://other.test").key == ""


@pytest.mark.parametrize(
    "url", ["trace.example.cn", "ftp://x", "http://", "http://[", "http://x:port", "http://\0"]
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(suyuan.BadConfiguration, match="no address of a service"):
        Suyuan(url, "k")


def test_a_spoilt_configuration_is_said(home: Any) -> None:
    from suyuan.connection import config_path, find_connection

    config_path().parent.mkdir()
    config_path().write_text("url = [")
    with pytest.raises(suyuan.BadConfiguration, match="cannot be read"):
        find_connection()


def test_a_key_that_no_header_can_carry_is_said(home: Any) -> None:
    with pytest.raises(suyuan.BadConfiguration, match="ASCII"):
        Suyuan("http://x.test", "钥匙")
