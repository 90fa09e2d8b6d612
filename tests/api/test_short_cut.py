"""Codes answered before there is a request for the framework: on the wire, nobody can tell."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.db.transaction import transaction
from service.identifiers.kinds import CANONICAL_HOST
from service.scan import batch_parts, fast_pages, fast_redirect, fast_status, plain_codes
from service.short_cut import short_cut
from service.signals import scans
from tests.api.recalling import recall
from tests.api.registering import TEA, register_batch, register_product
from tests.application import application
from tests.server import PATIENCE_SECONDS

LOT = f"/01/{TEA}/10/L1"
STATUS, PAGE = f"/v1/recall-status{LOT}", f"/p{LOT}"
UNKNOWN = f"/v1/recall-status/01/{TEA}/10/L9"
PACK = f"{PAGE}/21/S1"
MAKE_PACK = "INSERT INTO unit (uri, batch_id) SELECT $1, id FROM batch"
CHANGES = re.compile(rb"\r\ndate: [^\r]+|content-length: \d+|\"checked_at\":\"[^\"]+\"|\d\d:\d\d \(UTC\+8\)")


ANDROID = (
    "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36"
)
#: Beside `Accept`: Chrome and WeChat on Android, Safari on an iPhone, what a proxy adds.
CHROME = (
    'sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"',
    *("sec-ch-ua-mobile: ?1", "Upgrade-Insecure-Requests: 1", ANDROID),
    *("Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1", "Sec-Fetch-Dest: document"),
    *("Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en-GB,en;q=0.9,zh-CN;q=0.8"),
    *("Cookie: a=1; b=2", "Cache-Control: max-age=0", "DNT: 1"),
)
WECHAT = (
    "Connection: keep-alive",
    f"{ANDROID} XWEB/1220133 MMWEBSDK/20240501 MicroMessenger/8.0.50.2701(0x28003252) Language/zh_CN",
    *("X-Requested-With: com.tencent.mm", "Accept-Encoding: gzip, deflate"),
    "Accept-Language: zh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7",
)
SAFARI = (
    "Priority: u=0, i",
    "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    *("Accept-Language: zh-CN,zh-Hans;q=0.9", "Connection: keep-alive"),
)
FORWARDED = (
    "X-Real-IP: 127.0.0.1",
    "X-Forwarded-Proto: https",
    "X-Forwarded-For: 127.0.0.1",
    "Via: 1.1 proxy",
)
PHONES = (CHROME, WECHAT, SAFARI, (*SAFARI, *FORWARDED))


class Line:
    """A connection to a server that takes the short cut. `passed_on`: paths that the framework was asked."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passed_on: list[str]
    ) -> None:
        self.reader, self.writer, self.passed_on = reader, writer, passed_on

    def send(self, path: str, *headers: str, version: str = "1.1") -> None:
        """Send a GET and wait for nothing."""
        lines = (f"GET {path} HTTP/{version}", "Host: test", "Accept: text/html", *headers, "", "")
        self.writer.write("\r\n".join(lines).encode())

    async def read(self) -> tuple[bytes, bytes]:
        """Head and body of the next answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        assert length is not None, head
        return head, await self.reader.readexactly(int(length[1]))

    async def ask(self, path: str, *headers: str, version: str = "1.1") -> tuple[bytes, bytes]:
        """Send a GET and read its answer."""
        self.send(path, *headers, version=version)
        return await self.read()

    async def is_closed(self) -> bool:
        """Whether the server closes without another word."""
        return await self.reader.read() == b""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes too long, or was asked too long ago, goes the long way: on a busy machine anything."""
    for room in (batch_parts, fast_pages, fast_redirect, fast_status):
        monkeypatch.setattr(room, "LOOK_UP_SECONDS", PATIENCE_SECONDS)
    for room in (fast_pages, scans):
        monkeypatch.setattr(room, "READ_SECONDS", PATIENCE_SECONDS)
    for room in (fast_pages, plain_codes):
        monkeypatch.setattr(room, "SECONDS", PATIENCE_SECONDS)


@asynccontextmanager
async def opened(engine: AsyncEngine, *, taken: bool = True, trusted: str = "") -> AsyncIterator[Line]:
    """A line to the application on this engine. `taken`: whether by the short cut; `trusted`: proxies."""
    app = application(engine)
    passed_on: list[str] = []

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        passed_on.append(scope["path"])
        await app(scope, receive, send)

    protocol = short_cut(app) if taken else HttpToolsProtocol
    config = uvicorn.Config(
        asked,
        lifespan="off",
        http=protocol,
        proxy_headers=bool(trusted),
        access_log=False,
        forwarded_allow_ips=trusted,
        # What one of two lines waits for is no measure of speed.
        timeout_keep_alive=60,
    )
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Sun, 22 Nov 2026 00:00:00 GMT")]
    loop = asyncio.get_running_loop()
    async with app.router.lifespan_context(app):
        app.middleware_stack = app.build_middleware_stack()
        server = await loop.create_server(
            lambda: protocol(config=config, server_state=state, app_state={}), "127.0.0.1"
        )
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield Line(reader, writer, passed_on)
        finally:
            writer.close()
            server.close()
            while state.tasks:
                await asyncio.wait(state.tasks)


@pytest.fixture
async def line(client: httpx.AsyncClient, engine: AsyncEngine) -> AsyncIterator[Line]:
    await register_product(client)
    await register_batch(client, expires_on="2199-01-01")
    async with transaction(engine) as tx:
        await tx.sql.execute(MAKE_PACK, f"{CANONICAL_HOST}/01/{TEA}/21/S1")
    async with opened(engine) as made:
        yield made


async def test_answers_are_octet_by_octet_those_of_the_long_way(line: Line, engine: AsyncEngine) -> None:
    async with opened(engine, taken=False) as other:
        for path in (STATUS, PAGE, f"{PAGE}?lang=en", LOT, UNKNOWN, f"/p/01/{TEA}", f"{STATUS}?lang=en"):
            told = [CHANGES.sub(b"", b"".join(await one.ask(path))) for one in (line, other)]
            assert sorted(told[0].split(b"\r\n")) == sorted(told[1].split(b"\r\n")), path
    assert line.passed_on == [UNKNOWN, f"/p/01/{TEA}", STATUS]


async def test_what_phones_and_proxies_send_with_it_goes_the_short_way(
    line: Line, engine: AsyncEngine
) -> None:
    async with (
        opened(engine, taken=False, trusted="127.0.0.1") as other,
        opened(engine, trusted="127.0.0.1") as proxied,
    ):
        for path in (STATUS, PAGE, PACK, LOT):
            for headers in PHONES:
                told = [
                    CHANGES.sub(b"", b"".join(await one.ask(path, *headers)))
                    for one in (line, proxied, other)
                ]
                same = [sorted(each.split(b"\r\n")) for each in told]
                assert same[0] == same[1] == same[2], (path, headers)
        assert line.passed_on == proxied.passed_on == []


async def test_looks_by_way_of_a_proxy_are_of_those_who_look(line: Line, engine: AsyncEngine) -> None:
    async with opened(engine, trusted="127.0.0.1") as proxied:
        for address in ("198.51.101.1", "198.51.101.2", "198.51.101.1"):
            await proxied.ask(PACK, *PHONES[0], f"X-Forwarded-For: {address}")
        assert proxied.passed_on == []
    async with opened(engine) as untrusted:
        for address in ("198.51.101.3", "198.51.101.4"):
            await untrusted.ask(PACK, *PHONES[0], f"X-Forwarded-For: {address}")
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT sum(looks) FROM scan_total WHERE level = 'unit'") == 3


async def test_requests_sent_ahead_are_answered_in_their_order(line: Line) -> None:
    paths = (STATUS, "/healthz", PAGE, UNKNOWN, LOT, STATUS)
    for path in paths:
        line.send(path)
    found = [await line.read() for _ in paths]
    assert [int(head[9:12]) for head, _ in found] == [200, 200, 200, 404, 307, 200]
    assert b"no_recall_known" in found[0][1]
    assert found[1][1] == b'{"status":"ok"}'
    assert found[2][1].startswith(b"<!doctype html>")


async def test_a_connection_ends_when_its_client_says_so(line: Line, engine: AsyncEngine) -> None:
    for path in (STATUS, UNKNOWN):
        async with opened(engine) as closing:
            head, _ = await closing.ask(path, "Connection: close")
            assert b"\r\nconnection: close\r\n" in head
            assert await closing.is_closed()
        async with opened(engine) as old:
            await old.ask(path, version="1.0")
            assert await old.is_closed()


async def test_what_is_not_a_plain_get_goes_the_long_way(line: Line) -> None:
    await line.ask(STATUS)
    assert line.passed_on == []
    _, body = await line.ask(STATUS, "Content-Length: 0")
    assert b"no_recall_known" in body
    line.writer.write(f"HEAD {STATUS} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    await line.reader.readuntil(b"\r\n\r\n")
    assert line.passed_on == [STATUS, STATUS]


async def test_who_hangs_up_disturbs_nobody(line: Line, engine: AsyncEngine) -> None:
    async with opened(engine) as gone:
        gone.send(STATUS)
        gone.send(UNKNOWN)
        gone.writer.transport.abort()
        head, _ = await line.ask(STATUS)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_recalled_lot_is_told_by_the_framework(line: Line, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await recall(tx, await tx.sql.fetchval("SELECT id FROM batch"), "2026-000001")
    for _ in range(2):
        _, body = await line.ask(STATUS)
        assert b'"status":"recalled"' in body
    assert set(line.passed_on) == {STATUS}
