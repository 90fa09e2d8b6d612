"""HTTP/1.1 with as little work as a client can do, so that the service is measured and not its caller."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request_bytes(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A whole request, ready to be sent."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    told = {"Host": parts.netloc, "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, its head and its body, as they came."""

    status: int
    head: bytes
    body: bytes


@dataclass(slots=True)
class Caller:
    """One connection that is kept alive; one request at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> Answer:
        """Sends a request and reads its answer to the end."""
        self.writer.write(request)
        await self.writer.drain()
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = LENGTH.search(head)
        if length is not None:
            return Answer(status, head, await self.reader.readexactly(int(length[1])))
        if b"transfer-encoding: chunked" in head.lower():
            return Answer(status, head, b"".join([part async for part in self._chunks()]))
        return Answer(status, head, b"")

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            size = int((await self.reader.readline()).partition(b";")[0], 16)
            part = await self.reader.readexactly(size + 2)
            if size == 0:
                return
            yield part[:-2]


@asynccontextmanager
async def callers(url: str, count: int) -> AsyncIterator[list[Caller]]:
    """That many connections to the host of a URL."""
    parts = urlsplit(url)
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)
            stack.callback(writer.close)
            opened.append(Caller(reader, writer))
        yield opened
