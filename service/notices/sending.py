"""One delivery, sent: the intention written, the notice sent, the outcome written.

A crash between the first and the last leaves the intention; see `deliveries.py`.
"""

import asyncio
import logging
import random
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from service.jobs.duties import Busy
from service.notices import deliveries
from service.notices.deliveries import Sendable, Turn
from service.notices.links import make_link
from service.notices.mail import PERMANENT, Mailer, compose, read_server
from service.notices.messages import Message, render
from service.notices.robots import tell_robot
from service.settings import Settings
from service.subscriptions.delivering import DELIVERY_HEADER
from service.subscriptions.posting import Poster, Refusal, signature
from service.subscriptions.retrying import wait_after

logger = logging.getLogger(__name__)

SIGNATURE_HEADER: Final = "Suyuan-Signature"
#: How much longer than a sending a delivery may be held: for the statements around it.
LEASE_MARGIN: Final = timedelta(seconds=5)
#: Attempts after which a delivery has failed: with the usual waits, after about a day.
ATTEMPTS_MOST: Final = 30
#: HTTP: the receiver is gone for good.
GONE: Final = 410
CHANCE: Final = random.SystemRandom()


class Pace:
    """At most so many in a second, one after the other."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1 / per_second
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for one's turn."""
        loop = asyncio.get_running_loop()
        mine = max(loop.time(), self._next)
        self._next = mine + self._apart
        await asyncio.sleep(mine - loop.time())


class Sender:
    """Sends notices by one engine, one mail server, one poster."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        timeout = settings.delivery_timeout_seconds
        self.poster = Poster(timeout=timeout, private=settings.delivery_private)
        self.mailer = Mailer(read_server(settings.smtp_url), timeout=timeout) if self.mails else None
        # Connecting and sending have each their time.
        self.lease = 2 * timedelta(seconds=timeout) + LEASE_MARGIN
        self._pace = Pace(settings.notices_per_second)
        self._at_once = asyncio.Semaphore(settings.notices_at_once)

    @property
    def mails(self) -> bool:
        """Whether there is a mail server to send by."""
        return bool(self.settings.smtp_url and self.settings.mail_from)

    async def send(self, row: int) -> bool:
        """Send one delivery if it is due; whether it was taken. Raises `Busy`."""
        async with self._at_once:
            await self._pace.wait()
            now = clock.now()
            async with transaction(self.engine) as tx:
                turn = await deliveries.take(tx, row, self.lease, now)
                if turn is None:
                    if await deliveries.is_busy(tx, row):
                        raise Busy
                    return False
                sendable = await deliveries.find_sendable(tx, turn)
                link = await make_link(tx, turn.notice_id, delivery_id=turn.id, now=now, by="delivery")
            refusal = await self._send(turn, sendable, link)
            await self._keep(turn, sendable, refusal, clock.now())
        return refusal is None

    async def _send(self, turn: Turn, sendable: Sendable, link: str) -> Refusal | None:
        names = (sendable.name_zh, sendable.name_en)
        message = render(sendable.kind, sendable.content, turn.language, names=names, link=link)
        if turn.kind == "email":
            if self.mailer is None:
                return Refusal("there is no mail server: SUYUAN_SMTP_URL and SUYUAN_MAIL_FROM")
            mail = compose(
                message,
                sender=self.settings.mail_from,
                to=turn.address,
                name=names[1] if turn.language == "en" else names[0],
                key=turn.key,
                language=turn.language,
                written_at=sendable.created_at,
            )
            sender = mail["From"].addresses[0].addr_spec
            return await self.mailer.send(mail, sender=sender, to=turn.address)
        if sendable.removed or sendable.address is None:
            return Refusal("the channel was removed", status=GONE)
        if turn.kind == "apprise":
            return await tell_robot(sendable.address, message)
        body = msgspec.json.encode(webhook_body(turn, sendable, message, link))
        headers = {
            "Content-Type": "application/json",
            DELIVERY_HEADER: turn.key,
            SIGNATURE_HEADER: signature(sendable.secret or "", body),
        }
        return await self.poster.post(sendable.address, body, headers)

    async def _keep(self, turn: Turn, sendable: Sendable, refusal: Refusal | None, now: datetime) -> None:
        async with transaction(self.engine) as tx:
            if refusal is None:
                await deliveries.keep_sent(tx, turn, now)
                return
            logger.info("notice %d by %s was not sent: %s", turn.notice_id, turn.kind, refusal.reason)
            wait = wait_after(
                turn.attempts,
                CHANCE.random(),
                first=timedelta(seconds=self.settings.delivery_retry_seconds),
                most=timedelta(seconds=self.settings.delivery_retry_most_seconds),
            )
            state = "failed" if is_final(turn, refusal) else "waiting"
            if sendable.removed:
                state = "cancelled"
            await deliveries.put_off(
                tx, turn, state, refusal.reason, now=now, next_at=now + wait, in_doubt=refusal.in_doubt
            )

    async def close(self) -> None:
        """Close all connections."""
        await self.poster.close()
        if self.mailer is not None:
            await self.mailer.close()


def is_final(turn: Turn, refusal: Refusal) -> bool:
    """Whether trying again is of no use: the mail server refuses for good, the webhook is gone, or it was
    tried often enough.
    """
    if turn.attempts >= ATTEMPTS_MOST:
        return True
    if turn.kind == "email":
        return refusal.status is not None and refusal.status >= PERMANENT
    return refusal.status == GONE


def webhook_body(turn: Turn, sendable: Sendable, message: Message, link: str) -> dict[str, Any]:
    """What a webhook is sent. `id`: the same whenever the same notice is sent again."""
    return {
        "type": "recall_notice",
        "id": turn.key,
        "possibly_twice": turn.possibly_twice,
        "notice": turn.notice_id,
        "kind": sendable.kind,
        "created_at": sendable.created_at.isoformat(),
        "subject": message.subject,
        "text": message.text,
        "answer_url": link,
        **sendable.content,
    }
