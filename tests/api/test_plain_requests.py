"""Requests read at a glance are answered as the parser's are, octet by octet, whatever is sent."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import httptools
import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from service.scan.fast_pages import FastPages
from service.scan.fast_redirect import FastRedirect
from service.scan.fast_status import FastStatus
from service.scan.front import Asked, PassedOn, Tell
from service.scan.remembered import Answer, Head
from service.short_cut import ShortCut, short_cut
from service.web.epcis_description import DescribedApp
from service.web.plain_requests import MOST, fields_of, read_plain

TARGETS = [
    *("/v1/recall-status/01/1/now", "/v1/recall-status/01/1/later", "/v1/recall-status/01/passed"),
    *("/p/01/1/late", "/p/01/now?lang=zh", "/p/01/now?", "/01/1/now", "/01/a%2Fb/passed", "/p/01/later"),
]
ODD_TARGETS = [
    *(
        "/01/later#x",
        "/healthz",
        "*",
        "/01/now?a#b",
        "//01/now",
        "/01/" + "n" * 400,
        '/01/now"<>',
        "/01/\xe9",
    ),
    *("/p/01/now?lang=fr", "/p/01/now?lang=zh#a", "http://other/01/now"),
]
USUAL = [
    *(
        "Host: test",
        "Accept: */*",
        "Accept: text/html,*/*;q=0.8",
        "User-Agent: Mozilla/5.0 (Linux; Android 14)",
    ),
    *("Connection: keep-alive", "connection:Keep-Alive", "X-Forwarded-For: 198.51.100.7, 203.0.113.9"),
    *(
        "Accept-Language: zh-CN,zh;q=0.9",
        "X-Empty:",
        "X-Tab:\ta\tb",
        "X-High: \xe9\xff",
        "Upgrade-Insecure-Requests: 1",
    ),
]
ODD = [
    *(
        "Host: other",
        "HOST: test",
        "Host:",
        "Host : test",
        " folded: 1",
        "\tfolded",
        "X-Nul: a\0b",
        "X-Bell: \x07",
        "X: \x7f",
    ),
    *(
        "Content-Length: 0",
        "Content-Length: 3",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
        "no colon",
        ": x",
    ),
    *(
        "Connection: close",
        "Connection: keep-alive, x",
        "Connection: keep-alive ",
        "Proxy-Connection: close",
        "X-Cr: a\rb",
    ),
    *(
        "Upgrade: websocket",
        "Connection: Upgrade",
        'X"Y: 1',
        "X-Trailing: 1 \t",
        "X-Lf: a\nb: c",
        "X-Large: " + "x" * MOST,
    ),
]
KINDS = {b"now": (True, False), b"later": (False, False), b"passed": (True, True), b"late": (False, True)}


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request; half of them plain, the others with one thing in them that is not."""
    odd = draw(
        st.sampled_from(
            [*["no"] * 8, *["field"] * 4, "method", "version", "target", "end", "host", "octet", "tail"]
        )
    )

    def either(usual: str, others: Sequence[str], what: str) -> str:
        return draw(st.sampled_from(others)) if odd == what else usual

    method = either("GET", ["get", "HEAD", "POST", "GET "], "method")
    version = either("HTTP/1.1", ["HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.1 "], "version")
    target = either(draw(st.sampled_from(TARGETS)), ODD_TARGETS, "target")
    fields = draw(st.lists(st.sampled_from(USUAL), max_size=3)) + ["Host: test"] * (odd != "host")
    if odd == "field":
        fields.append(draw(st.sampled_from(ODD)))
    fields = draw(st.permutations(fields))
    lines = (f"{method} {target} {version}", *fields, "", "")
    made = bytearray(either("\r\n", ["\n"], "end").join(lines).encode("latin-1"))
    if odd == "octet":
        made[draw(st.integers(0, len(made) - 1))] = draw(st.sampled_from(b"\0\r\n :\tx\x7f\xff"))
    return bytes(made) + either("", ["\r\n", "abc"], "tail").encode()


class Front:
    """Answers with all that it was asked; how and when, the path says."""

    later: ClassVar[Tell]

    def take(self, asked: Asked, state: State, tell: Tell) -> Answer | PassedOn | None:
        if b"never" in asked.path:
            Front.later = tell
            return None
        kind = next((kind for kind in KINDS if kind in asked.path), b"now")
        at_once, passes = KINDS[kind]
        told = repr((asked.path, asked.query, asked.headers, asked.client)).encode()
        answer = PassedOn() if passes else Answer(Head(200, [(b"x-front", b"1")]), told)
        if at_once:
            return answer
        asyncio.get_running_loop().call_soon(tell, answer)
        return None


class Status(Front, FastStatus):
    """Of these paths."""


class Pages(Front, FastPages):
    """Of these paths."""


class Redirect(Front, FastRedirect):
    """Of these paths."""


async def framework(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the request as it was given, once it was heard to its end."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message["more_body"]:
            break
    told = repr((sorted(scope.items(), key=lambda item: item[0]), body)).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]}
    )
    await send({"type": "http.response.body", "body": told})


class Wire:
    """A transport that writes everything down."""

    def __init__(self) -> None:
        self.written, self.closing, self.paused = bytearray(), False, False

    def write(self, data: bytes) -> None:
        if not self.closing:
            self.written += data

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing

    def get_extra_info(self, name: str) -> Any:
        return {"sockname": ("127.0.0.1", 80), "peername": ("192.0.2.1", 50_000)}.get(name)

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Parsed(ShortCut):
    """Without the glance."""

    def _is_answered(self, data: bytes) -> bool:
        return False


def protocol_of(parsed: bool, loop: Any = None) -> ShortCut:
    """A connection to a service whose fronts are `Front`s."""
    served = DescribedApp()
    served.fronts = [Status(framework), Pages(framework), Redirect(framework)]
    protocol = type("Of", (Parsed,), {"served": served}) if parsed else short_cut(served)
    config = uvicorn.Config(
        framework,
        lifespan="off",
        http=protocol,
        ws="none",
        proxy_headers=False,
        access_log=False,
        log_config=None,
    )
    config.load()
    one = protocol(config=config, server_state=ServerState(), app_state={"a": 1}, _loop=loop)
    assert isinstance(one, ShortCut)
    one.connection_made(Wire())  # type: ignore[arg-type]
    return one


async def played(parsed: bool, pieces: Sequence[tuple[bytes, bool]]) -> tuple[bytes, bool]:
    """What comes of pieces that are sent, some of them only when all before were answered."""
    one = protocol_of(parsed)
    wire: Any = one.transport
    for piece, waits in pieces:
        if waits or wire.paused:
            await rest(one, lambda: not one.tasks)
        if wire.closing:
            break
        one.data_received(piece)
    await rest(one, lambda: not one.tasks)
    told = bytes(wire.written), wire.closing
    if not wire.closing:  # who waits for a body hears that none comes
        wire.closing = True
    one.connection_lost(None)
    await rest(one, lambda: not one.tasks)
    return told


async def rest(one: ShortCut, done: Callable[[], bool]) -> None:
    """Let the loop go round until nothing more can come."""
    for _ in range(12):
        await asyncio.sleep(0)
        if done() and one.cycle is not None and one.cycle.response_complete and not one.pipeline:
            return


PLAIN = b"GET /v1/recall-status/01/1/now HTTP/1.1\r\nHost: test\r\n\r\n"
LATE = b"GET /p/01/1/late HTTP/1.1\r\nHost: test\r\nAccept: a\r\naccept: b\r\n\r\n"


CUTS: st.SearchStrategy[list[int]] = st.one_of(
    st.just([]), st.just([]), st.just([]), st.lists(st.integers(1, 200))
)


@given(sent=st.lists(requests(), min_size=1, max_size=4), cuts=CUTS, waits=st.lists(st.booleans()))
@example(sent=[PLAIN, LATE, PLAIN], cuts=[], waits=[])
@example(sent=[LATE, PLAIN, LATE, b"GET / HT"], cuts=[], waits=[])
def test_nobody_can_tell_what_was_read_at_a_glance(
    sent: list[bytes], cuts: list[int], waits: list[bool]
) -> None:
    # Whole requests one by one, unless they are cut elsewhere.
    pieces = sent if not cuts else cut(b"".join(sent), cuts)
    told = [(piece, number < len(waits) and waits[number]) for number, piece in enumerate(pieces)]
    assert asyncio.run(played(False, told)) == asyncio.run(played(True, told))


@pytest.mark.parametrize("target", ["/v1/recall-status/01/1/now", "/p/01/1/late"])
def test_nobody_can_tell_with_one_odd_thing_in_it(target: str) -> None:
    for odd in ODD:
        for fields in (["Host: test", odd], [odd, "Host: test"]):
            sent = "\r\n".join((f"GET {target} HTTP/1.1", *fields, "", "")).encode("latin-1")
            told = [(sent, False), (PLAIN, True)]
            assert asyncio.run(played(False, told)) == asyncio.run(played(True, told)), fields


def cut(whole: bytes, lengths: Sequence[int]) -> list[bytes]:
    """Pieces of these lengths, and what is left."""
    pieces = []
    for length in lengths:
        pieces.append(whole[:length])
        whole = whole[length:]
    return [piece for piece in (*pieces, whole) if piece]


class Heard:
    """What the parser says of octets."""

    def __init__(self) -> None:
        self.url, self.ends, self.keeps = b"", 0, False
        self.parser = httptools.HttpRequestParser(self)
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.keeps = self.parser.should_keep_alive()

    def on_message_complete(self) -> None:
        self.ends += 1


@given(requests())
@example(PLAIN)
def test_what_is_read_at_a_glance_the_parser_reads_as_well(data: bytes) -> None:
    found = read_plain(data)
    if found is None:
        assert data != PLAIN
        return
    path, query, fields = found
    heard = Heard()
    parser = heard.parser
    parser.feed_data(data)  # nothing that it refuses, and no upgrade
    assert (parser.get_method(), parser.get_http_version(), heard.keeps) == (b"GET", "1.1", True)
    assert (heard.url, heard.ends) == (path if query is None else path + b"?" + query, 1)
    assert heard.headers == fields_of(fields)
    assert [name for name, _ in heard.headers].count(b"host") == 1
    assert not {name for name, _ in heard.headers} & {
        b"content-length",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
    }


class Timer:
    """Something to be done at a time, unless it is cancelled."""

    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at, self.callback, self.waits = at, callback, True

    def cancel(self) -> None:
        self.waits = False


class Clock:
    """A loop whose clock goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, callback))
        return self.timers[-1]

    def go(self, seconds: float) -> None:
        """So much later; what was to be done by then is done."""
        self.now += seconds
        due = [timer for timer in self.timers if timer.waits and timer.at <= self.now]
        self.timers = [timer for timer in self.timers if timer.waits and timer.at > self.now]
        for timer in due:
            timer.callback()


@pytest.mark.parametrize("other", [PLAIN, PLAIN.replace(b"Host", b"Connection: Keep-alive, x\r\nHost")])
def test_an_idle_connection_ends_in_its_time_and_one_that_asks_does_not(other: bytes) -> None:
    clock = Clock()
    one = protocol_of(False, clock)
    for number in range(10):
        one.data_received(PLAIN if number % 3 else other)
        clock.go(one.timeout_keep_alive - 1)
        assert len(clock.timers) == 1
    assert not one.transport.is_closing()
    clock.go(1)
    assert one.transport.is_closing()


def test_a_connection_does_not_end_while_its_answer_is_made() -> None:
    clock = Clock()
    one = protocol_of(False, clock)
    one.data_received(PLAIN)
    clock.go(one.timeout_keep_alive - 1)
    one.data_received(PLAIN.replace(b"now", b"never"))
    clock.go(60)
    assert not one.transport.is_closing()
    one.shutdown()
    assert not one.transport.is_closing()
    Front.later(Answer(Head(200, []), b"told"))
    wire: Any = one.transport
    assert wire.written.endswith(b"connection: close\r\n\r\ntold")
    assert wire.closing
