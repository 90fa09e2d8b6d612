"""Many small requests from one process, with as little work for each as asyncio allows."""

import asyncio

from scripts.benches.wire import LENGTH


class Phone(asyncio.Protocol):
    """One connection, one request at a time, with less work for each than a stream has: client and service
    share the machine.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._held = b""
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A part of an answer."""
        self._held += data
        if not self._whole:
            head = self._held.find(b"\r\n\r\n")
            if head < 0:
                return
            length = LENGTH.search(self._held, 0, head + 2)
            assert length is not None, self._held[:head]
            self._whole = head + 4 + int(length[1])
        if len(self._held) >= self._whole:
            assert self._answer is not None
            self._answer.set_result(self._held)
            self._held, self._whole = b"", 0

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; the whole answer, head and body."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def hang_up(self) -> None:
        """Close the connection."""
        assert self._transport is not None
        self._transport.close()


async def phones(host: str, port: int, count: int) -> list[Phone]:
    """That many connections."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Phone, host, port))[1] for _ in range(count)]
