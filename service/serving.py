"""The running process: a socket, uvicorn, the line that says it is ready, the end in order."""

import asyncio
import ctypes
import errno
import gc
import resource
import signal
import socket
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.db.service_role import as_owner
from service.demo_data import load_once
from service.errors import Conflict, Unavailable
from service.operation import logs
from service.operation.packing import pack_always
from service.settings import settings
from service.short_cut import short_cut
from service.signals.tidy import tidy_daily
from service.slow_clients import SlowClients

BACKLOG = 1024
#: Requests under way get this long to finish after a signal.
FINISH_SECONDS = 10
TICK_SECONDS = 0.1
#: What was cancelled has so long to end before it is cancelled again.
CANCEL_AGAIN_SECONDS = 2.0
#: Octets of a message of a client on a WebSocket.
MESSAGE_OCTETS = 64 * 1024
#: Files that a process opens beside its clients' connections.
OTHER_FILES = 256
#: Objects made more than thrown away before a look for circles among them, then looks of the younger
#: generation: requests leave few.
COLLECTED_AFTER = (10_000, 20, 20)
#: Octets from which a block of memory is the system's, and goes back to it when it is freed.
LARGE_BLOCK = 1024 * 1024
#: What glibc's mallopt(3) calls M_MMAP_THRESHOLD and M_ARENA_MAX; so many heaps for all threads.
MMAP_THRESHOLD, ARENA_MAX = -3, -8
ARENAS = 2


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before anything else is done; raises `Conflict` or `Unavailable`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Unavailable(f"--host {host}: {error}.", f"无法使用地址 {host}:{error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {port} of {host} is in use; stop who uses it, or give another --port.",
                f"{host} 的端口 {port} 已被占用;请停止占用它的程序,或用 --port 指定其他端口。",
            ) from None
        raise Unavailable(
            f"Cannot listen on {host}:{port}: {error.strerror}.", f"无法监听 {host}:{port}:{error.strerror}"
        ) from None
    return listener


@dataclass(frozen=True, slots=True)
class Part:
    """What a process is to do. `announce`: called once it serves at `url`; `demo`: demonstration data that it
    loads; `tidies`: whether it erases daily what was kept long enough; `tether`: it ends when that does;
    `tend`: called some times a second, by the thread that started the process.
    """

    announce: Callable[[], None]
    url: str
    demo: str | None = None
    tidies: bool = True
    tether: socket.socket | None = None
    tend: Callable[[], None] | None = None


def _give_back_large_blocks() -> None:
    """glibc would keep what the columns of the first large trace took. Other libraries of C know no such
    thing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGE_BLOCK)
        mallopt(ARENA_MAX, ARENAS)


class Server(uvicorn.Server):
    """uvicorn that tells when it serves, does then what is done beside the requests, and says that it goes
    before it does. `app`: what it serves.
    """

    def __init__(self, config: uvicorn.Config, part: Part, app: FastAPI) -> None:
        super().__init__(config)
        self.part = part
        self.app = app
        self._slow = SlowClients(settings())
        self._loading: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None
        self._packing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; once requests are answered, say so."""
        await super().startup(sockets)
        if not self.started:
            return
        # What was made while starting lives as long as the process: never look through it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTED_AFTER)
        _give_back_large_blocks()
        part = self.part
        if part.tether is not None:
            asyncio.get_running_loop().add_reader(part.tether, self._hear, part.tether)
        part.announce()
        if part.tidies:
            self._tidying = asyncio.create_task(tidy_daily(as_owner(settings().database_url)))
            self._packing = asyncio.create_task(pack_always(settings().database_url))
        if part.demo is not None:
            self._loading = asyncio.create_task(load_once(settings().database_url, part.url, part.demo))

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: tend what is to be tended; once a second, look at the connections."""
        if self.part.tend is not None:
            self.part.tend()
        if counter % 10 == 0:
            self._slow.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so where SIGTERM asked for it, and let others take over; stop what runs beside, stop
        accepting, finish.
        """
        await self._leave()
        await ended([task for task in (self._loading, self._tidying, self._packing) if task is not None])
        await super().shutdown(sockets)

    async def _leave(self) -> None:
        """Not ready any more, and still at work, until whoever sends requests here has seen it."""
        if signal.SIGTERM not in self._captured_signals:
            return
        self.app.state.leaving = True
        for tick in range(int(settings().leave_seconds / TICK_SECONDS)):
            if len(self._captured_signals) > 1:  # somebody is in a hurry, perhaps since before this began
                return
            await self.on_tick(tick)
            await asyncio.sleep(TICK_SECONDS)

    def _hear(self, tether: socket.socket) -> None:
        if not tether.recv(1):
            asyncio.get_running_loop().remove_reader(tether)
            self.should_exit = True


async def ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended: one whose database goes at the same moment may hear of that instead
    of being cancelled, and go on.
    """
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=CANCEL_AGAIN_SECONDS)


def allow_connections(count: int) -> None:
    """Let the process open so many, and files beside, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def run(listener: socket.socket, part: Part) -> None:
    """Serve on `listener` until a signal; raises `Unavailable` when the application does not start."""
    logs.begin(settings().log_format, settings().log_level)
    app = create_app()
    config = uvicorn.Config(
        app,
        http=short_cut(app),
        # As `operation.logs` set it up.
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=FINISH_SECONDS,
        # Whoever may name the address of another is believed about it: only proxies that are known.
        proxy_headers=bool(settings().trusted_proxies),
        forwarded_allow_ips=settings().trusted_proxies,
        server_header=False,
        access_log=False,
        timeout_keep_alive=settings().keep_alive_seconds,
        # What a client sends on a stream means nothing.
        ws_max_size=MESSAGE_OCTETS,
    )
    allow_connections(settings().connections_at_once)
    server = Server(config, part, app)
    server.run(sockets=[listener])
    if not server.started:
        raise Unavailable("The application did not start; see above.", "应用未能启动,原因见上。")
