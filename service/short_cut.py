"""uvicorn's protocol with a short cut: what is answered in front of the framework is answered before there is
a request for a framework.

Keeping connections alive, requests sent ahead and the end in order are uvicorn's, and so is parsing but of
the plainest requests (`plain_requests`). Only where a plain GET of a path that a front knows has come, and
none before it is under way, the front is asked at once, and its answer is written as it is. Everything else,
and whatever a front passes on, goes uvicorn's way.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final, NamedTuple, cast
from urllib.parse import unquote

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.admission.rates import Rates
from service.scan.fast_pages import FastPages
from service.scan.fast_redirect import FastRedirect
from service.scan.fast_status import FastStatus
from service.scan.front import PASSED_ON, Asked, Front, PassedOn, is_for
from service.scan.remembered import Answer
from service.settings import settings
from service.slow_clients import BROKEN, FULL, HEAD_MOST, TOO_LARGE, Phase, make_room, said
from service.web.epcis_description import DescribedApp
from service.web.plain_requests import read_plain
from service.web.reading import replica_of

#: A request with one of these is uvicorn's.
SPECIAL: Final = frozenset((b"content-length", b"transfer-encoding", b"upgrade", b"expect"))
FORWARDED: Final = b"x-forwarded-for"
#: Octets around each octet of a body at most: pieces of one octet have five.
FRAMING_MOST: Final = 8


class _Nobody:
    """Waits for no part of a request."""

    def set(self) -> None:
        """Nobody hears it."""


_NOBODY: Final = _Nobody()


class _Asked:
    """A request that a front was asked: to uvicorn's protocol, one that is under way. `scope`: of one that
    its parser has read.
    """

    __slots__ = (
        "disconnected",
        "keep_alive",
        "message_event",
        "more_body",
        "question",
        "response_complete",
        "scope",
    )

    def __init__(
        self, question: Asked, scope: dict[str, Any] | None = None, *, keep_alive: bool = True
    ) -> None:
        self.question, self.scope, self.keep_alive = question, scope, keep_alive
        self.disconnected = self.response_complete = False
        self.message_event = _NOBODY
        self.more_body = True


class _Asking(NamedTuple):
    """Whom an application asks in front of the framework. `of`: the application's `fronts`."""

    of: Sequence[object] = ()
    fronts: tuple[Front, ...] = ()
    rates: Rates | None = None


class ShortCut(HttpToolsProtocol):
    """`served`: the application whose `fronts` are asked. `phase`, `began`, `octets`: see `slow_clients`;
    `framing`: octets that came with a body and are none of it.
    """

    served: ClassVar[DescribedApp]
    #: uvicorn's own headers, and they as they are sent.
    _usual: tuple[object, bytes] = (None, b"")
    _asking: _Asking = _Asking()
    phase = Phase.HEAD
    began = 0.0
    octets = 0
    framing = 0
    #: Octets that have come together.
    at_once = 0
    #: Whether the parser has come to the end of a request, and to the beginning of none.
    between = True
    idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One more client; where there are too many, one that only waits has to go."""
        super().connection_made(transport)
        self.began = self.loop.time()
        if len(self.connections) > settings().connections_at_once:
            others = [one for one in self.connections if one is not self]
            if not make_room(others, self.began):
                self.refuse(FULL)

    def data_received(self, data: bytes) -> None:
        """As uvicorn, but of a head only so much, and of what stands around the pieces of a body."""
        if self.between and self._is_answered(data):
            return
        began, phase, octets = self.began, self.phase, self.octets
        self.at_once = len(data)
        super().data_received(data)
        if self.began != began or self.phase is not phase:
            return
        if phase is Phase.HEAD:
            self.octets += len(data)
            if self.octets > HEAD_MOST:
                self.refuse(TOO_LARGE)
        elif phase is Phase.BODY:
            self.framing += len(data) - (self.octets - octets)
            if self.framing > HEAD_MOST + FRAMING_MOST * self.octets:
                self.refuse(TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes behind a body nobody reads, and it could be any number of them."""
        if self.phase is Phase.HEAD:
            super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """What is no request ends the connection; nothing is written into an answer that has begun."""
        del msg
        self.refuse(TOO_LARGE if self._is_large() else BROKEN)

    def _is_large(self) -> bool:
        """Whether a head that came in one piece is over the limit."""
        if self.at_once <= HEAD_MOST:
            return False
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_MOST

    def on_message_begin(self) -> None:
        """A head begins."""
        self.phase, self.began, self.octets, self.between = Phase.HEAD, self.loop.time(), 0, False
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self.octets += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of a request is here."""
        self.phase, self.between = Phase.NONE, True
        super().on_message_complete()

    def refuse(self, head: bytes) -> None:
        """End the connection. `head`: of `slow_clients.SAID`, told where nothing was answered yet."""
        self.phase = Phase.NONE
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not _has_begun(self.cycle):
            self.transport.write(said(head))
        self.transport.close()

    def on_headers_complete(self) -> None:
        """Ask a front, or go uvicorn's way."""
        self.phase, self.octets, self.framing = Phase.BODY, 0, 0
        if [name for name, _ in self.headers].count(b"host") != 1 and self.parser.get_http_version() == "1.1":
            # Whoever stands before the service might have read the other one (RFC 9112, 3.2).
            raise ValueError("one Host is wanted")
        if self._is_large():
            raise ValueError("too large")
        path, _, query = self.url.partition(b"?")
        front = self._front_of(path, query)
        if (
            front is None
            or self.parser.get_method() != b"GET"
            or b"#" in path
            or any(name in SPECIAL for name, _ in self.headers)
        ):
            super().on_headers_complete()
            return
        version = self.parser.get_http_version()
        scope = cast("dict[str, Any]", self.scope)
        scope["http_version"] = version
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        question = Asked(path, query, self.headers, self.client)
        self._ask(front, _Asked(question, scope, keep_alive=keep_alive))

    def _is_answered(self, data: bytes) -> bool:
        """Whether this is a plain request, and a front was asked; without a word to the parser."""
        found = read_plain(data)
        if found is None:
            return False
        path, query, fields = found
        front = self._front_of(path, query or b"")
        if front is None or self.transport.is_closing():
            return False
        self.phase = Phase.NONE
        self._ask(front, _Asked(Asked(path, query or b"", None, self.client, fields)))
        return True

    def _ask(self, front: Front, asked: _Asked) -> None:
        self.cycle = cast("RequestResponseCycle", asked)
        question, rates = asked.question, self._asking.rates
        host = self._host(question)
        if host is not None and (question.client is None or question.client[0] != host):
            question.client = host, 0
        refusal = None if rates is None else rates.take(host, question)
        answer = refusal or front.take(question, self.served.state, partial(self._tell, asked))
        if answer is not None:
            self._tell(asked, answer)

    def _fronts(self) -> tuple[Front, ...]:
        found = self._asking
        if found.of is not self.served.fronts:
            every = self.served.fronts
            fronts = tuple(one for one in every if isinstance(one, FastStatus | FastPages | FastRedirect))
            rates = next((one for one in every if isinstance(one, Rates)), None)
            type(self)._asking = found = _Asking(every, fronts, rates)
        return found.fronts

    def _host(self, asked: Asked) -> str | None:
        """The address that asks; behind a trusted proxy the one that it tells, as uvicorn reads it."""
        host = self.client[0] if self.client else None
        if not isinstance(self.app, ProxyHeadersMiddleware) or host not in self.app.trusted_hosts:
            return host
        values = [value for name, value in asked.headers if name == FORWARDED]
        told = b", ".join(values).decode("latin-1")
        return self.app.trusted_hosts.get_trusted_client_address(told)[0] or host if told else host

    def _front_of(self, path: bytes, query: bytes) -> Front | None:
        """Who is to be asked now for a plain GET of this path."""
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        for front in self._fronts():
            if path.startswith(front.start):
                break
        else:
            return None
        if not is_for(front, path, query):
            return None
        # Who does not take answers gets them at uvicorn's pace, which waits for him.
        if self.flow.write_paused:
            return None
        # How old the data of a replica is, a middleware tells.
        return front if replica_of(self.served.state) is None else None

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
        question, scope = asked.question, asked.scope or self._scope_of(asked.question)
        path = question.path.decode("ascii")
        scope["method"], scope["raw_path"], scope["query_string"] = "GET", question.path, question.query
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

    def _scope_of(self, asked: Asked) -> dict[str, Any]:
        """As uvicorn makes it when a request begins."""
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": asked.headers,
            "state": self.app_state.copy(),
        }

    def on_response_complete(self) -> None:
        """As uvicorn, but the timer that ends an idle connection is not wound up anew for each answer."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if self.flow.read_paused:
            self.flow.resume_reading()
        self.idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_for_more(self.timeout_keep_alive)

    def _wait_for_more(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        self.timeout_keep_alive_task = None
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        left = self.idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait_for_more(left)
        else:
            self.timeout_keep_alive_handler()


def _has_begun(cycle: RequestResponseCycle) -> bool:
    return isinstance(cycle, _Asked) or cycle.response_started


def short_cut(app: DescribedApp) -> type[HttpToolsProtocol]:
    """The protocol for an application."""
    return type("ShortCutOf", (ShortCut,), {"served": app})
