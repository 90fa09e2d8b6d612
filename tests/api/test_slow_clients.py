"""Clients that send or take slowly, or only hold connections: real sockets, a clock that the test moves."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.datastructures import State
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from service.scan.fast_status import FastStatus
from service.scan.front import Asked, PassedOn, Tell
from service.scan.remembered import Answer, Head
from service.settings import Settings, settings
from service.short_cut import ShortCut, short_cut
from service.slow_clients import HEAD_MOST, SlowClients
from service.web.epcis_description import DescribedApp

#: What hangs is given up after this; no measure of speed.
HUNG_SECONDS = 60
LARGE = b"x" * 8_000_000
TOLD = Settings(head_seconds=20, body_octets_per_second=500, download_stall_seconds=30)
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


class Loud(FastStatus):
    """A front that has a long answer at once."""

    def take(self, asked: Asked, state: State, tell: Tell) -> Answer | PassedOn | None:
        return Answer(Head(200, []), b"y" * 100_000)


@dataclass
class Place:
    """A server. `heard`: what its application received; `slow`: what looks after its clients."""

    address: tuple[str, int]
    state: ServerState
    heard: list[Message] = field(default_factory=list)
    slow: SlowClients = field(default_factory=lambda: SlowClients(TOLD))
    clients: list[asyncio.StreamWriter] = field(default_factory=list)

    def look(self, seconds: float) -> None:
        """Look at the clients, so many seconds from now."""
        self.slow.look(self.state.connections, asyncio.get_running_loop().time() + seconds)

    async def opened(self) -> "tuple[asyncio.StreamReader, asyncio.StreamWriter]":
        """A client that the server has seen."""
        before = len(self.state.connections)
        line = socket.socket()
        # What the kernel keeps for a client is not the server's.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, self.address)
        reader, writer = await asyncio.open_connection(sock=line)
        self.clients.append(writer)
        await self.until(lambda: len(self.state.connections) > before)
        return reader, writer

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it does."""
        async with asyncio.timeout(HUNG_SECONDS):
            while True:
                if holds():
                    return
                await asyncio.sleep(0.001)

    def the_one(self) -> ShortCut:
        """The only connection."""
        (one,) = self.state.connections
        assert isinstance(one, ShortCut)
        return one


@asynccontextmanager
async def serving(body: bytes = b"ok") -> AsyncIterator[Place]:
    """A server whose application hears all and answers with this body."""
    heard: list[Message] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            heard.append(await receive())
            if heard[-1]["type"] == "http.disconnect":
                return
            if not heard[-1].get("more_body"):
                break
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    served = DescribedApp()
    served.fronts = [Loud(answer)]
    protocol = short_cut(served)
    config = uvicorn.Config(answer, lifespan="off", http=protocol, proxy_headers=False, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1"
    )
    place = Place(server.sockets[0].getsockname(), state, heard)
    try:
        yield place
    finally:
        server.close()
        for client in place.clients:
            client.transport.abort()
        for one in list(state.connections):
            one.transport.abort()
        while state.tasks:
            await asyncio.wait(state.tasks)
        await place.until(lambda: not state.connections)


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Everything until the connection ends."""
    async with asyncio.timeout(HUNG_SECONDS):
        return await reader.read()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET[:-2], GET + b"\r\n"])
async def test_who_does_not_finish_the_head_of_a_request_is_left(sent: bytes) -> None:
    async with serving() as place:
        reader, writer = await place.opened()
        began = place.the_one().began
        writer.write(sent)
        await place.until(lambda: not sent or place.the_one().began > began)
        if sent.endswith(b"\r\n\r\n"):  # one that is whole, and then not even a line
            await reader.readuntil(b"ok")
            await place.until(lambda: place.the_one().timeout_keep_alive_task is not None)
            writer.write(b"\r\n")
            await place.until(lambda: place.the_one().timeout_keep_alive_task is None)
            place.look(0)
        place.look(19)
        assert not place.the_one().transport.is_closing()
        place.look(45)
        answer = await rest_of(reader)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer
        assert "未在规定时间内" in answer.decode()


async def test_who_sends_a_body_an_octet_at_a_time_is_left_and_who_is_only_slow_is_not() -> None:
    async with serving() as place:
        reader, writer = await place.opened()
        writer.write(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5010\r\n\r\n" + b"x" * 5000)
        await place.until(lambda: place.the_one().octets == 5000)
        place.look(29)  # ten seconds more than for a head: 500 octets a second
        assert not place.the_one().transport.is_closing()
        place.look(31)
        assert (await rest_of(reader)).startswith(b"HTTP/1.1 408 ")
        await place.until(lambda: place.heard[-1]["type"] == "http.disconnect")
        assert not place.state.connections


async def test_a_head_without_end_is_refused() -> None:
    async with serving() as place:
        reader, writer = await place.opened()
        writer.write(b"GET / HTTP/1.1\r\nX-More: " + b"x" * HEAD_MOST * 20)
        await place.until(lambda: not place.state.connections)
        with suppress(ConnectionError):  # he has sent more than was read
            assert (await rest_of(reader)).startswith(b"HTTP/1.1 431 ")
        assert not place.heard


async def test_who_takes_nothing_of_an_answer_is_left_with_what_was_kept_for_him() -> None:
    async with serving(LARGE) as place:
        _, writer = await place.opened()
        writer.write(GET)
        await place.until(lambda: bool(place.heard) and not place.state.tasks)
        one = place.the_one()
        assert one.transport.get_write_buffer_size() > 1_000_000
        one.timeout_keep_alive_handler()  # closing waits for him to take it all
        place.look(0)
        place.look(29)
        assert place.state.connections
        place.look(31)
        await place.until(lambda: not place.state.connections)


@dataclass(eq=False)
class Taker:
    """A client that takes so many octets a second of an answer that was written whole."""

    a_second: int
    left: int = 200_000
    aborted: bool = False

    cycle = SimpleNamespace(response_complete=True)

    @property
    def transport(self) -> "Taker":
        return self

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize(("a_second", "left"), [(1, True), (499, True), (501, False)])
def test_who_takes_an_answer_slowly_gets_it_and_not_at_any_pace(a_second: int, left: bool) -> None:
    slow, taker = SlowClients(TOLD), Taker(a_second)
    for second in range(100):
        slow.look([taker], float(second))
        taker.left -= a_second
    assert taker.aborted is left


async def test_answers_that_nobody_takes_do_not_pile_up() -> None:
    """A thousand requests in one piece ask for a hundred megabytes."""
    async with serving() as place:
        _, writer = await place.opened()
        one = place.the_one()
        assert type(one).served.fronts
        writer.write(b"GET /v1/recall-status/01/1 HTTP/1.1\r\nHost: test\r\n\r\n" * 1_000)
        await place.until(lambda: one.flow.write_paused)
        await asyncio.sleep(0)
        assert one.transport.get_write_buffer_size() < 5_000_000


async def test_idle_connections_make_room_for_who_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUYUAN_CONNECTIONS_AT_ONCE", "16")
    settings.cache_clear()
    try:
        async with serving() as place:
            for _ in range(60):
                reader, writer = await asyncio.open_connection(*place.address)
                place.clients.append(writer)
            writer.write(GET)
            answer = await asyncio.wait_for(reader.readuntil(b"ok"), HUNG_SECONDS)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert len(place.state.connections) <= 17
    finally:
        settings.cache_clear()
