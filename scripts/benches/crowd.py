"""More requests than can be answered, at a pace that does not wait for answers: as people come who know
nothing of each other. One thread, as `phone`.
"""

import select
import socket
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from scripts.benches.phone import READ_MOST, is_whole

#: Connections that carry the requests; who finds none free waits at the client, and that counts as well.
LINES: Final = 800
#: At the end, so long is waited for what is under way.
LAST_SECONDS: Final = 15.0
STATUS: Final = slice(9, 12)


@dataclass(slots=True)
class Crowd:
    """What became of the requests. `seconds`: of those that were accepted, from when they were due;
    `statuses`: of all; `unanswered`: those that had no answer in the end; `took`: seconds until the
    last answer.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    took: float = 0.0

    @property
    def offered(self) -> int:
        """All requests."""
        return self.statuses.total() + self.unanswered

    @property
    def refused(self) -> float:
        """The share that was answered, but not with what was asked for."""
        return 1 - (len(self.seconds) + self.unanswered) / self.offered if self.offered else 0.0


def offer(
    port: int, rate: float, seconds: float, request: Callable[[int], bytes], accepted: int = 200
) -> Crowd:
    """Send so many requests a second to the loopback, for so many seconds, whatever the answers."""
    crowd = Crowd()
    poll = select.epoll()
    lines: dict[int, socket.socket] = {}
    free: deque[int] = deque()
    due: deque[float] = deque()
    sent: dict[int, float] = {}
    held: dict[int, bytes] = {}
    began, number, total = perf_counter(), 0, int(rate * seconds)
    try:
        while True:
            now = perf_counter()
            while number < total and began + number / rate <= now:
                due.append(began + number / rate)
                number += 1
            while due and (free or len(lines) < LINES):
                descriptor = free.popleft() if free else _open(port, lines, poll)
                sent[descriptor], held[descriptor] = due.popleft(), b""
                lines[descriptor].sendall(request(number))
            if number == total and (not (due or sent) or now > began + seconds + LAST_SECONDS):
                crowd.unanswered = len(due) + len(sent)
                return crowd
            next_at = began + number / rate if number < total else now + 1
            for descriptor, _ in poll.poll(max(0.0, min(0.05, next_at - now))):
                data = held.get(descriptor, b"") + _read(lines[descriptor])
                if descriptor in sent and is_whole(data):
                    status = int(data[STATUS])
                    crowd.statuses[status] += 1
                    crowd.took = perf_counter() - began
                    came = began + crowd.took - sent.pop(descriptor)
                    if status == accepted:
                        crowd.seconds.append(came)
                    free.append(descriptor)
                elif len(data) > len(held.get(descriptor, b"")):
                    held[descriptor] = data
                else:  # the server has closed it
                    crowd.unanswered += sent.pop(descriptor, None) is not None
                    poll.unregister(descriptor)
                    lines.pop(descriptor).close()
                    if descriptor in free:
                        free.remove(descriptor)
    finally:
        poll.close()
        for line in lines.values():
            line.close()


def _open(port: int, lines: dict[int, socket.socket], poll: "select.epoll") -> int:
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines[line.fileno()] = line
    poll.register(line, select.EPOLLIN)
    return line.fileno()


def _read(line: socket.socket) -> bytes:
    try:
        return line.recv(READ_MOST)
    except ConnectionResetError:
        return b""
