"""New events of a named query, sent down one WebSocket: the order of steps.

The mark is that of `marks`, kept in memory for as long as the connection lasts: from the moment of
connecting, or from the time the client names, every event comes once. One message at a time is made and
handed over; a reader who does not take it in time is let go.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.websockets import WebSocket, WebSocketDisconnect

from service import clock
from service.audit.recorder import Reader
from service.auth.caller import Caller, find_by_key
from service.auth.permissions import Permission
from service.auth.sight import seen_by
from service.db.transaction import Transaction, transaction
from service.errors import BadSubscription, Forbidden, Unauthenticated
from service.events.answers import query_document
from service.events.epc_format import EpcFormat
from service.jobs.bell import Bell
from service.subscriptions.conduct import fetch_query
from service.subscriptions.controls import format_of_deliveries, read_initial_record_time
from service.subscriptions.marks import Mark
from service.subscriptions.news import Batch, begin_mark, find_batch, find_seen
from service.subscriptions.on_record import STREAM, put_on_record
from service.subscriptions.query_store import Named, find_query_by_id
from service.subscriptions.schedule import FIELDS, Schedule, read_schedule

#: Events of one message: common clients take messages of 1 MiB.
MESSAGE_EVENTS: Final = 100
#: The longest that a reader may take over one message.
SEND_SECONDS: Final = 30.0
#: Without a ring of the bell, new events are looked for so often.
LOOK_SECONDS: Final = 5.0
#: Codes of RFC 6455, 7.4.1, and of the IANA registry.
NORMAL: Final = 1000
REFUSED: Final = 1008
TRY_LATER: Final = 1013
FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a client asks for. `schedule` None: a stream. `key`: its API key, which must stay valid."""

    schedule: Schedule | None
    report_if_empty: bool
    initial_record_time: datetime | None
    epc_format: EpcFormat
    key: str | None


def read_wishes(query: Mapping[str, str], *, epc_format: str | None, key: str | None) -> Wishes:
    """The wishes in the parameters of a URL. Raises `BadSubscription`, `NotAcceptable`."""
    fields = {name: value for name, value in query.items() if name in FIELDS}
    for name, value in query.items():
        if name not in (*FIELDS, "stream", "reportIfEmpty", "initialRecordTime"):
            raise BadSubscription.field(
                name, value, "A stream has no such parameter.", "WebSocket 推送没有这个参数。"
            )
    stream = _flag(query, "stream")
    if stream == bool(fields):
        raise BadSubscription.field(
            "stream",
            query.get("stream"),
            "Either stream=true or the fields of a schedule (minute=5&hour=1) are wanted, not both.",
            "应提供 stream=true 或调度参数（minute=5&hour=1）之一，不能同时提供。",
        )
    schedule = read_schedule(fields, "") if fields else None
    if schedule is not None and schedule.next_after(clock.now()) is None:
        raise BadSubscription.field(
            next(iter(fields)), None, "No moment ever fits this schedule.", "没有任何时刻符合该调度。"
        )
    since = read_initial_record_time(query.get("initialRecordTime"), "initialRecordTime")
    return Wishes(schedule, _flag(query, "reportIfEmpty"), since, format_of_deliveries(epc_format), key)


def _flag(query: Mapping[str, str], name: str) -> bool:
    told = query.get(name, "false")
    if told not in FLAGS:
        raise BadSubscription.field(name, told, "true or false is wanted.", "应为 true 或 false。")
    return FLAGS[told]


class Stream:
    """One client's stream of one query. `turns`: streams read by few connections, however many are rung for
    at once.
    """

    def __init__(self, engine: AsyncEngine, bell: Bell, wishes: Wishes, turns: asyncio.Semaphore) -> None:
        self.engine = engine
        self.turns = turns
        self.bell = bell
        self.wishes = wishes
        self.query_id = 0
        self.party_id: int | None = None
        self.mark: Mark | None = None

    async def prepare(self, name: str) -> None:
        """Find the caller's query and where the stream begins. Raises `Unauthenticated`, `Forbidden`,
        `NoSuchName`.
        """
        async with transaction(self.engine, snapshot=True) as tx:
            caller = await find_by_key(tx, self.wishes.key, Permission.READ)
            self.party_id = caller.party_id
            self.query_id = (await fetch_query(tx, caller.party_id, name)).id
            self.mark = await begin_mark(tx, self.wishes.initial_record_time)

    async def run(self, socket: WebSocket) -> None:
        """Send until the client leaves, the query is deleted, or the key is revoked."""
        leaving = asyncio.create_task(_until_left(socket))
        sending = asyncio.create_task(self._send_all(socket))
        try:
            await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            with suppress(asyncio.CancelledError, WebSocketDisconnect):
                await sending

    async def _send_all(self, socket: WebSocket) -> None:
        with self.bell.waiting() as rung:
            while True:
                rung.clear()
                if self.wishes.schedule is not None:
                    await _until(self.wishes.schedule)
                try:
                    here = await self._send_new(socket)
                except (Unauthenticated, Forbidden) as error:
                    await socket.close(REFUSED, error.message)
                    return
                except TimeoutError:
                    await socket.close(TRY_LATER, f"A message was not taken within {SEND_SECONDS:g} s.")
                    return
                if not here:
                    await socket.close(NORMAL, "The named query was deleted.")
                    return
                if self.wishes.schedule is None:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await rung.wait()

    async def _send_new(self, socket: WebSocket) -> bool:
        """Send what is new, message after message; False where the query is gone."""
        assert self.mark is not None
        first = True
        while True:
            async with self.turns, transaction(self.engine, snapshot=True) as tx:
                caller = await find_by_key(tx, self.wishes.key, Permission.READ)
                named = await find_query_by_id(tx, self.query_id)
                if named is None or named.party_id != caller.party_id:
                    return False
                if self.mark.goal is None:
                    self.mark = self.mark.towards(await find_seen(tx))
                batch, grantors = await self._read(tx, caller, named)
            if batch.rows or (first and self.wishes.schedule is not None and self.wishes.report_if_empty):
                reader = Reader(caller.name, caller.key, caller.role, caller.party_id, grantors)
                if reader.crosses:
                    async with self.turns, transaction(self.engine) as tx:
                        await put_on_record(tx, reader, STREAM, batch.rows, clock.now())
                await self._send(socket, named.name, batch)
            first = False
            if not batch.more:
                self.mark = self.mark.reached()
                return True
            assert batch.last_id is not None
            self.mark = self.mark.delivered(batch.last_id)

    async def _read(
        self, tx: Transaction, caller: Caller, named: Named
    ) -> tuple[Batch, frozenset[int] | None]:
        """The next events, of those that the client sees now; and by whose leave beside its own (None: it is
        not bound to its own part).
        """
        assert self.mark is not None
        since, limit = self.wishes.initial_record_time, MESSAGE_EVENTS
        async with seen_by(tx, caller.role, caller.party_id, now=clock.now()) as grantors:
            batch = await find_batch(tx, named.parameters, self.mark, since=since, limit=limit)
            return batch, grantors

    async def _send(self, socket: WebSocket, name: str, batch: Batch) -> None:
        body = query_document(batch.rows, now=clock.now(), query_name=name, epc_format=self.wishes.epc_format)
        async with asyncio.timeout(SEND_SECONDS):
            await socket.send_text(body.decode())


async def _until(schedule: Schedule) -> None:
    """Wait for the next moment of a schedule."""
    now = clock.now()
    coming = schedule.next_after(now)
    assert coming is not None
    await asyncio.sleep((coming - now).total_seconds())


async def _until_left(socket: WebSocket) -> Any:
    """Take what the client sends, which means nothing here, until it leaves."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
