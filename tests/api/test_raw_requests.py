"""Octets that no client library would send, straight to the service's socket: each is answered or its line
ends, in bounded memory, and nothing that follows a broken request is taken for another one.
"""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio
import uvicorn
from uvicorn.server import ServerState

from service.short_cut import short_cut
from tests.api.own_service import own_service
from tests.api.registering import TEA, register_batch, register_product
from tests.application import application

#: What hangs is given up after this; no measure of speed.
HUNG_SECONDS = 60
MIB = 1024 * 1024
STATUS = f"/v1/recall-status/01/{TEA}/10/L1".encode()
HOST = b"Host: test\r\n"
HEAD = b"GET /healthz HTTP/1.1\r\n" + HOST
POST = b"POST /v1/identify HTTP/1.1\r\n" + HOST + b"Content-Type: text/plain\r\n"
#: Where a request hides in the body of another.
HIDDEN = b"GET /hidden HTTP/1.1\r\n" + HOST + b"\r\n"


@dataclass
class Place:
    """A real socket of the service."""

    address: tuple[str, int]

    async def say(self, *parts: bytes) -> bytes:
        """Send these, then read until the service ends the connection; all that was answered."""
        told = b""
        async with asyncio.timeout(HUNG_SECONDS):
            reader, writer = await asyncio.open_connection(*self.address)
            # What is sent behind the end is answered by a reset, which may overtake the answer.
            with suppress(ConnectionError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            with suppress(ConnectionError):
                while some := await reader.read(65_536):
                    told += some
            writer.close()
        return told


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(cluster: str) -> AsyncIterator[Place]:
    async with own_service(cluster) as client:
        await register_product(client)
        await register_batch(client)
        app = application(client.engine)
        protocol = short_cut(app)
        config = uvicorn.Config(app, lifespan="off", http=protocol, proxy_headers=False, access_log=False)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        async with app.router.lifespan_context(app):
            app.middleware_stack = app.build_middleware_stack()
            server = await loop.create_server(
                lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1"
            )
            yield Place(server.sockets[0].getsockname())
            server.close()
            while state.tasks:
                await asyncio.wait(state.tasks)


def statuses(told: bytes) -> list[int]:
    """Of the answers, in their order."""
    return [int(part[:3]) for part in told.split(b"HTTP/1.1 ")[1:]]


CLOSE = b"Connection: close\r\n\r\n"
#: What is sent -> the statuses that may be answered before the connection ends.
MONSTERS: dict[str, tuple[bytes, list[int]]] = {
    "a length and chunks at once": (
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        [400],
    ),
    "chunks and a length at once": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
        [400],
    ),
    "two lengths": (POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", [400]),
    "two lengths in one": (POST + b"Content-Length: 4, 4\r\n\r\nabcd", [400]),
    "a length below nothing": (POST + b"Content-Length: -1\r\n\r\n", [400]),
    "a length with a sign": (POST + b"Content-Length: +4\r\n\r\nabcd", [400]),
    "a length in hexadecimal": (POST + b"Content-Length: 0x4\r\n\r\nabcd", [400]),
    "an endless length": (POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", [400]),
    "chunks that are not the last coding": (
        POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + HIDDEN,
        [400],
    ),
    "an unknown coding": (POST + b"Transfer-Encoding: x\r\n\r\n0\r\n\r\n" + HIDDEN, [400]),
    "a coding that hides": (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN, [400]),
    "a blank before the colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN, [400]),
    "a folded header": (HEAD + b"X: a\r\n b\r\n" + CLOSE, [400]),
    "a header without a colon": (HEAD + b"nonsense\r\n" + CLOSE, [400]),
    "a header without a name": (HEAD + b": x\r\n" + CLOSE, [400]),
    "NUL in a header": (HEAD + b"X: a\0b\r\n" + CLOSE, [400]),
    "a bare line feed": (b"GET /healthz HTTP/1.1\nHost: test\n\n", [400, 200]),
    "a bare carriage return": (HEAD + b"X: a\rY: b\r\n" + CLOSE, [400]),
    "a chunk of a bad size": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", [400]),
    "a chunk of a huge size": (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n", [400]),
    "a chunk longer than it says": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n" + HIDDEN,
        [400],
    ),
    "an unknown method": (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", [400]),
    "a small method": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", [400]),
    "an unknown version": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", [400]),
    "no version": (b"GET /\r\n\r\n", [400, 404]),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), [400]),
    "noise": (bytes(range(256)) * 4, [400]),
    "no host": (b"GET /healthz HTTP/1.1\r\n" + CLOSE, [400]),
    "two hosts": (HEAD + b"Host: other\r\n" + CLOSE, [400]),
    "two hosts of a code": (b"GET " + STATUS + b" HTTP/1.1\r\n" + HOST + HOST + CLOSE, [400]),
    "octets outside of ASCII": (b"GET /p/\xff\xfe HTTP/1.1\r\n" + HOST + CLOSE, [400]),
    "an absolute address": (b"GET http://evil.test/healthz HTTP/1.1\r\n" + HOST + CLOSE, [200]),
    "an address of another scheme": (b"GET file:///etc/passwd HTTP/1.1\r\n" + HOST + CLOSE, [400, 404]),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE, [400, 404, 405]),
    "a tunnel": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST + CLOSE, [400, 404, 405]),
    "a trace": (b"TRACE /healthz HTTP/1.1\r\n" + HOST + CLOSE, [405]),
    "another method behind the method": (
        b"GET /v1/parties HTTP/1.1\r\n" + HOST + b"X-HTTP-Method-Override: DELETE\r\n" + CLOSE,
        [401],
    ),
    "an unknown expectation": (POST + b"Expect: x\r\nContent-Length: 0\r\n" + CLOSE, [200, 400, 417]),
    "an upgrade to nothing": (HEAD + b"Connection: close, upgrade\r\nUpgrade: h2c\r\n\r\n", [200, 400]),
    "a head of many small headers": (HEAD + b"X: y\r\n" * 40_000 + CLOSE, [431]),
    "a long line": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + CLOSE, [431]),
    "a long header": (HEAD + b"X: " + b"a" * 200_000 + b"\r\n" + CLOSE, [431]),
    "many parameters": (b"GET /healthz?" + b"a&" * 100_000 + b" HTTP/1.1\r\n" + HOST + CLOSE, [431]),
}


@pytest.mark.parametrize("name", MONSTERS)
async def test_what_is_no_request_is_refused_and_ends_the_connection(place: Place, name: str) -> None:
    sent, wanted = MONSTERS[name]
    told = await place.say(sent)
    # Where more was sent than was read, the answer may be lost on its way.
    assert [each in wanted for each in statuses(told)] in ([True], [] if len(sent) > 65_536 else [True]), told


async def test_half_a_request_and_then_nothing_disturbs_nobody(place: Place) -> None:
    async with asyncio.timeout(HUNG_SECONDS):
        halves = [HEAD[:9], HEAD, POST + b"Content-Length: 5\r\n\r\nab", b"G", b"\r\n"]
        held = [await asyncio.open_connection(*place.address) for _ in halves]
        for (_, writer), half in zip(held, halves, strict=True):
            writer.write(half)
        assert statuses(await place.say(HEAD + CLOSE)) == [200]
        for _, writer in held:
            writer.close()


async def test_requests_sent_ahead_are_answered_one_by_one(place: Place) -> None:
    told = await place.say((HEAD + b"\r\n") * 100 + HEAD + CLOSE)
    assert statuses(told) == [200] * 101


@pytest.mark.parametrize(
    "endless",
    [
        (b"GET /", b"a"),
        (HEAD + b"X: ", b"a"),
        (HEAD, b"X: y\r\n"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=["address", "header", "headers", "chunk", "trailer", "trailers"],
)
async def test_what_never_ends_is_ended_in_bounded_memory(place: Place, endless: tuple[bytes, bytes]) -> None:
    start, piece = endless
    some = piece * (MIB // len(piece))
    tracemalloc.start()
    try:
        told = await place.say(start, *[some] * 6)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert set(statuses(told)) <= {400, 431}
    assert most < 8 * MIB, most
