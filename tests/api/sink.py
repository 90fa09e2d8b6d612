"""A subscriber: a small web server on the loopback that keeps what is posted to it, and answers as it is
told.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

#: What has not come after so long will not come; it is not a measure of speed.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Post:
    """One post as it came. Names of headers are in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def delivery(self) -> str:
        """The id of the delivery."""
        return self.headers["suyuan-delivery"]

    @property
    def results(self) -> Any:
        """`queryResults` of its document."""
        return json.loads(self.body)["epcisBody"]["queryResults"]

    @property
    def events(self) -> list[str]:
        """The eventIDs of its events, in order, without what they have in common."""
        found = self.results["resultsBody"]["eventList"]
        return [event["eventID"].removeprefix("urn:event:") for event in found]


@dataclass
class Sink:
    """`posts`: all that came; `taken`: those that were answered with 200. `answers`: statuses of the next
    answers (then 200); `hold`: while it is cleared, nothing is answered.
    """

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    taken: list[Post] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: str = ""
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def events(self, path: str = "/") -> list[str]:
        """The events taken at a path, in order."""
        return [event for post in self.taken if post.path == path for event in post.events]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: request after request."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {
                    line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines if ": " in line
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                post = Post(first.split(" ")[1], headers, body)
                self.posts.append(post)
                status = self.answers.pop(0) if self.answers else 200
                await self.hold.wait()
                if status == 200:
                    self.taken.append(post)
                told = f"HTTP/1.1 {status} Said\r\n{self.headers}Content-Length: 2\r\n\r\nso"
                writer.write(told.encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Sink]:
    """A sink on a port of its own."""
    sink = Sink()
    sink.hold.set()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        sink.hold.set()
        server.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fails after `PATIENCE_SECONDS`."""
    await until_told(_nothing, lambda _nothing: holds())


async def until_told(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as wished; the answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        told = await ask()
        while not holds(told):
            await asyncio.sleep(0.02)
            told = await ask()
        return told


async def _nothing() -> None:
    pass
