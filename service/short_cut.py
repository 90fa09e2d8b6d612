"""uvicorn's protocol with a short cut: what is answered in front of the framework is answered before there is
a request for a framework.

Parsing, keeping connections alive, requests sent ahead and the end in order are uvicorn's. Only where a plain
GET of a path that a front knows has come, and none before it is under way, the front is asked at once, and
its answer is written as it is. Everything else, and whatever a front passes on, goes uvicorn's way.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Final, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.scan.fast_pages import FastPages
from service.scan.fast_redirect import FastRedirect
from service.scan.fast_status import FastStatus
from service.scan.front import PASSED_ON, Asked, Front, PassedOn, is_for
from service.scan.remembered import Answer
from service.web.epcis_description import DescribedApp
from service.web.reading import replica_of

#: A request with one of these is uvicorn's.
SPECIAL: Final = frozenset((b"content-length", b"transfer-encoding", b"upgrade", b"expect"))


class _Nobody:
    """Waits for no part of a request."""

    def set(self) -> None:
        """Nobody hears it."""


class _Asked:
    """A request that a front was asked: to uvicorn's protocol, one that is under way."""

    def __init__(self, scope: dict[str, Any], path: bytes, query: bytes, *, keep_alive: bool) -> None:
        self.scope, self.path, self.query, self.keep_alive = scope, path, query, keep_alive
        self.disconnected = self.response_complete = False
        self.message_event: Final = _Nobody()
        self.more_body = True


class ShortCut(HttpToolsProtocol):
    """`served`: the application whose `fronts` are asked."""

    served: ClassVar[DescribedApp]
    #: uvicorn's own headers, and they as they are sent.
    _usual: tuple[object, bytes] = (None, b"")

    def on_headers_complete(self) -> None:
        """Ask a front, or go uvicorn's way."""
        front = self._front()
        if front is None:
            super().on_headers_complete()
            return
        version = self.parser.get_http_version()
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        path, _, query = self.url.partition(b"?")
        asked = _Asked(cast("dict[str, Any]", self.scope), path, query, keep_alive=keep_alive)
        asked.scope["http_version"] = version
        self.cycle = cast("RequestResponseCycle", asked)
        question = Asked(path, query, self.headers, self.client)
        answer = front.take(question, self.served.state, partial(self._tell, asked))
        if answer is not None:
            self._tell(asked, answer)

    def _fronts(self) -> Iterator[Front]:
        return (one for one in self.served.fronts if isinstance(one, FastStatus | FastPages | FastRedirect))

    def _front(self) -> Front | None:
        """Who is to be asked."""
        path, _, query = self.url.partition(b"?")
        front = next((one for one in self._fronts() if is_for(one, path, query)), None)
        if front is None or self.parser.get_method() != b"GET" or b"#" in path:
            return None
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        # How old the data of a replica is, a middleware tells.
        if replica_of(self.served.state) is not None:
            return None
        # Who asks is told by a proxy's headers, which uvicorn reads.
        if self.config.proxy_headers and isinstance(front, FastPages):
            return None
        return None if any(name in SPECIAL for name, _ in self.headers) else front

    def _tell(self, asked: _Asked, answer: Answer | PassedOn) -> None:
        if asked.disconnected or self.transport.is_closing():
            return
        if isinstance(answer, PassedOn):
            self._pass_on(asked, answer)
            return
        head, body = answer.head, answer.body
        parts = [STATUS_LINE[head.status], self._usual_headers(), head.wire, b"%d\r\n" % len(body)]
        if not asked.keep_alive:
            parts.append(b"connection: close\r\n")
        self.transport.write(b"".join((*parts, b"\r\n", body)))
        asked.response_complete = True
        if not asked.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _usual_headers(self) -> bytes:
        """The date, once a second."""
        told = self.server_state.default_headers
        if self._usual[0] is not told:
            ShortCut._usual = told, b"".join(name + b": " + value + b"\r\n" for name, value in told)
        return self._usual[1]

    def _pass_on(self, asked: _Asked, passed: PassedOn) -> None:
        """As uvicorn begins a request; the parser may be at a later one by now."""
        scope = asked.scope
        path = asked.path.decode("ascii")
        scope["method"], scope["raw_path"], scope["query_string"] = "GET", asked.path, asked.query
        scope["path"] = unquote(path) if "%" in path else path
        scope["state"][PASSED_ON] = passed
        cycle = RequestResponseCycle(
            scope=cast("Any", scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=asked.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.more_body = False
        cycle.message_event.set()
        if self.cycle is cast("RequestResponseCycle", asked):
            self.cycle = cycle
        self._start_asgi_task(cycle, self.app)


def short_cut(app: DescribedApp) -> type[HttpToolsProtocol]:
    """The protocol for an application."""
    return type("ShortCutOf", (ShortCut,), {"served": app})
