"""The running process: a socket, uvicorn, the line that says it is ready, the end in order."""

import asyncio
import errno
import gc
import socket
from collections.abc import Callable

import uvicorn

from service.demo_data import load_once
from service.errors import Conflict, Unavailable
from service.settings import settings
from service.signals.tidy import tidy_daily

BACKLOG = 1024
#: Requests under way get this long to finish after a signal.
FINISH_SECONDS = 10


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


class Server(uvicorn.Server):
    """uvicorn that tells when it serves, and loads demonstration data then if asked."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], url: str, demo: str | None
    ) -> None:
        super().__init__(config)
        self.announce = announce
        self.url = url
        self.demo = demo
        self._loading: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; once requests are answered, say so."""
        await super().startup(sockets)
        if not self.started:
            return
        # What was made while starting lives as long as the process: never look through it again.
        gc.collect()
        gc.freeze()
        self.announce()
        self._tidying = asyncio.create_task(tidy_daily(settings().database_url))
        if self.demo is not None:
            self._loading = asyncio.create_task(load_once(settings().database_url, self.url, self.demo))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop loading and tidying, stop accepting, finish."""
        for task in (self._loading, self._tidying):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.wait([task])
        await super().shutdown(sockets)


def run(listener: socket.socket, announce: Callable[[], None], url: str, demo: str | None) -> None:
    """Serve on `listener` until a signal; raises `Unavailable` when the application does not start."""
    config = uvicorn.Config(
        "service.app:create_app",
        factory=True,
        log_level="warning",
        timeout_graceful_shutdown=FINISH_SECONDS,
        # Whoever may name the address of another is believed about it: only proxies that are known.
        proxy_headers=bool(settings().trusted_proxies),
        forwarded_allow_ips=settings().trusted_proxies,
        server_header=False,
    )
    server = Server(config, announce, url, demo)
    server.run(sockets=[listener])
    if not server.started:
        raise Unavailable("The application did not start; see above.", "应用未能启动,原因见上。")
