"""How often one may ask without a key, and how often one may be wrong: by address, before anything is done.

Answers in front of the framework (`service.scan.front`) are counted by whoever gives them, here or on the
wire; everything else is counted here. Each process counts for itself.
"""

from http import HTTPStatus
from time import monotonic
from typing import Any, Final

from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.admission.buckets import Buckets
from service.admission.callers import Known, key_of, payer_of
from service.admission.kinds import Guess, Kind, guess_of, is_wrong, kind_of
from service.admission.refusing import refuse, refused, too_often
from service.errors import TooOften
from service.scan.front import PASSED_ON, Asked
from service.scan.remembered import Answer
from service.settings import Settings, settings

REFUSED: Final = Counter("suyuan_requests_refused", "Requests that were not let in.", ("why",))
#: In the `state` of a request: who is let in by turns with others.
CALLER: Final = "suyuan_caller"
#: In the `state` of a request whose key was taken: the number of its party, None for the service's own.
PARTY: Final = "party_id"


class Rates:
    """ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp, told: Settings | None = None) -> None:
        told = told or settings()
        self.app = app
        self.known = Known()
        self._private = told.limit_private
        self._scans = Buckets(told.scans_per_address)
        self._wrong = {guess: Buckets(told.guesses_per_address) for guess in Guess}

    def take(self, host: str | None, asked: Asked) -> Answer | None:
        """Count a request without a key, from an address; the refusal where there were too many."""
        payer = payer_of(host, private=self._private)
        wait = 0.0 if payer is None else self._scans.take(payer, monotonic())
        if wait == 0.0:
            return None
        REFUSED.labels("address").inc()
        return refused(too_often(wait), asked.path.decode("latin-1"), asked.query, asked.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and answer or pass on."""
        if scope["type"] == "lifespan" or PASSED_ON in (state := scope.setdefault("state", {})):
            await self.app(scope, receive, send)
            return
        kind = kind_of(scope.get("method", "GET"), scope["path"])
        if kind is Kind.FREE:
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        host = client[0] if client else None
        payer = payer_of(host, private=self._private)
        # What is public is answered whatever key is shown.
        key = None if kind is Kind.SCAN else key_of(scope["headers"])
        state[CALLER] = self.known.find(key) or payer or host or ""
        guess = guess_of(scope["path"], has_key=key is not None)
        refusal = self._refusal(payer, key, guess)
        if refusal is not None:
            await refuse(refusal, scope, receive, send)
            return
        if guess is None:
            await self.app(scope, receive, send)
            return

        async def hear(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                self._hear(guess, payer, message["status"])
                if key is not None:
                    self._learn(key, kind, message["status"], state)
            await send(message)

        await self.app(scope, receive, hear)

    def _refusal(self, payer: str | None, key: bytes | None, guess: Guess | None) -> TooOften | None:
        if payer is None or self.known.find(key) is not None:
            return None
        now = monotonic()
        wait = 0.0 if guess is None else self._wrong[guess].wait(payer, now)
        if wait:
            REFUSED.labels("guesses").inc()
        elif key is None:
            wait = self._scans.take(payer, now)
            if wait:
                REFUSED.labels("address").inc()
        return too_often(wait) if wait else None

    def _hear(self, guess: Guess, payer: str | None, status: int) -> None:
        if payer is not None and is_wrong(guess, status):
            self._wrong[guess].take(payer, monotonic())

    def _learn(self, key: bytes, kind: Kind, status: int, state: dict[str, Any]) -> None:
        """Whose a key is, once it was taken; single events are taken without a word of whose they are."""
        if status == HTTPStatus.UNAUTHORIZED:
            self.known.forget(key)
        elif PARTY in state:
            self.known.learn(key, state[PARTY])
        elif kind is Kind.EVENT and status == HTTPStatus.CREATED and self.known.find(key) is None:
            self.known.learn(key, None)
