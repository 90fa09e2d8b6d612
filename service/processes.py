"""Several processes that serve from one listening socket, each with its own pool of connections, its own
workers and its own memory of the last second; what they share is the database.

The parent answers nothing. It holds the socket and tends the embedded PostgreSQL, says that the service
serves once all processes do, puts another in the place of one that ends by itself, and ends them all in
order. Each hangs on a tether: the first word on it says that the process serves, its end on either side that
the other is gone.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from types import FrameType
from typing import Final

from service import serving
from service.errors import Unavailable
from service.settings import settings

#: What a process gets to end in order before it is killed: its own bound, and as much for all else.
END_SECONDS: Final = 2 * serving.FINISH_SECONDS
#: One that ended by itself is followed by another after so long.
AGAIN_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.1
READY: Final = b"."
ENDINGS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class _Place:
    """One of the processes, whichever it is just now. `again_at`: when the next is started, if none runs."""

    number: int
    tether: socket.socket | None = None
    process: "subprocess.Popen[bytes] | None" = None
    ready: bool = False
    again_at: float = 0.0


@dataclass(slots=True)
class _Family:
    """All of them. `asked`: signals that came."""

    listener: socket.socket
    part: serving.Part
    places: list[_Place]
    selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)
    asked: list[int] = field(default_factory=list)

    def start(self, place: _Place) -> None:
        """Start a process in this place."""
        ours, theirs = socket.socketpair()
        place.tether, place.ready = ours, False
        self.selector.register(ours, selectors.EVENT_READ, place)
        handed = (self.listener.fileno(), theirs.fileno())
        # The first one does what is done once: tidying, demonstration data.
        once = place.number == 0
        told = [*map(str, handed), self.part.url, "once" if once else "-"]
        command = [sys.executable, "-m", "service.processes", *told]
        with theirs:
            # In a session of its own: the terminal's Ctrl-C is for the parent.
            place.process = subprocess.Popen(  # noqa: S603 (our own program)
                [*command, *([self.part.demo] if once and self.part.demo else [])],
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def hear(self, place: _Place) -> bool:
        """What the tether says; whether the process has ended."""
        assert place.tether is not None
        try:
            told = place.tether.recv(1)
        except ConnectionResetError:
            told = b""
        place.ready = place.ready or told == READY
        if told:
            return False
        self.selector.unregister(place.tether)
        place.tether.close()
        place.tether = None
        return True

    def end(self) -> None:
        """End all in order. Who asks twice is in a hurry: SIGTERM does not wait for others to take over,
        Ctrl-C not even for requests under way.
        """
        # SIGTERM says that others are to take over (`serving.Server`), Ctrl-C that nobody is.
        order = signal.SIGINT if self.asked[:1] == [signal.SIGINT] else signal.SIGTERM
        self.asked.clear()
        running = [place.process for place in self.places if place.process is not None]
        for process in running:
            process.send_signal(order)
        kill_at = monotonic() + END_SECONDS + settings().leave_seconds
        while any(process.poll() is None for process in running):
            if self.asked:
                for process in running:
                    process.send_signal(self.asked[-1])
                self.asked.clear()
            if monotonic() > kill_at:
                for process in running:
                    process.kill()
            sleep(LOOK_SECONDS)
        for place in self.places:
            if place.tether is not None:
                place.tether.close()
        self.selector.close()


def run(listener: socket.socket, part: serving.Part, count: int) -> None:
    """Serve on `listener` by so many processes until a signal, which is raised again once all have ended.

    Raises `Unavailable` when one does not start.
    """
    family = _Family(listener, part, [_Place(number) for number in range(count)])
    with _signals_into(family):
        try:
            for place in family.places:
                family.start(place)
            _watch(family)
        finally:
            asked = list(family.asked)
            family.end()
    for order in asked:
        signal.raise_signal(order)


def _watch(family: _Family) -> None:
    """Until a signal: announce, replace."""
    announced = False
    while not family.asked:
        for key, _ in family.selector.select(LOOK_SECONDS):
            place: _Place = key.data
            if not family.hear(place):
                continue
            assert place.process is not None
            status = place.process.wait()
            if not announced:
                raise Unavailable("The application did not start; see above.", "应用未能启动,原因见上。")
            sys.stderr.write(
                f"Process {place.process.pid} ended by itself ({status}); another takes its place. "
                f"(进程 {place.process.pid} 意外退出({status}),正在重新启动)\n"
            )
            sys.stderr.flush()
            place.process, place.again_at = None, monotonic() + AGAIN_SECONDS
        if family.part.tend is not None:
            family.part.tend()
        for place in family.places:
            if place.process is None and monotonic() >= place.again_at:
                family.start(place)
        if not announced and all(place.ready for place in family.places):
            announced = True
            family.part.announce()


@contextmanager
def _signals_into(family: _Family) -> Iterator[None]:
    """Signals are kept in `asked`, and do nothing else."""

    def ask(number: int, _frame: FrameType | None) -> None:
        family.asked.append(number)

    before = {order: signal.signal(order, ask) for order in ENDINGS}
    try:
        yield
    finally:
        for order, handler in before.items():
            signal.signal(order, handler)


def main() -> None:
    """One of the processes: the numbers of its two sockets, the URL, what it does besides."""
    listening, tethered, url, once, *demo = sys.argv[1:]

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    for order in ENDINGS:
        signal.signal(order, stop)
    tether = socket.socket(fileno=int(tethered))
    os.set_inheritable(int(tethered), False)
    os.set_inheritable(int(listening), False)
    part = serving.Part(
        lambda: tether.sendall(READY),
        url,
        demo[0] if demo else None,
        tidies=once == "once",
        tether=tether,
    )
    try:
        serving.run(socket.socket(fileno=int(listening)), part)
    except Unavailable:
        raise SystemExit(1) from None  # the parent says so


if __name__ == "__main__":
    main()
