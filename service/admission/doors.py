"""The way in to the framework: so many requests at once, the others wait or are told to come again.

A request takes its place when all of it is here: whoever sends slowly holds nothing but his connection, and
not for ever (`service.slow_clients`). Small bodies are taken in before the framework begins; of large ones
only so many come in at once, for they fill memory while they do.
"""

from collections.abc import Iterable
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.admission.buckets import Buckets
from service.admission.gate import Bounds, Gate
from service.admission.kinds import Kind, is_code, kind_of
from service.admission.rates import CALLER, REFUSED
from service.admission.refusing import refuse, too_often
from service.errors import Overloaded, TooOften
from service.scan.front import PATH_MOST
from service.settings import Settings, settings

#: Octets of a body that is taken in before its request begins.
SMALL_OCTETS: Final = 65_536
#: Seconds for which one waits to be let in with what is done at once; who has not come in by then asks again.
QUICK_SECONDS: Final = 5.0
#: Single events of one process on their way at once: some groups of them (`capture.together`).
EVENTS_AT_ONCE: Final = 256


def bounds_of(told: Settings) -> dict[Kind, Bounds]:
    """The bounds of each kind, as the settings want them; none where there is to be none."""
    room, wait, waiting = told.requests_at_once, told.wait_seconds, told.requests_waiting
    if not room:
        return {}
    # Long requests leave connections to the others: to scans two, at the least, of as many as there are.
    heavy = max(1, told.pool_size // 2)
    captures = max(1, told.pool_size - heavy - 2)
    each = min(told.long_per_caller, heavy)
    ordinary = max(1, room * 3 // 4)
    share, half = max(1, waiting // 4), max(1, waiting // 2)
    quick = min(QUICK_SECONDS, wait)
    return {
        Kind.SCAN: Bounds(room, room, waiting, waiting, quick),
        Kind.EVENT: Bounds(EVENTS_AT_ONCE, EVENTS_AT_ONCE // 2, waiting, half, wait, counted=False),
        Kind.ORDINARY: Bounds(ordinary, max(1, ordinary // 2), waiting, share, quick),
        Kind.CAPTURE: Bounds(captures, min(each, captures), waiting, half, wait),
        Kind.HEAVY: Bounds(heavy, each, waiting, share, wait),
    }


class Doors:
    """ASGI middleware, in front of the framework and behind what is answered in front of it."""

    def __init__(self, app: ASGIApp, told: Settings | None = None) -> None:
        told = told or settings()
        self.app = app
        self.gate = Gate(bounds_of(told), told.requests_at_once)
        waiting, each = told.requests_waiting, max(1, told.uploads_at_once // 4)
        # Who waits here has sent no more than the head, and what the kernel and uvicorn take in: 64 KiB.
        uploads = {
            Kind.CAPTURE: Bounds(told.uploads_at_once, each, waiting, max(1, waiting // 4), told.wait_seconds)
        }
        self.uploads = Gate(uploads if told.requests_at_once else {}, told.uploads_at_once)
        self._codes = Buckets(told.scans_per_code)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or say when to come again."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        kind = kind_of(scope.get("method", "GET"), scope["path"])
        try:
            self._count(scope, kind)
            if scope["type"] == "websocket" or kind is Kind.FREE:
                self.gate.look(kind, "")
                await self.app(scope, receive, send)
                return
        except (TooOften, Overloaded) as error:
            await self._refuse(error, scope, receive, send)
            return
        visit = _Visit(self, kind, scope, receive, send)
        try:
            await visit.conduct()
        finally:
            visit.leave()
        if visit.refusal is not None and not visit.begun:
            await self._refuse(visit.refusal, scope, receive, send)

    def _count(self, scope: Scope, kind: Kind) -> None:
        """Codes that are answered in front of the framework cost little, and are not counted."""
        if kind is Kind.SCAN and is_code(scope["path"]):
            wait = self._codes.take(scope["path"][:PATH_MOST], monotonic())
            if wait:
                raise too_often(wait)

    async def _refuse(self, error: TooOften | Overloaded, scope: Scope, receive: Receive, send: Send) -> None:
        REFUSED.labels("busy" if isinstance(error, Overloaded) else "caller").inc()
        await refuse(error, scope, receive, send)


class _Visit:
    """One request. `refusal`: why it was not let in; `begun`: whether its answer has."""

    def __init__(self, doors: Doors, kind: Kind, scope: Scope, receive: Receive, send: Send) -> None:
        self._doors, self._kind, self._scope = doors, kind, scope
        self._receive, self._send = receive, send
        self._caller: str = scope.get("state", {}).get(CALLER, "")
        self._inside = self._uploads = False
        self.refusal: TooOften | Overloaded | None = None
        self.begun = False

    async def conduct(self) -> None:
        """From the first octet to the last of the answer."""
        doors, kind, caller = self._doors, self._kind, self._caller
        octets = _octets_of(self._scope["headers"])
        try:
            doors.gate.look(kind, caller)
            if octets is None or octets > SMALL_OCTETS:
                await doors.uploads.enter(Kind.CAPTURE, caller)
                self._uploads = True
                await doors.app(self._scope, self._arriving, self._sending)
                return
            taken = await self._take_in() if octets else []
            await self._enter()
        except (TooOften, Overloaded) as error:
            self.refusal = error
            return
        if not octets:
            await doors.app(self._scope, self._receive, self._send)
            return

        async def again() -> Message:
            return taken.pop(0) if taken else await self._receive()

        await doors.app(self._scope, again, self._send)

    def leave(self) -> None:
        """Give back what was taken."""
        if self._inside:
            self._doors.gate.leave(self._kind, self._caller)
        if self._uploads:
            self._doors.uploads.leave(Kind.CAPTURE, self._caller)

    async def _enter(self) -> None:
        await self._doors.gate.enter(self._kind, self._caller)
        self._inside = True

    async def _take_in(self) -> list[Message]:
        """The whole body, and what it came in; at most `SMALL_OCTETS` and a piece."""
        taken = [await self._receive()]
        seen = len(taken[0].get("body", b""))
        while taken[-1].get("more_body", False) and seen <= SMALL_OCTETS:
            taken.append(await self._receive())
            seen += len(taken[-1].get("body", b""))
        return taken

    async def _arriving(self) -> Message:
        """Pieces of a large body; before the last one is handed over, the request takes its place."""
        message = await self._receive()
        if self._inside or self.refusal is not None or message["type"] != "http.request":
            return message
        if not message.get("more_body", False):
            try:
                await self._enter()
            except (TooOften, Overloaded) as error:
                # To whoever reads the body this is a caller who has left; he is answered after that.
                self.refusal = error
                return {"type": "http.disconnect"}
        return message

    async def _sending(self, message: Message) -> None:
        if self.refusal is None or self.begun:
            self.begun = True
            await self._send(message)


def _octets_of(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """How large a body is said to be; None where that is not said."""
    octets: int | None = 0
    for name, value in headers:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            octets = int(value) if value.isdigit() else None
    return octets
