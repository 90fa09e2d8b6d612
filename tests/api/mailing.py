"""A mail server on the loopback that keeps what it takes, and answers as it is told."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Mailbox:
    """`taken`: all that was taken. `answers`: what the next mails are answered (then 250); `hold`: while it
    is cleared, nothing is answered.
    """

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """For `SUYUAN_SMTP_URL`."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """What was taken for an address."""
        return [mail for mail in self.taken if address in str(mail["X-RcptTo"])]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """A mail has come."""
        answer = self.answers.pop(0) if self.answers else "250 taken"
        await self.hold.wait()
        if answer.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            mail["X-RcptTo"] = ", ".join(envelope.rcpt_tos)
            self.taken.append(mail)
        return answer


@asynccontextmanager
async def receiving() -> AsyncIterator[Mailbox]:
    """A mail server on a port of its own."""
    box = Mailbox()
    box.hold.set()
    loop = asyncio.get_running_loop()
    make = partial(SMTP, box, hostname="mail.test", enable_SMTPUTF8=True, loop=loop)
    server = await loop.create_server(make, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        box.hold.set()
        server.close()
