"""One turn of delivering to a subscriber: batch after batch until the goal is reached or a post fails.

The order of steps: take the turn and fix the goal (committed); read a batch in a snapshot, as whoever
subscribed sees it now; post it; keep the acknowledgement and the mark in one statement (committed). A crash
between the last two repeats that one batch, with the same delivery id; nothing else is ever repeated, and
nothing is left out.
"""

import logging
import random
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.audit.recorder import Reader
from service.auth.permissions import Permission, Role
from service.auth.sight import seen_by
from service.auth.standing import find_standing
from service.db.failures import FAILURES
from service.db.transaction import Transaction, transaction
from service.errors import SuyuanError
from service.events.answers import extensions_header, query_document
from service.events.epc_format import EpcFormat
from service.jobs.duties import Busy
from service.settings import Settings
from service.subscriptions import turns
from service.subscriptions.marks import Mark
from service.subscriptions.news import Batch, find_batch, find_seen
from service.subscriptions.on_record import DELIVERY, put_on_record
from service.subscriptions.posting import Poster, Refusal, signature
from service.subscriptions.retrying import wait_after
from service.subscriptions.schedule import read_schedule
from service.subscriptions.turns import Turn
from service.web.epcis import EPCIS_HEADERS

logger = logging.getLogger(__name__)

#: Names one delivery: the same again means the same events again. `{subscriptionID}-{number}`, from 1.
DELIVERY_HEADER: Final = "Suyuan-Delivery"
#: What it takes to be given events.
NEEDED: Final = frozenset({Permission.READ, Permission.SUBSCRIBE})
#: What a subscription that has ended says.
ENDED: Final = "who subscribed may not be given events any more; subscribe anew"
#: How much longer than a post a turn may be held: for the statements around it.
LEASE_MARGIN: Final = timedelta(seconds=5)
CHANCE: Final = random.SystemRandom()


class Deliverer:
    """Delivers to subscribers by one engine; `poster`: to those of operators, `open_poster`: of parties."""

    def __init__(
        self, engine: AsyncEngine, poster: Poster, settings: Settings, *, open_poster: Poster | None = None
    ) -> None:
        self.engine = engine
        self.poster = poster
        self.open_poster = open_poster or poster
        self.settings = settings
        self.lease = timedelta(seconds=poster.timeout) + LEASE_MARGIN

    async def deliver(self, row_id: int) -> int:
        """A turn for one subscription, if it has anything to deliver; how many posts were answered well.

        Raises `Busy`.
        """
        turn = await self._take(row_id)
        if turn is None:
            return 0
        before = turn.deliveries
        try:
            if turn.mark.goal is not None:
                await self._work_off(turn)
        finally:
            with suppress(*FAILURES):  # the lease runs out by itself
                async with transaction(self.engine) as tx:
                    await turns.release(tx, turn)
        return turn.deliveries - before

    async def _take(self, row_id: int) -> Turn | None:
        now = clock.now()
        async with transaction(self.engine) as tx:
            turn = await turns.take_turn(tx, row_id, self.lease)
            if turn is None:
                if await turns.is_here(tx, row_id):
                    raise Busy
                return None
            if _is_due(turn, now) and turn.mark.goal is None:
                turn.mark = turn.mark.towards(await find_seen(tx))
                if turn.schedule is not None:
                    turn.next_run_at = read_schedule(turn.schedule, "/schedule/").next_after(now) or now
                await turns.set_out(tx, turn)
            elif not _is_due(turn, now):
                turn.mark = Mark(turn.mark.seen)  # for this turn only: nothing is to be done
        return turn

    async def _work_off(self, turn: Turn) -> None:
        while True:
            found = await self._read(turn)
            if found is None:
                async with transaction(self.engine) as tx:
                    await turns.end(tx, turn, ENDED, clock.now())
                return
            batch, reader = found
            if not batch.rows and not self._reports_nothing(turn):
                async with transaction(self.engine) as tx:
                    await turns.reach(tx, turn, turn.mark.reached())
                return
            if not await self._deliver_batch(turn, batch, reader) or not batch.more:
                return

    async def _read(self, turn: Turn) -> tuple[Batch, Reader] | None:
        """The next events, of those that who subscribed sees now, and who that is; None where they see
        nothing any more.
        """
        now = clock.now()
        async with transaction(self.engine, snapshot=True) as tx:
            role = await _role_of(tx, turn, now)
            if role is None:
                return None
            since, limit = turn.initial_record_time, turn.batch_limit
            async with seen_by(tx, role, turn.party_id, now=now) as grantors:
                batch = await find_batch(tx, turn.parameters, turn.mark, since=since, limit=limit)
                return batch, _reader(turn, role, grantors)

    def _reports_nothing(self, turn: Turn) -> bool:
        """Whether the subscriber wants to hear that there is nothing: once a run of a schedule."""
        return turn.schedule is not None and turn.report_if_empty and turn.mark.after is None

    async def _deliver_batch(self, turn: Turn, batch: Batch, reader: Reader) -> bool:
        """Post one batch; False where that ends the turn."""
        async with transaction(self.engine) as tx:
            if not await turns.keep_lease(tx, turn, self.lease):
                return False  # it was deleted
            await put_on_record(tx, reader, DELIVERY, batch.rows, clock.now())
        refusal = await self._post(turn, batch)
        now = clock.now()
        if refusal is not None:
            await self._fail(turn, batch, refusal, now)
            return False
        if batch.more:
            assert batch.last_id is not None
            mark = turn.mark.delivered(batch.last_id)
        else:
            mark = turn.mark.reached()
        async with transaction(self.engine) as tx:
            kept = await turns.acknowledge(tx, turn, mark, now)
        turn.mark, turn.deliveries, turn.failures = mark, turn.deliveries + 1, 0
        return kept

    async def _post(self, turn: Turn, batch: Batch) -> Refusal | None:
        try:
            body = query_document(
                batch.rows,
                now=clock.now(),
                query_name=turn.query_name,
                epc_format=EpcFormat(turn.epc_format),
                subscription_id=turn.subscription_id,
            )
        except SuyuanError as error:
            return Refusal(error.message)
        headers = {
            **EPCIS_HEADERS,
            "Content-Type": "application/json",
            "GS1-EPC-Format": turn.epc_format,
            "GS1-Extensions": extensions_header(batch.rows),
            DELIVERY_HEADER: f"{turn.subscription_id}-{turn.deliveries + 1}",
        }
        if turn.signature_token is not None:
            headers["GS1-Signature"] = signature(turn.signature_token, body)
        poster = self.poster if turn.party_id is None else self.open_poster
        return await poster.post(turn.dest, body, headers)

    async def _fail(self, turn: Turn, batch: Batch, refusal: Refusal, now: datetime) -> None:
        limit = turn.batch_limit
        wait = wait_after(
            turn.failures + 1,
            CHANCE.random(),
            first=timedelta(seconds=self.settings.delivery_retry_seconds),
            most=timedelta(seconds=self.settings.delivery_retry_most_seconds),
        )
        if refusal.too_large and len(batch.rows) > 1:
            limit, wait = len(batch.rows) // 2, timedelta(0)
        logger.info("delivery to %s failed: %s", turn.dest, refusal.reason)
        async with transaction(self.engine) as tx:
            await turns.fail(tx, turn, refusal.reason, now=now, retry_at=now + wait, batch_limit=limit)


async def _role_of(tx: Transaction, turn: Turn, now: datetime) -> Role | None:
    """As whom it is delivered to; None where who subscribed may not be given events any more."""
    if turn.key_id is None and turn.member_id is None:
        return Role.OPERATOR  # of the time before it was kept who subscribed
    return await find_standing(
        tx, key_id=turn.key_id, member_id=turn.member_id, party_id=turn.party_id, needed=NEEDED, now=now
    )


def _reader(turn: Turn, role: Role, grantors: frozenset[int] | None) -> Reader:
    """Who reads by a subscription: by its own name, under the key or as the member that made it."""
    key = f"member:{turn.member_id}" if turn.key_id is None else f"key:{turn.key_id}"
    return Reader(f"subscription {turn.subscription_id}", key, role, turn.party_id, grantors)


def _is_due(turn: Turn, now: datetime) -> bool:
    """Whether the turn has something to do; a job may have been made twice for the same."""
    if turn.retry_at is not None:
        return turn.retry_at <= now
    return turn.mark.goal is not None or turn.next_run_at is None or turn.next_run_at <= now
