"""Many small requests from one thread, with as little work for each as Python allows: the caller shares the
machine with the service, so what it takes is taken from what is measured.
"""

import re
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
#: Octets read at once; a page comes in one piece.
READ_MOST: Final = 65_536
#: Nobody answers for so long: the service is gone.
PATIENCE_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Phone:
    """A connection, one request at a time."""

    line: socket.socket
    number: int
    began: float = 0.0
    held: bytes = b""
    times: list[float] = field(default_factory=list)


def drive(
    port: int, connections: int, seconds: float, request: Callable[[int], bytes], begin: int, status: int
) -> list[float]:
    """Seconds of each request of so many connections to the loopback, for so many seconds.

    `request`: by its number, from `begin` on; every answer must have this status, and a length.
    """
    phones: dict[int, _Phone] = {}
    poll = select.epoll()
    expected = b"HTTP/1.1 %d " % status
    try:
        for number in range(begin, begin + connections):
            line = socket.create_connection(("127.0.0.1", port))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            phones[line.fileno()] = _Phone(line, number)
            poll.register(line, select.EPOLLIN)
        until = perf_counter() + seconds
        waiting = 0
        for phone in phones.values():
            waiting += 1
            _ask(phone, request)
        while waiting:
            ready = poll.poll(PATIENCE_SECONDS)
            assert ready, "the service does not answer"
            for descriptor, _ in ready:
                phone = phones[descriptor]
                data = phone.held + phone.line.recv(READ_MOST)
                if not is_whole(data):
                    assert len(data) > len(phone.held), "the service hung up"
                    phone.held = data
                    continue
                now = perf_counter()
                phone.times.append(now - phone.began)
                assert data.startswith(expected), data[:500]
                phone.held = b""
                phone.number += connections
                if now < until:
                    _ask(phone, request)
                else:
                    waiting -= 1
    finally:
        poll.close()
        for phone in phones.values():
            phone.line.close()
    return [each for phone in phones.values() for each in phone.times]


def _ask(phone: _Phone, request: Callable[[int], bytes]) -> None:
    phone.began = perf_counter()
    phone.line.sendall(request(phone.number))


def is_whole(data: bytes) -> bool:
    """Whether an answer with a length has come to its end."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = LENGTH.search(data, 0, head + 2)
    assert length is not None, data[:head]
    return len(data) >= head + 4 + int(length[1])
