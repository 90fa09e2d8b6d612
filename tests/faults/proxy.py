"""A network to PostgreSQL that can be cut, held up, or end in the middle of an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PIECE_OCTETS = 64 * 1024


@dataclass
class Network:
    """Carries octets between TCP connections on the loopback and the socket of a PostgreSQL.

    `flows`: while it is cleared nothing arrives, and nobody hears that it does not; `refuses`: new
    connections are closed at once; `octets_left`: of answers, before the connection that brings the last of
    them is cut in the middle (None: no end).
    """

    socket: Path
    port: int = 0
    flows: asyncio.Event = field(default_factory=asyncio.Event)
    refuses: bool = False
    octets_left: int | None = None
    cuts: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection."""
        if self.refuses:
            back.transport.abort()
            return
        try:
            far, forth = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            back.transport.abort()
            return
        ends = {back, forth}
        self._open |= ends
        ways = (self._pump(near, forth, answers=False), self._pump(far, back, answers=True))
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE_OCTETS):
                await self.flows.wait()
                if answers and self.octets_left is not None:
                    piece, self.octets_left = piece[: self.octets_left], self.octets_left - len(piece)
                    if self.octets_left <= 0:
                        self.octets_left = None
                        self.cuts += 1
                        writer.write(piece)
                        await writer.drain()
                        return
                writer.write(piece)
                await writer.drain()

    def cut(self) -> None:
        """End all connections, now."""
        for end in list(self._open):
            end.transport.abort()


@asynccontextmanager
async def network_to(socket: Path) -> AsyncIterator[Network]:
    """A network to the PostgreSQL that listens there."""
    network = Network(socket)
    network.flows.set()
    server = await asyncio.start_server(network.carry, "127.0.0.1", 0)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        network.flows.set()
        server.close()
        network.cut()
